"""Is a package what it says? Needs nothing but the file and a public key; reads once, unpacks nothing.

1. Everything in a package is hostile until its signature holds, and handled as such afterwards too.
2. Each thing that is wrong is one :class:`PackageFlaw` that names it. ``verify.py`` in the package is another
   implementation of the same checks with the same codes; tests hold the two together.
3. The codes: ``container`` (neither the one form of a package nor a zip of its files), ``form`` (a list that
   can not be read), ``signature``, ``checkpoint`` (not signed by the key), ``missing``, ``changed``,
   ``foreign`` (files against the manifest), ``record`` (not in the ledger as it stands), ``older`` (an older
   checkpoint is no beginning of this ledger), ``content`` (a decision or recording is not what the ledger has
   the hash of), ``export`` (the ledger does not know of this export), ``key`` (no key given), and of a
   checkpoint that the examiner holds: ``held`` (not signed), ``held-contradicted``, ``held-unproven`` (no
   proof for its size).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from dialpact.application.evidence import container, zipped_anew
from dialpact.application.evidence.container import Broken, Member
from dialpact.application.evidence.form import (
    CHECKPOINT,
    DISPOSED,
    ERASED,
    EXPORTED,
    MANIFEST,
    PROOFS,
    RECORDINGS,
    SIDES,
    SIGNATURE,
    Absent,
    ErasedCall,
    Manifest,
    Older,
    ProofList,
    Record,
    RecordProof,
    recording_name,
    signed_text,
)
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import merkle, note, record
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.ledger.erasure import ErasureRecord
from dialpact.compliance.ledger.note import Verifier

T = TypeVar("T")
NO_KEY = "not given"
CODES = (
    *("container", "form", "signature", "checkpoint", "missing", "changed", "foreign", "record", "older"),
    *("content", "export", "key", "held", "held-contradicted", "held-unproven"),
)


class PackageFlaw(NamedTuple):
    code: str
    where: str  # a file of the package, a decision's id, or what else the code speaks of


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """``size``: of the ledger at the package's checkpoint; 0 where it could not be read."""

    findings: tuple[PackageFlaw, ...]
    key: str = ""  # by which the signature holds
    made_at: str = ""
    made_by: str = ""
    calls: int = 0
    files: int = 0
    records: int = 0
    older: int = 0  # checkpoints of before that the ledger continues
    size: int = 0
    absent: tuple[Absent, ...] = ()
    anew: bool = False  # zipped by another program: its contents were looked at
    ignored: tuple[str, ...] = ()  # what that program added of its own

    @property
    def valid(self) -> bool:
        return not self.findings

    @property
    def intact(self) -> bool:
        """Nothing is wrong but that nobody's key was given: only the sender vouches for it."""
        return {found.code for found in self.findings} == {"key"}


def examine(file: Path, key: Verifier | None, held: str = "") -> Verdict:
    """``held``: a signed checkpoint that the examiner had before. OSError when the file can not be read."""
    members: dict[str, Member] = {}
    ignored: list[str] = []
    try:
        with file.open("rb") as opened:
            anew = zipped_anew.is_anew(opened)
            members.update(zipped_anew.read(opened, ignored) if anew else container.read(opened))
    except Broken as broken:
        return Verdict(findings=(PackageFlaw("container", str(broken)),))
    found = _Examination(members, key).verdict(held)
    return msgspec.structs.replace(found, anew=anew, ignored=tuple(ignored))


class _Unreadable(Exception):
    """A list of the package that can not be read, by its name."""


