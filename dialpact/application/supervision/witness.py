"""A witness for many operators: cosigns what continues, and keeps both heads of what does not."""

from __future__ import annotations

import hashlib

import msgspec

from dialpact.application.supervision.desk import Desk
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.ledger.note import Verifier
from dialpact.compliance.supervision import new_key, witness
from dialpact.compliance.supervision.cosignature import cosign
from dialpact.compliance.supervision.model import Operator, Refused
from dialpact.compliance.supervision.refusal import Refusal
from dialpact.compliance.supervision.witness import Head, Shown, StrayHead
from dialpact.store.ports.supervision import Judged

MOST_STRAYS = 200


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
    """Puts an operator's new key in force; the cosignature of its first head. Refusal.

    Empty for one that is in force already: a person has said so, or the answer was lost.
    """
    told, now = new_key.parsed(body), desk.now()
    newest = Verifier.parse(told.rotations[-1].new)
    known = await desk.store.operators.of_log(newest.name)
    if known is not None and known.vkey == newest.vkey:
        return ""

    def decide(operator: Operator, last: Head | None) -> tuple[str, Checkpoint, str, str]:
        new, head = new_key.checked(told, Verifier.parse(operator.vkey), last)
        line = cosign(desk.signer, head.body(), int(now.timestamp()))
        return new.vkey, head, witness.only(told.entry.checkpoint, new), line

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


async def strays(desk: Desk, body: bytes) -> bytes:
    """Of the log that is named: signed heads that nobody has shown to continue it. Refusal."""
    operator = await desk.store.operators.of_log(body[:256].decode("utf-8", "replace"))
    if operator is None:
        raise Refusal("unknown-operator", 404)
    found = await desk.store.heads.strays(operator.id, MOST_STRAYS)
    return msgspec.json.encode(
        [StrayHead(size=one.size, root=one.root.hex()) for one in found if one.log == operator.origin]
    )


async def explain(desk: Desk, body: bytes) -> None:
    """That one of them is a beginning of what was cosigned: then it is none any more. Refusal."""
    try:
        shown = msgspec.json.decode(body, type=Shown)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise Refusal("malformed", 400) from error
    operator = await desk.store.operators.of_log(shown.origin)
    if operator is None:
        raise Refusal("unknown-operator", 404)
    last = await desk.store.heads.last(operator.id)
    if last is None or last.size != shown.size or not shown.holds(last.root):
        raise Refusal("not-continued")
    for one in await desk.store.heads.strays(operator.id, MOST_STRAYS):
        told = StrayHead(size=one.size, root=one.root.hex())
        if one.log == operator.origin and told == shown.stray:
            await desk.store.heads.explain(operator.id, one)


async def cosigned_last(desk: Desk, digest: str) -> str | None:
    """The newest checkpoint of a log, with our line: the log goes by the SHA-256 of its name
    (hexadecimal).
    """
    for operator in await desk.store.operators.list():
        if hashlib.sha256(operator.origin.encode()).hexdigest() == digest:
            last = await desk.store.heads.last(operator.id)
            return last.note + last.line if last else None
    return None


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
    return witness.only(text, Verifier.parse(operator.vkey))
