"""The OpenAPI 3.1 document, made of the endpoints and of the types that they take and answer with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from typing import Any

import msgspec

from dialpact.web.api.endpoint import ANY_KEY, Endpoint
from dialpact.web.api.problem import MEDIA_TYPE, Problem
from dialpact.web.api.problem import text as problem_text

AnyEndpoint = Endpoint[Any, Any]
Json = dict[str, Any]
REF = "#/components/schemas/{name}"
JSON = "application/json"
ABOUT = """\
Whether a call may be made, and what is known of those that were. Every answer that is no success is a problem
(RFC 9457); its `code` is the same in every language. A POST may be sent again with the same `Idempotency-Key`
within 24 hours: it is done once. Numbers are never part of an address; in answers they are masked, unless the
key has the scope `numbers`.
"""
_PARAMETER = re.compile(r"\{(\w+)\}")
TEXT: Json = {"schema": {"type": "string"}}
HEADERS: Json = {
    "RateLimit": {
        "description": "What is left of the quota (r), and the seconds until it is whole (t).",
        **TEXT,
    },
    "RateLimit-Policy": {"description": "The quota (q) and its window in seconds (w).", **TEXT},
    "Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 1}},
    "ETag": {"description": "Of what is there: If-None-Match takes it.", **TEXT},
    "Location": {"description": "Where what came to be is.", **TEXT},
    "WWW-Authenticate": TEXT,
}


def written(endpoints: Sequence[AnyEndpoint]) -> bytes:
    return msgspec.json.encode(document(endpoints))


def document(endpoints: Sequence[AnyEndpoint]) -> Json:
    types = list(dict.fromkeys(_types(endpoints)))
    references, components = msgspec.json.schema_components(types, ref_template=REF)
    refs = dict(zip(types, references, strict=True))
    queries = {each.query for each in endpoints if each.query is not None}
    paths: Json = {}
    for endpoint in endpoints:
        operation = _operation(endpoint, refs, components)
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = operation
    for query in queries:
        components.pop(_name(refs[query]), None)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Dialpact", "version": version("dialpact"), "description": ABOUT},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": components,
            "headers": HEADERS,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "bearerFormat": "dpk_ID_..."}},
        },
        "security": [{"key": []}],
    }


def statuses(endpoint: AnyEndpoint) -> tuple[int, ...]:
    """Of all problems that it can answer with."""
    found = {400, 413, 422, 500, 503, *endpoint.problems}
    if endpoint.scope is not None:
        found |= {401, 403, 429}
    if _PARAMETER.search(endpoint.path):
        found.add(404)
    if endpoint.body is not None or endpoint.uploads:
        found.add(415)
    if endpoint.method == "POST":
        found.add(409)
    return tuple(sorted(found - endpoint.answers.keys()))


def _types(endpoints: Iterable[AnyEndpoint]) -> Iterable[type]:
    yield Problem
    for endpoint in endpoints:
        if endpoint.query is not None:
            yield endpoint.query
        if endpoint.body is not None:
            yield endpoint.body
        yield from (answer for answer in endpoint.answers.values() if isinstance(answer, type))


def _name(reference: Json) -> str:
    return str(reference["$ref"]).rpartition("/")[2]


def _operation(endpoint: AnyEndpoint, refs: dict[type, Json], components: Json) -> Json:
    said: Json = {
        "operationId": re.sub(r"\W+", "_", endpoint.name.lower().replace("/v1/", "")).strip("_"),
        "summary": endpoint.summary,
        "tags": [endpoint.path.split("/")[2].partition(".")[0]],
        "parameters": [*_parameters(endpoint, refs, components)],
        "responses": _responses(endpoint, refs),
    }
    if endpoint.scope is None:
        said["security"] = []
    elif endpoint.scopes != ANY_KEY:
        said["security"] = [{"key": [str(scope)]} for scope in endpoint.scopes]
    if endpoint.uploads:
        binary = {"schema": {"type": "string", "format": "binary"}}
        said["requestBody"] = {"required": True, "content": dict.fromkeys(endpoint.uploads, binary)}
    elif endpoint.body is not None:
        said["requestBody"] = {"required": True, "content": {JSON: {"schema": refs[endpoint.body]}}}
    return said


def _parameters(endpoint: AnyEndpoint, refs: dict[type, Json], components: Json) -> Iterable[Json]:
    for name in _PARAMETER.findall(endpoint.path):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
    if endpoint.query is not None:
        shape = components[_name(refs[endpoint.query])]
        for name, schema in shape.get("properties", {}).items():
            yield {
                "name": name,
                "in": "query",
                "required": name in shape.get("required", ()),
                "schema": schema,
            }
    if endpoint.method == "POST" and endpoint.scope is not None:
        yield {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": "The same request under the same key is done once in 24 hours.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
        }


def _responses(endpoint: AnyEndpoint, refs: dict[type, Json]) -> Json:
    found: Json = {}
    limits = [] if endpoint.scope is None else ["RateLimit", "RateLimit-Policy"]
    for status, answer in sorted(endpoint.answers.items()):
        said: Json = {"description": _title(status)}
        headers = [*limits]
        if isinstance(answer, str):
            said["content"] = {answer: {}}
        elif answer is not None:
            said["content"] = {JSON: {"schema": refs[answer]}}
        if endpoint.method == "GET" and status == 200 and (answer == JSON or isinstance(answer, type)):
            headers.append("ETag")
            found["304"] = {"description": "It is as the asker has it.", "headers": _headers(limits)}
        if status in (201, 202):
            headers.append("Location")
        found[str(status)] = said | {"headers": _headers(headers)}
    for status in statuses(endpoint):
        headers = [] if status == 401 else [*limits]
        headers += {401: ["WWW-Authenticate"], 429: ["Retry-After"], 503: ["Retry-After"]}.get(status, [])
        found[str(status)] = {
            "description": _title(status),
            "headers": _headers(headers),
            "content": {MEDIA_TYPE: {"schema": refs[Problem]}},
        }
    return dict(sorted(found.items()))


def _headers(names: Sequence[str]) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _title(status: int) -> str:
    try:
        return problem_text(f"title.{status}", "en")
    except KeyError:
        return {200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 206: "Partial Content"}[status]
