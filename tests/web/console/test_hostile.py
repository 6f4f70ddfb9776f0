"""Names, notes and files of people who mean harm are text on every page: one is written into every field."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dialpact.compliance.registers.account import Role
from dialpact.web.console.routing import pages
from tests.cli.conftest import Home
from tests.web.api import recorded
from tests.web.api.furnished import furnish_pages
from tests.web.console.html import FormFound
from tests.web.console.roles import table
from tests.web.console.visitor import Opened, Visitor, console

WORDS = (
    "\"'><img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}</textarea><svg onload=alert(3)>&amp;"
)
SHORT = '"><i onclick=alert(4)>'  # where no more is taken
CALL, RECORDING = "bad0" * 8, "bad1" * 8
KEPT = {
    "id",
    "campaign",
    "business",
    "register",
    "kind",
    "language",
    "role",
    "after",
    "back",
    "number",
    "reason_code",
}
# A marked word in what a page shows, in a field or in its text.
MARKS = ("alert(1)", "alert(4)")


def harm(home: Home) -> Home:
    """What people of the house and from outside could have written, in each register."""
    home.run("business", "add", "evil", "--name", WORDS, "--actor", "own-business")
    about = ("--business", "evil", "--industry", "保险", "--purpose", "marketing", "--script", "evil-s")
    home.run("campaign", "add", "evil-c", *about)
    home.run("script", "add", "evil-s", "--file", home.file("s.txt", f"您好。{WORDS}\n保证收益"))
    home.run("suspension", "add", "campaign", "evil-c", "--reason", WORDS, "--by", SHORT)
    home.run("dnc", "add", "13800138111", "--scope", "all", "--source", WORDS)
    granted = ("--granted-at", "2026-01-05", "--evidence", WORDS)
    home.run("consent", "add", "13800138222", "--business", "evil", "--industry", "保险", *granted)
    origin = ("--campaign", "evil-c", "--partner", WORDS, "--contract", WORDS, "--basis", "consent")
    home.run("leads", "import", home.file("leads.csv", "number\n13800138333\n"), *origin)
    made = recorded.call(CALL, "jianghan", agent=SHORT, channel=f"PJSIP/{SHORT}-0001", uniqueid=WORDS[:60])
    recorded.put(home, made)
    recorded.keep(home, recorded.recording(home, RECORDING, made))
    recorded.happened(home, "recording-failed", CALL)
    home.run("recordings", "hold", RECORDING, "--reason", WORDS)
    said = ("--at", "2026-11-24T10:00:00", "--source", WORDS, "--note", WORDS, "--caller-id", "02788880007")
    home.run("complaint", "add", "13800138000", *said, code=0)
    return home


@pytest.fixture(scope="module")
def harmed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    folder = tmp_path_factory.mktemp("harmed")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("DIALPACT_CONFIG", raising=False)
        home = Home(folder)
        home.run("init")
        yield harm(furnish_pages(home))


@pytest.fixture
def at(harmed: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visitor]:
    there = tmp_path / "home"
    shutil.copytree(harmed.path, there)
    monkeypatch.chdir(there)
    with console(Home(there)) as found:
        yield found


def shown() -> Iterator[tuple[Role | None, str]]:
    """Each page that can be opened, and who does."""
    rows = table()
    for page in pages():
        if page.method == "GET" and page.seconds is not None:
            role = None if page.roles is None else sorted(page.roles, key=list(Role).index)[-1]
            yield role, page.path.format(**rows[page.name].get("path", {}))


def harmless(opened: Opened) -> None:
    """Html's own look finds what would run; no tag of theirs is one."""
    if opened.headers.get("content-type", "").startswith("text/html"):
        page = opened.page
        assert "i" not in page.tags and "img" not in page.tags, page.tags


def test_every_page_shows_it_as_text(at: Visitor) -> None:
    seen = ""
    addresses = {
        link.partition("?")[0]
        for role, path in shown()
        for link in (path, *links(at.as_(role and role.value).get(path)))
    }
    for path in sorted(addresses):
        for role in Role:
            opened = at.as_(role.value).get(path)
            assert opened.status < 500, path
            harmless(opened)
            if opened.headers.get("content-type", "").startswith("text/html"):
                seen += opened.text
    assert all(mark in seen for mark in MARKS), "nothing of what was written is on any page"


def links(opened: Opened) -> list[str]:
    """Of ours, from a page."""
    if not opened.headers.get("content-type", "").startswith("text/html"):
        return []
    return [link for link in opened.page.links if link.startswith("/") and not link.startswith("/static")]


def filled(form: FormFound, words: str) -> dict[str, str]:
    return {name: value if name in KEPT and value else words for name, value in form.fields.items()}


def test_every_field_takes_it_as_text_or_not_at_all(at: Visitor) -> None:
    posted = 0
    for role, path in shown():
        visitor = at.as_(role and role.value)
        opened = visitor.get(path)
        if not opened.headers.get("content-type", "").startswith("text/html"):
            continue
        for form in opened.page.forms:
            if not form.action.startswith("/") or form.action in ("/sign-out", "/language"):
                continue
            for words in (WORDS, SHORT):
                for htmx in (False, True):
                    if form.method == "post":
                        answer = visitor.post(form.action, filled(form, words), htmx=htmx)
                        assert answer.status < 500, (form.action, words)
                        harmless(answer)
                        posted += 1
    assert posted > 20
