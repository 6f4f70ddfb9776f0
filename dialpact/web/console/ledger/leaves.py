"""What is in the ledger, entry by entry: a record, its leaf, and the proof that it is in what was signed."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import msgspec
from starlette.responses import Response

from dialpact.application.ledger import entries, proving
from dialpact.compliance.ledger.heads import LedgerForked, stated
from dialpact.compliance.registers.fault import Fault
from dialpact.presentation.ledger_proof import consistency_text, encoded, leaf_object
from dialpact.web.console import addresses
from dialpact.web.console.downloads import attachment
from dialpact.web.console.ledger import words
from dialpact.web.console.ledger.readers import READERS, ROWS
from dialpact.web.console.page import Asked, Form, NoForm, Page, Shown

Leaf = Annotated[int, msgspec.Meta(ge=0, le=(1 << 62))]
# Of records, as the log has them; the first is what is looked up most.
KINDS = (
    *("decision", "recording", "carrier-leg", "register-change", "opt-out", "incident"),
    *("undelivered", "clock"),
)


class Range(Form, frozen=True, kw_only=True):
    """``first``: from this leaf on; None: the newest."""

    first: Leaf | None = None


class Record(Form, frozen=True, kw_only=True):
    """``leaf``: or, where it is not said, a record by its kind and its id or number."""

    leaf: Leaf | None = None
    kind: str = ""
    key: str = ""


class Sizes(Form, frozen=True, kw_only=True):
    """``as_file``: to be handed over, not shown."""

    old: Leaf | None = None
    new: Leaf | None = None
    as_file: bool = False


async def listed(asked: Asked[Range]) -> Shown:
    first = asked.form.first
    page = await entries.listed(asked.context, first, most=ROWS)
    start = page.rows[0].leaf if page.rows else 0
    values = {
        "rows": page.rows,
        "words": partial(words.kind, asked),
        "choices": [(kind, words.kind(asked, kind)) for kind in KINDS],
        "earlier": max(0, start - ROWS) if start else None,
        "later": page.rows[-1].leaf + 1 if page.next else None,
    }
    return Shown(template="ledger/leaves.html", values=values)


async def find(asked: Asked[Record]) -> Shown:
    form = asked.form
    if form.leaf is not None:
        return await _shown(asked, form.leaf)
    return await _shown(asked, await entries.leaf_of(asked.context, form.kind, form.key.strip()))


async def show(asked: Asked[NoForm]) -> Shown:
    return await _shown(asked, addresses.whole(asked.path["leaf"]))


async def _shown(asked: Asked[Any], leaf: int) -> Shown:
    found = await entries.there(asked.context, leaf)
    record = msgspec.json.format(found.record, indent=1).decode() if found.record else ""
    values = {
        "kind": words.kind(asked, found.entry.kind),
        "proof": found,
        "record": record,
        "holds": entries.leads(found),
        "head": stated(found.checkpoint) if found.checkpoint else None,
        "steps": list(map(encoded, found.steps)),
        "hash": encoded(found.entry.hash),
        "salt": encoded(found.salt) if found.salt else "",
    }
    return Shown(template="ledger/leaf.html", values=values)


async def file(asked: Asked[NoForm]) -> Response:
    """As ``dialpact ledger show --json`` has it."""
    found = await entries.there(asked.context, addresses.whole(asked.path["leaf"]))
    content = msgspec.json.format(msgspec.json.encode(leaf_object(found)), indent=1)
    return attachment(content, f"leaf-{found.entry.leaf}.json", "application/json")


async def prove(asked: Asked[Sizes]) -> Shown | Response:
    """That the log of ``old`` entries is a beginning of that of ``new``."""
    old, new = asked.form.old, asked.form.new
    if old is None or new is None:
        return Shown(template="ledger/proof.html", values={"done": None, "text": ""})
    size = await entries.size(asked.context)
    if not old <= new <= size:
        raise Fault("no-such-sizes", old=str(old), new=str(new), size=str(size))
    try:
        done = await proving.prove(asked.context, asked.site.config, str(old), str(new))
    except LedgerForked as fork:
        return Shown(template="ledger/forked.html", values={"heads": fork.heads, "fork": fork}, status=409)
    text = consistency_text(done)
    if asked.form.as_file:
        return attachment(text.encode(), f"{old}-{new}.proof", "text/plain; charset=utf-8")
    return Shown(template="ledger/proof.html", values={"done": done, "text": text})


PAGES = (
    Page(
        method="GET",
        path="/ledger/leaves",
        action="ledger.leaves.list",
        roles=READERS,
        handle=listed,
        form=Range,
    ),
    Page(
        method="GET",
        path="/ledger/leaf",
        action="ledger.leaves.find",
        roles=READERS,
        handle=find,
        form=Record,
    ),
    Page(
        method="GET",
        path="/ledger/leaf/{leaf}",
        action="ledger.leaves.show",
        roles=READERS,
        handle=show,
    ),
    Page(
        method="GET",
        path="/ledger/leaf/{leaf}/proof",
        action="ledger.leaves.file",
        roles=READERS,
        handle=file,
    ),
    Page(
        method="GET",
        path="/ledger/proof",
        action="ledger.proof",
        roles=READERS,
        handle=prove,
        form=Sizes,
    ),
)
