"""The inspection report as a page of its own, or as a part of another one."""

from __future__ import annotations

from markupsafe import Markup

from dialpact.compliance.inspection.figures import Inspection
from dialpact.compliance.texts import Language
from dialpact.presentation import page
from dialpact.presentation.inspection import view

TEMPLATE = "inspection.html"


def paper(report: Inspection, language: Language) -> str:
    """HTML that loads nothing, to be read, printed, or made into a PDF."""
    return page.html(TEMPLATE, language, **view.context(report, language))


def part(report: Inspection, language: Language, *, heading: bool = True) -> Markup:
    """The same without what makes it a page. ``heading``: its title goes with it."""
    about = view.context(report, language)
    made = page.html(TEMPLATE, language, frame="bare.html", heading=heading, **about)
    return Markup(made)  # noqa: S704 - of a template that escapes what is put into it
