"""Makes a package: logs the export, reads everything, signs, writes, checks what it wrote, gives it out.

The order matters. The custody log's line is on disk before anything is read, so its leaf is in the package's
own checkpoint; what is enclosed is put down in the log before the checkpoint that the package is proven by is
signed, so nobody can sign another package over the same records; and the package gets its name only when its
own examination finds nothing but what the package itself says.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from importlib.resources import files as resources
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from dialpact.application import new_file
from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.evidence import check, container, enclosed
from dialpact.application.evidence.container import Source
from dialpact.application.evidence.cover import Cover, Renderer
from dialpact.application.evidence.folder import complaint_row, folder, line
from dialpact.application.evidence.form import (
    CHECKPOINT,
    FORMAT,
    MANIFEST,
    PROOFS,
    SCRIPTS,
    SIGNATURE,
    Absent,
    ErasedCall,
    ListedCall,
    Manifest,
    Note,
    Older,
    ProofList,
    RecordProof,
    older_name,
    pretty,
    record_name,
    signed_text,
    stamp_name,
)
from dialpact.application.evidence.matching import Matched
from dialpact.application.ledger import heads, witnesses
from dialpact.application.progress import Progress, unwatched
from dialpact.compliance.backup import Restored
from dialpact.compliance.clock import stamp
from dialpact.compliance.config import Config
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.evidence import REGISTER, Key, Proofs, Proven, leaf_of_change
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.ledger.note import Signer, split
from dialpact.compliance.registers.fault import Fault
from dialpact.store.ports.witnesses import Cosignature, StoredStamp


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What was given out. ``findings``: what the package itself says is missing or changed."""

    file: str
    sha256: str
    bytes: int
    calls: list[str]
    complaint: int | None
    size: int
    records: int
    absent: list[Absent]
    notes: list[Note]
    key: str


async def make(
    context: Context,
    matched: Matched,
    target: Path,
    *,
    signer: Signer,
    config: Config,
    render: Renderer,
    reason: str = "",
    force: bool = False,
    progress: Progress = unwatched,
) -> Made:
    """``target``: the file to make; ``force``: over one that is there. ``progress``: calls that were read.

    Fault ``exists``; LedgerError when the key can not sign, or what was written does not verify.
    """
    context.actor.need(Right.EVIDENCE)
    evidence, now = context.store.evidence, context.now()
    await asyncio.to_thread(new_file.check, target, force=force)
    question = matched.question
    complaint = question.complaint or None
    logged = [(REGISTER, id) for id in matched.calls]
    if complaint:
        logged += [("complaint", str(complaint))]
    detail = {"asked": question, "calls": len(matched.calls), "file": target.name, "reason": reason}
    detail |= {"form": enclosed.FORM}
    exported, *_ = await evidence.log("export", logged, detail, by=context.by, at=now)

    gathered = await evidence.gather(matched.calls, question.complaint)
    there = {one.id for one in gathered.dossiers}
    if gone := [id for id in matched.calls if id not in there]:
        raise Fault("not-registered", entry=gone[0])
    folders = []
    for done, dossier in enumerate(gathered.dossiers, 1):
        folders.append(await asyncio.to_thread(folder, dossier))
        progress(done, len(gathered.dossiers))
    signed = (await heads.signed(config, context.store, signer, now)).note
    head = Checkpoint.parse(split(signed)[0])
    leaves = [leaf for one in folders for leaf in one.call.leaves()] + gathered.rotated
    leaves += map(leaf_of_change, gathered.history)
    proofs = await evidence.prove(dict.fromkeys(leaves), head.size)

    files: dict[str, Source] = {name: content for one in folders for name, content in one.files.items()}
    if matched.complaint:
        history = [line(change) for change in gathered.history]
        filed = {"complaint": complaint_row(matched.complaint), "history": history}
        files["complaint.json"] = pretty(filed)
    notes = [note for one in folders for note in one.notes]
    notes += _unproven(leaves, proofs.records)
    notes += [Note(code="forked", about=one.reason) for one in gathered.rotations if one.given_up]
    if put_back := await context.store.backups.restored():
        notes.append(Note(code="restored", about=_restored(put_back)))
    absent = [one for each in folders for one in each.absent]
    about = Cover(
        question=question,
        complaint=matched.complaint,
        head=head,
        key=signer.vkey,
        made_at=now,
        by=context.by,
        reason=reason,
        node=config.node.name,
    )
    pages = await asyncio.to_thread(render, about, folders, notes)
    files |= pages.files
    notes += pages.notes
    files |= await asyncio.to_thread(_static)
    manifest = Manifest(
        format=FORMAT,
        made_at=stamp(now),
        made_by=context.by,
        node=config.node.name,
        reason=reason,
        asked=msgspec.to_builtins(question),
        calls=matched.calls,
        complaint=complaint,
        absent=absent,
        notes=notes,
        keys=list(dict.fromkeys([signer.vkey, *(one.old for one in reversed(gathered.rotations))])),
        rotations=gathered.rotations,
        files=[],
    )
    listed = await asyncio.to_thread(_listed, files)
    withheld = sorted({leaf for one in folders for leaf in one.call.withheld})
    contents = enclosed.digests(
        msgspec.to_builtins(manifest),
        [(one.kind, one.key) for one in proofs.records],
        withheld,
        {one.path: one.sha256 for one in listed},
    )
    acts = await evidence.log("enclosed", [(REGISTER, exported)], contents, by=context.by, at=now)
    leaves += [("register-change", seq) for seq in acts]
    signed = (await heads.signed(config, context.store, signer, now)).note
    head = Checkpoint.parse(split(signed)[0])
    proofs = await evidence.prove(dict.fromkeys(leaves), head.size)
    await witnesses.submit(context, config, patient=False)
    kept = await context.store.witnesses.cosignatures_of([head.size, *(old.size for old in proofs.older)])
    files |= _ledger(proofs, witnesses.under(signed, kept.get(head.size, ())), withheld, kept)
    files |= _stamps(proofs, await context.store.witnesses.stamps_of([old.size for old in proofs.older]))
    listed = await asyncio.to_thread(_listed, files)
    manifest = msgspec.structs.replace(manifest, files=listed)
    files |= _signed(manifest, signer)
    with new_file.beside(target) as (temporary, file):
        await asyncio.to_thread(_write, file, files)
        await asyncio.to_thread(_check_own, temporary, signer, absent, notes)
        size, sha256 = await asyncio.to_thread(container.digest, temporary)
        given = {"file": target.name, "sha256": sha256, "bytes": size}
        # After the package: what it is can not stand in it.
        await evidence.log("given-out", logged, given, by=context.by, at=context.now())
        await asyncio.to_thread(new_file.give_name, temporary, target, force=force)
    return Made(
        file=str(target),
        sha256=sha256,
        bytes=size,
        calls=matched.calls,
        complaint=complaint,
        size=head.size,
        records=len(proofs.records),
        absent=absent,
        notes=notes,
        key=signer.vkey,
    )


