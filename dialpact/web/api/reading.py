"""What comes with a request: its query and its body, bounded, as the types that an endpoint says."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TypeVar, cast
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request

from dialpact.compliance.texts import Language
from dialpact.web.api import problem
from dialpact.web.api.endpoint import Query, Upload
from dialpact.web.api.problem import Refusal, Wrong

T = TypeVar("T")
Q = TypeVar("Q", bound=Query)
JSON = "application/json"
MOST_PARAMETERS = 100
MOST_JSON = 8 << 20  # bytes, whatever a file may have at the same address
IN_MEMORY = 1 << 20  # bytes of an upload; more go to a file
WRITTEN = 1 << 18  # bytes that go to the file at once
DISCARDED = 4 << 20  # bytes that are taken and thrown away, so that the answer is read


class Sent(NamedTuple):
    """``content`` is None where ``upload`` is something."""

    content: bytes | None
    upload: Upload | None
    media_type: str
    sha256: str


def query(request: Request, kind: type[Q], language: Language) -> Q:
    """Refusal 400, 422. A parameter that comes twice is refused: nobody knows which one counts."""
    raw = cast(bytes, request.scope["query_string"])
    try:
        given = parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS
        )
    except ValueError as error:
        wrong = _parameter("", "bad-value", language, why="not UTF-8")
        raise Refusal(422, "invalid", errors=(wrong,)) from error
    found: dict[str, str] = {}
    for name, value in given:
        if name in found:
            raise Refusal(422, "invalid", errors=(_parameter(name, "twice", language),))
        found[name] = value
    for name in _times(kind):  # (a number would be taken for seconds since 1970)
        if _is_number(found.get(name, "")):
            wrong = _parameter(name, "bad-value", language, why="RFC 3339")
            raise Refusal(422, "invalid", errors=(wrong,))
    try:
        return msgspec.convert(found, kind, strict=False)
    except msgspec.ValidationError as error:
        raise problem.invalid(error, language, parameter="query") from error


@cache
def _times(kind: type[Query]) -> tuple[str, ...]:
    return tuple(field.name for field in msgspec.structs.fields(kind) if "datetime" in str(field.type))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _parameter(name: str, code: str, language: Language, **values: str) -> Wrong:
    key = "error.value" if code == "bad-value" else f"error.{code}"
    return Wrong(code=code, detail=problem.text(key, language, **values), parameter=name)


def body(sent: Sent, kind: type[T], language: Language) -> T:
    """Refusal 400, 422."""
    try:
        return msgspec.json.decode(sent.content or b"", type=kind)
    except msgspec.ValidationError as error:
        raise problem.invalid(error, language) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal(400, "not-json", why=str(error)[:200]) from error


def is_json(request: Request) -> bool:
    return _said(request) == JSON


def _said(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def media_type(request: Request, known: tuple[str, ...]) -> str:
    """Without its parameters. Refusal 415."""
    said = _said(request)
    if said not in known or request.headers.get("content-encoding", "identity") != "identity":
        raise Refusal(415, "media-type", known=", ".join(known))
    return said


async def whole(request: Request, most: int) -> bytes:
    """Refusal 413."""
    found = bytearray()
    async for chunk in _chunks(request, most):
        found += chunk
    return bytes(found)


async def spooled(request: Request, most: int, kind: str, folder: Path) -> Upload:
    """Small ones stay in memory; others are a file in ``folder`` that has no name. Refusal 413; OSError."""
    digest, size = hashlib.sha256(), 0
    where = str(folder) if await asyncio.to_thread(folder.is_dir) else None
    spool = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY, dir=where)  # noqa: SIM115
    file = cast(BinaryIO, spool)
    try:
        waiting = bytearray()
        async for chunk in _chunks(request, most):
            waiting += chunk
            size += len(chunk)
            if len(waiting) >= WRITTEN:
                await asyncio.to_thread(_write, file, digest, bytes(waiting))
                waiting.clear()
        await asyncio.to_thread(_write, file, digest, bytes(waiting))
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return Upload(file, kind, size, digest.hexdigest())


def _write(file: BinaryIO, digest: Any, content: bytes) -> None:
    digest.update(content)
    file.write(content)


async def _chunks(request: Request, most: int) -> AsyncIterator[bytes]:
    """Refusal 413, before more is kept than may be."""
    said = request.headers.get("content-length", "0")
    size = int(said) if said.isascii() and said.isdigit() and len(said) < 19 else 0
    read, too_large = 0, size > most
    async for chunk in request.stream():
        read += len(chunk)
        too_large = too_large or read > most
        if not too_large:
            yield chunk
        elif read > most + DISCARDED or size > most + DISCARDED:
            break
    if too_large:  # (whoever is cut while he sends does not get to read it)
        raise _too_large(most)


def _too_large(most: int) -> Refusal:
    return Refusal(413, "too-large", headers={"Connection": "close"}, most=most)
