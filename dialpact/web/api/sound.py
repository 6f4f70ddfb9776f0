"""A file of sound over HTTP, whole or a range of it (RFC 9110, sections 13 and 14).

Its ``ETag`` is the SHA-256 that was recorded. Of several ranges the whole is given, as of a range that is
none; one that lies behind the end is refused.
"""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterator, Mapping
from typing import NamedTuple

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from dialpact.application import hearing
from dialpact.application.hearing import Kept
from dialpact.application.recording_files import OpenFile
from dialpact.web.api.problem import Refusal
from dialpact.web.api.veiled import PERSONAL

SECONDS = 900.0  # for the whole of a long call over a slow line
MEDIA = {  # by the format of the recording; what has no name of its own: 8 kHz, 16 bits, little-endian
    "wav": "audio/wav",
    "ulaw": "audio/basic",
    "alaw": "audio/x-alaw-basic",
    "sln": "audio/x-raw",
}
_RANGE = re.compile(r"bytes=[ \t]*(?P<first>[0-9]*)-(?P<last>[0-9]*)[ \t]*", re.IGNORECASE)
_DIGITS = 18  # of a place in a file


class Part(NamedTuple):
    """Bytes, both included; of nothing ``last`` is -1. ``ranged``: a range was asked for."""

    first: int
    last: int
    ranged: bool


def tag(kept: Kept) -> str:
    return f'"{kept.sha256}"'


def headers(kept: Kept) -> dict[str, str]:
    """Of every answer about the file that has one."""
    return {
        "ETag": tag(kept),
        "Accept-Ranges": "bytes",
        "Vary": "Authorization",
        **PERSONAL,
    }


def unchanged(asked: Mapping[str, str], kept: Kept) -> bool:
    """Whether the asker has it already. Refusal 412: he wants another one."""
    if (wanted := asked.get("if-match")) is not None and not _names(wanted, tag(kept), weak=False):
        raise Refusal(412, "precondition")
    return _names(asked.get("if-none-match", ""), tag(kept), weak=True)


def part(asked: Mapping[str, str], kept: Kept, size: int) -> Part:
    """Refusal 416: there is nothing in the range."""
    whole = Part(0, size - 1, False)
    found = _RANGE.fullmatch(asked.get("range", "").strip())
    if found is None or asked.get("if-range", tag(kept)).strip() != tag(kept):
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


class SoundResponse(StreamingResponse):
    """The file is closed with the answer, also where nobody waits for it any more."""

    def __init__(self, kept: Kept, file: OpenFile, given: Part) -> None:
        said = headers(kept) | _about(kept, given.last + 1 - given.first)
        if given.ranged:
            said["Content-Range"] = f"bytes {given.first}-{given.last}/{file.size}"
        content: AsyncIterator[bytes] = hearing.pieces(file, given.first, given.last)
        super().__init__(content, 206 if given.ranged else 200, said, media_type(kept))
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._file.close()


def head(kept: Kept, size: int) -> Response:
    """Of the whole, without a byte of it."""
    return Response(None, 200, headers(kept) | _about(kept, size), media_type(kept))


def media_type(kept: Kept) -> str:
    return MEDIA.get(kept.recording.format, "audio/x-unknown")


def _about(kept: Kept, length: int) -> dict[str, str]:
    one = kept.recording
    ending = one.format if one.format.isalnum() else "sound"
    digest = base64.b64encode(bytes.fromhex(kept.sha256)).decode()
    return {
        "Content-Length": str(length),
        "Content-Disposition": f'attachment; filename="{one.id}-{kept.side}.{ending}"',
        "Repr-Digest": f"sha-256=:{digest}:",
        "X-Content-Type-Options": "nosniff",
    }


def _names(listed: str, tag: str, *, weak: bool) -> bool:
    given = {one.strip() for one in listed.split(",")}
    if weak:
        given = {one.removeprefix("W/") for one in given}
    return tag in given or "*" in given


def _place(digits: str) -> int | None:
    if not digits:
        return None
    return int(digits) if len(digits) <= _DIGITS else 10**_DIGITS
