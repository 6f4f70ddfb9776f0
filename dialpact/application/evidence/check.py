"""Is a package what it says? Needs nothing but the file and a public key; reads once, unpacks nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec

from dialpact.application.evidence import container, zipped_anew
from dialpact.application.evidence.container import Broken, Member
from dialpact.application.evidence.examination import Examination, KeyHistory
from dialpact.application.evidence.outside import Outsiders
from dialpact.application.evidence.verdict import CODES, PackageFlaw, Verdict
from dialpact.compliance.ledger.note import Verifier

NOBODY = Outsiders()

__all__ = ["CODES", "Examined", "PackageFlaw", "Verdict", "examine", "examined"]


class Examined(NamedTuple):
    """``members``: what was read of the container, by name."""

    verdict: Verdict
    members: Mapping[str, Member]


def examine(
    file: Path,
    key: Verifier | None,
    held: str = "",
    history: KeyHistory | None = None,
    outsiders: Outsiders = NOBODY,
) -> Verdict:
    """``held``: a signed checkpoint that the examiner had before; ``history``: what the key has signed of its
    forerunners; ``outsiders``: whom he believes about times. OSError when the file can not be read.
    """
    with file.open("rb") as opened:
        return examined(opened, key, held, history, outsiders).verdict


def examined(
    opened: BinaryIO,
    key: Verifier | None,
    held: str = "",
    history: KeyHistory | None = None,
    outsiders: Outsiders = NOBODY,
) -> Examined:
    """The same of an open file, with what is in it."""
    members: dict[str, Member] = {}
    ignored: list[str] = []
    try:
        anew = zipped_anew.is_anew(opened)
        members.update(zipped_anew.read(opened, ignored) if anew else container.read(opened))
    except Broken as broken:
        return Examined(Verdict(findings=(PackageFlaw("container", str(broken)),)), {})
    found = Examination(members, key, history, outsiders).verdict(held)
    return Examined(msgspec.structs.replace(found, anew=anew, ignored=tuple(ignored)), members)
