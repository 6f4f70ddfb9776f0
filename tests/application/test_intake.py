"""What a program puts in: opt-outs, consents, scripts, complaints, leads; for whom, and once."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dialpact.application import (
    businesses,
    caller_ids,
    campaigns,
    complaints,
    consents,
    do_not_call,
    leads,
    limits,
    scripts,
    suspensions,
)
from dialpact.application.actor import Actor, Door
from dialpact.application.consents import Given
from dialpact.application.context import Context
from dialpact.application.do_not_call import Told
from dialpact.compliance import calendars, profile
from dialpact.compliance.errors import NotPermitted
from dialpact.compliance.profile import Policy
from dialpact.compliance.registers.change import Made
from dialpact.compliance.registers.consent import Withdrawal
from dialpact.compliance.registers.fault import Fault, Faults
from dialpact.compliance.registers.leads import delivery
from dialpact.store.sqlite import Store, create, migrate
from dialpact.testing import FixedClock

POLICY = Policy(profiles=(profile.load("cn-hubei-2018"),), calendar=calendars.load())
NUMBER, OTHER = "+8613800138000", "+8613800138001"
NOW = "2026-06-01T10:00+08:00"
ACME = ("acme",)


@pytest.fixture
async def program(tmp_path: Path) -> AsyncIterator[Context]:
    """Two businesses, each in an industry of its own; the actor is a program's key."""
    create(tmp_path / "a.db")
    clock = FixedClock(NOW)
    async with Store(tmp_path / "a.db", yields=True) as store:  # as dialpact web has it
        officer = Context(store, Actor(name="chen", door=Door.SHELL), clock)
        for business, industry in (("acme", "loans"), ("beta", "travel")):
            await businesses.add(officer, business, name=business, capacity="own-business")
            about = {"business": business, "industry": industry, "purpose": "marketing"}
            await campaigns.add(officer, f"{business}-1", **about, script=f"{business}-s")
        yield Context(store, Actor(name="api:crm", door=Door.API), clock)


def officer(program: Context) -> Context:
    return Context(program.store, Actor(name="chen", door=Door.SHELL), program.clock)


async def told(program: Context, *news: Told, **more: Any) -> list[tuple[str, str]]:
    done = await do_not_call.add_all(program, news, node="pbx1", **more)
    return [(one.outcome, one.entry.requested_at.isoformat()) for one in done]


async def acts(program: Context, after: int = 0) -> Sequence[Made]:
    return await program.store.changes.made(range(after + 1, after + 3000))


async def faults(awaitable: Any) -> list[tuple[int, str]]:
    with pytest.raises(Faults) as caught:
        await awaitable
    return [(place, fault.key) for place, fault in caught.value.each]


async def test_an_opt_out_says_that_it_came_by_the_api_and_by_which_key(program: Context) -> None:
    assert await told(program, Told(number=NUMBER)) == [("added", "2026-06-01T02:00:00+00:00")]
    shown = await do_not_call.show(program, NUMBER)
    assert [(one.how, one.by, one.node) for one in shown.said] == [("api", "api:crm", "pbx1")]
    assert [one.source for one in shown.shown.entries] == ["api:crm"]


async def test_one_that_stands_is_as_it_was_first_recorded_and_said_once(program: Context) -> None:
    first = Told(number=NUMBER, requested_at="2026-05-01T09:00:00Z", source="letter")
    at = "2026-05-01T09:00:00+00:00"
    assert await told(program, first) == [("added", at)]
    program.clock.forward(days=1)  # type: ignore[attr-defined]
    before = len(await acts(program))
    for again in (first, Told(number=NUMBER, requested_at="2026-05-09T09:00:00Z")):
        assert await told(program, again) == [("already", at)]
    shown = await do_not_call.show(program, NUMBER)
    assert len(shown.said) == 1 and len(await acts(program)) == before
    # What the same key says of it anew, once it was taken back, is another time that it was said.
    await do_not_call.remove(officer(program), NUMBER, scope="all", reason="asked to")
    assert [outcome for outcome, _ in await told(program, first)] == ["added"]
    assert len((await do_not_call.show(program, NUMBER)).said) == 2


