"""A complaint is put to every operator, and each answer holds him."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dialpact.application.supervision import asking, complaints, operators, overview, packages
from dialpact.application.supervision.desk import Desk
from dialpact.compliance.ledger import keys
from dialpact.compliance.ledger.note import Verifier
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.supervision import letter
from dialpact.compliance.supervision.letter import Answer, Question
from dialpact.compliance.supervision.model import Complaint
from tests.agi.office import NUMBER, STRANGER, SetClock
from tests.supervision.conftest import Joined
from tests.supervision.site import Watched
from tests.web.asking import serving


async def filed(desk: Desk, number: str = NUMBER, reference: str = "12321-1") -> Complaint:
    return await complaints.add(
        desk, number, reference=reference, called_at="2026-11-24 10:00", received_at="2026-11-24 10:01"
    )


async def test_every_operator_is_asked_and_the_evidence_is_verified(
    desk: Desk, joined: Joined, clock: SetClock
) -> None:
    one, two, three = await joined("one"), await joined("two"), await joined("three")
    assert await one.call() == "ALLOW"
    assert await two.call(STRANGER) == "BLOCK"
    for each in (one, two, three):
        await each.checkpoint()
    clock.set("2026-11-24 10:05:00")
    about = await filed(desk)
    async with one.web(desk), two.web(desk):
        await asking.ask(desk, about.id)
    shown = await overview.complaint(desk, about.id)
    found = {each.operator: each.found for each in shown.answers}
    assert found == {"one": "called", "two": "none", "three": "failed"}
    (asked,) = shown.answers[0].asked
    assert (asked.package_state, asked.found, len(asked.calls)) == ("valid", (), 1)
    assert (desk.config.packages / f"{asked.package}.zip").is_file()
    assert shown.number == "+86138****8000"
    acts = one.sql("SELECT action, actor FROM register_change WHERE register = 'supervision' ORDER BY seq")
    assert acts == [("question", "12321.test"), ("package", "12321.test")]
    exported = one.sql("SELECT actor FROM register_change WHERE register = 'evidence' AND action = 'export'")
    assert exported == [("12321.test",)], "the export is on record under the supervisor's name"
    assert NUMBER not in str(one.sql("SELECT detail FROM register_change WHERE register = 'supervision'"))


async def test_who_blocked_the_call_says_so(desk: Desk, joined: Joined, clock: SetClock) -> None:
    one = await joined("one")
    assert await one.call(STRANGER) == "BLOCK"
    await one.checkpoint()
    clock.set("2026-11-24 10:05:00")
    about = await filed(desk, STRANGER)
    async with one.web(desk):
        (asked,) = await asking.ask(desk, about.id)
    assert (asked.said, asked.package_state) == ("blocked", "valid")


async def liar(request: Request, one: Watched) -> Response:
    """Says that there was no call, by his own key."""
    text = (await request.body()).decode()
    question = letter.opened(text, Question, [Verifier.parse(one.config.supervision.vkey)])
    given = Answer(
        id=question.id,
        operator=question.operator,
        supervisor=question.supervisor,
        at=question.at,
        until=question.until,
        question=letter.digest(text),
        said="none",
        calls=0,
        looked=3,
        erased=0,
        around=0,
    )
    return Response(letter.sealed(keys.load(one.config), given))


async def test_who_denied_a_call_that_a_package_shows_is_contradicted(
    desk: Desk, joined: Joined, clock: SetClock
) -> None:
    one = await joined("one")
    await one.call()
    await one.checkpoint()
    clock.set("2026-11-24 10:05:00")
    first, second = await filed(desk), await filed(desk, reference="12321-2")
    async with one.web(desk):
        (honest,) = await asking.ask(desk, first.id)
    lies = Route("/supervision/question", partial(liar, one=one), methods=["POST"])
    async with serving(Starlette(routes=[lies])) as port:
        await operators.move(desk, "one", f"http://127.0.0.1:{port}", reason="test")
        (asked,) = await asking.ask(desk, second.id)
    assert (asked.said, asked.outcome) == ("none", "answered")
    assert (await overview.complaint(desk, second.id)).answers[0].found == "none"
    kept = desk.config.packages / f"{honest.package}.zip"
    looked = await packages.handed_in(desk, second.id, "one", kept, "the complainant's lawyer")
    assert (looked.state, looked.calls) == ("valid", honest.calls)
    shown = await overview.complaint(desk, second.id)
    assert (shown.answers[0].found, shown.answers[0].proven) == ("contradicted", True)
    (standing,) = (await overview.overview(desk)).operators
    assert "contradicted" in standing.wrong


async def test_who_says_otherwise_the_next_time_contradicts_himself(
    desk: Desk, joined: Joined, clock: SetClock
) -> None:
    one = await joined("one")
    await one.call()
    await one.checkpoint()
    clock.set("2026-11-24 10:05:00")
    about = await filed(desk)
    lies = Route("/supervision/question", partial(liar, one=one), methods=["POST"])
    async with serving(Starlette(routes=[lies])) as port:
        await operators.move(desk, "one", f"http://127.0.0.1:{port}", reason="test")
        await asking.ask(desk, about.id)
    async with one.web(desk):
        await asking.ask(desk, about.id)
    assert (await overview.complaint(desk, about.id)).answers[0].found == "contradicted"


async def test_evidence_of_a_second_history_proves_nothing(
    desk: Desk, joined: Joined, clock: SetClock, tmp_path: Path
) -> None:
    """Key and backup: a history of his own for the supervisor's question, which continues an earlier head."""
    one = await joined("one")
    await one.checkpoint()
    one.sql(f"VACUUM INTO '{tmp_path / 'backup.db'}'")
    await one.call()
    await one.checkpoint()
    await one.call()
    await one.checkpoint()
    second = Watched.beside(one, tmp_path / "second", tmp_path / "backup.db")
    await second.call()  # at a time, and with a record, of his choice
    clock.set("2026-11-24 10:05:00")
    about = await filed(desk)
    async with second.web(desk):
        (asked,) = await asking.ask(desk, about.id)
    assert asked.said == "called"
    assert asked.package_state != "valid"
    shown = await overview.complaint(desk, about.id)
    assert not shown.answers[0].proven


