"""An erasure that two officers agree on: just what was looked at goes, or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any, TypeVar

import msgspec
import pytest

from dialpact.application import approvals
from dialpact.application.accounts import rights
from dialpact.application.actor import Actor, Door
from dialpact.application.context import Context
from dialpact.application.jobs import erasing
from dialpact.application.jobs.files import JobFiles
from dialpact.application.jobs.kinds import KINDS, Task
from dialpact.application.ledger import erasure
from dialpact.application.ledger.erasure import Agreed
from dialpact.application.policy import load_policy
from dialpact.application.resting import restless
from dialpact.compliance import config as configuration
from dialpact.compliance.errors import NotPermitted
from dialpact.compliance.jobs import Job
from dialpact.compliance.judge import new_id
from dialpact.compliance.ledger.erasure import Erased
from dialpact.compliance.registers.account import Account, Role, wanted
from dialpact.compliance.registers.fault import Fault
from dialpact.store.ports.together import as_one
from dialpact.store.sqlite import Store
from tests.cli.conftest import home as home
from tests.cli.conftest import shelf as shelf
from tests.cli.recorded import OVER, Shelf

T = TypeVar("T")


class Office:
    """On a shelf with one call whose time is over; li and wang are officers."""

    def __init__(self, shelf: Shelf, store: Store) -> None:
        self.shelf, self.store = shelf, store
        self.files = JobFiles(shelf.home.path / "api-files")

    def of(self, id: str, role: Role = Role.OFFICER) -> Context:
        account = Account(id=id, name="", role=role, added_at=self.shelf.host.now(), added_by="root")
        return Context(self.store, rights.actor(account), self.shelf.host, self.shelf.host.uptime)

    async def done(self, job: Job) -> Job:
        """As the runner and its worker do it."""
        taken = await self.store.jobs.take(self.shelf.host.now())
        assert taken is not None and taken.id == job.id
        kind = KINDS[taken.kind]
        actor = Actor(name=taken.by, door=Door.PAGE, rights=frozenset(kind.rights))
        context = msgspec.structs.replace(self.of("x"), actor=actor)
        task = Task(
            context=context,
            config=configuration.load(self.shelf.home.config),
            job=taken,
            folder=self.files.of(taken.id),
            progress=lambda rows, of: None,
            render=lambda language: pytest.fail("nothing is rendered"),
            printed=lambda *_: pytest.fail("nothing is printed"),
            rest=restless,
        )
        outcome = await kind.work(task)
        assert kind.conclude is not None
        act = kind.conclude(self.of("x"), taken, outcome)
        about: dict[str, Any] = {"file": outcome.file, "bytes": outcome.bytes, **dict(outcome.counts)}

        async def finish() -> None:
            await self.store.jobs.finish(taken.id, about, self.shelf.host.now())

        await (finish() if act is None else as_one([act, finish]))
        found = await self.store.jobs.get(taken.id)
        assert found is not None
        return found

    async def looked(self) -> str:
        job = await erasing.look(self.of("li"), self.files, id=new_id())
        return (await self.done(job)).id


def at(shelf: Shelf, work: Callable[[Office], Awaitable[T]]) -> T:
    shelf.put()
    shelf.lives_until(OVER + timedelta(days=1))
    shelf.purge("--yes")

    async def run() -> T:
        async with await Store.open(shelf.database) as store:
            before = shelf.host.now() - timedelta(days=1)
            for id in ("li", "wang"):
                await store.accounts.add(id, wanted(name=id, role="officer"), (), by="root", at=before)
            return await work(Office(shelf, store))

    return asyncio.run(run())


def test_looked_at_asked_confirmed_and_done(shelf: Shelf) -> None:
    async def work(office: Office) -> None:
        looked = await office.looked()
        found = await erasing.made(office.of("li"), looked)
        assert (found.erased.decisions, found.erased.recordings) == (1, 1)
        made = await erasing.ask(office.of("li"), looked, reason="到期")
        with pytest.raises(Fault, match="approval own"):
            await erasing.confirm(office.of("li"), office.files, made.id)
        with pytest.raises(NotPermitted):
            await erasing.confirm(office.of("adm", Role.ADMINISTRATOR), office.files, made.id)
        assert await office.store.jobs.get(erasing.job_of(made.id)) is None
        job = await erasing.confirm(office.of("wang"), office.files, made.id)
        assert job.by == "li + wang"
        with pytest.raises(Fault, match="approval closed"):
            await erasing.confirm(office.of("wang"), office.files, made.id)
        assert (await office.done(job)).state == "done"
        over = await approvals.show(office.of("li"), made.id)
        assert (over.state, over.came) == ("done", {"decisions": 1, "recordings": 1})

    at(shelf, work)
    ((actor, reason),) = shelf.sql(
        "SELECT actor, json_extract(detail, '$.reason') FROM register_change"
        " WHERE register = 'ledger' AND action = 'erase'"
    )
    assert (actor, reason) == ("li + wang", "到期")
    assert [
        row[0] for row in shelf.sql("SELECT action FROM register_change WHERE register = 'approval'")
    ] == [
        "ask",
        "confirm",
        "done",
    ]
    shelf.home.run("ledger", "verify")


def test_what_is_not_as_it_was_looked_at_is_not_erased(shelf: Shelf) -> None:
    """Somebody at the shell was faster: what the two agreed on is not what is over now."""

    async def work(office: Office) -> None:
        made = await erasing.ask(office.of("li"), await office.looked(), reason="到期")
        root = msgspec.structs.replace(office.of("root"), actor=Actor(name="root", door=Door.SHELL))
        policy = load_policy(configuration.load(shelf.home.config))
        await erasure.erase(root, policy, reason="x", really=True)
        job = await erasing.confirm(office.of("wang"), office.files, made.id)
        with pytest.raises(Fault, match="approval changed"):
            await office.done(job)
        assert (await approvals.show(office.of("li"), made.id)).state == "confirmed"

    at(shelf, work)
    assert shelf.sql("SELECT actor FROM register_change WHERE action = 'erase'") == [("root",)]


AGREED = Agreed(1, date(2027, 11, 26), 3, 5)
SOME = Erased(decisions=3, recordings=5)


@pytest.mark.parametrize(
    ("today", "over", "begun", "is_it"),
    [
        (AGREED.today, SOME, False, True),
        (AGREED.today - timedelta(days=1), SOME, False, False),  # a clock that was set back
        (AGREED.today, Erased(decisions=2, recordings=5), False, False),
        (AGREED.today, Erased(decisions=3, recordings=6), False, False),
        (AGREED.today, Erased(decisions=2, recordings=3), True, True),  # a part of it was gone
        (AGREED.today, Erased(), True, True),
        (AGREED.today, Erased(decisions=4, recordings=3), True, False),
        (AGREED.today, Erased(decisions=2, recordings=6), True, False),
    ],
)
def test_what_was_agreed_on(today: date, over: Erased, begun: bool, is_it: bool) -> None:
    assert AGREED._replace(begun=begun).is_of(today, over) is is_it


def test_a_request_that_nobody_confirmed_erases_nothing(shelf: Shelf) -> None:
    """A job's row that somebody has put in is no evidence of anything."""

    async def work(office: Office) -> None:
        made = await erasing.ask(office.of("li"), await office.looked(), reason="到期")
        id = erasing.job_of(made.id)
        await asyncio.to_thread(office.files.keep, id, None, 0)
        forged = Job(
            id=id, kind="erasure", by="li + wang", detail={"request": made.id}, created_at=shelf.host.now()
        )
        await office.store.jobs.add(forged)
        with pytest.raises(Fault, match="approval closed"):
            await office.done(forged)

    at(shelf, work)
    assert shelf.sql("SELECT count(*) FROM register_change WHERE action = 'erase'") == [(0,)]


