"""What is done for every page alike: who may open it, where a form comes from, how a failure is told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, Literal

import pytest
from starlette.responses import Response

from dialpact.compliance.errors import NotPermitted, StoreBusy
from dialpact.compliance.registers.account import Role
from dialpact.compliance.registers.fault import Fault
from dialpact.web.console import reading, rendering, texts
from dialpact.web.console.page import Asked, Form, Page, Redirect, Shown
from dialpact.web.console.routing import local, owns
from tests.cli.conftest import Home
from tests.web.console.visitor import Visitor, console

OFFICER = frozenset({Role.OFFICER})
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7 * 7 }}"
SHANGHAI = timezone(timedelta(hours=8))


class Note(Form, frozen=True, kw_only=True):
    words: str
    at: datetime | None = None
    many: tuple[str, ...] = ()
    sure: bool = False
    kind: Literal["a", "b"] = "a"


seen: list[Asked[Any]] = []


async def show(asked: Asked[Any]) -> Shown:
    seen.append(asked)
    return Shown(template="problem.html", values={"title": "T", "words": HOSTILE}, part="alert")


async def take(asked: Asked[Note]) -> Redirect:
    seen.append(asked)
    return Redirect(to="/t/show", said="nav.now")


async def fails(asked: Asked[Note]) -> Response:
    raise {
        "fault": Fault("not-registered", entry="x", register="campaign"),
        "right": NotPermitted("somebody: calls"),
        "busy": StoreBusy("locked"),
        "disk": OSError(28, "No space left on device", "/secret/place"),
        "bug": ValueError("/secret/place"),
        "no text": UnicodeEncodeError("utf-8", "x", 0, 1, "/secret/place"),
        "far": OverflowError("/secret/place"),
    }[asked.form.words]


async def late(asked: Asked[Any]) -> Response:
    await asyncio.Event().wait()
    raise AssertionError


async def upload(asked: Asked[Note]) -> Response:
    file = asked.files["file"]
    return Response(f"{file.name} {file.bytes} {file.file.read()!r} {asked.form.words}")


TEST_PAGES = (
    Page(method="GET", path="/t/show", action="t.show", roles=OFFICER | {Role.AUDITOR}, handle=show),
    Page(method="GET", path="/t/open", action="t.open", roles=None, handle=show),
    Page(method="POST", path="/t/take", action="t.take", roles=OFFICER, handle=take, form=Note, changes=True),
    Page(method="POST", path="/t/fails", action="t.fails", roles=OFFICER, handle=fails, form=Note),
    Page(method="GET", path="/t/late", action="t.late", roles=OFFICER, handle=late, seconds=0.05),
    Page(
        method="POST",
        path="/t/upload",
        action="t.upload",
        roles=OFFICER,
        handle=upload,
        form=Note,
        uploads=True,
        most_body=4096,
    ),
)


@pytest.fixture
def at(home: Home) -> Iterator[Visitor]:
    seen.clear()
    with console(home, TEST_PAGES) as found:
        yield found


def test_a_role_opens_its_pages_and_no_others(at: Visitor) -> None:
    assert at.get("/t/show").status == 200
    for other in ("administrator", "supervisor"):
        refused = at.as_(other).get("/t/show")
        assert refused.status == 403 and HOSTILE not in refused.body.decode()
    assert at.as_(None).get("/t/open").status == 200
    assert at.as_("auditor").post("/t/take", {"words": "x"}).status == 403


def test_whoever_is_not_signed_in_is_sent_to_sign_in_and_back(at: Visitor) -> None:
    sent = at.as_(None).get("/t/show")
    assert (sent.status, sent.headers["location"]) == (303, "/sign-in?to=/t/show")
    swapped = at.as_(None).get("/t/show", htmx=True)
    assert swapped.headers["hx-redirect"] == "/sign-in"
    assert at.as_(None).post("/t/take", {"words": "x"}).status == 401
    assert not seen


def test_what_an_auditor_opens_is_an_act(at: Visitor) -> None:
    at.as_("auditor").get("/t/show")
    at.as_("officer").get("/t/show")
    assert at.known.acts == [("auditor", "t.show")]


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://x"},
        {"Sec-Fetch-Site": ""},
    ],
)
def test_a_form_of_another_site_does_nothing(at: Visitor, headers: dict[str, str]) -> None:
    assert at.post("/t/take", {"words": "x"}, headers=headers).status == 403
    assert not seen


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://x", 303),
        ("http://x.evil", 403),
        ("http://evil", 403),
        ("http://[", 403),
        ("null", 403),
        ("", 403),
        (None, 403),
    ],
)
def test_an_older_browser_says_its_origin(at: Visitor, origin: str | None, status: int) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if origin is not None:
        headers["Origin"] = origin
    assert at.send("POST", "/t/take", b"words=x", headers=headers).status == status


def test_names_of_others_are_text_in_a_whole_page_and_in_a_part(at: Visitor) -> None:
    whole, part = at.get("/t/show"), at.get("/t/show", htmx=True)
    assert HOSTILE in whole.text and HOSTILE in part.text
    assert "<html" in whole.body.decode() and "<html" not in part.body.decode()
    assert "<img" not in whole.body.decode()


def test_a_page_may_load_nothing_of_others_and_is_kept_by_nobody(at: Visitor) -> None:
    one, two = at.get("/t/show"), at.get("/t/show")
    policy = one.headers["content-security-policy"]
    assert "unsafe" not in policy and "default-src 'none'" in policy and "http" not in policy
    assert policy != two.headers["content-security-policy"]  # its mark is for once
    assert one.headers["cache-control"] == "no-store"
    assert one.headers["x-content-type-options"] == "nosniff"


def test_what_was_done_is_said_on_the_next_page(at: Visitor) -> None:
    sent = at.post("/t/take", {"words": "x"})
    assert (sent.status, sent.headers["location"]) == (303, "/t/show?said=nav.now")
    swapped = at.post("/t/take", {"words": "x"}, htmx=True)
    assert (swapped.status, swapped.headers["hx-redirect"]) == (204, "/t/show?said=nav.now")
    assert "实时" in at.get("/t/show?said=nav.now").text
    assert "Now" in at.in_("en").get("/t/show?said=nav.now").text
    for strange in ("<b>x</b>", "layout.nowhere", "reason.do-not-call"):
        assert strange not in at.get(f"/t/show?said={strange}").text


def test_what_wants_a_value_is_not_said_by_itself(at: Visitor) -> None:
    assert "{" in texts.own("zh")["recordings.hold-number"]
    page = at.get("/t/show?said=recordings.hold-number")
    assert page.status == 200 and "{number}" not in page.text


def test_a_page_says_whose_times_it_shows(at: Visitor) -> None:
    assert "均为 Asia/Shanghai 时间（UTC+08:00）" in at.get("/").text
    assert "those of Asia/Shanghai (UTC+08:00)" in at.in_("en").get("/").text


def test_fields_are_what_the_form_says(at: Visitor) -> None:
    at.post(
        "/t/take", {"words": "你好", "at": "2026-11-24T10:00", "many": ["x", "y"], "sure": "true", "kind": ""}
    )
    assert seen[-1].form == Note(
        words="你好", at=datetime(2026, 11, 24, 10, tzinfo=SHANGHAI), many=("x", "y"), sure=True, kind="a"
    )
    for wrong in ({}, {"words": "x", "other": "1"}, {"words": ["x", "y"]}, {"words": "x", "kind": "c"}):
        refused = at.post("/t/take", wrong)
        assert refused.status == 422 and refused.page.alerts, wrong
    assert "at" in at.post("/t/take", {"words": "x", "at": "yesterday"}).page.alerts[0]


@pytest.mark.parametrize(
    ("what", "status"),
    [
        ("fault", 422),
        ("right", 403),
        ("busy", 503),
        ("disk", 503),
        ("bug", 500),
        ("no text", 422),
        ("far", 422),
    ],
)
def test_a_failure_is_said_and_nothing_of_ours_with_it(at: Visitor, what: str, status: int) -> None:
    for language in ("zh", "en"):
        whole = at.in_(language).post("/t/fails", {"words": what})
        assert whole.status == status and whole.page.alerts and "secret" not in whole.text
        part = at.in_(language).post("/t/fails", {"words": what}, htmx=True)
        assert part.status == status and part.page.alerts and "<html" not in part.body.decode()


def test_a_page_that_takes_too_long_is_said_to(at: Visitor) -> None:
    assert at.get("/t/late").status == 503


def test_files_come_with_a_form_and_are_bounded(at: Visitor) -> None:
    taken = at.post("/t/upload", {"words": "w"}, files={"file": ("名.csv", b"1,2")})
    assert taken.body.decode() == "名.csv 3 b'1,2' w"
    assert at.post("/t/upload", {"words": "w"}, files={"file": ("a", b"x" * 5000)}).status == 413
    assert at.post("/t/take", {"words": "w"}, files={"file": ("a", b"x")}).status == 422


def test_a_page_has_its_methods(at: Visitor) -> None:
    assert at.post("/t/show").status == 405
    assert at.send("HEAD", "/t/show").body == b""


@pytest.mark.parametrize(
    ("asked", "expected"),
    [("", "zh-CN"), ("en-US,en;q=0.9", "en"), ("zh-CN,en", "zh-CN"), ("fr", "zh-CN"), ("de,en;q=0.5", "en")],
)
def test_the_language_is_the_browsers_until_one_is_chosen(at: Visitor, asked: str, expected: str) -> None:
    headers = {"Cookie": "test=officer", "Accept-Language": asked}
    assert f'lang="{expected}"' in at.send("GET", "/t/show", headers=headers).body.decode()
    chosen = at.post("/language", {"language": "en", "back": "/t/show"})
    assert chosen.headers["location"] == "/t/show"
    assert chosen.headers["set-cookie"].startswith("dialpact_language=en;")


@pytest.mark.parametrize(
    "to", ["//evil", "//[", "http://[", "http://evil", "/\\evil", "evil", "", "/a\nb", "\\\\evil", "/\t/evil"]
)
def test_nobody_is_sent_elsewhere(to: str) -> None:
    assert local(to) == "/"
    assert local("/calls?x=1") == "/calls?x=1"


def test_an_address_of_any_characters_may_stand_in_a_header(at: Visitor) -> None:
    chosen = at.post("/language", {"language": "en", "back": "/registers/campaign/entry/春%20季?a=b"})
    assert chosen.status == 303
    assert chosen.headers["location"] == "/registers/campaign/entry/%E6%98%A5%20%E5%AD%A3?a=b"


@pytest.mark.parametrize("target", ["*", "somewhere", "static"])
def test_what_is_no_path_is_no_page(at: Visitor, target: str) -> None:
    assert not owns(target)
    assert at.as_(None).send("GET", target).status == 404


@pytest.mark.parametrize("path", ["/recordings", "/incidents"])
@pytest.mark.parametrize("days", ["until=9999-12-31", "since=0001-01-01"])
def test_a_day_beyond_what_is_counted_is_refused(at: Visitor, path: str, days: str) -> None:
    refused = at.get(f"{path}?{days}")
    assert refused.status == 422 and refused.page.alerts


def test_files_of_ours_are_kept_by_their_hash(at: Visitor) -> None:
    page = at.get("/t/show").body.decode()
    for name in ("base.css", "console.css", "console.js", "icon.svg", "vendor/htmx.min.js"):
        address = rendering.environment("zh").globals["asset"](name)
        assert address in page
        found = at.get(address)
        assert found.status == 200 and "immutable" in found.headers["cache-control"]
        assert at.get(address, headers={"If-None-Match": found.headers["etag"]}).status == 304
    for strange in ("../page.py", "%2e%2e/page.py", "vendor/vendor.toml", "vendor", "x"):
        assert at.get(f"/static/{strange}").status == 404


def test_an_auditors_page_changes_nothing() -> None:
    with pytest.raises(ValueError, match="auditor"):
        Page(method="POST", path="/x", action="x", roles=frozenset(Role), handle=show, changes=True)


def test_a_day_has_no_zone() -> None:
    class Days(Form, frozen=True, kw_only=True):
        on: date
        most: int = 3

    assert reading.form(Days, [("on", "2026-11-24"), ("most", "")], UTC) == Days(on=date(2026, 11, 24))