@pytest.mark.parametrize(
    ("requested", "kept"),
    [
        ("2026-06-01T10:00:59+08:00", "2026-06-01T02:00:00+00:00"),
        ("2026-06-01T10:01:00+08:00", "2026-06-01T02:00:00+00:00"),
        ("2026-06-01T10:01:01+08:00", ""),
        ("2026-06-02T10:00:00+08:00", ""),
        ("1999-01-01T00:00:00Z", "1999-01-01T00:00:00+00:00"),
    ],
)
async def test_nobody_says_no_in_the_future(program: Context, requested: str, kept: str) -> None:
    one = Told(number=NUMBER, requested_at=requested)
    if kept:
        assert await told(program, one) == [("added", kept)]
    else:
        assert await faults(told(program, one)) == [(0, "in-the-future")]


@pytest.mark.parametrize(
    ("scope", "value", "permitted"),
    [
        ("all", "", True),  # a no to everybody may be told by anybody
        ("business", "acme", True),
        ("business", "beta", False),
        ("business", "nobody", False),
        ("industry", "loans", True),
        ("industry", "travel", False),
        ("industry", "none", False),
    ],
)
async def test_a_key_of_one_business(program: Context, scope: str, value: str, permitted: bool) -> None:
    one = Told(number=NUMBER, scope=scope, value=value)
    if permitted:
        assert len(await told(program, one, only=ACME)) == 1
    else:
        with pytest.raises(NotPermitted):
            await told(program, Told(number=OTHER), one, only=ACME)
        assert not (await do_not_call.listed(program)).rows, "nor is the one beside it"
    assert len(await told(program, one)) == 1, "a key of all may"


async def test_all_of_a_batch_or_none(program: Context) -> None:
    good, bad = Told(number=NUMBER), Told(number="12")
    odd = Told(number=OTHER, scope="planet")
    assert await faults(told(program, good, bad, good, odd)) == [(1, "number"), (3, "unknown-value")]
    assert not await acts_of(program, "dnc")
    done = await told(program, good, Told(number=OTHER, scope="business", value="acme"), good)
    assert [outcome for outcome, _ in done] == ["added", "added", "already"]
    assert len(await acts_of(program, "dnc")) == 2


async def acts_of(program: Context, register: str) -> list[str]:
    return [act.action for act in await acts(program) if act.register == register]


async def test_what_was_cut_off_before_its_answer_is_told_by_its_acts(program: Context) -> None:
    await told(program, Told(number=OTHER, source="before"))
    before = len(await acts(program))
    asked = (Told(number=NUMBER), Told(number=OTHER), Told(number=NUMBER, scope="industry", value="loans"))
    answer = await do_not_call.add_all(program, asked, node="pbx1")
    made = await acts(program, before)
    program.clock.forward(hours=1)  # type: ignore[attr-defined]
    await do_not_call.remove(officer(program), NUMBER, scope="all", reason="asked to")
    total = len(await acts(program))
    assert await do_not_call.add_all(program, asked, node="pbx1", made=made) == answer
    assert len(await acts(program)) == total, "nothing is done again, whatever came between"


def consent(number: str = NUMBER, business: str = "acme", **more: str) -> Given:
    given = {"industry": "loans", "evidence": "form 7", "granted_at": "2026-05-01"}
    return Given(number=number, business=business, **(given | more))


async def test_consents_are_all_taken_or_none(program: Context) -> None:
    done = await consents.add_all(program, [consent(), consent(OTHER, expires_at="2027-01-01"), consent()])
    assert [one.outcome for one in done] == ["added", "added", "already"]
    shorter, longer = consent(OTHER, expires_at="2026-12-01"), consent(OTHER, expires_at="2029-01-01")
    wrong = consents.add_all(program, [consent("+8613900139000"), longer, consent(granted_at="soon")])
    assert await faults(wrong) == [(2, "bad-time")], "what is no consent at all is told first"
    wrong = consents.add_all(program, [consent("+8613900139000"), longer, consent(evidence="form 8")])
    assert await faults(wrong) == [(1, "consent-differs"), (2, "consent-differs")]
    assert len((await consents.listed(program)).rows) == 2
    assert [one.outcome for one in await consents.add_all(program, [shorter])] == ["updated"]


