"""Is a package what it says? Needs nothing but the file and a public key; reads once, unpacks nothing.

1. Everything in a package is hostile until its signature holds, and handled as such afterwards too.
2. Each thing that is wrong is one :class:`Finding` that names it. ``verify.py`` in the package is a second
   implementation of the same checks with the same codes; tests hold the two together.
3. The codes: ``container`` (not the one form of a package), ``form`` (a list that can not be read),
   ``signature``, ``checkpoint`` (not signed by the key), ``missing``, ``changed``, ``foreign`` (files against
   the manifest), ``record`` (not in the ledger as it stands), ``older`` (an older checkpoint is no beginning
   of this ledger), ``content`` (a decision or recording is not what the ledger has the hash of), ``export``
   (the ledger does not know of this export), ``key`` (no key given), ``held`` (the checkpoint that the
   examiner holds does not fit).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from compliance.errors import LedgerError
from compliance.ledger import merkle, note, record
from compliance.ledger.checkpoint import Checkpoint
from compliance.ledger.note import Verifier
from console.evidence import container
from console.evidence.container import Broken, Member
from console.evidence.form import (
    CHECKPOINT,
    MANIFEST,
    PROOFS,
    SIGNATURE,
    Manifest,
    Older,
    ProofList,
    RecordProof,
    signed_text,
)


class Finding(NamedTuple):
    code: str
    where: str  # a file of the package, a decision's id, or what else the code speaks of


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """``size``: of the ledger at the package's checkpoint; 0 where it could not be read."""

    findings: tuple[Finding, ...]
    key: str = ""  # by which the signature holds
    made_at: str = ""
    made_by: str = ""
    calls: int = 0
    files: int = 0
    records: int = 0
    size: int = 0
    absent: tuple[str, ...] = ()

    @property
    def valid(self) -> bool:
        return not self.findings


class Bad(Exception):
    """A check that fails, whatever it fails on."""


def examine(file: Path, key: Verifier | None, held: str = "") -> Verdict:
    """``held``: a signed checkpoint that the examiner had before. OSError when the file can not be read."""
    try:
        with file.open("rb") as opened:
            found, members = _members(opened)
    except Broken as broken:
        return Verdict(findings=(Finding("container", str(broken)),))
    examination = _Examination(members, key)
    return examination.verdict(found, held)


def _members(file: Any) -> tuple[list[Finding], dict[str, Member]]:
    members = dict(container.read(file))
    return [Finding("container", name) for name, one in members.items() if not one.sound], members


class _Examination:
    def __init__(self, members: dict[str, Member], key: Verifier | None) -> None:
        self._members, self._key = members, key
        self._found: list[Finding] = []
        self._keys: list[Verifier] = []

    def verdict(self, found: list[Finding], held: str) -> Verdict:
        self._found += found
        about: dict[str, Any] = {}
        try:
            manifest = self._listed(MANIFEST, Manifest)
            about = {
                "made_at": manifest.made_at,
                "made_by": manifest.made_by,
                "calls": len(manifest.calls),
                "files": len(manifest.files),
                "absent": tuple(f"{one.path}: {one.why}" for one in manifest.absent),
            }
            self._keys = self._verifiers(manifest)
            self._signed()
            self._files(manifest)
            head = self._checkpoint()
            proofs = self._listed(PROOFS, ProofList)
            about |= {"records": len(proofs.records), "size": head.size if head else 0}
            records = [found for one in proofs.records if (found := self._record(one, head)) is not None]
            for older in proofs.older:
                self._check("older", older.file, lambda one=older: self._older(one, head))
            self._links(manifest, records)
            if held:
                self._check("held", f"checkpoint of {head.size if head else 0}", lambda: self._held(head, proofs, held))
        except Bad as problem:
            self._found.append(Finding("form", str(problem)))
        if self._key is None:
            self._found.append(Finding("key", "not given"))
        key = self._keys[0].vkey if self._keys else ""
        return Verdict(findings=tuple(sorted(set(self._found))), key=key, **about)
