"""A witness for many operators: cosigns what continues, and keeps both heads of what does not."""

from __future__ import annotations

from dialpact.application.supervision.desk import Desk
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.ledger.note import Verifier
from dialpact.compliance.supervision import new_key, witness
from dialpact.compliance.supervision.cosignature import cosign
from dialpact.compliance.supervision.model import Operator, Refused
from dialpact.compliance.supervision.refusal import Refusal
from dialpact.compliance.supervision.witness import Head
from dialpact.store.ports.supervision import Judged


async def add_checkpoint(desk: Desk, body: bytes) -> Judged:
    """The cosignature, on disk before it is given; or why not, with the size that was cosigned last.

    Refusal for what no registered operator's key in force has signed.
    """
    asked, now = witness.parse(body), desk.now()

    def judge(operator: Operator, last: Head | None) -> str:
        own_words(asked.text, operator)
        witness.check(last, asked)
        return cosign(desk.signer, asked.head.body(), int(now.timestamp()))

    operator = await desk.store.operators.of_log(asked.head.origin)
    if operator is None:
        raise Refusal("unknown-operator", 404)
    kept = own_words(asked.text, operator)
    judged = await desk.store.heads.take(asked.head.origin, asked.head, kept, judge, late=desk.late, at=now)
    if judged.refusal and judged.refusal.code != "conflict":
        await desk.store.reports.refuse(
            Refused(operator=operator.id, at=now, what="checkpoint", code=judged.refusal.code)
        )
    return judged


async def follow_key(desk: Desk, body: bytes) -> str:
    """Puts an operator's new key in force; the cosignature of its first head. Refusal."""
    told, now = new_key.parsed(body), desk.now()

    def decide(operator: Operator, last: Head | None) -> tuple[str, Checkpoint, str, str]:
        new, head = new_key.checked(told, Verifier.parse(operator.vkey), last)
        line = cosign(desk.signer, head.body(), int(now.timestamp()))
        return new.vkey, head, _only(told.entry.checkpoint, new), line

    origins = dict.fromkeys(Verifier.parse(one.old).name for one in told.rotations)
    for origin in origins:
        operator = await desk.store.operators.of_log(origin)
        if operator is not None:
            try:
                return await desk.store.heads.follow(origin, decide, body.decode(), late=desk.late, at=now)
            except Refusal as refusal:
                if refusal.code not in ("not-vouched", "conflict"):  # signed by nobody, or only out of step
                    refused = Refused(operator=operator.id, at=now, what="rotation", code=refusal.code)
                    await desk.store.reports.refuse(refused)
                raise
    raise Refusal("unknown-operator", 404)


async def size_of(desk: Desk, body: bytes) -> int:
    """How much of the log that this names was cosigned last. Refusal."""
    for one in new_key.parsed(body).rotations:
        operator = await desk.store.operators.of_log(Verifier.parse(one.old).name)
        if operator is not None:
            last = await desk.store.heads.last(operator.id)
            return last.size if last else 0
    raise Refusal("unknown-operator", 404)


def own_words(text: str, operator: Operator) -> str:
    """The note with the operator's own signature alone: others' lines can be anybody's. Refusal."""
    return _only(text, Verifier.parse(operator.vkey))


def _only(text: str, verifier: Verifier) -> str:
    try:
        return witness.only(text, verifier)
    except LedgerError as error:
        raise Refusal("not-signed", 403) from error
