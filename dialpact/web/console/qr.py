"""A picture for an authenticator, as SVG. The only module that uses segno."""

from __future__ import annotations

import segno
from markupsafe import Markup


def picture(text: str, title: str) -> Markup:
    """Drawn by attributes alone: a page of ours has no styles within."""
    found = segno.make(text, error="m")
    width, height = found.symbol_size(scale=5, border=4)
    inner = found.svg_inline(scale=5, border=4, omitsize=True, light="#fff", svgclass=None, lineclass=None)
    head = Markup('<svg class="qr" role="img" aria-label="{}" width="{}" height="{}"').format(
        title, width, height
    )
    return head + Markup(inner.removeprefix("<svg"))  # noqa: S704 - of figures alone
