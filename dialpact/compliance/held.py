"""Why nothing of a batch of leads may be dialled, as its column ``held`` says it: a word for a scrub that is
owed, and what the range detector found. Empty: it may be. What ends the one does not end the other.
"""

from __future__ import annotations

NOT_SCRUBBED = "not-scrubbed"
_APART = ", "


def holding(finding: str, *, scrub: bool) -> str:
    """``finding``: the detector's, empty where it has none; ``scrub``: one is owed.

    >>> holding("run=50", scrub=True), holding("", scrub=True), holding("", scrub=False)
    ('not-scrubbed, run=50', 'not-scrubbed', '')
    """
    return _APART.join(part for part in (NOT_SCRUBBED if scrub else "", finding) if part)


def owes_scrub(held: str) -> bool:
    return held.partition(_APART)[0] == NOT_SCRUBBED


def finding_of(held: str) -> str:
    """What the detector found: all that a scrub does not end."""
    return held.partition(_APART)[2] if owes_scrub(held) else held


def released(held: str) -> str:
    """After an officer has looked at what the detector found: a scrub that is owed is owed all the same."""
    return NOT_SCRUBBED if owes_scrub(held) else ""
