"""Routes of the model registry: models by name or id, their versions, the champion among them."""

from __future__ import annotations

from typing import Any

from flask import g, url_for

from api.context import services
from api.training import answers
from api.training.arguments import query
from api.training.body import json_object
from api.v1.blueprint import blueprint
from api.v1.fields import refused, whole_number
from middleware.auth import require_auth
from services.registry.models import ModelChange, PromoteBody, RegisterBody

MODELS = "/models"
MODEL = f"{MODELS}/<model>"
VERSION = f"{MODEL}/versions/<version>"


@blueprint.get(MODELS)
@require_auth
def list_models() -> Any:
    arguments = query("session_id", "search", "limit", "offset")
    limit, offset = whole_number(arguments, "limit", 50), whole_number(arguments, "offset", 0)
    models, total = services().registry.list(
        g.user_id,
        session=arguments.get("session_id"),
        search=arguments.get("search"),
        limit=limit,
        offset=offset,
    )
    return {"success": True, "models": models, "total": total, "limit": limit, "offset": offset}


@blueprint.post(MODELS)
@require_auth
def register_version() -> Any:
    """201 for a new version, 200 for one that the training is already."""
    query()
    body = json_object(tuple(RegisterBody.model_fields))
    model, version, fresh = services().registry.register(g.user_id, body)
    place = url_for("v1.show_version", model=model["id"], version=version)
    return {"success": True, "model": model, "version": version}, 201 if fresh else 200, {"Location": place}


@blueprint.get(MODEL)
@require_auth
def show_model(model: str) -> Any:
    query()
    return {"success": True, "model": services().registry.get(g.user_id, model)}


@blueprint.patch(MODEL)
@require_auth
def change_model(model: str) -> Any:
    query()
    body = json_object(tuple(ModelChange.model_fields))
    if not body:
        raise refused("name", "or description must be sent: there is nothing to change")
    return {"success": True, "model": services().registry.change(g.user_id, model, body)}


@blueprint.delete(MODEL)
@require_auth
def delete_model(model: str) -> Any:
    """One that was made by name; the trainings that are its versions stay."""
    query()
    services().registry.delete(g.user_id, model)
    return {"success": True}


@blueprint.delete(VERSION)
@require_auth
def delete_version(model: str, version: str) -> Any:
    query()
    services().registry.delete_version(g.user_id, model, version)
    return {"success": True}


@blueprint.post(f"{MODEL}/promote")
@require_auth
def promote_version(model: str) -> Any:
    """Gives the alias `champion` to a version."""
    query()
    body = json_object(tuple(PromoteBody.model_fields))
    return {"success": True, "model": services().registry.promote(g.user_id, model, body)}


@blueprint.get(f"{MODEL}/compare")
@require_auth
def compare_versions(model: str) -> Any:
    """?a= and ?b= are versions: numbers, `champion` or `latest`."""
    arguments = query("a", "b")
    for name in ("a", "b"):
        if name not in arguments:
            raise refused(name, "is missing", "Send two versions, such as ?a=1&b=latest")
    found = services().registry.compare(g.user_id, model, arguments["a"], arguments["b"])
    return {"success": True, **found}


@blueprint.get(VERSION)
@require_auth
def show_version(model: str, version: str) -> Any:
    """A number, `champion` or `latest`, with files, dataset, config, job and metrics."""
    query()
    return {"success": True, **services().registry.version(g.user_id, model, version)}


@blueprint.get(f"{VERSION}/download")
@require_auth
def download_version(model: str, version: str) -> Any:
    arguments = query("format", "file")
    return answers.file(
        services().registry.download(
            g.user_id, model, version, form=arguments.get("format"), name=arguments.get("file")
        )
    )
