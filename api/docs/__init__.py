"""The API described: OpenAPI 3.1 at /api/docs/openapi.json, for people at /api/docs.

Built when it is first asked for: a server that starts need not wait for it.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, jsonify

from api.training.arguments import query

blueprint = Blueprint("docs", __name__, url_prefix="/api/docs", template_folder="templates")
KEY = "trainyard-openapi"


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """This document."""
    query()
    return jsonify(_document())


@blueprint.get("")
def page() -> Response:
    """The same as a page, complete in itself."""
    query()
    from api.docs.page import render

    return Response(render(_document()), content_type="text/html; charset=utf-8")


def _document() -> dict[str, Any]:
    kept = current_app.extensions
    if KEY not in kept:
        from api.docs.document import build

        kept[KEY] = build(current_app.url_map)
    document: dict[str, Any] = kept[KEY]
    return document
