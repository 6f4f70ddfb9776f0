"""The page: what it shows, what it never shows, and for whom."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter

import pytest

from dialpact.application.supervision import complaints, operators
from dialpact.application.supervision.desk import Desk
from dialpact.compliance.ledger import keys
from dialpact.compliance.supervision.refusal import CODES
from dialpact.compliance.supervision.words import words
from dialpact.web.supervision.pages import pages
from tests.agi.office import NUMBER, SetClock
from tests.supervision.conftest import Joined
from tests.supervision.site import Supervisor
from tests.web.asking import Answer, Asker, serving

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "dialpact/web/supervision/templates").glob("*.html"))
HOSTILE = "<script>alert(1)</script>"


async def asked(desk: Desk, path: str, host: str = "127.0.0.1:8421", method: str = "GET") -> Answer:
    async with serving(pages(desk)) as port:
        head = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
        raw = await Asker(port).send(head)
    first, _, body = raw.partition(b"\r\n\r\n")
    status, *lines = first.decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Answer(int(status.split(" ")[1]), headers, body)


class Tags(HTMLParser):
    """Every tag that is opened, and that each is closed in its turn."""

    VOID = ("meta", "link", "br")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.feed(text)
        assert not self._open, self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag


async def test_every_page_is_whole_in_both_languages_and_loads_nothing(
    desk: Desk, joined: Joined, supervisor: Supervisor, clock: SetClock
) -> None:
    one = await joined("one")
    await one.call()
    await one.hand_in()
    await operators.add(
        desk, "bad", name=HOSTILE, key=keys.signer_of(keys.generate(), "dialpact/bad").verifier
    )
    clock.set("2026-11-24 10:05:00")
    about = await complaints.add(
        desk, NUMBER, reference=HOSTILE, called_at="2026-11-24 10:00", note=f"打电话的人说 <b>他</b> {NUMBER}"
    )
    for path in (
        "/",
        "/operators/one",
        "/operators/bad",
        "/complaints",
        f"/complaints/{about.id}",
        "/explain",
    ):
        for query, tag in (("", "zh-CN"), ("?lang=en", "en")):
            answer = await asked(desk, path + query)
            text = answer.body.decode()
            assert answer.status == 200, path
            assert f'<html lang="{tag}">' in text
            assert NUMBER not in text and NUMBER[-4:] not in text.replace("****8000", "")
            assert HOSTILE not in text and "<b>" not in text
            assert not re.search(r"\{\w*\}", text), "every text is filled"
            for name, attributes in Tags(text).seen:
                assert name not in ("script", "form", "iframe", "img", "input", "object", "style")
                assert not [key for key in attributes if key.startswith("on") or key == "style"]
                for key in ("href", "src"):
                    target = attributes.get(key)
                    assert target is None or (target.startswith(("/", "#")) and not target.startswith("//"))
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy and "unsafe" not in policy
            assert answer.headers["cache-control"] == "no-store"
    style = (await asked(desk, "/style.css")).body.decode()
    assert "url(" not in style and "@import" not in style


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "", "localhost.evil.example:8421"]
)
async def test_only_by_its_own_name(desk: Desk, host: str) -> None:
    """Another site's name, led to this address, would let that site's pages read ours."""
    assert (await asked(desk, "/", host=host)).status == 421


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8421", "[::1]:8421", "LOCALHOST:1"])
async def test_loopback_s_names_are_its_own(desk: Desk, host: str) -> None:
    assert (await asked(desk, "/", host=host)).status == 200


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/operators/none",
            "/complaints/99",
            "/nothing",
            "/operators/..%2f",
            "/complaints/0",
            "/complaints/01",
        ),
        *("/complaints/" + "9" * 26, "/complaints/" + "9" * 5000, "/complaints/%D9%A1"),
    ],
)
async def test_what_is_not_there_is_not_found(desk: Desk, path: str) -> None:
    assert (await asked(desk, path)).status == 404


async def test_it_only_shows(desk: Desk) -> None:
    for method in ("POST", "PUT", "DELETE"):
        assert (await asked(desk, "/", method=method)).status == 405


def test_both_languages_say_the_same() -> None:
    zh, en = words("zh"), words("en")
    assert set(zh) == set(en)
    for key, text in zh.items():
        assert text.strip() or key == "page.colon"
        names = [{name for _, name, _, _ in Formatter().parse(each) if name} for each in (text, en[key])]
        assert names[0] == names[1], key


def test_every_refusal_has_its_words() -> None:
    told = {key.partition(".")[2] for key in words("zh") if key.startswith("refusal.")}
    assert told == {*CODES, "no-address", "unreachable"}
    raised = set()
    for room in ("application", "compliance", "web", "store"):
        for file in (ROOT / "dialpact" / room).rglob("*.py"):
            raised |= set(re.findall(r'Refusal\("([\w-]+)"', file.read_text("utf-8")))
    assert raised | {"conflict"} == set(CODES)


def test_every_word_of_the_page_is_used() -> None:
    used = set()
    for template in TEMPLATES:
        used |= set(re.findall(r'word\("page\.([\w-]+)"[,)]', template.read_text("utf-8")))
    used |= {f"explain-{number}{end}" for number in range(1, 6) for end in ("", "-title")}
    assert used == {key.partition(".")[2] for key in words("zh") if key.startswith("page.")}