async def test_withdrawals_are_all_taken_or_none(program: Context) -> None:
    await consents.add_all(program, [consent(), consent(industry="cards"), consent(OTHER)])
    unknown = Withdrawal(number="+8613900139000", business="acme")
    assert await faults(
        consents.withdraw_all(program, [Withdrawal(number=NUMBER, business="acme"), unknown])
    ) == [(1, "no-consent")]
    asked = [
        Withdrawal(number=NUMBER, business="acme", industry="cards"),
        Withdrawal(number=NUMBER, business="acme", reason="called"),
        Withdrawal(number=NUMBER, business="acme"),
    ]
    before = len(await acts(program))
    done = await consents.withdraw_all(program, asked)
    assert [one.count for one in done] == [1, 1, 0]
    assert [one.withdrawn_at is None for one in (await consents.listed(program)).rows] == [False, False, True]
    made = await acts(program, before)
    assert await consents.withdraw_all(program, asked, made=made) == done


@pytest.mark.parametrize("act", [consents.add_all, consents.withdraw_all])
async def test_a_consent_to_another_business_is_not_this_keys(program: Context, act: Any) -> None:
    await consents.add_all(program, [consent(), consent(OTHER, "beta")])
    given = consent if act is consents.add_all else withdrawal
    with pytest.raises(NotPermitted):
        await act(program, [given(), given(OTHER, "beta")], only=ACME)
    assert all(one.withdrawn_at is None for one in (await consents.listed(program)).rows)
    assert len(await act(program, [given()], only=ACME)) == 1


def withdrawal(number: str = NUMBER, business: str = "acme") -> Withdrawal:
    return Withdrawal(number=number, business=business)


async def test_consents_that_were_cut_off_before_their_answer(program: Context) -> None:
    await consents.add_all(program, [consent(OTHER, expires_at="2027-01-01")])
    before = len(await acts(program))
    asked = [
        consent(granted_at=""),
        consent(OTHER, expires_at="2026-12-01"),
        consent(OTHER, expires_at="2026-12-01"),
    ]
    answer = await consents.add_all(program, asked)
    assert [one.outcome for one in answer] == ["added", "updated", "already"]
    made = await acts(program, before)
    program.clock.forward(hours=1)  # type: ignore[attr-defined]
    assert await consents.add_all(program, asked, made=made) == answer, "its time too, which nobody gave"
    assert len((await consents.listed(program)).rows) == 2


async def test_no_program_lets_through_what_was_not(program: Context) -> None:
    await scripts.add(program, "acme-s", b"Good day")
    await told(program, Told(number=NUMBER))
    for act in (
        scripts.approve(program, "acme-s", POLICY.profiles),
        leads.release(program, 1, reason="x"),
        do_not_call.remove(program, NUMBER, scope="all", reason="x"),
    ):
        with pytest.raises(NotPermitted, match="for a person alone"):
            await act


async def test_a_script_waits_for_a_person(program: Context) -> None:
    phrase = next(phrase for phrase in POLICY.profiles[0].script.forbidden_phrases)  # type: ignore[union-attr]
    assert (await scripts.add(program, "acme-s", f"您好\n{phrase}".encode(), only=ACME)).outcome == "added"
    standing = await scripts.standing(program, "acme-s", POLICY.profiles, only=ACME)
    assert (standing.state, standing.script.version) == ("not-approved", 1)
    assert [(hit.phrase, hit.line) for hit in standing.checked.hits] == [(phrase, 2)]
    assert (await scripts.add(program, "acme-s", "您好".encode(), only=ACME)).outcome == "updated"
    await scripts.approve(officer(program), "acme-s", POLICY.profiles)
    standing = await scripts.standing(program, "acme-s", POLICY.profiles, only=ACME)
    assert (standing.script.approved_by, standing.script.version, standing.checked.hits) == ("chen", 2, ())
    assert standing.state == "approved"
    stricter = msgspec.structs.replace(POLICY.profiles[0].script, forbidden_phrases=("再见",))  # type: ignore[type-var]
    other = msgspec.structs.replace(POLICY.profiles[0], script=stricter)
    assert (await scripts.standing(program, "acme-s", [other])).state == "unchecked"
    await scripts.add(program, "acme-s", "再见".encode())
    await scripts.approve(officer(program), "acme-s", POLICY.profiles, expires_at="2026-06-01 12:00")
    program.clock.forward(hours=2)  # type: ignore[attr-defined]
    assert (await scripts.standing(program, "acme-s", POLICY.profiles)).state == "expired"


