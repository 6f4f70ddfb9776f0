"""Who vouches for the ledger from outside: witnesses, and an authority for timestamps; and what to do."""

from __future__ import annotations

from starlette.responses import Response

from dialpact.application.ledger import signed_heads
from dialpact.compliance.clock import stamp
from dialpact.web.console import addresses
from dialpact.web.console.downloads import attachment
from dialpact.web.console.ledger.readers import READERS
from dialpact.web.console.page import Asked, NoForm, Page, Shown

STAMPS = 20
TIMESTAMP = "application/timestamp-reply"


async def show(asked: Asked[NoForm]) -> Shown:
    found = await signed_heads.outsiders(asked.context, asked.site.config, most=STAMPS)
    return Shown(template="ledger/witnesses.html", values={"found": found, "address": stamp})


async def stamp_file(asked: Asked[NoForm]) -> Response:
    size, at = addresses.whole(asked.path["size"]), addresses.time(asked.path["at"])
    found = await signed_heads.stamp(asked.context, size, at)
    name = f"{asked.site.config.node.name}-{size:012}"
    if asked.path["kind"] == "note":
        return attachment(found.note.encode(), f"{name}.note", "text/plain; charset=utf-8")
    return attachment(found.answer, f"{name}.tsr", TIMESTAMP)


PAGES = (
    Page(
        method="GET",
        path="/ledger/witnesses",
        action="ledger.witnesses.show",
        roles=READERS,
        handle=show,
    ),
    Page(
        method="GET",
        path="/ledger/stamps/{size}/{at}/{kind}",
        action="ledger.stamps.file",
        roles=READERS,
        handle=stamp_file,
    ),
)