async def test_the_deadline_is_counted_in_working_days(desk: Desk, clock: SetClock) -> None:
    clock.set("2026-11-24 10:05:00")
    about = await filed(desk)
    assert str(about.due) == "2026-12-15"
    shown = await overview.complaint(desk, about.id)
    assert (shown.left, shown.overdue) == (15, False)
    clock.set("2026-12-16 09:00:00")
    shown = await overview.complaint(desk, about.id)
    assert (shown.left, shown.overdue) == (-1, True)


@pytest.mark.parametrize("minutes", [0, 10_000])
async def test_the_time_asked_about_is_bounded(desk: Desk, minutes: int) -> None:
    about = await complaints.add(desk, NUMBER, reference="1", called_at="2026-11-24 09:00", within=minutes)
    assert timedelta(minutes=2) <= about.before - about.since <= timedelta(days=3)


async def test_a_closed_complaint_is_forgotten_and_what_was_said_stays(
    desk: Desk, joined: Joined, clock: SetClock
) -> None:
    """Number, note and voices go once nobody needs them; an open one, and another's package, stay."""
    one = await joined("one")
    await one.call()
    await one.checkpoint()
    clock.set("2026-11-24 10:05:00")
    about = await filed(desk)
    async with one.web(desk):
        (asked,) = await asking.ask(desk, about.id)
    package = desk.config.packages / f"{asked.package}.zip"
    with pytest.raises(Fault):
        await complaints.erase(desk, about.id, reason="over")
    assert package.is_file()
    await complaints.close(desk, about.id, "told")
    with pytest.raises(Fault):
        await complaints.erase(desk, about.id, reason="")
    assert await complaints.erase(desk, about.id, reason="a year is over") == 1
    assert not package.exists()
    kept = await overview.complaint(desk, about.id)
    assert (kept.number, kept.answers[0].found) == ("", "called")
    files = list(desk.config.database.parent.glob("supervise.db*"))
    assert files and not [file for file in files if NUMBER.encode() in file.read_bytes()]
    with pytest.raises(Fault):
        await asking.ask(desk, about.id)


@pytest.mark.parametrize(
    "reference", [NUMBER, f"12321-{NUMBER}", f"+86 {NUMBER[:3]} {NUMBER[3:7]}-{NUMBER[7:]}"]
)
async def test_a_reference_is_no_way_for_the_number_to_stay(
    desk: Desk, clock: SetClock, reference: str
) -> None:
    clock.set("2026-11-24 10:05:00")
    with pytest.raises(Fault) as refused:
        await complaints.add(desk, NUMBER, reference=reference, called_at="2026-11-24 10:00")
    assert refused.value.key == "number-in-reference"


async def test_who_is_supervised_no_more_owes_nothing(desk: Desk, joined: Joined, clock: SetClock) -> None:
    await joined("one")
    about = await filed_later(desk, clock)
    with pytest.raises(Fault):
        await operators.end(desk, "one", reason="")
    await operators.end(desk, "one", reason="closed down")
    clock.set("2027-03-01 10:00:00")
    (seen,) = (await overview.overview(desk)).operators
    assert (seen.log, seen.wrong) == ("ended", ("report-overdue",)), "what was due before stays due"
    assert [month.month for month in seen.months] == ["2026-10"]
    assert not await asking.ask(desk, about.id)


async def filed_later(desk: Desk, clock: SetClock) -> Complaint:
    clock.set("2026-11-24 10:05:00")
    return await filed(desk)
