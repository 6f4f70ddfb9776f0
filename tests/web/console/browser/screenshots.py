"""``make screenshots``: the pictures of the console in docs/ and the README, of the last demo's calls.

An officer's pages in both languages at a desk, and the first on a telephone.
"""

from __future__ import annotations

import io
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, chdir
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from dialpact.compliance.registers.account import Role
from dialpact.compliance.texts import LANGUAGES, Language
from tests.lab import console
from tests.web.api.client import serving
from tests.web.console.browser.conftest import Apart, At, launched

FOLDER = Path(__file__).parents[4] / "docs" / "picture" / "console"
COLOURS = 64
NUMBER = "13800138000"
TALLEST = 1500  # pixels of a picture


def furnish(home: Apart) -> None:
    """What happens in an office beside the calls: a complaint, a hold, somebody who is suspended."""
    call = next(one for one in home("calls", "list") if one["verdict"] == "ALLOW")
    about = ("--at", call["decided_at"], "--received-at", "2026-11-25T09:00:00+08:00", "--source", "12321")
    home.run("complaint", "add", call["number"], *about, "--note", "对方没有表明身份")
    text = home.file("s.txt", "您好，这里是汉江银行。这款理财保证收益，年化百分之五，随时可取。")
    home.run("script", "add", "winter-s", "--file", text)
    home.run("ledger", "checkpoint")


def pages(home: Apart) -> Iterator[tuple[str, str]]:
    """Name and address of each picture."""
    blocked = next(one for one in home("calls", "list") if one["verdict"] == "BLOCK")
    kept = home("recordings", "list")[0]
    yield "now", "/"
    yield "why", f"/calls/{blocked['id']}"
    yield "registers", "/registers"
    yield "do-not-call", "/registers/dnc"
    yield "script", "/registers/script/entry/winter-s"
    yield "import", "/imports/consent"
    yield "recording", f"/recordings/{kept['id']}"
    yield "complaints", "/complaints"
    yield "inspection", "/inspections"
    yield "ledger", "/ledger"
    yield "hours", "/settings/calendar?year=2026"
    yield "packages", "/packages/check"


def shoot(page: Page, name: str, language: Language) -> None:
    if name == "inspection":
        page.locator("input[type=month]").fill("2026-11")
        page.locator("form[action='/inspections'] button[type=submit]").click()
        page.locator("main svg").first.wait_for()
    page.wait_for_timeout(1500)  # (whatever comes by itself: the first page, a waveform)
    picture = Image.open(io.BytesIO(page.screenshot(full_page=True)))
    small = picture.crop((0, 0, picture.width, min(picture.height, TALLEST)))
    small.quantize(COLOURS).save(FOLDER / f"{name}.{language}.png", optimize=True)


def main() -> int:
    if not console.PLACE.exists():
        print(console.WORDS["en"]["none"], file=sys.stderr)
        return 1
    console.linked()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright, ExitStack() as stack:
        place = Path(folder) / "dialpact"
        shutil.copytree(console.FOLDER / "home" / "dialpact", place)
        stack.enter_context(chdir(place))
        config = place / "dialpact.toml"
        text = re.sub(r"\n\[web\]\nlisten = .*\n", "\n", config.read_text("utf-8"))
        config.write_text(f'{text}\n[web]\nlisten = "127.0.0.1:9080"\n', "utf-8")
        home = Apart(place)
        furnish(home)
        chromium = launched(playwright)
        stack.callback(chromium.close)
        at = At(chromium, home, stack.enter_context(serving(home)), stack, roles=(Role.OFFICER,))
        for language in LANGUAGES:
            looked = at(Role.OFFICER, language)
            for name, address in pages(home):
                shoot(looked.open(address), name, language)
                print(name, language, file=sys.stderr)
            shoot(at(Role.OFFICER, language, 390).open("/"), "telephone", language)
    return 0


if __name__ == "__main__":
    sys.exit(main())
