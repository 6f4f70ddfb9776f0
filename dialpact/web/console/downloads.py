"""A file that a page gives: with its name, and taken for nothing else than what it is."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

from dialpact.web.api.endpoint import Answer


def attachment(content: bytes, name: str, media_type: str) -> Response:
    """``name``: of any characters."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in name)
    said = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
    return Response(content, headers={"Content-Disposition": said}, media_type=media_type)


def of_api(answer: Answer) -> Response:
    """What the API answers with a file, for a browser: which other people use after who is signed in now, so
    it keeps nothing of it.
    """
    found = answer.body if isinstance(answer.body, Response) else Response(status_code=answer.status)
    for name, value in answer.headers.items():
        found.headers.setdefault(name, value)
    found.headers["Cache-Control"] = "private, no-store"
    found.headers["Vary"] = "Cookie"
    return found
