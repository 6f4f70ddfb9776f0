"""What takes two officers: one asks, another one confirms. What is asked for, and how it stands. Pure.

1. Whoever asks says why; what he asks about is noted as it stands then.
2. Another account confirms or declines, before the request lapses. What is not as it was any more is
   confirmed by nobody: it is to be asked for anew.
3. An account is never two, whatever name it shows: it goes by its id.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal

from dialpact.compliance.model import Scope, Suspendable, Value

REGISTER = "approval"  # in the log
LASTS = timedelta(hours=72)  # a request: over a weekend, and no longer

# confirmed: of an erasure that it is under way, of all others that it is done.
State = Literal["open", "confirmed", "done", "declined", "withdrawn"]
Shown = Literal["open", "lapsed", "confirmed", "done", "declined", "withdrawn"]
Ended = Literal["declined", "withdrawn"]


class HoldRelease(Value, frozen=True, kw_only=True, tag="hold-release", tag_field="what"):
    """``hold``: its number."""

    hold: int


class SuspensionLift(Value, frozen=True, kw_only=True, tag="suspension-lift", tag_field="what"):
    """``of``: what kind of thing ``key`` is."""

    of: Suspendable
    key: str


class OptOutRemoval(Value, frozen=True, kw_only=True, tag="opt-out-removal", tag_field="what"):
    """``value``: the industry or business that the scope names."""

    number: str
    scope: Scope = "all"
    value: str = ""


class Erasure(Value, frozen=True, kw_only=True, tag="erasure", tag_field="what"):
    """What was over at the end of the day before ``today``, and no more: so many calls and recordings."""

    today: date
    decisions: int
    recordings: int
    oldest: datetime | None = None
    newest: datetime | None = None


Act = HoldRelease | SuspensionLift | OptOutRemoval  # one transaction
About = Act | Erasure
What = Literal["hold-release", "suspension-lift", "opt-out-removal", "erasure"]


class Approval(Value, frozen=True, kw_only=True):
    """A request. ``seen``: how what it is about stood when it was asked, as plain data. ``closed_by``: who
    confirmed, declined or took it back; ``note``: why it was declined. ``came``: what an erasure took.

    ``changed``: what it is about is not as it was: it can not be confirmed any more.
    """

    id: int
    about: About
    seen: dict[str, str]
    reason: str
    asked_by: str
    asked_at: datetime
    lapses_at: datetime
    state: State = "open"
    closed_by: str = ""
    closed_at: datetime | None = None
    note: str = ""
    came: dict[str, int] | None = None
    changed: bool = False

    @property
    def what(self) -> What:
        found: What = self.about.__struct_config__.tag  # type: ignore[assignment]
        return found

    def is_open(self, now: datetime) -> bool:
        """Also not before it was asked: a clock that was set back makes none last longer."""
        return self.state == "open" and self.asked_at <= now < self.lapses_at

    def shown(self, now: datetime) -> Shown:
        return "lapsed" if self.state == "open" and not self.is_open(now) else self.state


def both(asked_by: str, confirmed_by: str) -> str:
    """As the log names the two whose act it is."""
    return f"{asked_by} + {confirmed_by}"
