"""What each file of a package is, and what proves it: for whoever looks at a verdict file by file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal

from dialpact.application.evidence.container import Member
from dialpact.application.evidence.form import (
    CHECKPOINT,
    LEDGER,
    MANIFEST,
    PROOFS,
    RECORDINGS,
    SCRIPTS,
    SIGNATURE,
    STAMPS,
)
from dialpact.application.evidence.verdict import Verdict
from dialpact.compliance.model import Value

FileKind = Literal[
    "manifest",
    "signature",
    "checkpoint",
    "proofs",
    "record",
    "older",
    "stamp",
    "decision",
    "call",
    "list",
    "sound",
    "script",
    "profile",
    "complaint",
    "report",
    "print",
    "readme",
    "verifier",
    "other",
]
# signature: by the key. ledger: it is, or leads to, a leaf of the signed tree. hash: a record of the ledger
# has its SHA-256. records: it was compared with such records. list: it is as it was enclosed, and no more
# is known. nothing: it is wrong, or what would prove it is.
ProvenBy = Literal["signature", "ledger", "hash", "records", "list", "nothing"]
GENERAL = frozenset({"container", "form", "signature", "checkpoint", "export"})  # of the whole package

_KINDS: tuple[tuple[str, FileKind, ProvenBy], ...] = (
    (re.escape(MANIFEST), "manifest", "signature"),
    (re.escape(SIGNATURE), "signature", "signature"),
    (re.escape(CHECKPOINT), "checkpoint", "signature"),
    (re.escape(PROOFS), "proofs", "ledger"),
    (f"{LEDGER}records/.*", "record", "ledger"),
    (f"{LEDGER}older/.*", "older", "ledger"),
    (f"{STAMPS}.*", "stamp", "list"),
    (f"calls/[^/]*{RECORDINGS}.*", "sound", "hash"),
    ("calls/[^/]*/decision[.]json", "decision", "hash"),
    ("calls/[^/]*/call[.]json", "call", "records"),
    ("calls/[^/]*/script[.]txt", "script", "hash"),
    ("calls/[^/]*/.*[.]json", "list", "records"),
    ("profiles/.*", "profile", "hash"),
    ("complaint[.]json", "complaint", "records"),
    ("report[.](zh|en)[.]html", "report", "records"),
    ("report[.](zh|en)[.]pdf", "print", "list"),
    ("README[.]md", "readme", "list"),
    ("|".join(map(re.escape, SCRIPTS)), "verifier", "list"),
)
_CALL = re.compile(r"calls/[^/]*/")


class FileSeen(Value, frozen=True, kw_only=True):
    """``flaws``: codes of what is wrong with it. ``beside``: what of it no entry of the log proves."""

    path: str
    bytes: int
    kind: FileKind
    proven: ProvenBy
    flaws: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


def files(members: Mapping[str, Member], verdict: Verdict) -> tuple[FileSeen, ...]:
    """Every file of the container, those that something is wrong with first, then by their names."""
    flaws: dict[str, list[str]] = {}
    for found in verdict.findings:
        flaws.setdefault(found.where, []).append(found.code)
    beside: dict[str, list[str]] = {}
    for said in verdict.unproven:
        name, _, member = said.partition(": ")
        beside.setdefault(name, []).append(member)
    nothing_holds = any(found.code in GENERAL for found in verdict.findings)
    seen = [
        _seen(name, one, tuple(flaws.get(name, ())), tuple(_beside(name, beside)), nothing_holds)
        for name, one in members.items()
    ]
    return tuple(sorted(seen, key=lambda each: (not each.flaws, each.path)))


def _seen(
    name: str, one: Member, flaws: tuple[str, ...], beside: tuple[str, ...], nothing_holds: bool
) -> FileSeen:
    kind, proven = _kind(name)
    if nothing_holds or flaws:
        proven = "nothing"
    elif "" in beside:
        proven = "list"
    named = tuple(filter(None, beside))
    return FileSeen(path=name, bytes=one.size, kind=kind, proven=proven, flaws=flaws, beside=named)


def _kind(name: str) -> tuple[FileKind, ProvenBy]:
    for pattern, kind, proven in _KINDS:
        if re.fullmatch(pattern, name):
            return kind, proven
    return "other", "nothing"


def _beside(name: str, beside: Mapping[str, list[str]]) -> Iterator[str]:
    """Of calls it is said once for all of them: ``calls/*/consent.json``, ``calls/*``."""
    yield from beside.get(name, ())
    if _CALL.match(name):
        yield from beside.get(_CALL.sub("calls/*/", name), ())
        yield from beside.get("calls/*", ())
