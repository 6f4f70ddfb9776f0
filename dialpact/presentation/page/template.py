"""A template, a language and values make a page; both languages come from one template.

In a template:

- ``text("table.name", **values)`` is one of ``presentation/texts``, ``reason("do-not-call")`` one of the
  gate's. Whatever is printed is escaped: names and notes come from other people.
- ``moment``, ``day``, ``count`` and ``percent`` are filters for times, dates, whole numbers and shares.
- What a template uses and nobody gave is an error, never an empty cell.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from typing import Any

from jinja2 import BaseLoader, Environment, PackageLoader, StrictUndefined

from dialpact.compliance.registers.moment import HOME
from dialpact.compliance.texts import Language, reason_text
from dialpact.presentation import texts

LANGUAGE_TAGS: dict[Language, str] = {"zh": "zh-CN", "en": "en"}
DASH = "–"  # nothing to show: not known, or not asked


def html(template: str, language: Language, **context: Any) -> str:
    """The page that ``templates/<template>`` makes of ``context``: one file that loads nothing.

    Raises jinja2.UndefinedError for a value that is missing, KeyError for an unknown text.
    """
    return environment(language).get_template(template).render(context)


@cache
def environment(language: Language, loader: BaseLoader | None = None) -> Environment:
    """What pages are made with. ``loader``: of other templates than ours."""
    environment = Environment(
        loader=loader or PackageLoader("dialpact.presentation.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.globals |= {
        "language": LANGUAGE_TAGS[language],
        "text": lambda key, **values: texts.text(key, language, **values),
        "reason": lambda code: reason_text(code, language),
        "dash": DASH,
    }
    environment.filters |= {"moment": moment, "day": day, "count": count, "percent": percent}
    return environment


def moment(at: datetime | None) -> str:
    """To the second, in Asia/Shanghai, with its offset: 2026-11-24 10:00:00+08:00."""
    return DASH if at is None else at.astimezone(HOME).isoformat(" ", "seconds")


def day(on: date | None) -> str:
    return DASH if on is None else on.isoformat()


def count(number: float | None) -> str:
    """1,234; a part of a whole with one digit."""
    if number is None:
        return DASH
    return f"{number:,}" if isinstance(number, int) else f"{number:,.1f}"


def percent(share: float | None) -> str:
    """Of a share from 0 to 1: 99.95 %, cut off and not rounded, so that only all of them are 100 %."""
    if share is None:
        return DASH
    hundredths = int(share * 10_000 + 1e-9)
    return f"{hundredths // 100}.{hundredths % 100:02} %"
