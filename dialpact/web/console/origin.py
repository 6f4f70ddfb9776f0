"""A form that changes something comes from a page of ours, or it is not taken.

A browser says where a request comes from in ``Sec-Fetch-Site``, and one that is older in ``Origin``; who says
neither is no browser that anybody signs in with.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request


def ours(request: Request, base_url: str) -> bool:
    """``base_url``: how others reach us, where that is another address than they name in ``Host``."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    if origin is None:
        return False
    try:
        said = urlsplit(origin)
        known = urlsplit(base_url or f"//{request.headers.get('host', '')}")
    except ValueError:  # no address at all
        return False
    same = bool(said.netloc) and said.netloc == known.netloc
    return same and (not base_url or said.scheme == known.scheme)
