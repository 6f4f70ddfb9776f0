"""What an operator hands in: his checkpoint to be cosigned, a new key, and each month's inspection report."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from typing import NamedTuple

import msgspec

from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.ledger import signing
from dialpact.application.supervised.ours import REGISTER, settings
from dialpact.application.supervision.post import Conflict, Post, Unreachable, post
from dialpact.compliance.config import Config
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import witnessing
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.ledger.heads import stated
from dialpact.compliance.ledger.note import Verifier
from dialpact.compliance.supervision import cosignature, handed, letter, new_key
from dialpact.compliance.supervision.handed import Envelope, LeafProof, Statement
from dialpact.compliance.supervision.letter import Receipt
from dialpact.compliance.supervision.new_key import NewKey
from dialpact.compliance.supervision.refusal import Refusal
from dialpact.compliance.supervision.witness import Shown, StrayHead

SECONDS = 60.0
TRIES = 4
AT_ONCE = 50  # heads that are explained in one turn
MOST_STRAYS = 64 << 10  # bytes of their list
TOLD = "told-key"  # in the log: by the key's id, that the supervisor has been told of it


class Ahead(LedgerError):
    """The supervisor has cosigned more of this log than there is."""


class HandedIn(NamedTuple):
    """``size``: of the checkpoint that proves it. ``receipt``: the supervisor's signed word."""

    month: str
    sha256: str
    size: int
    receipt: str


async def cosigned(context: Context, config: Config, *, send: Post = post) -> str:
    """Signs the log as it is, and has the supervisor's witness cosign it: the note with both signatures.

    He is told of new keys before, and afterwards of how heads that he wondered about belong to this log.
    LedgerError when he has seen more of it than there is: a backup was restored. Refusal, Unreachable.
    """
    context.actor.need(Right.LEDGER)
    await tell_keys(context, config, send=send)
    for _ in range(TRIES):
        text = (await signing.checkpoint(context, config)).note
        try:
            both = await submitted(context, config, text, send=send)
        except Ahead as ahead:  # another process of ours was there meanwhile; or it is not this log
            known = ahead
            continue
        await _explain(context, config, text, send)
        return both
    raise known


async def submitted(context: Context, config: Config, text: str, *, send: Post = post) -> str:
    """A checkpoint of ours with the supervisor's line. Ahead: he has cosigned a larger one; Refusal."""
    ours = settings(config)
    verifier, head, old = Verifier.parse(ours.vkey), stated(text), 0
    for _ in range(TRIES):
        body = witnessing.request(old, await _proof(context, old, head), text)
        try:
            line = await send(f"{ours.url}/add-checkpoint", body, letter.MOST_BYTES, SECONDS)
        except Conflict as conflict:
            old = conflict.size
            if old > head.size:
                raise Ahead(
                    f"the supervisor has cosigned {old} entries of this log, and there are {head.size}: "
                    "was a backup restored?"
                ) from conflict
            continue
        both = text + line.decode("utf-8", "replace")
        if cosignature.seen_at(both, verifier) is None:
            raise Unreachable("an answer without a cosignature by the supervisor's key")
        return both
    raise Refusal("conflict", 409)


async def _explain(context: Context, config: Config, text: str, send: Post) -> None:
    """Heads of ours that the supervisor has seen and not cosigned: that they are beginnings of this one."""
    ours, head = settings(config), stated(text)
    try:
        came = await send(f"{ours.url}/strays", head.origin.encode(), MOST_STRAYS, SECONDS)
        strays = msgspec.json.decode(came, type=list[StrayHead])[:AT_ONCE]
    except msgspec.MsgspecError as error:
        raise Unreachable("a list that can not be read") from error
    for stray in strays:
        if not 0 < stray.size < head.size:
            continue
        steps = await _proof(context, stray.size, head)
        proof = tuple(step.hex() for step in steps)
        shown = Shown(origin=head.origin, stray=stray, size=head.size, proof=proof)
        if shown.holds(head.root):  # else it is no beginning of ours, and stays what it is
            with contextlib.suppress(Refusal):  # (a larger one was cosigned meanwhile: the next time)
                await send(f"{ours.url}/explain", msgspec.json.encode(shown), letter.MOST_BYTES, SECONDS)


