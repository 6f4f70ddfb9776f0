"""What is sent while somebody looks: the parts that have changed, to who is still signed in."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import pytest
from starlette.responses import PlainTextResponse

from dialpact.compliance.errors import StoreError
from dialpact.compliance.registers.account import Role
from dialpact.web.console.now.board import PARTS, Board
from dialpact.web.console.now.stream import MOST, MOST_OF_ONE, Pace, events
from dialpact.web.console.page import EVERYBODY, Asked, NoForm, Page
from tests.cli.conftest import Home
from tests.web.api import recorded
from tests.web.api.furnished import CALL
from tests.web.console.visitor import account, console

Step = Callable[[Asked[Any], int], Awaitable[None]]
AT_ONCE = Pace(every=0)


def told(
    home: Home, step: Step, most: int, whose: str = "officer", pace: Pace = AT_ONCE
) -> list[tuple[str, Any]]:
    """The first events of a stream, name and data; ``step`` is taken before each."""

    async def probe(asked: Asked[NoForm]) -> PlainTextResponse:
        found: list[bytes] = []
        board = Board.of(asked.site)
        stream: AsyncIterator[bytes] = events(asked, board, pace)
        async with aclosing(stream) as parts:  # type: ignore[type-var]
            async for part in parts:
                assert board.watching.total() == 1
                found.append(part)
                if len(found) > most:
                    break
                await step(asked, len(found))
        assert board.watching.total() == 0
        return PlainTextResponse(b"".join(found))

    page = Page(method="GET", path="/probe", action="probe", roles=EVERYBODY, handle=probe, form=NoForm)
    with console(home, (page,)) as visitor:
        visitor.known.accounts["other"] = account(Role.SUPERVISOR, id="other", campaigns=("nowhere",))
        answer = visitor.as_(whose).get("/probe")
    assert answer.status == 200, answer.body
    first, *rest = [one for one in answer.body.decode().split("\n\n") if one]
    assert first.startswith("retry: ")
    named = [one.split("\n") for one in rest]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in named]


async def nothing(asked: Asked[Any], place: int) -> None:
    pass


async def forget(asked: Asked[Any]) -> None:
    """The next look is a new one."""
    for shared in asked.site.watch._shared.values():
        shared.last = None


def test_first_all_then_what_has_changed(furnished: Home) -> None:
    made = recorded.call("beef" * 8, allowed=False)

    async def step(asked: Asked[Any], place: int) -> None:
        if place == 3:
            from dialpact.store.units import decisions

            await asked.site.store.transact(lambda db: decisions.record(db, [made]))  # type: ignore[attr-defined]
            await forget(asked)

    first, second, third = told(furnished, step, 3)
    assert first[0] == "look" and set(first[1]["parts"]) == set(PARTS)
    assert len(first[1]["plot"]["at"]) == 59
    assert second == ("look", {**second[1], "parts": {}})
    assert set(third[1]["parts"]) == {"calls"}
    rows = third[1]["parts"]["calls"]["rows"]
    assert list(rows) == [f"n-{made.id}"] and f"/calls/{made.id}" in rows[f"n-{made.id}"]
    assert f'data-row="n-{CALL}"' in third[1]["parts"]["calls"]["frame"]


def test_a_store_that_does_not_answer_is_said_and_no_figure_is_sent(furnished: Home) -> None:
    async def step(asked: Asked[Any], place: int) -> None:
        async def fails(*_: Any, **__: Any) -> None:
            raise StoreError("locked")

        if place == 2:
            await forget(asked)
            asked.site.store.live.look = fails  # type: ignore[method-assign]

    first, second = told(furnished, step, 2)
    assert first[0] == "look"
    assert second[0] == "unknown" and second[1]["why"] == "locked"
    assert not {"figures", "calls"} & set(second[1]["parts"])


def test_who_is_signed_out_meanwhile_is_told_nothing_more(furnished: Home) -> None:
    async def step(asked: Asked[Any], place: int) -> None:
        if place == 2:
            object.__setattr__(asked, "still", lambda: no())

    async def no() -> bool:
        return False

    (name, _), (last, said) = told(furnished, step, 5, pace=Pace(every=0, again=-1))
    assert (name, last, said) == ("look", "out", {})


def test_whether_he_is_signed_in_is_asked_of_the_session_and_the_account(furnished: Home) -> None:
    answers = []

    async def step(asked: Asked[Any], place: int) -> None:
        answers.append(await asked.still())
        known[0].accounts["officer"] = account(Role.OFFICER, language="en")
        answers.append(await asked.still())
        del known[0].accounts["officer"]
        answers.append(await asked.still())

    known: list[Any] = []

    async def probe(asked: Asked[NoForm]) -> PlainTextResponse:
        await step(asked, 0)
        return PlainTextResponse("")

    page = Page(method="GET", path="/probe", action="probe", roles=EVERYBODY, handle=probe, form=NoForm)
    with console(furnished, (page,)) as visitor:
        known.append(visitor.known)
        visitor.get("/probe")
    assert answers == [True, False, False]


def test_a_stream_ends_by_itself(furnished: Home) -> None:
    assert told(furnished, nothing, 3, pace=Pace(longest=0)) == [("end", {})]


def test_whoever_leads_a_team_is_sent_his_own(furnished: Home) -> None:
    ((_, mine),) = told(furnished, nothing, 1, "other")
    assert "jianghan" not in json.dumps(mine) and "ca11" not in json.dumps(mine)


@pytest.mark.parametrize(("whose", "count"), [("officer", MOST_OF_ONE), ("somebody", MOST)])
def test_so_many_and_no_more(furnished: Home, whose: str, count: int) -> None:
    assert MOST < 256  # of the process's connections

    async def probe(asked: Asked[NoForm]) -> PlainTextResponse:
        watching = Board.of(asked.site).watching
        watching.clear()
        watching[whose] = count
        return PlainTextResponse("")

    page = Page(method="GET", path="/probe", action="probe", roles=EVERYBODY, handle=probe, form=NoForm)
    with console(furnished, (page,)) as visitor:
        visitor.get("/probe")
        answer = visitor.get("/now/stream")
    assert (answer.status, answer.headers["retry-after"]) == (503, "60")
