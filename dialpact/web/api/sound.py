"""A file of sound over HTTP, whole or a range of it. Its ``ETag`` is the SHA-256 that was recorded."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from starlette.responses import Response

from dialpact.application import hearing
from dialpact.application.hearing import Kept
from dialpact.application.recording_files import OpenFile
from dialpact.web.api import ranged
from dialpact.web.api.ranged import Part, PartResponse
from dialpact.web.api.veiled import PERSONAL

SECONDS = 900.0  # for the whole of a long call over a slow line
MEDIA = {  # by the format of the recording; what has no name of its own: 8 kHz, 16 bits, little-endian
    "wav": "audio/wav",
    "ulaw": "audio/basic",
    "alaw": "audio/x-alaw-basic",
    "sln": "audio/x-raw",
}


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
    return ranged.unchanged(asked, tag(kept))


def part(asked: Mapping[str, str], kept: Kept, size: int) -> Part:
    """Refusal 416: there is nothing in the range."""
    return ranged.part(asked, tag(kept), size)


def answer(kept: Kept, file: OpenFile, given: Part) -> PartResponse:
    """What was asked for of it."""
    return PartResponse(
        file,
        hearing.pieces(file, given.first, given.last),
        given,
        file.size,
        media_type=media_type(kept),
        about=headers(kept) | _about(kept),
    )


def head(kept: Kept, size: int) -> Response:
    """Of the whole, without a byte of it."""
    said = headers(kept) | _about(kept) | {"Content-Length": str(size)}
    return Response(None, 200, said, media_type(kept))


def media_type(kept: Kept) -> str:
    return MEDIA.get(kept.recording.format, "audio/x-unknown")


def _about(kept: Kept) -> dict[str, str]:
    one = kept.recording
    ending = one.format if one.format.isalnum() else "sound"
    digest = base64.b64encode(bytes.fromhex(kept.sha256)).decode()
    return {
        "Content-Disposition": f'attachment; filename="{one.id}-{kept.side}.{ending}"',
        "Repr-Digest": f"sha-256=:{digest}:",
        "X-Content-Type-Options": "nosniff",
    }
