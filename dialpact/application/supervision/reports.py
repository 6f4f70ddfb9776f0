"""Monthly inspection reports, as operators hand them in."""

from __future__ import annotations

import secrets

from dialpact.application.supervision import witness
from dialpact.application.supervision.desk import Desk
from dialpact.compliance.ledger.note import Verifier
from dialpact.compliance.supervision import handed, letter
from dialpact.compliance.supervision.handed import Envelope, Handed
from dialpact.compliance.supervision.letter import LIVES, Receipt
from dialpact.compliance.supervision.model import Operator, Refused, Report
from dialpact.compliance.supervision.refusal import Refusal


async def take(desk: Desk, body: bytes) -> str:
    """The receipt: a signed letter. Refusal says what does not hold."""
    envelope = handed.parsed(body)
    said = handed.statement_of(envelope)
    operator = await desk.store.operators.of_log(said.operator)
    if operator is None:
        raise Refusal("unknown-operator", 404)
    now = desk.now()
    try:
        found = handed.checked(envelope, desk.signer.name, [Verifier.parse(operator.vkey)], now)
        await _witnessed(desk, operator, envelope, found)
        new = Report(
            operator=operator.id,
            month=found.month,
            sha256=found.sha256,
            bytes=len(envelope.report),
            leaf=found.leaf,
            made_at=found.summary.made_at,
            received_at=now,
            headings={heading.name: heading.verdict for heading in found.summary.headings},
        )
        if await desk.store.reports.take(new, body) == "too-many":
            raise Refusal("too-often", 429)
    except Refusal as refusal:
        if refusal.code != "not-signed":
            refused = Refused(operator=operator.id, at=now, what="report", code=refusal.code)
            await desk.store.reports.refuse(refused)
        raise
    receipt = Receipt(
        id=secrets.token_hex(16),
        operator=operator.origin,
        supervisor=desk.signer.name,
        at=now,
        until=now + LIVES,
        month=found.month,
        sha256=found.sha256,
    )
    return letter.sealed(desk.signer, receipt)


async def _witnessed(desk: Desk, operator: Operator, envelope: Envelope, found: Handed) -> None:
    """Its checkpoint is one that we cosigned; another one of the same size is a fork."""
    kept = witness.own_words(envelope.entry.checkpoint, operator)
    if await desk.store.heads.is_cosigned(operator.id, found.head):
        return
    await desk.store.heads.seen(operator.id, found.head, kept, "report", at=desk.now())
    raise Refusal("not-cosigned", 409)
