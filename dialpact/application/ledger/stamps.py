"""An authority's time on a checkpoint (RFC 3161): asked for over HTTP, checked, and kept."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from dialpact.application import http_client
from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.http_client import NoAnswer
from dialpact.application.ledger import signing
from dialpact.compliance.config import Config
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import note
from dialpact.compliance.ledger import timestamp as authority
from dialpact.compliance.ledger.heads import stated
from dialpact.compliance.ledger.timestamp import Stamp
from dialpact.compliance.model import Value
from dialpact.store.ports.witnesses import StoredStamp

SECONDS = 30.0
EVERY = timedelta(minutes=59)  # an authority is asked for a checkpoint an hour


class Stamped(Value, frozen=True, kw_only=True):
    """``note``: of the checkpoint. ``answer``: the authority's, as it came. ``stamp``: when it was."""

    note: str
    answer: bytes
    stamp: Stamp


async def stamp(text: str, url: str) -> Stamped:
    """Of a note. LedgerError: it is none, the extra is missing, or the authority answers wrongly."""
    note.split(text)
    asked = authority.ask(text)
    answer = await _post(url, asked.raw)
    return Stamped(note=text, answer=answer, stamp=authority.check_answer(answer, text, asked.nonce))


async def stamp_now(context: Context, config: Config, url: str) -> Stamped:
    """Of a new checkpoint."""
    context.actor.need(Right.LEDGER)
    return await stamp((await signing.checkpoint(context, config)).note, url)


async def keep(context: Context, config: Config) -> Stamped | None:
    """Of the newest checkpoint, by the configured authority, once an hour: kept beside it, for packages.

    None: it is not time yet, or none is configured. StoreError; LedgerError also where ``tsa_ca`` does not
    vouch for the answer.
    """
    context.actor.need(Right.LEDGER)
    newest, own = await context.store.checkpoints.newest(1), config.ledger
    last = await context.store.witnesses.last_stamp()
    if not own.tsa or not newest or (last is not None and timedelta() <= context.now() - last < EVERY):
        return None
    done = await stamp(newest[0].note, own.tsa)
    if own.tsa_ca:
        roots = await asyncio.to_thread(_roots, config)
        await asyncio.to_thread(authority.verify, done.answer, done.note, roots)
    kept = StoredStamp(stated(done.note).size, done.note, done.answer)
    await context.store.witnesses.keep_stamp(kept, context.now())
    return done


def _roots(config: Config) -> bytes:
    file = config.path(config.ledger.tsa_ca)
    try:
        return file.read_bytes()
    except OSError as error:
        raise LedgerError(f"[ledger] tsa_ca {file}: {error.strerror or error}") from error


async def _post(url: str, body: bytes) -> bytes:
    try:
        reply = await http_client.ask(
            url, body, kind=authority.REQUEST, seconds=SECONDS, most=authority.MOST_BYTES
        )
    except NoAnswer as error:
        raise LedgerError(str(error)) from error
    if reply.status != 200:
        raise LedgerError(f"{url}: answers {reply.status}")
    if reply.kind != authority.RESPONSE:
        raise LedgerError(f"{url}: answers with {reply.kind}, not with a timestamp")
    return reply.body
