"""What an answer means, and when the same is sent again: after longer and longer times, over days.

1. Only 2xx is success. A redirect is a failure: the file names who is told, and nobody else does.
2. 410 says that nobody wants these any more: nothing is sent until a person says otherwise.
3. Who was away for long (no answer, 429, 502, 503, 504) and takes one thing again is sent at once what waits
   for that; what was refused by another status waits for its own time.
4. ``Retry-After`` of one who is away is kept to, for all that goes to him, up to a day.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal, NamedTuple

Word = Literal["delivered", "away", "refused", "gone"]
SCHEDULE = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
ATTEMPTS = len(SCHEDULE) + 1  # over 75 hours and a half
JITTER = 0.1  # of a delay, at most, on top of it
LONGEST_PAUSE = timedelta(hours=24)
AWAY = (429, 502, 503, 504)


class Heard(NamedTuple):
    """What came of one sending. ``pause``: for so long the receiver wants nothing."""

    word: Word
    why: str = ""
    pause: timedelta = timedelta()


def heard(status: int, retry_after: str, now: datetime) -> Heard:
    """Of an answer."""
    if 200 <= status <= 299:
        return Heard("delivered")
    why = f"HTTP {status}"
    if status == 410:
        return Heard("gone", why)
    if 300 <= status <= 399:
        return Heard("refused", f"{why}: a redirect is not followed")
    if status in AWAY:
        return Heard("away", why, _pause(retry_after, now))
    return Heard("refused", why)


def again_at(attempts: int, now: datetime, chance: float) -> datetime | None:
    """When it is tried again after so many attempts, the one that has just failed included; None: no more.

    ``chance``: 0 to 1, so that not all that failed together comes again together.
    """
    if attempts > len(SCHEDULE):
        return None
    return now + SCHEDULE[max(attempts, 1) - 1] * (1 + JITTER * chance)


def _pause(text: str, now: datetime) -> timedelta:
    """``Retry-After``: seconds, or an HTTP date. What is neither is no pause."""
    given = text.strip()
    if given.isascii() and given.isdigit():
        return min(timedelta(seconds=int(given[:9])), LONGEST_PAUSE)
    try:
        until = parsedate_to_datetime(given)
    except (ValueError, TypeError):
        return timedelta()
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max(until - now, timedelta()), LONGEST_PAUSE)
