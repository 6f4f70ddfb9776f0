"""The ledger at a glance: its checkpoints, how old the newest is, and what was last verified of it."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from dialpact.application.jobs import verifying
from dialpact.application.ledger import signed_heads, signing, witnesses
from dialpact.compliance.clock import stamp
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger.heads import LedgerForked
from dialpact.compliance.registers.fault import Fault
from dialpact.web.console import addresses
from dialpact.web.console.downloads import attachment
from dialpact.web.console.ledger.readers import KEEPERS, READERS, ROWS
from dialpact.web.console.page import Asked, NoForm, Page, Paged, Redirect, Shown

TEMPLATE = "ledger/checkpoints.html"


async def show(asked: Asked[NoForm]) -> Shown:
    return Shown(template=TEMPLATE, values=await _values(asked, ""))


async def more(asked: Asked[Paged]) -> Shown:
    return Shown(template=TEMPLATE, values=await _values(asked, asked.form.after), part="rows")


async def _values(asked: Asked[Any], after: str) -> dict[str, Any]:
    heads = await signed_heads.listed(asked.context, after=after, most=ROWS)
    newest = heads.rows[0] if heads.rows else None
    whole = await verifying.last_whole(asked.context)
    made = verifying.made_of(whole) if whole else None
    key = signed_heads.key(asked.site.config)
    return {
        "heads": heads,
        "address": stamp,
        "newest": newest,
        "age": heads.age,
        "old": heads.old,
        "whole": whole,
        "made": made,
        "since": heads.size - made.entries if made else None,
        "key": key.vkey if key else "",
    }


async def note(asked: Asked[NoForm]) -> Response:
    size, at = addresses.whole(asked.path["size"]), addresses.time(asked.path["at"])
    text = await signed_heads.text(asked.context, size, at)
    name = f"{asked.site.config.node.name}-{size:012}.note"
    return attachment(text.encode(), name, "text/plain; charset=utf-8")


async def sign(asked: Asked[NoForm]) -> Redirect | Shown:
    """Whoever is asked outside cosigns or does not: that is seen on the witnesses' page."""
    config = asked.site.config
    try:
        await signing.checkpoint(asked.context, config)
    except LedgerForked as fork:
        return Shown(template="ledger/forked.html", values={"heads": fork.heads, "fork": fork}, status=409)
    except LedgerError as error:  # the key is another user's, say
        raise Fault("not-signed", why=str(error)) from error
    await witnesses.submit(asked.context, config, patient=False)
    try:
        await signing.copy(asked.context, config)
    except (OSError, LedgerError):
        return Redirect(to="/ledger", said="ledger-page.uncopied")
    return Redirect(to="/ledger", said="ledger-page.signed")


PAGES = (
    Page(method="GET", path="/ledger", action="ledger.show", roles=READERS, handle=show, nav="nav.ledger"),
    Page(
        method="POST",
        path="/ledger/checkpoints",
        action="ledger.checkpoints.more",
        roles=READERS,
        handle=more,
        form=Paged,
    ),
    Page(
        method="GET",
        path="/ledger/checkpoints/{size}/{at}",
        action="ledger.checkpoints.note",
        roles=READERS,
        handle=note,
    ),
    Page(
        method="POST",
        path="/ledger/checkpoints/sign",
        action="ledger.checkpoints.sign",
        roles=KEEPERS,
        handle=sign,
        changes=True,
        seconds=120.0,
    ),
)
