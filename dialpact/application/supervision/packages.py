"""Evidence packages that operators give out: kept, and verified by the supervisor itself.

A package is hostile until it is verified, and afterwards too: it is read in bounded memory and never
unpacked.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec

from dialpact.application.evidence import check, container, zipped_anew
from dialpact.application.evidence.container import Broken
from dialpact.application.evidence.form import CHECKPOINT
from dialpact.application.supervision import witness
from dialpact.application.supervision.desk import Desk
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import note
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.ledger.note import Verifier
from dialpact.compliance.model import Value
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.supervision.model import Complaint, CosignedHead, Operator, PackageState, Shown
from dialpact.compliance.supervision.refusal import Refusal

HEADS = 500  # cosigned heads among which one is looked for that the package continues
MOST_FOUND = 50  # findings that are kept


class LookedAt(Value, frozen=True, kw_only=True):
    """``calls``: decisions in it that put a call through to the person who complained, in the time asked
    about.
    ``attempts``: those that were blocked. ``found``: code and place of everything that is wrong.
    """

    sha256: str
    state: PackageState
    found: tuple[str, ...]
    calls: tuple[str, ...]
    attempts: tuple[str, ...]


async def kept(desk: Desk, file: Path, operator: Operator, complaint: Complaint, *, given: bool) -> LookedAt:
    """Looks at ``file`` and keeps it under its SHA-256, whatever was found. OSError.

    ``given``: by the operator, in answer to a question. Then its own checkpoint must be one that we cosigned:
    who has two histories could else prove a call by the one that nobody watches.
    """
    heads = await desk.store.heads.newest(operator.id, HEADS)
    found, head = await asyncio.to_thread(_look, file, operator, heads, complaint)
    cosigned = False
    if head is not None:
        with contextlib.suppress(Refusal, LedgerError):
            parsed, own = Checkpoint.parse(note.split(head)[0]), witness.own_words(head, operator)
            cosigned = await desk.store.heads.is_cosigned(operator.id, parsed)
            await desk.store.heads.seen(operator.id, parsed, own, "package", at=desk.now())
    if given and not cosigned:
        found = msgspec.structs.replace(found, state="invalid", found=(*found.found, "not-cosigned"))
    await asyncio.to_thread(_keep, desk.config.packages, file, found.sha256)
    return found


async def handed_in(desk: Desk, complaint: int, operator: str, file: Path, source: str) -> LookedAt:
    """A package from anybody: shows a call that an operator may have denied. Fault for one of no such
    call.
    """
    about, whose = await desk.store.complaints.get(complaint), await desk.store.operators.get(operator)
    found = await asyncio.to_thread(_copied_and_kept, desk, file)
    try:
        looked = await kept(desk, found, whose, about, given=False)
    finally:
        found.unlink(missing_ok=True)
    if looked.state == "valid" and looked.calls:
        shown = Shown(
            operator=whose.id, at=desk.now(), package=looked.sha256, calls=looked.calls, source=source
        )
        await desk.store.complaints.show(complaint, shown, by=desk.by)
    return looked


def temporary(desk: Desk) -> Path:
    """An empty file of our own in the packages' folder."""
    desk.config.packages.mkdir(mode=0o700, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".part-", dir=desk.config.packages)
    os.close(handle)
    return Path(name)


def _copied_and_kept(desk: Desk, file: Path) -> Path:
    target = temporary(desk)
    most, size = desk.config.complaints.package_mb << 20, 0
    with file.open("rb") as given, target.open("wb") as copy:
        while chunk := given.read(1 << 20):
            size += len(chunk)
            if size > most:
                target.unlink()
                raise Fault("evidence-too-large", file=str(file), limit=str(most))
            copy.write(chunk)
    return target


def _keep(folder: Path, file: Path, sha256: str) -> None:
    target = folder / f"{sha256}.zip"
    fresh = folder / f".{sha256}.{secrets.token_hex(4)}"
    os.link(file, fresh)
    fresh.chmod(0o600)
    with file.open("rb") as opened:
        os.fsync(opened.fileno())
    fresh.replace(target)


def _look(
    file: Path, operator: Operator, heads: Sequence[CosignedHead], complaint: Complaint
) -> tuple[LookedAt, str | None]:
    """What it is, and the note of its own tree head."""
    sha256 = _digest(file)
    try:
        files = _small_files(file)
    except Broken:
        files = {}
    held, bound = _held(files, heads)
    verdict = check.examine(file, Verifier.parse(operator.vkey), held)
    found = [_visible(f"{one.code} {one.where}") for one in verdict.findings]
    if not bound:
        found.append("never-cosigned")
    calls, attempts = _calls(files, complaint) if not found else ((), ())
    state: PackageState = "invalid" if found else "valid" if calls or attempts else "other-call"
    looked = LookedAt(
        sha256=sha256, state=state, found=tuple(found[:MOST_FOUND]), calls=calls, attempts=attempts
    )
    text = files.get(CHECKPOINT)
    return looked, text.decode("utf-8", "replace") if text else None


def _visible(text: str) -> str:
    """From a package that may be hostile: what a terminal or a page may show."""
    return "".join(c if c.isprintable() else "?" for c in text[:200])


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _small_files(file: Path) -> dict[str, bytes]:
    """Lists and records; no sound."""
    with file.open("rb") as opened:
        anew = zipped_anew.is_anew(opened)
        members = zipped_anew.read(opened, []) if anew else container.read(opened)
        return {
            name: one.content
            for name, one in members
            if one.content is not None and (name == CHECKPOINT or name.endswith(".json"))
        }


def _held(files: dict[str, bytes], heads: Sequence[CosignedHead]) -> tuple[str, bool]:
    """The largest head that we cosigned and that is not larger than the package's own: that one it must
    continue, whatever smaller ones it has proofs of. Whether there is one.
    """
    size = 0
    with contextlib.suppress(LedgerError, UnicodeDecodeError, KeyError):
        size = Checkpoint.parse(note.split(files[CHECKPOINT].decode())[0]).size
    for head in heads:
        if head.size <= size:
            return head.note, True
    return "", False


def _calls(files: dict[str, bytes], complaint: Complaint) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Of a package that holds: decisions about this person in this time, put through and not."""
    undelivered = {row.get("decision") for row in _records(files, "undelivered")}
    calls: list[str] = []
    attempts: list[str] = []
    for name, content in files.items():
        if not (name.startswith("calls/") and name.endswith("/decision.json")):
            continue
        said = _decision(content)
        if said is None or said.attempt.callee.e164 != complaint.number:
            continue
        if complaint.since <= said.decided_at < complaint.before:
            id = name.split("/")[1]
            (calls if said.dial and id not in undelivered else attempts).append(id)
    return tuple(sorted(calls)), tuple(sorted(attempts))


def _records(files: dict[str, bytes], kind: str) -> Iterator[dict[str, Any]]:
    for name, content in files.items():
        if name.startswith("ledger/records/") and name.endswith(f"-{kind}.json"):
            with contextlib.suppress(ValueError, RecursionError, AttributeError):
                yield json.loads(content).get("row") or {}


class _Callee(msgspec.Struct):
    e164: str = ""


class _Attempt(msgspec.Struct):
    callee: _Callee


class _Decision(msgspec.Struct):
    decided_at: Annotated[datetime, msgspec.Meta(tz=True)]
    attempt: _Attempt
    dial: str = ""


def _decision(content: bytes) -> _Decision | None:
    try:
        return msgspec.json.decode(content, type=_Decision)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return None
