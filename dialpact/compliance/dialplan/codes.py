"""Every finding about a dialplan: its code, which stays the same, and how grave it is.

``fail``: a call can go out that was not asked about, not recorded, or by another number than was authorised;
or none can. ``warn``: it should be written otherwise, or can not be told. ``skip``: not looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from dialpact.compliance.dialplan.plan import Place, Step

Result = Literal["fail", "warn", "skip"]

RESULTS: Mapping[str, Result] = {
    # a Dial that can reach a trunk
    "dial-unasked": "fail",
    "dial-half-asked": "warn",
    "dial-number": "fail",
    "dial-number-changed": "fail",
    "dial-trunk": "fail",
    "dial-trunk-unclear": "warn",
    "dial-target-unknown": "warn",
    "dial-retry": "warn",
    # its options
    "dial-no-interlock": "fail",
    "dial-interlock-lost": "fail",
    "dial-interlock-twice": "warn",
    "dial-forwarding": "warn",
    "dial-caller-id": "fail",
    "dial-predial": "fail",
    "dial-predial-unseen": "warn",
    "dial-one-touch": "warn",
    "dial-splits": "fail",
    "dial-macro": "warn",
    "dial-callee-transfers": "warn",
    "dial-transfer-context": "warn",
    "dial-options-unknown": "warn",
    # the Gosub that asks
    "ask-trunk-unknown": "fail",
    "ask-direct": "warn",
    # what else
    "dialplan-raw": "warn",
    "dialplan-open": "warn",
    "dialplan-variable-set": "fail",
    "dialplan-caller-id-late": "warn",
    "dialplan-originate": "fail",
    "dialplan-page": "fail",
    "dialplan-queue": "fail",
    "dialplan-whisper": "warn",
    "dialplan-shipped": "warn",
    "dialplan-gate": "fail",
    # what could not be looked at
    "unseen-queue": "skip",
    "unseen-jump": "skip",
    "unseen-asks": "skip",
    "unseen-program": "skip",
    "unseen-switch": "skip",
    "dialplan-line": "warn",
    "conf-missing": "fail",
    "conf-unreadable": "skip",
    "conf-deep": "skip",
    "conf-large": "skip",
    "conf-long": "skip",
    "conf-encoding": "skip",
    "conf-exec": "skip",
}


class PlanFinding(NamedTuple):
    """``values`` fill its text. Without a ``step`` it is of no extension, and ``place`` is all there is."""

    code: str
    values: dict[str, str]
    step: Step | None = None
    place: Place = Place()

    @property
    def at(self) -> Place:
        return self.step.place if self.step else self.place
