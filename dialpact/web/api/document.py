"""The OpenAPI 3.1 document, made of the endpoints and of the types that they take and answer with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

import msgspec

from dialpact.compliance.webhooks.events import WEBHOOKS
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
    "Accept-Ranges": {"description": "bytes: Range takes a part of it.", **TEXT},
    "Content-Range": {"description": "Which bytes of how many.", **TEXT},
    "ETag": {"description": "Of what is there: If-None-Match takes it.", **TEXT},
    "Location": {"description": "Where what came to be is.", **TEXT},
    "WWW-Authenticate": TEXT,
}


def written(endpoints: Sequence[AnyEndpoint]) -> bytes:
    return msgspec.json.encode(document(endpoints))


def document(endpoints: Sequence[AnyEndpoint]) -> Json:
    types = list(dict.fromkeys([*_types(endpoints), *(kind for _, kind in WEBHOOKS)]))
    references, components = msgspec.json.schema_components(types, ref_template=REF)
    refs = dict(zip(types, references, strict=True))
    for shape in components.values():
        if "description" in shape:  # a docstring, whose lines end where the source's do
            shape["description"] = " ".join(shape["description"].replace("``", "`").split())
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
        "webhooks": {name: {"post": _told(name, refs[kind])} for name, kind in WEBHOOKS},
        "components": {
            "schemas": components,
            "headers": HEADERS,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "bearerFormat": "dpk_ID_..."}},
        },
        "security": [{"key": []}],
    }


def _told(name: str, schema: Json) -> Json:
    """What a receiver is sent, and what it answers (docs/webhooks.md)."""
    return {
        "operationId": f"told_{name.replace('.', '_')}",
        "summary": f"A receiver of webhooks is told: {name}.",
        "tags": ["webhooks"],
        "security": [],
        "parameters": [
            {"name": f"webhook-{which}", "in": "header", "required": True, **TEXT}
            for which in ("id", "timestamp", "signature")
        ],
        "requestBody": {"required": True, "content": {JSON: {"schema": schema}}},
        "responses": {
            "2XX": {"description": "It has arrived."},
            "default": {"description": "It is sent again; after 410 nothing is any more."},
        },
    }


def statuses(endpoint: AnyEndpoint) -> tuple[int, ...]:
    """Of problems alone."""
    return tuple(sorted(_of_problems(endpoint) - endpoint.answers.keys()))


def _of_problems(endpoint: AnyEndpoint) -> set[int]:
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
    return found


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
    binary = {"type": "string", "format": "binary"}
    content: Json = {media_type: {"schema": binary} for media_type in endpoint.uploads}
    if endpoint.body is not None:
        content[JSON] = {"schema": refs[endpoint.body]}
    if content:
        said["requestBody"] = {"required": True, "content": content}
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
    for name, description in endpoint.fields.items():
        yield {"name": name, "in": "header", "required": False, "description": description, **TEXT}
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
        if isinstance(answer, str | tuple):
            said["content"] = {one: {} for one in ([answer] if isinstance(answer, str) else answer)}
        elif answer is not None:
            said["content"] = {JSON: {"schema": refs[answer]}}
        if status in _of_problems(endpoint):
            said["content"] = {**said.get("content", {}), MEDIA_TYPE: {"schema": refs[Problem]}}
        if endpoint.method == "GET" and status == 200 and (answer == JSON or isinstance(answer, type)):
            headers.append("ETag")
            found["304"] = {"description": "It is as the asker has it.", "headers": _headers(limits)}
        if status in (201, 202):
            headers.append("Location")
        if 206 in endpoint.answers:
            headers += ["ETag", "Accept-Ranges", *(["Content-Range"] if status == 206 else [])]
        found[str(status)] = said | {"headers": _headers(headers)}
    for status in statuses(endpoint):
        headers = [] if status == 401 else [*limits]
        headers += {
            401: ["WWW-Authenticate"],
            429: ["Retry-After"],
            503: ["Retry-After"],
            416: ["Content-Range"],
        }.get(status, [])
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
        return HTTPStatus(status).phrase
