"""What a register must still have of a person, by the lines of the log that a package proves (``shown``).

An import's rows are not in its line, so what is there besides is not told by it. What was put in one by one
and not taken out again must be there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

Place = tuple[str, datetime]  # of a consent: the industry, and when it was given
Line = Mapping[str, Any]  # of the log, with its detail as JSON


def lacks_refusal(history: Iterable[Line], now: Iterable[Line]) -> bool:
    """Whether an opt-out that was put in, and not taken out since, is not there."""
    there: dict[tuple[str, str], bool] = {}
    for line in history:
        if line["action"] in ("add", "remove"):
            there[line["detail"]["scope"], line["detail"]["value"]] = line["action"] == "add"
    known = {(one["scope"], one["value"]) for one in now}
    return any(kept and entry not in known for entry, kept in there.items())


def lacks_consent(history: Iterable[Line], now: Iterable[Line]) -> bool:
    """Whether a consent that was put in is not there, or is not withdrawn though it was."""
    given: dict[Place, bool] = {}
    for line in history:
        detail = line["detail"]
        if line["action"] == "add":
            given[_place(detail)] = False
        elif line["action"] == "withdraw":
            given |= dict.fromkeys(_of(given, detail["industry"]), True)
    known = {_place(one): one["withdrawn_at"] for one in now}
    return any(place not in known or (over and not known[place]) for place, over in given.items())


def _of(given: Iterable[Place], industry: str) -> Iterator[Place]:
    return (place for place in given if industry in ("", place[0]))


def _place(consent: Line) -> Place:
    return consent["industry"], datetime.fromisoformat(consent["granted_at"].replace("Z", "+00:00"))
