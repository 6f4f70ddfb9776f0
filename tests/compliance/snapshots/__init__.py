"""The permitted minutes of a reference year as data: a change of code or profile shows its legal effect.

One file for each profile, in it a table for each reference callee: what the letters mean, in local time, and
one letter for each day of a month. The engine's own rules for hours and days are asked, nothing is computed
twice.
``python -m tests.compliance.snapshots`` writes the files anew; read the diff before you commit it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from dialpact.compliance import calendars, numbers, profile
from dialpact.compliance.model import CallAttempt, Facts
from dialpact.compliance.policy import RULES, evaluate
from dialpact.compliance.profile import Policy
from dialpact.compliance.reasons import Reason

FOLDER = Path(__file__).parent
YEAR = 2026
# No window and no gap of these profiles is shorter; the edge between two looks is found to the minute.
STEP = timedelta(hours=1)
# Profile: name, number and the clock in which its table is written.
CALLEES = {
    "cn-hubei-2018": [("wuhan", "+862787654321", "Asia/Shanghai")],
    "us-federal": [
        ("new-york", "+12122345678", "America/New_York"),
        ("los-angeles", "+13102345678", "America/Los_Angeles"),
        ("honolulu", "+18082345678", "Pacific/Honolulu"),
        ("toll-free", "+18002345678", "America/New_York"),  # in 42 zones, from Guam to Newfoundland
    ],
    "us-tx": [("houston", "+17132345678", "America/Chicago")],
    "fr": [("paris", "+33142345678", "Europe/Paris")],
    "au": [
        ("sydney", "+61292345678", "Australia/Sydney"),
        ("perth", "+61892345678", "Australia/Perth"),  # 08 is Adelaide, too
        ("mobile", "+61412345678", "Australia/Sydney"),  # in eight zones
    ],
}
CALENDAR_REASONS = (Reason.CALENDAR_MISSING, Reason.CALENDAR_PROVISIONAL)


def render(name: str) -> str:
    """The file of one profile."""
    tables = "\n".join(_table(name, *callee) for callee in CALLEES[name])
    return (
        f"# When {name} permits a call in {YEAR}: hours and days alone, local time of shown_in.\n"
        "# Spans are half-open: 09:00-19:59 has its last second at 19:58:59.\n"
        '# "." is a closed day, "?" one that the calendar does not know yet.\n'
        f"# Rewrite: python -m tests.compliance.snapshots\n\n{tables}"
    )


def _table(name: str, callee: str, number: str, shown_in: str) -> str:
    letters: dict[str, str] = {}
    months: list[str] = []
    for day, spans in _days(name, number, ZoneInfo(shown_in)):
        letter = spans if len(spans) < 2 else letters.setdefault(spans, chr(ord("A") + len(letters)))
        if day.day == 1:
            months.append("")
        months[-1] += letter
    lines = [f"[{callee}]", f'number = "{number}"', f'shown_in = "{shown_in}"']
    lines += [f'{letter} = "{spans}"' for spans, letter in letters.items()]
    lines += ["days = [", *(f'    "{month}",' for month in months), "]"]
    return "\n".join(lines) + "\n"


def _days(name: str, number: str, zone: ZoneInfo) -> Iterator[tuple[date, str]]:
    """Each local date with its spans ``10:00-12:59 14:00-19:59``, or "." or "?"."""
    ask = _asker(name, number)
    for count in range((date(YEAR + 1, 1, 1) - date(YEAR, 1, 1)).days):
        day = date(YEAR, 1, 1) + timedelta(days=count)
        start, end = (
            datetime.combine(day + timedelta(days=ahead), time(), zone).astimezone(UTC) for ahead in (0, 1)
        )
        spans = list(_spans(lambda at: ask(at) is True, start, end))
        shown = " ".join("-".join(_clock(edge.astimezone(zone)) for edge in span) for span in spans)
        yield day, shown or ("?" if ask(start + timedelta(hours=12)) is None else ".")


def _asker(name: str, number: str) -> Callable[[datetime], bool | None]:
    """Whether hours and days of the profile permit a call at an instant; None: the calendar does not know."""
    full = profile.load(name)
    others = {rule: None for rule in RULES if rule not in ("hours", "days")}
    policy = Policy((msgspec.structs.replace(full, **others),), calendars.load())
    attempt = CallAttempt(callee=numbers.parse(number, regions=policy.regions), campaign="", caller_id="")
    assert attempt.callee.e164 == number

    def ask(at: datetime) -> bool | None:
        found = [finding for finding in evaluate(attempt, Facts(), policy, at) if finding.rule in RULES]
        assert {finding.rule for finding in found} == {"hours", "days"}
        if any(finding.code in CALENDAR_REASONS for finding in found):
            return None
        return all(finding.result == "pass" for finding in found)

    return ask


def _spans(
    permits: Callable[[datetime], bool], start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """Half-open spans in which it permits, exact to the minute."""
    opened = start if permits(start) else None
    at = start
    while at < end:
        after = min(at + STEP, end)
        permitted = permits(after)
        if permitted != (opened is not None):
            edge = _edge(permits, at, after, permitted)
            if opened is not None:
                yield opened, edge
            opened = edge if permitted else None
        at = after
    if opened is not None and opened < end:
        yield opened, end


def _edge(permits: Callable[[datetime], bool], before: datetime, after: datetime, answer: bool) -> datetime:
    """The first minute at which the answer is that of ``after``."""
    while after - before > timedelta(minutes=1):
        middle = before + timedelta(minutes=(after - before) // timedelta(minutes=2))
        before, after = (before, middle) if permits(middle) == answer else (middle, after)
    return after


def _clock(local: datetime) -> str:
    return f"{local:%H:%M}"