@pytest.mark.parametrize(
    ("script", "by", "mine"),
    [
        ("acme-s", "chen", True),  # its campaign reads it
        ("beta-s", "api:crm", False),  # another's campaign does, whoever brought it
        ("spare", "api:crm", True),  # nobody reads it, and it is its own
        ("spare", "chen", False),
        ("spare", "", True),  # and one that is not there yet
    ],
)
async def test_whose_a_script_is(program: Context, script: str, by: str, mine: bool) -> None:
    if by:
        brought = program if by == "api:crm" else officer(program)
        await scripts.add(brought, script, b"Good day")
    if mine:
        assert (await scripts.add(program, script, b"Good evening", only=ACME)).outcome != "already"
        await scripts.standing(program, script, POLICY.profiles, only=ACME)
        return
    with pytest.raises(NotPermitted):
        await scripts.add(program, script, b"Good evening", only=ACME)
    with pytest.raises(Fault, match="not registered"):
        await scripts.standing(program, script, POLICY.profiles, only=ACME)


async def test_a_script_that_was_cut_off_before_its_answer(program: Context) -> None:
    for text in (b"Good day", b"Good evening"):
        before = len(await acts(program))
        answer = await scripts.add(program, "acme-s", text)
        made = await acts(program, before)
        assert await scripts.add(program, "acme-s", text, made=made) == answer
    assert (await scripts.standing(program, "acme-s", POLICY.profiles)).script.version == 2


LIST = delivery("acme-1", "bank", "K-1", "consent")
SECTIONS = leads.thresholds(POLICY.profiles)


async def taken(program: Context, numbers: Sequence[str], **more: Any) -> leads.Looked:
    return (await told_of(program, numbers, **more))[-1]


async def told_of(program: Context, numbers: Sequence[str], **more: Any) -> tuple[Any, ...]:
    """Rows, bad ones, applied ones, what was there; the lines of the bad ones; and what was found."""
    with leads.as_file(numbers) as file:
        done = await leads.take(program, LIST, SECTIONS, file, name="api", **more)
        with done:
            assert done.done
            bad = [row.line for row in done.bad_rows]
            return done.rows, done.bad, done.applied, done.already, bad, done.about


async def test_numbers_are_taken_as_a_file_is(program: Context) -> None:
    looked = await taken(program, [NUMBER, OTHER, NUMBER, '0278765"4321', "x,y\n"], skip_bad=True, only=ACME)
    found = await leads.status(program, looked.batch or 0, only=ACME)
    assert (found.rows, found.file, found.imported_by, found.held) == (2, "api", "api:crm", "")
    with pytest.raises(Fault, match="batch exists"):
        await taken(program, [NUMBER, OTHER, NUMBER, '0278765"4321', "x,y\n"], skip_bad=True)


async def test_a_list_that_is_dialled_up_is_held(program: Context) -> None:
    looked = await taken(program, [f"+86138001380{place:02}" for place in range(100)])
    found = await leads.status(program, looked.batch or 0)
    assert looked.held and found.held == looked.held


async def test_a_list_for_another_business_is_not_this_keys(program: Context) -> None:
    looked = await taken(program, [NUMBER])
    for campaign in ("acme-1", "no-such"):
        about = delivery(campaign, "bank", "K-1", "consent")
        with pytest.raises(NotPermitted), leads.as_file([OTHER]) as file:
            await leads.take(program, about, SECTIONS, file, name="api", only=("beta",))
    with pytest.raises(Fault, match="no batch"):
        await leads.status(program, looked.batch or 0, only=("beta",))


