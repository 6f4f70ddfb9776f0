"""A file over HTTP, whole or a range of it (RFC 9110, sections 13 and 14).

Of several ranges the whole is given, as of a range that is none; one that lies behind the end is refused.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from typing import NamedTuple, Protocol

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from dialpact.web.api.problem import Refusal

_RANGE = re.compile(r"bytes=[ \t]*(?P<first>[0-9]*)-(?P<last>[0-9]*)[ \t]*", re.IGNORECASE)
_DIGITS = 18  # of a place in a file


class Part(NamedTuple):
    """Bytes, both included; of nothing ``last`` is -1. ``ranged``: a range was asked for."""

    first: int
    last: int
    ranged: bool


def unchanged(asked: Mapping[str, str], tag: str) -> bool:
    """Whether the asker has it already. Refusal 412: he wants another one."""
    if (wanted := asked.get("if-match")) is not None and not _names(wanted, tag, weak=False):
        raise Refusal(412, "precondition")
    return _names(asked.get("if-none-match", ""), tag, weak=True)


def part(asked: Mapping[str, str], tag: str, size: int) -> Part:
    """Refusal 416: there is nothing in the range."""
    whole = Part(0, size - 1, False)
    found = _RANGE.fullmatch(asked.get("range", "").strip())
    if found is None or asked.get("if-range", tag).strip() != tag:
        return whole
    first, last = _place(found["first"]), _place(found["last"])
    if (first is None and last is None) or (first is not None and last is not None and last < first):
        return whole
    if first is None:  # so many at the end
        begin, end = max(0, size - (last or 0)), size - 1
        there = bool(last) and size > 0
    else:
        begin, end = first, size - 1 if last is None else min(last, size - 1)
        there = first < size
    if not there:
        raise Refusal(416, "range", headers={"Content-Range": f"bytes */{size}"}, size=size)
    return Part(begin, end, True)


class Closable(Protocol):
    def close(self) -> None: ...


class PartResponse(StreamingResponse):
    """``file`` is closed with the answer, also where nobody waits for it any more. ``about``: headers."""

    def __init__(
        self,
        file: Closable,
        content: AsyncIterator[bytes],
        given: Part,
        size: int,
        *,
        media_type: str,
        about: Mapping[str, str],
    ) -> None:
        said = {**about, "Content-Length": str(given.last + 1 - given.first)}
        if given.ranged:
            said["Content-Range"] = f"bytes {given.first}-{given.last}/{size}"
        super().__init__(content, 206 if given.ranged else 200, said, media_type)
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._file.close()


def _names(listed: str, tag: str, *, weak: bool) -> bool:
    given = {one.strip() for one in listed.split(",")}
    if weak:
        given = {one.removeprefix("W/") for one in given}
    return tag in given or "*" in given


def _place(digits: str) -> int | None:
    if not digits:
        return None
    return int(digits) if len(digits) <= _DIGITS else 10**_DIGITS
