"""The document as one page of HTML that loads nothing further."""

from __future__ import annotations

import json
from typing import Any

from flask import render_template


def render(document: dict[str, Any]) -> str:
    tags: dict[str, list[dict[str, Any]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            entry = _entry(document, path, method, operation)
            tags.setdefault(operation["tags"][0], []).append(entry)
    schemas = {name: _pretty(schema) for name, schema in sorted(document["components"]["schemas"].items())}
    return render_template("docs.html", info=document["info"], tags=tags, schemas=schemas)


def _entry(document: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    bodies = operation.get("requestBody", {}).get("content", {})
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "public": operation["security"] == [],
        "parameters": [{**each, "type": _type(each["schema"])} for each in operation["parameters"]],
        "bodies": {kind: _fields(document, content["schema"]) for kind, content in bodies.items()},
        "answers": {status: _answer(answer) for status, answer in operation["responses"].items()},
    }


def _answer(answer: dict[str, Any]) -> dict[str, Any]:
    ((kind, content),) = answer.get("content", {None: {}}).items()
    model = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
    return {"description": answer["description"], "kind": kind, "model": model}


def _fields(document: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The properties of a body: name, type, default, whether it must be there, meaning."""
    name = schema["$ref"].rpartition("/")[2]
    model = document["components"]["schemas"][name]
    needed = model.get("required", [])
    return [
        {"name": name, "type": _type(about), "required": name in needed, "description": _meaning(about)}
        for name, about in model.get("properties", {}).items()
    ]


def _meaning(schema: dict[str, Any]) -> str:
    parts = [schema.get("description", "")]
    if "default" in schema:
        parts.append(f"default {json.dumps(schema['default'])}")
    return "; ".join(part for part in parts if part)


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    kind = str(schema.get("type", "any"))
    bounds = [f"{sign} {schema[name]}" for name, sign in _BOUNDS.items() if name in schema]
    return " ".join([f"{kind} of {_type(schema['items'])}" if "items" in schema else kind, *bounds])


_BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}


def _pretty(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False)
