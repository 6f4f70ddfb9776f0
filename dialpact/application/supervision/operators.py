"""The operators that are supervised."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from dialpact.application.supervision.desk import Desk
from dialpact.compliance.ledger.note import Verifier
from dialpact.compliance.registers.cell import free_text, identifier
from dialpact.compliance.registers.fault import Fault, shown
from dialpact.compliance.registers.moment import HOME
from dialpact.compliance.supervision import handed
from dialpact.compliance.supervision.config import safe_url
from dialpact.compliance.supervision.model import Operator
from dialpact.compliance.supervision.refusal import Refusal

SECRET_BYTES = 32


async def add(
    desk: Desk, id: str, *, name: str, key: Verifier, url: str = "", reports_from: str = "", reason: str = ""
) -> Operator:
    """Registers an operator by his log's key, with a new secret of these two. Fault, ConfigError.

    ``reports_from``: the first month whose report is due; else the present one.
    """
    now = desk.now()
    new = Operator(
        id=identifier(id, "id"),
        name=free_text(name, "name"),
        origin=key.name,
        vkey=key.vkey,
        url=safe_url(url) if url else "",
        secret=secrets.token_bytes(SECRET_BYTES),
        reports_from=_month(reports_from) if reports_from else now.astimezone(HOME).strftime("%Y-%m"),
        added_at=now,
    )
    await desk.store.operators.add(new, by=desk.by, reason=reason)
    return new


async def replace_key(desk: Desk, id: str, key: Verifier, *, reason: str) -> None:
    """For a key that was lost, so that the old one vouches for nothing. Only a person can say so."""
    if not reason:
        raise Fault("no-reason")
    await desk.store.operators.replace_key(id, key.vkey, key.name, by=desk.by, reason=reason, at=desk.now())


async def move(desk: Desk, id: str, url: str, *, reason: str) -> None:
    """Where he is asked from now on; empty: nowhere."""
    await desk.store.operators.move(
        id, safe_url(url) if url else "", by=desk.by, reason=reason, at=desk.now()
    )


async def end(desk: Desk, id: str, *, reason: str) -> None:
    """He is supervised no more. His log's heads, his reports and answers stay."""
    if not reason:
        raise Fault("no-reason")
    await desk.store.operators.end(id, by=desk.by, reason=reason, at=desk.now())


async def new_secret(desk: Desk, id: str, *, reason: str) -> bytes:
    """For one that others may have seen: what was hashed with it could be tried out."""
    secret = secrets.token_bytes(SECRET_BYTES)
    await desk.store.operators.new_secret(id, secret, by=desk.by, reason=reason, at=desk.now())
    return secret


async def listed(desk: Desk) -> Sequence[Operator]:
    """By their ids."""
    return await desk.store.operators.list()


def _month(text: str) -> str:
    try:
        handed.month_of(text.strip())
    except Refusal as error:
        raise Fault("bad-date", column="reports-from", value=shown(text)) from error
    return text.strip()
