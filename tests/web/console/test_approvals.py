"""What takes two officers, at the pages: one asks, another one sees it wait, confirms or declines."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from dialpact.application import approvals
from dialpact.application.accounts import rights
from dialpact.application.context import Context
from dialpact.compliance.clock import SystemClock
from dialpact.compliance.jobs import JobError
from dialpact.compliance.registers.account import Role, wanted
from dialpact.compliance.registers.approval import Act, Erasure, HoldRelease, OptOutRemoval, SuspensionLift
from dialpact.compliance.registers.fault import Fault
from dialpact.store.sqlite import Store
from tests.cli.conftest import NUMBER, Home
from tests.web.console.visitor import Visitor, account, console

HOSTILE = "<script>alert(1)</script>\"'&"
OFFICERS = {"li": "李花", "wang": HOSTILE}


async def _with(home: Home, work: Any) -> Any:
    async with await Store.open(home.path / "dialpact.db") as store:
        return await work(store)


def ask(home: Home, about: Act, reason: str = HOSTILE, by: str = "li") -> int:
    async def work(store: Store) -> int:
        actor = rights.actor(account(Role.OFFICER, id=by))
        made = await approvals.ask(Context(store, actor, SystemClock()), about, reason=reason)
        return made.id

    id: int = asyncio.run(_with(home, work))
    return id


@pytest.fixture
def office(furnished: Home) -> Iterator[tuple[Home, Visitor]]:
    """Officers li and wang; a hold, a suspension, an opt-out in force."""
    furnished.run("recordings", "hold", "--callee", NUMBER, "--reason", HOSTILE, "--by", "root")
    furnished.run("campaign", "suspend", "spring", "--reason", HOSTILE, "--by", "root")
    furnished.run("dnc", "add", NUMBER, "--source", HOSTILE)

    async def work(store: Store) -> None:
        at = datetime.now(UTC) - timedelta(days=1)
        now = datetime.now(UTC)
        await store.approvals.close(1, "withdrawn", reason="x", by="li", at=now)  # (of the furnished home)
        for id, name in OFFICERS.items():
            await store.accounts.add(id, wanted(name=name, role="officer"), (), by="root", at=at)

    asyncio.run(_with(furnished, work))
    with console(furnished) as visitor:
        for id, name in OFFICERS.items():
            visitor.known.accounts[id] = account(Role.OFFICER, id=id, name=name)
        yield furnished, visitor


ABOUT = {
    "hold": HoldRelease(hold=2),
    "suspension": SuspensionLift(of="campaign", key="spring"),
    "opt-out": OptOutRemoval(number=NUMBER),
}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("about", ABOUT.values(), ids=ABOUT)
def test_one_asks_and_another_one_confirms(office: tuple[Home, Visitor], about: Act, language: Any) -> None:
    home, visitor = office
    li, wang = visitor.as_("li").in_(language), visitor.as_("wang").in_(language)
    assert 'class="waits"' not in wang.get("/approvals").body.decode()
    id = ask(home, about)
    page = f"/approvals/{id}"
    listed = wang.get("/approvals")
    assert 'class="waits"' in listed.body.decode() and page in listed.page.links
    assert HOSTILE in listed.text, "as text"
    assert 'class="waits"' not in li.get("/approvals").body.decode(), "his own does not wait for him"
    assert [form.action for form in li.get(page).page.forms if page in form.action] == [f"{page}/withdraw"]
    own = li.post(f"{page}/confirm")
    assert own.status == 403 and own.page.alerts
    shown = wang.get(page)
    assert [form.action for form in shown.page.forms if page in form.action] == [
        f"{page}/confirm",
        f"{page}/decline",
    ]
    done = wang.post(f"{page}/confirm")
    assert (done.status, done.headers["location"]) == (303, f"{page}?said=approvals.confirmed")
    after = wang.get(f"{page}?said=approvals.confirmed")
    assert not [form for form in after.page.forms if page in form.action]
    assert "li" in after.text and "wang" in after.text
    again = wang.post(f"{page}/confirm", htmx=True)
    assert again.status == 409 and again.page.alerts


def test_declined_and_taken_back(office: tuple[Home, Visitor]) -> None:
    home, visitor = office
    id = ask(home, ABOUT["hold"])
    wang = visitor.as_("wang")
    assert wang.post(f"/approvals/{id}/decline", {"reason": ""}).status == 422
    assert wang.post(f"/approvals/{id}/withdraw", {"reason": "x"}).status == 422
    assert wang.post(f"/approvals/{id}/decline", {"reason": HOSTILE}).status == 303
    assert HOSTILE in wang.get(f"/approvals/{id}").text
    second = ask(home, ABOUT["hold"])
    assert visitor.as_("li").post(f"/approvals/{second}/withdraw", {"reason": "写错了"}).status == 303
    listed = wang.get("/approvals")
    assert [row["编号"] for row in listed.page.rows if "结果" in row][:2] == [str(second), str(id)]
    assert [held["id"] for held in home("recordings", "holds")] == [1, 2], "both in force"


def test_it_says_that_it_has_changed(office: tuple[Home, Visitor]) -> None:
    home, visitor = office
    id = ask(home, ABOUT["suspension"])
    home.run("suspension", "lift", "campaign", "spring", "--reason", "x", "--by", "root")
    wang = visitor.as_("wang")
    assert "情况已变" in wang.get("/approvals").text
    assert "情况已变" in wang.get(f"/approvals/{id}").page.alerts[0]
    assert wang.post(f"/approvals/{id}/confirm").status == 409


@pytest.mark.parametrize(
    ("role", "sees"), [("administrator", 200), ("auditor", 200), ("supervisor", 403), (None, 303)]
)
def test_who_may(office: tuple[Home, Visitor], role: str | None, sees: int) -> None:
    home, visitor = office
    id = ask(home, ABOUT["opt-out"])
    other = visitor.as_(role)
    for path in ("/approvals", f"/approvals/{id}"):
        assert other.get(path).status == sees
    if sees == 200:
        assert not [form for form in other.get(f"/approvals/{id}").page.forms if str(id) in form.action]
    for act in ("confirm", "decline", "withdraw"):
        refused = other.post(f"/approvals/{id}/{act}", {} if act == "confirm" else {"reason": "x"})
        assert refused.status == (403 if role else 401)
    assert home("dnc", "list", "--number", NUMBER)


def test_what_is_not_there(office: tuple[Home, Visitor]) -> None:
    _, visitor = office
    for id in ("99", "x", "9" * 30, "%EF%BC%91", "0", "-1"):
        assert visitor.as_("wang").get(f"/approvals/{id}").status == 404


def test_many_that_are_closed_come_in_parts(office: tuple[Home, Visitor]) -> None:
    home, visitor = office
    li, wang = visitor.as_("li"), visitor.as_("wang")

    async def work(store: Store) -> None:
        context = Context(store, rights.actor(account(Role.OFFICER, id="li")), SystemClock())
        for _ in range(60):
            made = await approvals.ask(context, ABOUT["hold"], reason="x")
            await approvals.withdraw(context, made.id, reason="y")

    asyncio.run(_with(home, work))
    first = wang.get("/approvals").page
    rows = [row for row in first.rows if "结果" in row]
    assert len(rows) == 50
    form = next(form for form in first.forms if form.action == "/approvals")
    more = li.post("/approvals", form.fields, htmx=True)
    assert len([row for row in more.page.rows if "结果" in row]) == 11 and "<html" not in more.body.decode()


def test_an_erasure_is_begun_and_its_end_is_told(office: tuple[Home, Visitor]) -> None:
    home, visitor = office
    wang = visitor.as_("wang")

    async def asked(store: Store) -> int:
        context = Context(store, rights.actor(account(Role.OFFICER, id="li")), SystemClock())
        about = Erasure(today=date(2026, 11, 1), decisions=1234, recordings=5)
        return (await approvals.asked(context, about, reason=HOSTILE)).id

    id = asyncio.run(_with(home, asked))
    page = f"/approvals/{id}"
    assert "1,234" in wang.get(page).text and "擦除到期记录" in wang.get("/approvals").text
    done = wang.post(f"{page}/confirm")
    assert done.headers["location"] == f"{page}?said=approvals.erasure-begun"
    assert "等待执行" in wang.get(page).text
    assert wang.post(f"{page}/confirm").status == 409

    async def failed(store: Store) -> None:
        job = await store.jobs.take(datetime.now(UTC))
        assert job is not None and job.by == "li + wang"
        error = JobError.of(Fault("approval-changed", entry=str(id)))
        await store.jobs.fail(job.id, error, datetime.now(UTC))

    asyncio.run(_with(home, failed))
    over = wang.get(page).page
    assert "未执行" in over.text and "情况已变" in over.alerts[0]


ASKED_AT = {
    "hold": ("/recordings/holds/release", {"hold": "2"}),
    "suspension": ("/registers/suspension/lift", {"key": "campaign spring"}),
    "opt-out": ("/registers/dnc/remove", {"key": f"+86{NUMBER}", "scope": "all", "value": ""}),
}


@pytest.mark.parametrize("what", ASKED_AT)
def test_from_the_page_of_the_thing_itself_to_its_end(office: tuple[Home, Visitor], what: str) -> None:
    """Asked there by one, confirmed here by the other; both are in the log with the act."""
    home, visitor = office
    path, fields = ASKED_AT[what]
    asked = visitor.as_("li").post(path, {**fields, "reason": "书面申请"})
    assert asked.status == 303 and asked.headers["location"].startswith("/approvals?said=")
    told = visitor.as_("li").get(asked.headers["location"])
    assert told.status == 200 and "书面申请" in told.text
    wang = visitor.as_("wang")
    (page,) = {link for link in wang.get("/approvals").page.links if link == "/approvals/2"}
    assert wang.post(f"{page}/confirm").status == 303
    assert visitor.as_("li").post(path, {**fields, "reason": "x"}).status in (404, 422), "it is done"
    with closing(sqlite3.connect(home.path / "dialpact.db")) as db:
        acts = db.execute(
            "SELECT register, action, actor FROM register_change ORDER BY seq DESC LIMIT 3"
        ).fetchall()
    done = {
        "hold": ("recording", "release"),
        "suspension": ("suspension", "lift"),
        "opt-out": ("dnc", "remove"),
    }
    assert ("approval", "confirm", "wang") in acts and (*done[what], "li + wang") in acts
