"""A template and its values make a page. Whatever is printed is escaped.

In a template:

- ``t("table.name", **values)``: a text of the console, or one that it shares with the command line.
- ``hx``: to be written in every element that has an attribute of htmx's: ``<button hx-post="..." {{ hx }}>``;
  without it htmx takes the element for somebody else's and does nothing.
- ``account``, ``role``, ``path``, ``now``, ``nonce``; ``may("recordings.hold")``: whether this account may.
- Filters: ``moment`` (to the second, in the installation's zone, with its offset), ``minute`` (without
  seconds and offset), ``day``, ``count``, ``percent``, ``number`` (a telephone number, as this account may
  see it).
- ``reason("do-not-call")``, ``asset("console.css")``: the address of a file of ours.
- What a template uses and nobody gave is an error, never an empty cell.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from dialpact.compliance.numbers.dial import masked
from dialpact.compliance.registers.account import Role
from dialpact.compliance.texts import Language, reason_text
from dialpact.presentation.page import template as shared
from dialpact.web.console import assets, texts

TAGS: dict[Language, str] = {"zh": "zh-CN", "en": "en"}
DASH = shared.DASH


def page(template: str, part: str, language: Language, values: dict[str, Any]) -> str:
    """``part``: a block of the template, alone. UndefinedError, KeyError: a value, a text is missing."""
    found = environment(language).get_template(template)
    if not part:
        return found.render(values)
    return "".join(found.blocks[part](found.new_context(values)))


@cache
def environment(language: Language) -> Environment:
    other: Language = "en" if language == "zh" else "zh"
    made = Environment(
        loader=PackageLoader("dialpact.web.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals |= {
        "language": TAGS[language],
        "other_language": other,
        "t": _text(language),
        "reason": lambda code: reason_text(code, language),
        "asset": assets.address,
        "dash": DASH,
    }
    made.filters |= {
        "moment": moment,
        "minute": minute,
        "day": shared.day,
        "count": shared.count,
        "percent": shared.percent,
        "number": number,
    }
    return made


def mark(nonce: str) -> Markup:
    """What tells htmx that an element is ours."""
    return Markup('hx-nonce="{}"').format(nonce)


def _text(language: Language) -> Callable[..., str]:
    return lambda key, **values: texts.text(key, language, **values)


@pass_context
def moment(context: Context, at: datetime | None) -> str:
    """2026-11-24 10:00:00+08:00"""
    return DASH if at is None else at.astimezone(_zone(context)).isoformat(" ", "seconds")


@pass_context
def minute(context: Context, at: datetime | None) -> str:
    """2026-11-24 10:00"""
    return DASH if at is None else at.astimezone(_zone(context)).strftime("%Y-%m-%d %H:%M")


@pass_context
def number(context: Context, e164: str) -> str:
    """Whole, but for who sees no more of a person than his team's calls."""
    return masked(e164) if context["role"] == Role.SUPERVISOR else e164


def _zone(context: Context) -> tzinfo:
    found: tzinfo = context["zone"]
    return found