async def tell_keys(context: Context, config: Config, *, send: Post = post) -> bool:
    """Tells the supervisor of keys that were put in force since he was told last; whether there were any.

    One that was given up as lost he must be told of by a person: Refusal ``not-vouched``.
    """
    context.actor.need(Right.LEDGER)
    ours = settings(config)
    rotations = await context.store.checkpoints.rotations()
    if not rotations:
        return False
    newest = Verifier.parse(rotations[-1].new).key_id.hex()
    if any(one.action == TOLD for one in await context.store.changes.of(REGISTER, newest)):
        return False
    text = (await signing.checkpoint(context, config)).note
    head = stated(text)
    entry = await entry_proof(context, await context.store.supervised.rotation_leaf(), head, text)
    old = 0
    for _ in range(TRIES):
        proof = await _proof(context, old, head)
        told = NewKey(
            format=new_key.FORMAT,
            rotations=rotations,
            entry=entry,
            old=old,
            proof=tuple(step.hex() for step in proof),
        )
        try:
            await send(f"{ours.url}/rotation", msgspec.json.encode(told), letter.MOST_BYTES, SECONDS)
        except Conflict as conflict:
            old = conflict.size
            continue
        await context.store.changes.note(
            REGISTER, TOLD, newest, {"supervisor": ours.url}, by=context.by, at=context.now()
        )
        return True
    raise Refusal("conflict", 409)


async def hand_in(
    context: Context, config: Config, month: str, report: bytes, *, send: Post = post
) -> HandedIn:
    """``report``: the month's inspection report in JSON, without callees' numbers. That it was made is in the
    log before it leaves, under a checkpoint that the supervisor cosigns first.
    """
    context.actor.need(Right.EVIDENCE)
    ours = settings(config)
    handed.month_of(month)
    verifier = Verifier.parse(ours.vkey)
    sha256 = hashlib.sha256(report).hexdigest()
    detail = {"sha256": sha256, "bytes": len(report), "supervisor": verifier.name}
    leaf = await context.store.supervised.act(
        REGISTER, handed.ACTION, month, detail, by=context.by, at=context.now()
    )
    text = await cosigned(context, config, send=send)
    head = stated(text)
    signer = await signing.key(context, config)
    said = Statement(
        operator=signer.name,
        supervisor=verifier.name,
        month=month,
        sha256=sha256,
        bytes=len(report),
        leaf=leaf,
    )
    envelope = Envelope(
        format=handed.FORMAT,
        statement=handed.stated(signer, said),
        report=report,
        entry=await entry_proof(context, leaf, head, text),
    )
    body = await asyncio.to_thread(msgspec.json.encode, envelope)
    came = await send(f"{ours.url}/report", body, letter.MOST_BYTES, SECONDS)
    receipt = letter.opened(came.decode("utf-8", "replace"), Receipt, [verifier])
    if (receipt.operator, receipt.month, receipt.sha256) != (signer.name, month, sha256):
        raise Refusal("not-for-us")
    done = {"sha256": sha256, "receipt": came.decode()}
    await context.store.changes.note(REGISTER, "receipt", month, done, by=context.by, at=context.now())
    return HandedIn(month, sha256, head.size, came.decode())


async def _proof(context: Context, old: int, head: Checkpoint) -> list[bytes]:
    if not 0 < old < head.size:
        return []
    return list(await context.store.checkpoints.consistency(old, head.size))


async def entry_proof(context: Context, leaf: int, head: Checkpoint, text: str) -> LeafProof:
    """LedgerError when it is not in the tree."""
    shown = await context.store.ledger.prove(leaf)
    steps = await context.store.checkpoints.inclusion(leaf, head.size)
    if shown.record is None or shown.salt is None:
        raise LedgerError(f"the record of leaf {leaf} was erased")
    return LeafProof(
        index=leaf,
        salt=shown.salt.hex(),
        record=shown.record.decode(),
        proof=tuple(step.hex() for step in steps),
        checkpoint=text,
    )