def _stamps(proofs: Proofs, stamps: Sequence[StoredStamp]) -> dict[str, Source]:
    """Of each size one: an authority's answer, and the checkpoint byte for byte as it was stamped."""
    files: dict[str, Source] = {}
    bodies = {old.size: split(old.note)[0] for old in proofs.older}
    for one in stamps:
        if split(one.note)[0] != bodies[one.size]:
            continue  # of another log, which this one does not continue
        files.setdefault(stamp_name(one.size, ".note"), one.note.encode())
        files.setdefault(stamp_name(one.size, ".tsr"), one.answer)
    return files


def _ledger(
    proofs: Proofs, note: str, withheld: list[str], kept: Mapping[int, Sequence[Cosignature]]
) -> dict[str, Source]:
    files: dict[str, Source] = {CHECKPOINT: note.encode()}
    records, erased, before = [], [], []
    for one in proofs.records:
        path = [step.hex() for step in one.proof]
        about: dict[str, Any] = {"index": one.index, "kind": one.kind, "key": one.key, "proof": path}
        if one.content is None or one.salt is None:
            erased.append(ErasedCall(leaf=one.leaf.hex(), **about))
            continue
        name = record_name(one.index, one.kind)
        files[name] = one.content
        records.append(RecordProof(file=name, version=one.version, salt=one.salt.hex(), **about))
    for old in proofs.older:
        name = older_name(old.size)
        files[name] = witnesses.under(old.note, kept.get(old.size, ())).encode()
        before.append(Older(file=name, size=old.size, proof=[step.hex() for step in old.proof]))
    files[PROOFS] = pretty(ProofList(records=records, older=before, erased=erased, withheld=withheld))
    return files


def _restored(found: Restored) -> str:
    """When, what of, and who answers for what is missing since."""
    missing = "?" if found.entries is None else str(found.entries)
    days = f"{found.made_at:%F} / {found.at:%F}"
    return ", ".join(filter(None, (days, missing, found.by, found.acknowledged_by)))


def _unproven(leaves: list[Key], proven: list[Proven]) -> list[Note]:
    there = {(one.kind, one.key) for one in proven}
    return [
        Note(code="not-in-ledger", about=f"{kind} {key}")
        for kind, key in dict.fromkeys(leaves)
        if (kind, key) not in there
    ]


def _static() -> dict[str, Source]:
    """What is the same in every package: how to read it, and how to verify it without Dialpact."""
    folder = resources("dialpact.application.evidence")
    verify, shown = (folder.joinpath(name).read_text("utf-8") for name in SCRIPTS)
    alone = verify.replace('SHOWN = ""', f"SHOWN = r'''{shown}'''", 1)
    texts = dict(zip(SCRIPTS, (alone, shown), strict=True))
    return {
        "README.md": folder.joinpath("package.md").read_bytes(),
        **{name: text.encode() for name, text in texts.items()},
    }


def _signed(manifest: Manifest, signer: Signer) -> dict[str, Source]:
    content = pretty(manifest)
    size, sha256 = container.digest(content)
    return {MANIFEST: content, SIGNATURE: signer.sign(signed_text(sha256, size)).encode()}


def _listed(files: dict[str, Source]) -> list[ListedCall]:
    return [
        ListedCall(path=name, size=size, sha256=sha256)
        for name, source in sorted(files.items())
        for size, sha256 in [container.digest(source)]
    ]


def _write(file: BinaryIO, files: dict[str, Source]) -> None:
    try:
        container.write(file, files)
    except ValueError as error:
        raise LedgerError(f"no package can be made: {error}") from error
    file.flush()
    os.fsync(file.fileno())


def _check_own(file: Path, signer: Signer, absent: list[Absent], notes: list[Note]) -> None:
    """What is about to be given out says itself what it lacks, and nothing else is wrong with it."""
    said = {one.path for one in absent}
    unrecorded = {note.about for note in notes if note.code == "unrecorded"}
    verdict = check.examine(file, signer.verifier)
    told = {("content", path) for path in said} | {("omitted", call) for call in unrecorded}
    wrong = [found for found in verdict.findings if found not in told]
    if wrong:
        listed = ", ".join(f"{found.code} {found.where}" for found in wrong[:5])
        raise LedgerError(f"the package that was made does not verify and is not given out: {listed}")
