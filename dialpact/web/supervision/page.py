"""The supervisor's page: HTML from templates, in Chinese and English. Whatever is printed is escaped.

It loads its one style sheet and nothing else, runs no script, and has no form: it only shows.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from dialpact.compliance.registers.moment import HOME
from dialpact.compliance.supervision.words import why, word, words
from dialpact.compliance.texts import Language

TAGS: dict[Language, str] = {"zh": "zh-CN", "en": "en"}
DASH = "–"
STYLE = Path(__file__).with_name("style.css")


def html(template: str, language: Language, **context: Any) -> str:
    """UndefinedError for a value that is missing, KeyError for an unknown text."""
    other: Language = "en" if language == "zh" else "zh"
    return _environment(language).get_template(template).render(other=other, **context)


@cache
def _environment(language: Language) -> Environment:
    environment = Environment(
        loader=PackageLoader("dialpact.web.supervision"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals |= {
        "tag": TAGS[language],
        "language": language,
        "word": lambda key, **values: word(key, language, **values),
        "why": lambda code: why(code, language),
        "told": lambda table, name: words(language).get(f"{table}.{name}", name),
        "dash": DASH,
        "query": "" if language == "zh" else "?lang=en",
    }
    environment.filters |= {"moment": moment, "day": day, "count": count, "age": _ages[language]}
    return environment


def moment(at: datetime | None) -> str:
    """In Beijing time, to the second."""
    return DASH if at is None else at.astimezone(HOME).strftime("%Y-%m-%d %H:%M:%S")


def day(on: date | None) -> str:
    return DASH if on is None else on.isoformat()


def count(number: int) -> str:
    return f"{number:,}"


def _age(units: tuple[str, str, str, str], seconds: int | None) -> str:
    if seconds is None:
        return DASH
    for size, unit in zip((86_400, 3_600, 60), units, strict=False):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{max(seconds, 0)} {units[3]}"


_ages = {
    "zh": lambda seconds: _age(("天", "小时", "分钟", "秒"), seconds),
    "en": lambda seconds: _age(("d", "h", "min", "s"), seconds),
}
