"""The checks of a package, one after the other. Needs nothing but its files and a public key.

1. Everything in a package is hostile until its signature holds, and handled as such afterwards too.
2. Each thing that is wrong is one :class:`PackageFlaw` that names it. ``verify.py`` in the package is another
   implementation of the same checks with the same words; tests hold the two together.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

import msgspec

from dialpact.application.evidence import claims, enclosed, leftover, outside, pages, texts, views
from dialpact.application.evidence.container import Member
from dialpact.application.evidence.form import (
    CHECKPOINT,
    DISPOSED,
    ERASED,
    LEDGER,
    MANIFEST,
    PROOFS,
    RECORDINGS,
    SIDES,
    SIGNATURE,
    STAMPS,
    ErasedCall,
    Manifest,
    Older,
    ProofList,
    Record,
    RecordProof,
    older_name,
    record_name,
    recording_name,
    signed_text,
    stamp_name,
)
from dialpact.application.evidence.outside import LoggedCall, Outsiders, ProvenHead, StampedHead
from dialpact.application.evidence.proven import ProvenRecords, Row, detail, key_of
from dialpact.application.evidence.strict import strict
from dialpact.application.evidence.verdict import NO_KEY, PackageFlaw, SeenCall, Verdict
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import merkle, note, record
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.ledger.erasure import ErasureRecord
from dialpact.compliance.ledger.note import Verifier

T = TypeVar("T")
WRONG = (msgspec.MsgspecError, ValueError, RecursionError)  # for a list that can not be read


class KeyHistory(Protocol):
    """What a key has signed of the keys before it: which heads they had signed when it took their place."""

    def vouches(self, vkey: str, head: Checkpoint) -> bool: ...


class Unreadable(Exception):
    """A list of the package that can not be read, by its name."""


class Examination:
    def __init__(
        self,
        members: dict[str, Member],
        key: Verifier | None,
        history: KeyHistory | None = None,
        outsiders: Outsiders | None = None,
    ) -> None:
        self._members, self._key, self._history = members, key, history
        self._outsiders = outsiders or Outsiders()
        self._heads: list[ProvenHead] = []  # checkpoints of this ledger: older ones, then its own
        self._found = {PackageFlaw("container", name) for name, one in members.items() if not one.sound}
        self._unproven: set[str] = set()
        self._keys: list[Verifier] = []  # the one that must have signed, then older ones
        self._head: Checkpoint | None = None
        self._places: set[int] = set()  # leaves that a record was given for

    def verdict(self, held: str) -> Verdict:
        about: dict[str, Any] = {}
        try:
            manifest, written = self._list(MANIFEST, Manifest)
            _check_once([one.path for one in manifest.files], manifest.calls, manifest.keys)
            about |= {"made_at": manifest.made_at, "made_by": manifest.made_by}
            about |= {"calls": len(manifest.calls), "files": len(manifest.files)}
            about["absent"] = tuple(manifest.absent)
            self._trust(manifest)
            self._signature()
            self._files(manifest)
            self._checkpoint()
            proofs, _ = self._list(PROOFS, ProofList)
            about |= {"records": len(proofs.records), "older": len(proofs.older)}
            about |= {"size": self._head.size if self._head else 0}
            package = ProvenRecords(self._members, written, manifest, proofs, self._rows(proofs))
            for erased in proofs.erased:
                self._erased(erased, package)
            for older in proofs.older:
                self._older(older)
            stamps = self._stamps()
            about["stamps"] = len(stamps)
            self._strangers(proofs, stamps)
            self._links(package)
            self._found.update(claims.flaws(package))
            self._unproven.update(claims.unproven(package))
            if claims.form_of(package) == enclosed.FORM:
                for room in (views, pages, leftover):
                    self._found.update(room.flaws(package))
                    self._unproven.update(room.unproven(package))
            if held:
                self._held(held, proofs)
            about["seen"] = self._seen(package, stamps)
        except Unreadable as problem:
            self._add("form", str(problem))
        if self._key is None:
            self._add("key", NO_KEY)
        signed_by = self._keys[0].vkey if self._keys else ""
        unproven = tuple(sorted(self._unproven))
        return Verdict(findings=tuple(sorted(self._found)), key=signed_by, unproven=unproven, **about)

    def _add(self, code: str, where: str) -> None:
        self._found.add(PackageFlaw(code, where))

    def _content(self, name: str) -> bytes | None:
        """None for a file that is not there, or larger than any that is read."""
        member = self._members.get(name)
        return member.content if member else None

    def _note(self, name: str) -> str:
        return (self._content(name) or b"").decode()

    def _list(self, name: str, kind: type[T]) -> tuple[T, Any]:
        """A list, and the very JSON of it."""
        try:
            written = strict(self._content(name) or b"")
            return msgspec.json.decode(self._content(name) or b"", type=kind), written
        except WRONG as error:
            raise Unreadable(name) from error

    def _trust(self, manifest: Manifest) -> None:
        """The examiner's key, or the one that it has vouched for, be it from before or from after it."""
        try:
            keys = [Verifier.parse(key) for key in manifest.keys]
        except LedgerError as error:
            raise Unreadable(MANIFEST) from error
        if self._key is not None:
            signer = _successor(self._key, keys[0], manifest)
            keys[0] = keys[0] if signer != keys[0] and self._remembered(keys[0]) else signer
        self._keys = keys

    def _remembered(self, signer: Verifier) -> bool:
        """Whether the examiner's key says that this older one has signed this head in its time."""
        try:
            head = self._parsed(self._note(CHECKPOINT), [signer])
        except (LedgerError, UnicodeDecodeError):
            return False
        return self._history is not None and self._history.vouches(signer.vkey, head)

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
        for name, member in self._members.items():
            own = name in (MANIFEST, PROOFS) or name.startswith(f"{LEDGER}records/")
            if name.endswith(".json") and not own and not _is_json(member.content or b""):
                self._add("form", name)

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
        if not found.size:
            raise LedgerError("a checkpoint of an empty log")
        return found

    def _rows(self, proofs: ProofList) -> dict[str, list[Row]]:
        """Of the records that are in the ledger at their places, by kind; lines of the log in their order."""
        rows: dict[str, list[Row]] = {}
        for one in proofs.records:
            if (row := self._record(one)) is None:
                self._add("record", one.file)
            else:
                rows.setdefault(one.kind, []).append(row)
            self._places.add(one.index)
        rows.get("register-change", []).sort(key=lambda act: int(act["seq"]))
        return rows

    def _record(self, one: RecordProof) -> Row | None:
        data = self._content(one.file)
        if data is None or one.index in self._places or one.file != record_name(one.index, one.kind):
            return None
        try:
            strict(data)
            said = msgspec.json.decode(data, type=Record)
        except WRONG:
            return None
        same = (said.index, said.kind, said.version) == (one.index, one.kind, one.version)
        leaf = record.leaf(bytes.fromhex(one.salt), data)
        if same and key_of(said.kind, said.row) == one.key and self._in_tree(leaf, one.index, one.proof):
            return said.row
        return None

    def _erased(self, one: ErasedCall, package: ProvenRecords) -> None:
        """Its leaf is in the tree, and the log said that it was going to be erased."""
        acts = package.acts(*ERASED)
        logged = any(first <= one.index <= last for act in acts for first, last in _runs(act))
        leaf, fresh = bytes.fromhex(one.leaf), one.index not in self._places
        if not (logged and fresh and self._in_tree(leaf, one.index, one.proof)):
            self._add("record", f"{one.kind} {one.key}")
        self._places.add(one.index)

    def _in_tree(self, leaf: bytes, index: int, proof: list[str]) -> bool:
        head, path = self._head, [bytes.fromhex(step) for step in proof]
        return head is not None and merkle.verify_inclusion(leaf, index, head.size, path, head.root)

    def _older(self, one: Older) -> None:
        try:
            before = self._parsed(self._note(one.file), self._keys)
        except (LedgerError, UnicodeDecodeError):
            before = None
        named = before is not None and one.file == older_name(before.size) and one.size == before.size
        if before is None or not named or not self._continues(before, one.proof):
            self._add("older", one.file)
        else:
            self._heads.append(ProvenHead(one.file, self._note(one.file), before))

    def _continues(self, before: Checkpoint, proof: list[str]) -> bool:
        head, path = self._head, [bytes.fromhex(step) for step in proof]
        if head is None or not 0 < before.size < head.size:
            return False
        return merkle.verify_consistency(before.size, head.size, before.root, head.root, path)

    def _stamps(self) -> list[StampedHead]:
        """An authority's answers, each beside the checkpoint that it is of, which the ledger continues."""
        if self._head is not None:
            self._heads.append(ProvenHead(CHECKPOINT, self._note(CHECKPOINT), self._head))
        known = [each.head for each in self._heads]
        found = []
        for name, member in self._members.items():
            if not name.startswith(STAMPS) or not name.endswith(".tsr"):
                continue
            beside = f"{name.removesuffix('.tsr')}.note"
            try:
                text = self._note(beside)
                head = self._parsed(text, self._keys)
            except (LedgerError, UnicodeDecodeError):
                head = None
            if head is None or head not in known or beside != stamp_name(head.size, ".note"):
                self._add("stamp", name)
            else:
                found.append(StampedHead(name, ProvenHead(beside, text, head), member.content or b""))
        return found

    def _seen(self, package: ProvenRecords, stamps: list[StampedHead]) -> tuple[SeenCall, ...]:
        """By the outsiders that the examiner named."""
        decided = {str(row.get("id")): str(row.get("decided_at")) for row in package.of("decision")}
        logged = [
            *(LoggedCall(one.key, one.index, "") for one in package.proofs.erased if one.kind == "decision"),
            *(
                LoggedCall(one.key, one.index, decided[one.key])
                for one in package.proofs.records
                if one.kind == "decision" and one.key in decided
            ),
        ]
        own = {key.public for key in self._keys}
        flaws, seen = outside.told(self._outsiders, self._heads, stamps, logged, own)
        self._found.update(flaws)
        return tuple(seen)

    def _strangers(self, proofs: ProofList, stamps: list[StampedHead]) -> None:
        """What is signed, lies among the proofs, and is proven by none of them."""
        named = {
            CHECKPOINT,
            PROOFS,
            *(one.file for one in stamps),
            *(one.note.file for one in stamps),
            *(one.file for one in proofs.records),
            *(old.file for old in proofs.older),
        }
        for name in self._members:
            if name.startswith(LEDGER) and name not in named:
                self._add("foreign", name)

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

    def _links(self, package: ProvenRecords) -> None:
        """What is outside the ledger, against the hashes that the ledger's records have of it."""
        erased = package.erased("decision")
        wanted = {f"calls/{call}/decision.json": "" for call in package.manifest.calls if call not in erased}
        wanted |= {name: "" for name in self._members if RECORDINGS in name}
        for row in package.of("decision"):
            wanted[f"calls/{row.get('id')}/decision.json"] = row.get("record_sha256", "")
        for row in package.of("recording"):
            for side in SIDES:
                if row.get(f"{side}sha256") and not package.acts(*DISPOSED, key=row.get("id")):
                    wanted[recording_name(row, side)] = row[f"{side}sha256"]
        for name, sha256 in wanted.items():
            member = self._members.get(name)
            if member is None or member.sha256 != sha256:
                self._add("content", name)
        self._found.update(texts.flaws(package))


def _check_once(*lists: list[str]) -> None:
    if any(len(set(each)) < len(each) for each in lists):
        raise Unreadable(MANIFEST)


def _is_json(content: bytes) -> bool:
    try:
        strict(content)
    except WRONG:
        return False
    return True


def _runs(act: Row) -> tuple[tuple[int, int], ...]:
    try:
        return msgspec.convert(detail(act), ErasureRecord).leaves
    except (msgspec.MsgspecError, ValueError, TypeError):
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