async def test_a_list_that_was_cut_off_before_its_answer(program: Context) -> None:
    asked = [NUMBER, "12", OTHER, OTHER]
    before = len(await acts(program))
    said = await told_of(program, asked, skip_bad=True)
    assert said[:5] == (4, 1, 2, 1, [3])
    assert await told_of(program, asked, skip_bad=True, made=await acts(program, before)) == said
    assert len((await leads.listed(program)).rows) == 1


async def test_a_complaint_that_was_cut_off_before_its_answer(program: Context) -> None:
    about = {"called_at": "2026-05-31 10:00", "source": "12321", "note": "at night"}
    before = len(await acts(program))
    answer = await complaints.add(program, NUMBER, POLICY, **about)
    assert (answer.outcome, answer.entered, answer.opt_out.scope) == ("added", "added", "all")
    made = await acts(program, before)
    program.clock.forward(hours=1)  # type: ignore[attr-defined]
    again = await complaints.add(program, NUMBER, POLICY, **about, made=made)
    assert again == answer
    assert (await complaints.add(program, NUMBER, POLICY, **about)).outcome == "already"


@pytest.mark.parametrize(("only", "suspended"), [(("beta",), False), (ACME, True), (None, True)])
async def test_a_key_suspends_no_caller_id_of_others(
    program: Context, only: Sequence[str] | None, suspended: bool
) -> None:
    """The complaints are taken: whoever may speak for the caller ID's holder finds them counted."""
    held: dict[str, Any] = {"business": "acme", "licence": "L", "carrier": "C", "authenticated": True}
    used: dict[str, Any] = {"trunks": ["t"], "purposes": ["marketing"], "known_trunks": {"t"}}
    await caller_ids.put(officer(program), "02788880007", **held, **used)
    about = {"called_at": "2026-05-31 10:00", "source": "12321", "caller_id": "02788880007"}
    for number in range(4):
        filed = await complaints.add(program, f"1380013800{number}", POLICY, **about, only=only)
        assert filed.outcome == "added"
        assert not filed.suspended or suspended
    assert bool((await suspensions.listed(officer(program))).rows) is suspended
    if not suspended:
        filed = await complaints.add(program, "13800138009", POLICY, **about)
        assert [one.kind for one in filed.suspended] == ["caller-id"]


@pytest.mark.parametrize("only", [("beta",)])
async def test_a_refusal_does_not_say_whose_a_campaign_is(program: Context, only: Sequence[str]) -> None:
    with pytest.raises(NotPermitted) as caught:
        await limits.need_campaign(program, only, "acme-1")
    assert "acme" not in str(caught.value)


def test_an_older_database_takes_a_programs_opt_out_and_keeps_what_it_has(tmp_path: Path) -> None:
    row = "INSERT INTO opt_out (at, number, scope, value, how, by) VALUES ('2026', 1, 'all', '', ?, 'x')"
    with closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as older:
        migrate.migrate(older, [one for one in migrate.scripts() if one[0] < 25])
        older.execute(row, ("command",))
        with closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as other:
            assert other.execute("SELECT count(*) FROM opt_out").fetchone() == (1,)  # has read the schema
            assert migrate.migrate(older) >= 1
            for connection in (older, other):
                connection.execute(row, ("api",))
                with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
                    connection.execute(row, ("rumour",))
                with pytest.raises(sqlite3.IntegrityError, match="never deleted"):
                    connection.execute("DELETE FROM opt_out")
            found = other.execute("SELECT how FROM opt_out ORDER BY seq").fetchall()
            assert found == [("command",), ("api",), ("api",)]
            assert other.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_long_list_is_a_file_as_a_short_one_is() -> None:
    """Longer than what is kept in memory."""
    numbers = [f"+86138{place:08}" for place in range(100_000)]
    with leads.as_file(numbers) as file:
        assert file.read().decode().split() == ["number", *numbers]
        file.seek(0)
        assert file.readline() == b"number\r\n"