def test_a_page_erases_nothing_by_itself(shelf: Shelf) -> None:
    async def work(office: Office) -> None:
        policy = load_policy(configuration.load(shelf.home.config))
        with pytest.raises(NotPermitted, match="another officer"):
            await erasure.erase(office.of("li"), policy, reason="x", really=True)

    at(shelf, work)


def test_a_look_is_ended_by_one_and_what_two_agreed_on_is_not(shelf: Shelf) -> None:
    async def work(office: Office) -> None:
        li = office.of("li")
        made = await erasing.ask(li, await office.looked(), reason="到期")
        job = await erasing.confirm(office.of("wang"), office.files, made.id)
        assert (await erasing.cancel(li, office.files, job.id)).state == "queued"
        assert (await office.done(job)).state == "done"
        look = await erasing.look(li, office.files, id=new_id())
        assert (await erasing.cancel(li, office.files, look.id)).state == "cancelled"

    at(shelf, work)


def test_where_nothing_is_over_nothing_is_asked(shelf: Shelf) -> None:
    async def work(office: Office) -> None:
        looked = await office.looked()
        with pytest.raises(Fault, match="nothing over"):
            await erasing.ask(office.of("li"), looked, reason="x")

    async def run() -> None:
        async with await Store.open(shelf.database) as store:
            await work(Office(shelf, store))

    shelf.put()
    asyncio.run(run())
