"""The files that pages load: style, scripts. Ours, and those of others that are kept with their checksums.

An address has the beginning of its file's hash, so that a browser keeps it for ever and asks again when it
is another.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from dialpact.presentation import page as presentation
from dialpact.web.console.headers import ALWAYS

FOLDER = Path(__file__).parent / "static"
PAPER = Path(presentation.__file__).with_name("templates")  # what reports look like, too
OF_PAPER = ("base.css", "inspection.css")
PREFIX = "/static/"
FOR_EVER = "public, max-age=31536000, immutable"
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@cache
def files() -> dict[str, tuple[bytes, str]]:
    """By their names below ``static``: content and hash."""
    named = {file.relative_to(FOLDER).as_posix(): file for file in FOLDER.rglob("*") if file.suffix in KINDS}
    named |= {name: PAPER / name for name in OF_PAPER}
    contents = {name: file.read_bytes() for name, file in sorted(named.items())}
    return {name: (content, hashlib.sha256(content).hexdigest()[:12]) for name, content in contents.items()}


def address(name: str) -> str:
    """KeyError for one that is not there."""
    return f"{PREFIX}{name}?v={files()[name][1]}"


async def serve(request: Request) -> Response:
    name = request.path_params["name"]
    found = files().get(name)
    if found is None:
        return Response(status_code=404, headers={**ALWAYS, "Cache-Control": "no-store"})
    content, digest = found
    headers = {**ALWAYS, "Cache-Control": FOR_EVER, "ETag": f'"{digest}"'}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    kind = KINDS["." + name.rpartition(".")[2]]
    return Response(content, headers=headers, media_type=f"{kind}; charset=utf-8")
