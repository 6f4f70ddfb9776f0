"""What a verification finds of a package, in words that ``verify.py`` in the package says too.

1. ``findings``: what is wrong. The codes: ``container`` (neither the one form of a package nor a zip of its
   files), ``form`` (a list that can not be read, or in more than one way), ``signature``, ``checkpoint`` (not
   signed by the key), ``missing``, ``changed``, ``foreign`` (files against the manifest, and in ``ledger/``
   against the proofs), ``record`` (not in the ledger as it stands), ``older`` (an older checkpoint is no
   beginning of this ledger), ``content`` (a decision, a recording, a script or a profile is not what the
   ledger has the hash of), ``export`` (the ledger does not know of this export as it is described),
   ``enclosed`` (the ledger has another word on what was enclosed), ``shown`` (what people read is not what
   the records say), ``omitted`` (what must be there by the records is not), ``key`` (no key given), and of a
   checkpoint that the examiner holds: ``held`` (not signed), ``held-contradicted``, ``held-unproven`` (no
   proof for its size). Of outsiders that he names: ``witness`` (a cosignature that does not hold, or no
   outsider's), ``witness-time`` (of a time that can not be), ``quorum`` (too few have seen the call),
   ``stamp`` (a timestamp that does not hold, or is of no checkpoint of this ledger).
2. ``unproven``: what is shown and no entry of the log proves. It changes nothing.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from dialpact.application.evidence.form import Absent

NO_KEY = "not given"
CODES = (
    *("container", "form", "signature", "checkpoint", "missing", "changed", "foreign", "record", "older"),
    *("content", "export", "enclosed", "shown", "omitted"),
    *("key", "held", "held-contradicted", "held-unproven", "witness", "witness-time", "quorum", "stamp"),
)


class PackageFlaw(NamedTuple):
    code: str
    where: str  # a file of the package, a decision's id, or what else the code speaks of


class SeenCall(msgspec.Struct, frozen=True, kw_only=True):
    """What outsiders say of a call's decision, times in UTC: it was in the log at the ``latest`` then, and
    not in what they had seen of the log at ``unseen``, by these witnesses; ``stamped``: at the latest then,
    by an authority. Empty: they say nothing. ``late``: they had not seen it long after its own time.
    """

    call: str
    latest: str = ""
    unseen: str = ""
    by: tuple[str, ...] = ()
    stamped: str = ""
    late: bool = False


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
    unproven: tuple[str, ...] = ()
    seen: tuple[SeenCall, ...] = ()  # by outsiders, where the examiner named some
    stamps: int = 0  # timestamps in it
    anew: bool = False  # zipped by another program: its contents were looked at
    ignored: tuple[str, ...] = ()  # what that program added of its own

    @property
    def valid(self) -> bool:
        return not self.findings

    @property
    def intact(self) -> bool:
        """Nothing is wrong but that nobody's key was given: only the sender vouches for it."""
        return {found.code for found in self.findings} == {"key"}
