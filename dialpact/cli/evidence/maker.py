"""Makes a package: logs the export, reads everything, signs, writes, checks what it wrote, gives it out.

The order matters. The custody log's line is on disk before anything is read, so its leaf is in the package's
own checkpoint; the checkpoint is made after everything was read, so it covers all of it; and the package gets
its name only when its own examination finds nothing but what the package itself says.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files as resources
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from dialpact.cli.evidence import check, container
from dialpact.cli.evidence.container import Source
from dialpact.cli.evidence.folder import Folder, folder, line
from dialpact.cli.evidence.form import (
    CHECKPOINT,
    FORMAT,
    MANIFEST,
    PROOFS,
    SCRIPT,
    SIGNATURE,
    Absent,
    Erased,
    Listed,
    Manifest,
    Note,
    Older,
    ProofList,
    RecordProof,
    pretty,
    signed_text,
)
from dialpact.cli.evidence.matching import Asked, Matched
from dialpact.cli.evidence.report import Cover, reports
from dialpact.cli.session import Session
from dialpact.compliance.clock import stamp
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import keys
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.ledger.note import Signer, split
from dialpact.compliance.registers.fault import Fault
from dialpact.store.sqlite import Store, checkpoints, evidence
from dialpact.store.sqlite.evidence import REGISTER, Key, Proven


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
    session: Session,
    store: Store,
    question: Asked,
    matched: Matched,
    target: Path,
    *,
    by: str,
    reason: str,
    force: bool,
) -> Made:
    """Fault ``exists``; LedgerError when the key can not sign, or what was written does not verify."""
    signer = keys.load(session.config)
    now = session.clock.now()
    _check_target(target, force)
    complaint = question.complaint or None
    logged = [(REGISTER, id) for id in matched.calls]
    if complaint:
        logged += [("complaint", str(complaint))]
    detail = {"asked": question, "calls": len(matched.calls), "file": target.name, "reason": reason}
    await evidence.log_export(store, "export", logged, detail, by=by, at=now)

    folders = []
    for id in matched.calls:
        call = await evidence.gather(store, id)
        if call is None:
            raise Fault("not-registered", entry=id)
        folders.append(folder(call, disposed))
    history = (await evidence.get_complaint(store, complaint) or ({}, []))[1] if complaint else []
    rotations, rotated = await evidence.key_chain(store)
    signed = await checkpoints.checkpoint(store, signer, now)
    head = Checkpoint.parse(split(signed)[0])
    leaves = [leaf for one in folders for leaf in one.call.leaves()] + rotated
    leaves += [("register-change", str(change["seq"])) for change in history]
    proven = await evidence.prove(store, dict.fromkeys(leaves), head.size)
    older = await evidence.older_checkpoints(store, head.size)

    files: dict[str, Source] = {name: content for one in folders for name, content in one.files.items()}
    files |= _ledger(proven, older, signed, folders)
    if matched.complaint:
        filed = {"complaint": matched.complaint, "history": [line(change) for change in history]}
        files["complaint.json"] = pretty(filed)
    notes = [note for one in folders for note in one.notes]
    notes += _unproven(leaves, proven)
    absent = [one for each in folders for one in each.absent]
    about = Cover(
        question=question,
        complaint=matched.complaint,
        head=head,
        key=signer.vkey,
        made_at=now,
        by=by,
        reason=reason,
        node=session.config.node.name,
    )
    pages, problems = reports(session, about, folders, notes)
    files |= pages
    notes += problems
    files |= _static()
    manifest = Manifest(
        format=FORMAT,
        made_at=stamp(now),
        made_by=by,
        node=session.config.node.name,
        reason=reason,
        asked=msgspec.to_builtins(question),
        calls=matched.calls,
        complaint=complaint,
        absent=absent,
        notes=notes,
        keys=list(dict.fromkeys([signer.vkey, *(one.old for one in reversed(rotations))])),
        rotations=rotations,
        files=[
            Listed(path=name, size=size, sha256=sha256)
            for name, source in sorted(files.items())
            for size, sha256 in [container.digest(source)]
        ],
    )
    files |= _signed(manifest, signer)
    with _written(target, files, force) as temporary:
        _check_own(temporary, signer, absent)
        size, sha256 = container.digest(temporary)
        given = {"file": target.name, "sha256": sha256, "bytes": size}
        # After the package: what it is can not stand in it.
        await evidence.log_export(store, "given-out", logged, given, by=by, at=session.clock.now())
    return Made(
        file=str(target),
        sha256=sha256,
        bytes=size,
        calls=matched.calls,
        complaint=complaint,
        size=head.size,
        records=len(proven),
        absent=absent,
        notes=notes,
        key=signer.vkey,
    )


def disposed(row: dict[str, Any]) -> bool:
    """Whether the recording was deleted because its time was over."""
    return bool(row.get("disposed_at"))


def _check_target(target: Path, force: bool) -> None:
    if os.path.lexists(target) and not force:
        raise Fault("exists", file=str(target))
    if not target.parent.is_dir():
        raise Fault("file", file=str(target.parent), error="no such directory")


def _ledger(
    proven: list[Proven], older: list[tuple[int, str, list[bytes]]], note: str, folders: list[Folder]
) -> dict[str, Source]:
    files: dict[str, Source] = {CHECKPOINT: note.encode()}
    records, erased, before = [], [], []
    for one in proven:
        entry, path = one.entry, [step.hex() for step in one.proof]
        about: dict[str, Any] = {
            "index": entry.leaf_index,
            "kind": entry.kind,
            "key": entry.key,
            "proof": path,
        }
        if one.content is None or entry.salt is None:
            erased.append(Erased(leaf=entry.leaf.hex(), **about))
            continue
        name = f"ledger/records/{entry.leaf_index:09}-{entry.kind}.json"
        files[name] = one.content
        records.append(RecordProof(file=name, version=entry.version, salt=entry.salt.hex(), **about))
    for size, text, proof in older:
        name = f"ledger/older/{size:09}.note"
        files[name] = text.encode()
        before.append(Older(file=name, size=size, proof=[step.hex() for step in proof]))
    withheld = sorted({leaf for one in folders for leaf in one.call.withheld})
    files[PROOFS] = pretty(ProofList(records=records, older=before, erased=erased, withheld=withheld))
    return files


def _unproven(leaves: list[Key], proven: list[Proven]) -> list[Note]:
    there = {(one.entry.kind, one.entry.key) for one in proven}
    return [
        Note(code="not-in-ledger", about=f"{kind} {key}")
        for kind, key in dict.fromkeys(leaves)
        if (kind, key) not in there
    ]


def _static() -> dict[str, Source]:
    """What is the same in every package: how to read it, and how to verify it without Dialpact."""
    folder = resources("dialpact.cli.evidence")
    return {
        "README.md": folder.joinpath("package.md").read_bytes(),
        SCRIPT: folder.joinpath("verify.py").read_bytes(),
    }


def _signed(manifest: Manifest, signer: Signer) -> dict[str, Source]:
    content = pretty(manifest)
    size, sha256 = container.digest(content)
    return {MANIFEST: content, SIGNATURE: signer.sign(signed_text(sha256, size)).encode()}


@contextmanager
def _written(target: Path, files: dict[str, Source], force: bool) -> Iterator[Path]:
    """The package beside its target, 0600; at the end of the block it gets its name, or nothing is left."""
    temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            _write(file, files)
        yield temporary
        _rename(temporary, target, force)
    finally:
        temporary.unlink(missing_ok=True)


def _write(file: BinaryIO, files: dict[str, Source]) -> None:
    try:
        container.write(file, files)
    except ValueError as error:
        raise LedgerError(f"no package can be made: {error}") from error
    file.flush()
    os.fsync(file.fileno())


def _rename(temporary: Path, target: Path, force: bool) -> None:
    if not force:
        try:
            os.link(temporary, target)  # fails where somebody else has just made it
        except FileExistsError as error:
            raise Fault("exists", file=str(target)) from error
        except OSError:  # a file system without hard links, such as a USB stick's
            if os.path.lexists(target):
                raise Fault("exists", file=str(target)) from None
            temporary.replace(target)
    else:
        temporary.replace(target)
    with contextlib.suppress(OSError):
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _check_own(file: Path, signer: Signer, absent: list[Absent]) -> None:
    """What is about to be given out says itself what it lacks, and nothing else is wrong with it."""
    said = {one.path for one in absent}
    verdict = check.examine(file, signer.verifier)
    wrong = [found for found in verdict.findings if not (found.code == "content" and found.where in said)]
    if wrong:
        listed = ", ".join(f"{found.code} {found.where}" for found in wrong[:5])
        raise LedgerError(f"the package that was made does not verify and is not given out: {listed}")
