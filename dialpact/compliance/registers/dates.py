"""Days and times as people, programs and spreadsheets elsewhere write them, in the one form that is read.

Only what can mean one day alone: ``2026年1月5日``, ``5 Jan 2026``, ``20260105``, ``31/1/2026``. In 1/5/2026
nobody can tell the month, and it is left as it is.
"""

from __future__ import annotations

import re

from dialpact.compliance.registers.guarded import ascii_like

_MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}
_MONTH = (
    r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_YEAR = r"((?:19|20)[0-9]{2})"
_NO_MONTH = r"(?:1[3-9]|2[0-9]|3[01])"
_WEEKDAY = re.compile(
    r"\(?(?:星期|礼拜|周)[一二三四五六日天]\)?|^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,? +", re.IGNORECASE
)
_BEIJING = re.compile(r"\(?北京时间:?\)?")
# Year, month and day, in this order.
_DAYS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?P<y>{_YEAR}) ?(?:年|\.) ?(?P<m>[0-9]{{1,2}}) ?(?:月|\.) ?(?P<d>[0-9]{{1,2}})(?: ?[日号])?",
        rf"(?P<y>{_YEAR})-(?P<m>[0-9]{{1,2}})-(?P<d>[0-9]{{1,2}})",
        rf"(?P<y>{_YEAR})/(?P<m>[0-9]{{1,2}})/(?P<d>[0-9]{{1,2}})",
        rf"(?P<y>{_YEAR})(?P<m>[0-9]{{2}})(?P<d>[0-9]{{2}})(?=$|[^0-9]|(?:[0-9]{{2}}){{2,3}}(?![0-9]))",
        rf"(?P<d>[0-9]{{1,2}})(?:st|nd|rd|th)?[ -](?P<m>{_MONTH})[ ,-] ?(?P<y>{_YEAR})",
        rf"(?P<m>{_MONTH}) ?(?P<d>[0-9]{{1,2}})(?:st|nd|rd|th)?,? (?P<y>{_YEAR})",
        rf"(?P<d>{_NO_MONTH})(?P<mark>[-/]|\. ?)(?P<m>[0-9]{{1,2}})(?P=mark)(?P<y>{_YEAR})",
        rf"(?P<d>[0-9]{{1,2}})(?P<mark>[-/]|\. ?)(?P<m>(?P=d))(?P=mark)(?P<y>{_YEAR})",
        rf"(?P<m>[0-9]{{1,2}})(?P<mark>[-/]|\. ?)(?P<d>{_NO_MONTH})(?P=mark)(?P<y>{_YEAR})",
    )
)
_TIME = re.compile(
    r"(?:[T ,]* ?(?P<half>上午|下午|[ap]\.?m\.?)? ?(?P<h>[0-9]{1,2})"
    r"(?:(?::(?=[0-9]{2})| ?[时点]) ?(?P<i>[0-9]{2})?)"
    r"(?: ?[:分] ?(?:(?P<s>[0-9]{2})秒?)?)?(?:[.,](?P<f>[0-9]{1,9}))? ?(?P<late>[ap]\.?m\.?)?)?",
    re.IGNORECASE,
)
_COMPACT = re.compile(r"[T ]?(?P<h>[0-9]{2})(?P<i>[0-9]{2})(?P<s>[0-9]{2})?")
_ZONE = re.compile(
    r" ?(?:(?P<utc>z|utc|gmt)|(?:utc|gmt)? ?(?P<sign>[+-])(?P<zh>[0-9]{1,2}):?(?P<zm>[0-9]{2})?)?",
    re.IGNORECASE,
)


def one_form(text: str) -> str:
    """``2026-01-05``, with time and zone behind it where they are given; else ``text`` without its guards.

    >>> one_form("2026年1月5日 下午3:05"), one_form("Mon, 5 Jan 2026 10:00:00 +08")
    ('2026-01-05 15:05:00', '2026-01-05 10:00:00+08:00')
    """
    plain = ascii_like(text)
    found, beijing = _BEIJING.subn("", _WEEKDAY.sub(" ", plain))
    found = " ".join(found.split())
    for pattern in _DAYS:
        if day := pattern.match(found):
            behind = found[day.end() :]
            month = day["m"] if day["m"].isdecimal() else str(_MONTHS[day["m"][:3].lower()])
            made = f"{day['y']}-{month:0>2}-{day['d']:0>2}{_behind(behind, bool(beijing))}"
            return made if "?" not in made else plain
    return plain


def _behind(text: str, beijing: bool) -> str:
    """Time and zone; ``?`` for what is neither."""
    if not text.strip():
        return ""
    time = _COMPACT.match(text) or _TIME.match(text)
    assert time
    zone = _ZONE.fullmatch(text[time.end() :])
    if not zone or time["h"] is None:
        return "?"
    parts = time.groupdict()
    hour, half = int(parts["h"]), (parts.get("half") or parts.get("late") or "").lower()
    if half:
        if not 1 <= hour <= 12 and not (hour == 0 and half == "上午"):
            return "?"
        hour = hour % 12 + (12 if half[0] in "p下" else 0)
    fraction = (parts.get("f") or "")[:6]
    clock = f" {hour:02}:{parts['i'] or '00'}:{parts['s'] or '00'}{'.' if fraction else ''}{fraction}"
    if zone["utc"]:
        return "?" if beijing else f"{clock}Z"
    if zone["sign"]:
        return "?" if beijing else f"{clock}{zone['sign']}{zone['zh']:0>2}:{zone['zm'] or '00'}"
    return f"{clock}+08:00" if beijing else clock
