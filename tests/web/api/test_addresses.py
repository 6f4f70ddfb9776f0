"""What no request can be, by the document made of the types: a way to make the product ask somebody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dialpact.web.api.document import document
from dialpact.web.api.routing import endpoints

# What a program would call a place that is to be asked: whole names, or their last word.
PLACES = {"url", "uri", "href", "link", "host", "hostname", "callback", "address", "endpoint"}
FORMATS = {"uri", "uri-reference", "iri", "hostname", "ipv4", "ipv6"}


def fields(
    schema: Any, known: dict[str, Any], seen: frozenset[str] = frozenset()
) -> Iterator[tuple[str, Any]]:
    """Every field of a body, those of the objects in it as well."""
    if isinstance(schema, list):
        for one in schema:
            yield from fields(one, known, seen)
    elif isinstance(schema, dict):
        name = str(schema.get("$ref", "")).rpartition("/")[2]
        if name and name not in seen:
            yield from fields(known[name], known, seen | {name})
        for key, value in schema.get("properties", {}).items():
            yield key, value
        for value in schema.values():
            yield from fields(value, known, seen)


def sent() -> list[tuple[str, str, Any]]:
    """Operation, field and schema, of all that a request may carry."""
    made = document(endpoints())
    known, found = made["components"]["schemas"], []
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            name = f"{method.upper()} {path}"
            found += [(name, one["name"], one["schema"]) for one in operation["parameters"]]
            bodies = operation.get("requestBody", {}).get("content", {})
            found += [(name, *one) for body in bodies.values() for one in fields(body, known)]
    return found


def test_no_request_names_a_place_that_is_then_asked() -> None:
    found = sent()
    assert ("POST /v1/check", "number") in {(name, field) for name, field, _ in found}, "they are found"
    for name, field, schema in found:
        assert field.lower().replace("-", "_").rpartition("_")[2] not in PLACES, (name, field)
        assert not FORMATS & {str(value) for value in schema.values()}, (name, field)
