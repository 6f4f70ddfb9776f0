"""What is left of an erased call, against the digest that the log has of it since its erasure (``shown``).

Of recordings, incidents and lists of such a call the verifiers say that they are unproven.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from typing import Any

import msgspec

from dialpact.application.evidence.form import ERASED, ErasedCall
from dialpact.application.evidence.proven import ProvenRecords, detail
from dialpact.application.evidence.strict import strict
from dialpact.application.evidence.verdict import PackageFlaw
from dialpact.compliance.ledger.erasure import ErasureRecord
from dialpact.compliance.ledger.record import canonical

ADMITTED = "admitted"  # it says itself that what is left is not proven
_TEXTS = ("campaign", "business", "trunk", "continues")  # null where the row has an empty text
_SAME = ("id", "node", "decided_at", "behind_us", "verdict", "mode")


def flaws(package: ProvenRecords) -> Iterator[PackageFlaw]:
    for one in _calls(package):
        noted = _noted(package, one.index)
        if noted and _digest(package, one) not in (noted, ADMITTED):
            yield PackageFlaw("shown", f"calls/{one.key}/call.json")


def unproven(package: ProvenRecords) -> Iterator[str]:
    for one in _calls(package):
        yield "calls/*: erased"
        if not _noted(package, one.index) or _digest(package, one) == ADMITTED:
            yield "calls/*/call.json: erased"


def _calls(package: ProvenRecords) -> list[ErasedCall]:
    asked = set(package.manifest.calls)
    return [one for one in package.proofs.erased if one.kind == "decision" and one.key in asked]


def _noted(package: ProvenRecords, index: int) -> str:
    """What the log has for a leaf; empty: nothing."""
    for act in package.acts(*ERASED):
        try:
            told = msgspec.convert(detail(act), ErasureRecord)
        except msgspec.MsgspecError:
            continue
        passed, found = 0, -1
        for first, last in told.leaves:
            found = passed + index - first if first <= index <= last else found
            passed += last - first + 1
        if 0 <= found < passed == len(told.remains):
            return told.remains[found]
    return ""


def _digest(package: ProvenRecords, one: ErasedCall) -> str:
    try:
        said = strict(package.text(f"calls/{one.key}/call.json"))
        if said["remains"] != "proven":
            return ADMITTED
        row: dict[str, Any] = {name: said[name] for name in _SAME}
        row |= {name: said[name] or "" for name in _TEXTS}
        row |= {"seq": said["number_of_the_decision"], "put_through": int(said["put_through"])}
        row["reasons"] = json.dumps(said["reasons"], ensure_ascii=False, separators=(",", ":"))
        whole = canonical({"form": 1, "index": one.index, "kind": "decision", "row": row})
    except (ValueError, TypeError, KeyError, RecursionError):
        return "unreadable"
    return base64.b64encode(hashlib.sha256(whole).digest()).decode()
