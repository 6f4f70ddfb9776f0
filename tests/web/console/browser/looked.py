"""A page in a browser, watched: what it says on its console, asks of others, or is refused, is a failure."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from playwright.sync_api import ConsoleMessage, Page, Request, Response

GRAVE = ("serious", "critical")  # as axe names what shuts somebody out
# On a telephone a row is a card, and each cell has its column's name beside it.
COVERED = """[...document.querySelectorAll("table.cards td")]
    .filter(cell => parseFloat(getComputedStyle(cell, "::before").height) > cell.clientHeight + 1)
    .map(cell => cell.dataset.label)"""
# A page that is refused says so; a browser repeats it on its console.
SAID_BY_STATUS = "the server responded with a status of"


@cache
def axe() -> str:
    return files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")


class Looked:
    """``page``: Playwright's."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.wrong: list[str] = []
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        page.on("request", self._asked)
        page.on("response", self._answered)

    def open(self, path: str) -> Page:
        """Whole, and after its first scripts."""
        self.page.goto(f"{self.address}{path}", wait_until="load")
        return self.page

    def well(self) -> None:
        """Nothing was wrong so far."""
        assert not self.wrong, self.wrong

    def fits(self) -> None:
        """No page is wider than its window: what is broad scrolls by itself."""
        wide = self.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert wide[0] <= wide[1], f"{self.page.url}: {wide[0]} px in {wide[1]}"
        covered = self.page.evaluate(COVERED)
        assert not covered, f"{self.page.url}: names that run into the row below: {covered}"

    def accessible(self) -> None:
        """axe-core finds nothing that shuts somebody out."""
        self.page.evaluate(axe())
        found: dict[str, Any] = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        grave = [
            f"{one['id']}: {one['help']}: {[node['html'][:120] for node in one['nodes'][:3]]}"
            for one in found["violations"]
            if one["impact"] in GRAVE
        ]
        assert not grave, f"{self.page.url}: {grave}"

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and SAID_BY_STATUS not in message.text:
            self.wrong.append(f"console: {message.text}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.wrong.append(f"asked elsewhere: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500:
            self.wrong.append(f"{response.status}: {response.url}")