class _Examination:
    def __init__(self, members: dict[str, Member], key: Verifier | None) -> None:
        self._members, self._key = members, key
        self._found = {PackageFlaw("container", name) for name, one in members.items() if not one.sound}
        self._keys: list[Verifier] = []  # the one that must have signed, then older ones
        self._head: Checkpoint | None = None

    def verdict(self, held: str) -> Verdict:
        about: dict[str, Any] = {}
        try:
            manifest = self._list(MANIFEST, Manifest)
            about |= {"made_at": manifest.made_at, "made_by": manifest.made_by}
            about |= {"calls": len(manifest.calls), "files": len(manifest.files)}
            about["absent"] = tuple(manifest.absent)
            self._trust(manifest)
            self._signature()
            self._files(manifest)
            self._checkpoint()
            proofs = self._list(PROOFS, ProofList)
            rows = [row for one in proofs.records if (row := self._record(one)) is not None]
            for erased in proofs.erased:
                self._erased(erased, rows)
            for older in proofs.older:
                self._older(older)
            about |= {"records": len(proofs.records), "older": len(proofs.older)}
            about |= {"size": self._head.size if self._head else 0}
            self._links(manifest, rows, {one.key for one in proofs.erased if one.kind == "decision"})
            if held:
                self._held(held, proofs)
        except _Unreadable as problem:
            self._add("form", str(problem))
        if self._key is None:
            self._add("key", NO_KEY)
        signed_by = self._keys[0].vkey if self._keys else ""
        return Verdict(findings=tuple(sorted(self._found)), key=signed_by, **about)

    def _add(self, code: str, where: str) -> None:
        self._found.add(PackageFlaw(code, where))

    def _content(self, name: str) -> bytes | None:
        """None for a file that is not there, or larger than any that is read."""
        member = self._members.get(name)
        return member.content if member else None

    def _note(self, name: str) -> str:
        return (self._content(name) or b"").decode()

    def _list(self, name: str, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(self._content(name) or b"", type=kind)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            raise _Unreadable(name) from error

    def _trust(self, manifest: Manifest) -> None:
        """The examiner's key, or the one that it has vouched for."""
        try:
            keys = [Verifier.parse(key) for key in manifest.keys]
        except LedgerError as error:
            raise _Unreadable(MANIFEST) from error
        if self._key is not None:
            keys[0] = _successor(self._key, keys[0], manifest)
        self._keys = keys

    def _signature(self) -> None:
        member = self._members[MANIFEST]
        try:
            body = note.verify(self._note(SIGNATURE), self._keys[:1])
        except (LedgerError, UnicodeDecodeError):
            body = ""
        if body != signed_text(member.sha256, member.size):
            self._add("signature", SIGNATURE)

    def _files(self, manifest: Manifest) -> None:
        listed = {one.path: (one.size, one.sha256) for one in manifest.files}
        there = {name: (one.size, one.sha256) for name, one in self._members.items()}
        for name in (listed.keys() | there.keys()) - {MANIFEST, SIGNATURE}:
            if name not in there:
                self._add("missing", name)
            elif name not in listed:
                self._add("foreign", name)
            elif listed[name] != there[name]:
                self._add("changed", name)

    def _checkpoint(self) -> None:
        try:
            self._head = self._parsed(self._note(CHECKPOINT), self._keys[:1])
        except (LedgerError, UnicodeDecodeError):
            self._add("checkpoint", CHECKPOINT)

    def _parsed(self, text: str, keys: list[Verifier]) -> Checkpoint:
        """Of the log of one of the keys: each signs for the log of its name, which a rotation can change."""
        found = Checkpoint.parse(note.verify(text, keys))
        if found.origin not in {key.name for key in keys}:
            raise LedgerError(f"a checkpoint of another log: {found.origin}")
        return found

    def _record(self, one: RecordProof) -> dict[str, Any] | None:
        """Kind and row of a record that is in the ledger at its place."""
        data = self._content(one.file)
        if data is not None:
            leaf = record.leaf(bytes.fromhex(one.salt), data)
            try:
                said = msgspec.json.decode(data, type=Record)
            except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
                said = None
            same = said and (said.index, said.kind, said.version) == (one.index, one.kind, one.version)
            if said and same and self._in_tree(leaf, one.index, one.proof):
                return {"kind": said.kind, "row": said.row}
        self._add("record", one.file)
        return None

    def _erased(self, one: ErasedCall, rows: list[dict[str, Any]]) -> None:
        """Its leaf is in the tree, and the log said that it was going to be erased."""
        logged = any(
            one.index in range(first, last + 1)
            for each in rows
            if each["kind"] == "register-change" and _is(each["row"], ERASED)
            for first, last in _runs(each["row"])
        )
        if not logged or not self._in_tree(bytes.fromhex(one.leaf), one.index, one.proof):
            self._add("record", f"{one.kind} {one.key}")

    def _in_tree(self, leaf: bytes, index: int, proof: list[str]) -> bool:
        head, path = self._head, [bytes.fromhex(step) for step in proof]
        return head is not None and merkle.verify_inclusion(leaf, index, head.size, path, head.root)

    def _older(self, one: Older) -> None:
        try:
            before = self._parsed(self._note(one.file), self._keys)
        except (LedgerError, UnicodeDecodeError):
            before = None
        if before is None or before.size != one.size or not self._continues(before, one.proof):
            self._add("older", one.file)

    def _continues(self, before: Checkpoint, proof: list[str]) -> bool:
        head, path = self._head, [bytes.fromhex(step) for step in proof]
        if head is None or not 0 < before.size < head.size:
            return False
        return merkle.verify_consistency(before.size, head.size, before.root, head.root, path)

    def _held(self, text: str, proofs: ProofList) -> None:
        """A checkpoint that the examiner kept: this ledger must continue it, or be it."""
        try:
            before = self._parsed(text, self._keys)
        except LedgerError as error:
            self._add("held", str(error))
            return
        if before == self._head:
            return
        for one in proofs.older:
            if one.size == before.size and self._continues(before, one.proof):
                return
        known = {one.size for one in proofs.older} | {self._head.size if self._head else 0}
        self._add("held-contradicted" if before.size in known else "held-unproven", f"{before.size}")

    def _links(self, manifest: Manifest, rows: list[dict[str, Any]], erased: set[str]) -> None:
        """What is outside the ledger, against the hashes that the ledger's records have of it."""
        wanted = {f"calls/{call}/decision.json": "" for call in manifest.calls if call not in erased}
        wanted |= {name: "" for name in self._members if RECORDINGS in name}
        logged = {
            (one["row"].get("register"), one["row"].get("action"), one["row"].get("key"))
            for one in rows
            if one["kind"] == "register-change"
        }
        for kind, row in ((one["kind"], one["row"]) for one in rows):
            if kind == "decision":
                wanted[f"calls/{row.get('id')}/decision.json"] = row.get("record_sha256")
            for side in SIDES if kind == "recording" else ():
                if row.get(f"{side}sha256") and (*DISPOSED, row.get("id")) not in logged:
                    wanted[recording_name(row, side)] = row[f"{side}sha256"]
        for call in manifest.calls:
            if (*EXPORTED, call) not in logged:
                self._add("export", call)
        for name, sha256 in wanted.items():
            member = self._members.get(name)
            if member is None or member.sha256 != sha256:
                self._add("content", name)


def _is(row: dict[str, Any], act: tuple[str, str]) -> bool:
    return (row.get("register"), row.get("action")) == act


def _runs(row: dict[str, Any]) -> tuple[tuple[int, int], ...]:
    try:
        return msgspec.json.decode(row.get("detail") or "", type=ErasureRecord).leaves
    except (msgspec.MsgspecError, RecursionError, ValueError, TypeError):
        return ()


def _successor(given: Verifier, signer: Verifier, manifest: Manifest) -> Verifier:
    """``signer`` if a chain of vouched rotations leads to it from the examiner's key, which else is asked."""
    vkey = given.vkey
    for rotation in manifest.rotations:
        if rotation.old == vkey:
            try:
                rotation.check()
            except LedgerError:
                break
            vkey = rotation.new
    return signer if vkey == signer.vkey else given
