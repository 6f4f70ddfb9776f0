"""An authority's time on a checkpoint (RFC 3161): asked for over HTTP, and checked."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from datetime import datetime

from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.ledger import signing
from dialpact.compliance.config import Config
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import note
from dialpact.compliance.ledger import timestamp as authority
from dialpact.compliance.model import Value

SECONDS = 30.0


class Stamped(Value, frozen=True, kw_only=True):
    """``note``: of the checkpoint. ``answer``: the authority's, as it came. ``at``: when it was."""

    note: str
    answer: bytes
    at: datetime


async def stamp(text: str, url: str) -> Stamped:
    """Of a note. LedgerError: it is none, the extra is missing, or the authority answers wrongly."""
    note.split(text)
    asked = authority.ask(text)
    answer = await asyncio.to_thread(_post, url, asked.raw)
    return Stamped(note=text, answer=answer, at=authority.check_answer(answer, text, asked.nonce))


async def stamp_now(context: Context, config: Config, url: str) -> Stamped:
    """Of a new checkpoint."""
    context.actor.need(Right.LEDGER)
    return await stamp((await signing.checkpoint(context, config)).note, url)


def _post(url: str, body: bytes) -> bytes:
    if not url.startswith(("http://", "https://")):
        raise LedgerError(f"{url}: not an http or https address")
    request = urllib.request.Request(url, body, {"Content-Type": authority.REQUEST})  # noqa: S310 - checked above
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
            kind = answer.headers.get_content_type()
            raw: bytes = answer.read(authority.MOST_BYTES + 1)
    except urllib.error.HTTPError as error:
        with error:
            raise LedgerError(f"{url}: {error}") from error
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise LedgerError(f"{url}: {getattr(error, 'reason', None) or error}") from error
    if kind != authority.RESPONSE:
        raise LedgerError(f"{url}: answers with {kind}, not with a timestamp")
    return raw
