"""What the log says of erasures: which leaves each of them took, and what was to stay of their rows."""

from __future__ import annotations

import base64
from array import array
from bisect import bisect_right

import msgspec

from dialpact.application.ledger.audit.intact import intact
from dialpact.compliance.ledger.erasure import ErasureRecord
from dialpact.store.ports.audits import Snapshot

NOT_NOTED = b""  # of what was erased before what stays of it was
OF_NO_PROGRAM = b"\0"  # an act that none of ours can have written: no row fits it


class Erasures:
    """Only acts that are intact say anything. Memory for a few numbers a run of leaves, and for one act."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        found: list[tuple[int, int, int, int]] = []
        self._late: set[int] = set()  # they do not note what stays, although acts before them did
        noted = False
        for said in snapshot.erasures():
            if intact(snapshot, "register-change", str(said.seq)):
                act, place = _act(said.detail), 0
                if noted and not act.remains:
                    self._late.add(said.seq)
                noted = noted or bool(act.remains)
                for first, last in act.leaves:
                    found.append((first, last, said.seq, place))
                    place += last - first + 1
        found.sort()
        self._firsts, self._lasts, self._seqs, self._places = (
            array("q", (run[column] for run in found)) for column in range(4)
        )
        self._last: tuple[int, tuple[str, ...]] = (-1, ())

    def remains(self, leaf: int) -> bytes | None:
        """The digest of what stays of that record; None: no erasure took it."""
        run = bisect_right(self._firsts, leaf) - 1
        if run < 0 or leaf > self._lasts[run]:
            return None
        if self._last[0] != self._seqs[run]:
            detail = self._snapshot.erasure(self._seqs[run])
            self._last = (self._seqs[run], _act(detail or "").remains)
        noted = self._last[1]
        if not noted:
            return OF_NO_PROGRAM if self._seqs[run] in self._late else NOT_NOTED
        place = self._places[run] + leaf - self._firsts[run]
        try:
            return base64.b64decode(noted[place], validate=True)
        except (IndexError, ValueError):
            return OF_NO_PROGRAM


def _act(detail: str) -> ErasureRecord:
    try:
        return msgspec.json.decode(detail, type=ErasureRecord)
    except msgspec.MsgspecError:
        return ErasureRecord(leaves=(), count=0, today="")
