"""Builds the OpenAPI 3.1 document: the routes of the server, each with what the tables here say of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from spectree import Response, SpecTree, Tag
from spectree.models import SecureType, SecurityScheme, SecuritySchemeData
from spectree.plugins.flask_plugin import FlaskPlugin
from spectree.response import DEFAULT_CODE_DESC
from werkzeug.routing import Map, Rule

from api.docs import (
    accounts,
    forecasts,
    jobs,
    machines,
    models,
    preview,
    results,
    series,
    session_pages,
    sessions,
    sharing,
    training,
    tus,
    usage,
    windows,
)
from api.docs.operation import Error, Operation, Operations

OPERATIONS: Operations = {
    **accounts.OPERATIONS,
    **usage.OPERATIONS,
    **sessions.OPERATIONS,
    **session_pages.OPERATIONS,
    **sharing.OPERATIONS,
    **series.OPERATIONS,
    **preview.OPERATIONS,
    **training.OPERATIONS,
    **jobs.OPERATIONS,
    **machines.OPERATIONS,
    **results.OPERATIONS,
    **windows.OPERATIONS,
    **models.OPERATIONS,
    **forecasts.OPERATIONS,
    **tus.OPERATIONS,
}
DEFAULT_CODE_DESC.setdefault("HTTP_460", "Checksum Mismatch")  # of the tus protocol
PREFIXES = ("/api/", "/files/")  # of everything that is described
BEARER = "accessToken"
ABOUT = (
    "Every answer is a JSON object with `success`; every refusal has the shape `Error`. What belongs to "
    "somebody else does not exist: 404. Times are UTC."
)


PATH_PARAMETERS = {
    "session_id": "a session's UUID, or the page's own id of it",
    "file_id": "a file's UUID",
    "share_id": "as the list of shares gives it",
    "key_id": "as the list of keys gives it",
    "job_id": "a job's UUID",
    "name": "as the list names it",
    "workload": "as GET /api/v1/workloads names it",
    "queue": "training-high, training-normal, training-low or default",
    "model": "a model's UUID or name",
    "upload_id": "the end of the Location that creation answered",
    "version": "a number, champion or latest",
    "id": "of a session where its files or keys are listed or made, else of a file or key",
}


class UndescribedRoute(LookupError):
    """A route has no row in the tables."""


class _Routes(FlaskPlugin):
    """The routes of the API; each method is described on its own, whichever function answers it."""

    rules: Map

    def find_routes(self) -> Iterator[Rule]:
        found = (rule for rule in self.rules.iter_rules() if rule.rule.startswith(PREFIXES))
        return iter(sorted((rule for rule in found if not rule.websocket), key=lambda rule: rule.rule))

    def parse_func(self, route: Rule) -> Iterator[tuple[str, Any]]:
        for method in sorted((route.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, _described(self.spectree, f"{method} {route.rule}")

    def parse_path(self, route: Any, path_parameter_descriptions: Any) -> tuple[str, list[Any]]:
        """Two routes on one path may differ only in method: their parameter has one name here."""
        rule = str(route)
        path, parameters = super().parse_path(route, path_parameter_descriptions)
        twins = {each.rule for each in self.rules.iter_rules() if _shape(each.rule) == _shape(rule)}
        if len(twins) > 1:
            for parameter in parameters:
                path = path.replace(f"{{{parameter['name']}}}", "{id}")
                parameter |= {"name": "id", "description": PATH_PARAMETERS["id"]}
        return path, parameters


def build(rules: Map) -> dict[str, Any]:
    bearer = SecuritySchemeData(
        type=SecureType.HTTP, scheme="bearer", description="of POST /api/auth/sign-in"
    )
    tree = SpecTree(
        backend=type("_RoutesOfThis", (_Routes,), {"rules": rules}),
        title="Trainyard",
        version="1",
        description=ABOUT,
        annotations=False,
        validation_error_model=Error,
        security_schemes=[SecurityScheme(name=BEARER, data=bearer)],
        naming_strategy=lambda model: model.__name__,
        nested_naming_strategy=lambda _parent, child: child,
    )
    document: dict[str, Any] = tree.spec
    told = {_operation_id(route): about for route, about in OPERATIONS.items()}
    for path in document["paths"].values():
        for operation in path.values():
            _finish(operation, told[operation["operationId"]])
    schemas = document["components"]["schemas"]
    for model in [name for name in schemas if name.endswith(("Query", "Headers"))]:
        del schemas[model]  # told as parameters
    return document


def described(route: str) -> Operation:
    if route not in OPERATIONS:
        raise UndescribedRoute(f"{route} has no row in api/docs")
    return OPERATIONS[route]


def _described(tree: SpecTree, route: str) -> Any:
    """A function that stands for the route, known to the tree with all that is said about it."""
    about = described(route)

    def stand_in() -> None: ...

    stand_in.__doc__ = about.summary
    return tree.validate(
        query=about.query,
        headers=about.headers,
        json=about.body,
        form=about.form,
        resp=_responses(about),
        tags=(Tag(name=about.tag),),
        security=[] if about.public else {BEARER: []},
        path_parameter_descriptions=PATH_PARAMETERS,
        operation_id=_operation_id(route),
        skip_validation=True,
    )(stand_in)


def _responses(about: Operation) -> Response:
    # 403 too: of a blocked account, and of a key or a guest whose rights end here
    statuses = {*about.refuses, *(() if about.public else (401, 403)), 500}
    told = {f"HTTP_{status}": Error for status in sorted(statuses)}
    return Response(**{f"HTTP_{status}": model for status, model in about.answers.items()}, **told)


def _operation_id(route: str) -> str:
    method, _, path = route.partition(" ")
    words = path.removeprefix("/api/").replace("<", "").replace(">", "").replace("-", "_").replace("/", "_")
    return f"{method.lower()}_{words}"


ANY_FILE = "application/octet-stream"
LINKED = {
    "description": "Where files lie at Supabase Storage: its signed link, good for some minutes; who accepts "
    "application/vnd.trainyard.link+json gets it as 200 with `url` and `name`",
    "headers": {"Location": {"description": "the link", "schema": {"type": "string"}}},
}


def _finish(operation: dict[str, Any], about: Operation) -> None:
    """What the library does not say: files, optional bodies, headers of answers, whom a 422 awaits."""
    answers = operation["responses"]
    if 422 not in about.refuses:
        del answers["422"]
    if about.file is not None:
        answers["200"]["content"] = {about.file: {"schema": {}}}
    if about.file == ANY_FILE:
        answers["302"] = LINKED
    if about.optional_body:
        operation["requestBody"]["required"] = False
    for status, headers in about.answer_headers.items():
        told = {name: {"description": text, "schema": {"type": "string"}} for name, text in headers.items()}
        answers[str(status)]["headers"] = told
    operation["responses"] = dict(sorted(answers.items()))


def _shape(rule: str) -> str:
    return "/".join("<>" if part.startswith("<") else part for part in rule.split("/"))
