"""How a question becomes a request, and its answer a value."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeVar

import msgspec

from dialpact.client.transport import Reply, Request, Transport

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
File = str | PathLike[str] | BinaryIO
NONE: Mapping[str, str] = {}
PART = 1000  # rows of a list that are asked for at once


class Part(Protocol[T_co]):
    """Of a list: its rows, and where it goes on; empty: nowhere."""

    @property
    def items(self) -> Sequence[T_co]: ...
    @property
    def next(self) -> str: ...


class Questions:
    """What all rooms of the client have in common."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def _get(self, path: str, kind: type[T], /, **query: Any) -> T:
        return decoded(self._transport.ask(Request("GET", path, said(query))), kind)

    def _post(self, path: str, body: msgspec.Struct, kind: type[T], *, key: str | None = None) -> T:
        """What changes something. ``key``: the Idempotency-Key; None: a new one."""
        return decoded(self._transport.ask(posted(path, body, new_key() if key is None else key)), kind)

    def _send(
        self,
        path: str,
        file: File,
        media_type: str,
        kind: type[T],
        key: str | None,
        headers: Mapping[str, str] = NONE,
        /,
        **query: Any,
    ) -> T:
        with reading(file) as body:
            once = new_key() if key is None else key
            request = Request("POST", path, said(query), body, media_type, once, headers=headers)
            return decoded(self._transport.ask(request), kind)

    def _fetch(self, path: str, file: File, **query: Any) -> None:
        """Into ``file``, which is there when all of it is."""
        with writing(file) as into:
            self._transport.ask(Request("GET", path, said(query), into=into))

    def _rows(self, path: str, kind: type[Part[T]], /, **query: Any) -> Iterator[T]:
        """All of a list, part by part."""
        after = ""
        while True:
            part = self._get(path, kind, after=after, limit=PART, **query)
            yield from part.items
            if not (after := part.next):
                return


def new_key() -> str:
    """An Idempotency-Key that nobody else has."""
    return secrets.token_hex(16)


def posted(path: str, body: msgspec.Struct, key: str = "", accept: tuple[int, ...] = ()) -> Request:
    return Request("POST", path, body=msgspec.json.encode(body), key=key, accept=accept)


def decoded(reply: Reply, kind: type[T]) -> T:
    return msgspec.json.decode(reply.body, type=kind)


def said(query: dict[str, Any]) -> dict[str, str]:
    """As it stands behind the question mark; what is nothing is left out."""
    return {name: _said(value) for name, value in query.items() if value is not None and value != ""}


def _said(value: Any) -> str:
    plain = msgspec.to_builtins(value)
    return str(plain).lower() if isinstance(plain, bool) else str(plain)


@contextmanager
def reading(file: File) -> Iterator[BinaryIO]:
    if isinstance(file, str | PathLike):
        with Path(file).open("rb") as opened:
            yield opened
    else:
        yield file


@contextmanager
def writing(file: File) -> Iterator[BinaryIO]:
    """A path gets its name when all is written; until then it is called ``NAME.part``."""
    if not isinstance(file, str | PathLike):
        yield file
        return
    path = Path(file)
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as opened:
            yield opened
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
