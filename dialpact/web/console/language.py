"""In which language a page is: as was chosen, else the account's, else as the browser asks; else Chinese."""

from __future__ import annotations

from typing import Literal

from starlette.requests import Request

from dialpact.compliance.texts import LANGUAGES, Language
from dialpact.web.console.page import Asked, Form, Page, Redirect

COOKIE = "dialpact_language"


class Chosen(Form, frozen=True, kw_only=True):
    """``back``: the address of the page on which it was chosen."""

    language: Literal["zh", "en"]
    back: str = "/"


def of(request: Request, account: str = "") -> Language:
    """``account``: of who asks, where he has one."""
    for chosen in (request.cookies.get(COOKIE, ""), account):
        for language in LANGUAGES:
            if chosen == language:
                return language
    asked = request.headers.get("accept-language", "").lower()
    ranked = [one.strip().partition(";")[0].partition("-")[0] for one in asked.split(",")]
    return "en" if "en" in ranked and "zh" not in ranked[: ranked.index("en")] else "zh"


async def choose(asked: Asked[Chosen]) -> Redirect:
    return Redirect(to=asked.form.back, cookies={COOKIE: asked.form.language})


PAGES = (
    Page(
        method="POST",
        path="/language",
        action="language.choose",
        roles=None,
        handle=choose,
        form=Chosen,
    ),
)
