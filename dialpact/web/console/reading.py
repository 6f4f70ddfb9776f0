"""What comes with a request for a page: its query or its form, bounded, as the type that the page says."""

from __future__ import annotations

import types
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from datetime import date, datetime, tzinfo
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl

import msgspec
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from dialpact.compliance.registers.fault import Fault
from dialpact.web.console.page import AnyPage, Form, NoForm, Upload
from dialpact.web.site import Site

F = TypeVar("F", bound=Form)
MOST_FIELDS = 300
MOST_FILES = 20
MOST_FIELD = 1 << 18  # bytes
TIMES = (date, datetime)
FRAME_FIELDS = ("said",)  # of the query, and the frame's alone


class TooLarge(Exception):
    """More was sent than is taken."""


async def sent(
    request: Request, page: AnyPage, site: Site, zone: tzinfo, held: AsyncExitStack
) -> tuple[Form, dict[str, Upload]]:
    """Fault for what does not fit; TooLarge. The files are gone when ``held`` ends."""
    kind = page.form or NoForm
    query = _pairs(cast(bytes, request.scope["query_string"]).decode("latin-1"))
    query = [pair for pair in query if pair[0] not in FRAME_FIELDS]
    if page.method == "GET":
        return form(kind, query, zone), {}
    if query:
        raise Fault("page-field", field=query[0][0][:40])
    most = page.most_body if isinstance(page.most_body, int) else page.most_body(site)
    bounded = Request(request.scope, _bounded(request, most))
    said = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if page.uploads and said == "multipart/form-data":
        fields, files = await _multipart(bounded, held)
        return form(kind, fields, zone), files
    if said not in ("application/x-www-form-urlencoded", ""):
        raise Fault("page-form", kind=said[:80])
    content = await bounded.body()
    return form(kind, _pairs(content.decode("utf-8", "replace")), zone), {}


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise Fault("page-form", kind="application/x-www-form-urlencoded") from error


def _bounded(request: Request, most: int) -> Any:
    read = 0

    async def receive() -> Any:
        nonlocal read
        message = await request.receive()
        read += len(message.get("body", b""))
        if read > most:
            raise TooLarge
        return message

    return receive


async def _multipart(
    request: Request, held: AsyncExitStack
) -> tuple[list[tuple[str, str]], dict[str, Upload]]:
    try:
        found = await held.enter_async_context(
            request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS, max_part_size=MOST_FIELD)
        )
    except (MultiPartException, HTTPException) as error:
        raise Fault("page-form", kind="multipart/form-data") from error
    fields: list[tuple[str, str]] = []
    files: dict[str, Upload] = {}
    for name, value in found.multi_items():
        if not isinstance(value, UploadFile):
            fields.append((name, value))
        elif value.filename:  # (of a field in which nothing was chosen it is empty)
            await value.seek(0)
            kind = (value.content_type or "").partition(";")[0].strip().lower()
            key = name if name not in files else f"{name}.{len(files)}"
            files[key] = Upload(value.filename, kind, value.file, value.size or 0)
    return fields, files


def form(kind: type[F], pairs: Sequence[tuple[str, str]], zone: tzinfo) -> F:
    """Fault, with the field, for what does not fit."""
    hints = get_type_hints(kind)
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    given: dict[str, Any] = {}
    for name, value in pairs:
        if name not in fields:
            raise Fault("page-field", field=name[:40])
        wanted = set(_plain(hints[name]))
        if tuple in wanted:
            given.setdefault(name, []).append(value)
        elif name in given:
            raise Fault("page-field", field=name)
        elif value == "" and not fields[name].required:
            continue
        else:
            given[name] = _time(value, zone) if datetime in wanted else value
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        why, _, place = str(error).partition(" - at `$.")
        named = next((name for name in fields if place.startswith(name) or f"`{name}`" in why), "")
        raise Fault("page-value", field=named, why=why[:120]) from error


def _plain(hint: Any) -> Iterator[Any]:
    """The types of a union, without what they hold."""
    if isinstance(hint, types.UnionType):
        for one in get_args(hint):
            yield from _plain(one)
    else:
        yield get_origin(hint) or hint


def _time(value: str, zone: tzinfo) -> datetime | str:
    """What a field for day and time sends has no zone: it is the installation's."""
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return value
    return at if at.tzinfo else at.replace(tzinfo=zone)
