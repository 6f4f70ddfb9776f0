"""Recordings, registers and logs: each figure counted anew by hand."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from ami_listener.legs import states as listener
from dialpact.compliance import calendars, profile
from dialpact.compliance.errors import StoreError
from dialpact.compliance.inspection.figures import ANSWERED, GAPS, MOST, Count
from dialpact.compliance.profile import Policy
from dialpact.compliance.registers.complaint import Complaint
from dialpact.compliance.registers.filing import Filing
from dialpact.store.units.registers.change import log
from tests.compliance.inspection.world import NUMBER, World, finding, local, number, verdict


async def test_recorded_in_full(world: World) -> None:
    await world.answered("2026-11-24 10:00")
    await world.call("2026-11-24 10:01")  # never answered
    unanswered = await world.call("2026-11-24 10:02")
    await world.recorded(unanswered, "2026-11-24 10:02", state="unanswered", sha256=None, answered=False)
    report = await world.report()
    found = report.control.recordings
    assert (found.answered, found.required, found.full, found.share) == (1, 1, 1, 1.0)
    assert (found.gaps, found.running, found.exempt) == (0, 0, 0)
    assert (found.rows, found.failed, found.seconds) == (2, 0, 120.0)
    assert finding(report, "control-gaps") is None


@pytest.mark.parametrize(
    ("of", "incident", "why"),
    [
        ({"state": "failed"}, "", ("failed",)),
        ({"sha256": None}, "", ("no-hash",)),
        ({"talk": 60, "seconds": 52.9}, "", ("recording-short",)),  # 0.9 of the talk, less the proof's second
        ({"talk": 60, "seconds": 53.0}, "", ()),
        ({}, "recording-muted", ("recording-muted",)),
        ({}, "recording-silent", ()),  # somebody who says nothing is recorded in full
    ],
)
async def test_what_is_a_gap(
    world: World, of: dict[str, object], incident: str, why: tuple[str, ...]
) -> None:
    call = await world.call("2026-11-24 10:00")
    await world.recorded(call, "2026-11-24 10:00", **of)  # type: ignore[arg-type]
    await world.answered("2026-11-24 10:10")
    if incident:
        await world.incident(incident, call)
    report = await world.report()
    found = report.control.recordings
    assert (found.required, found.full, found.gaps) == (2, 1 if why else 2, 1 if why else 0)
    assert found.share == (0.5 if why else 1.0)
    assert [(gap.decision, gap.number, gap.why) for gap in found.list] == (
        [(call, "+86138****8000", why)] if why else []
    )
    assert finding(report, "control-gaps") == ({"count": 1, "required": 2} if why else None)


async def test_one_bad_segment_of_a_call_is_a_gap(world: World) -> None:
    call = await world.answered("2026-11-24 10:00")
    await world.recorded(call, "2026-11-24 10:02", state="failed")
    found = (await world.report()).control.recordings
    assert (found.answered, found.full, found.gaps) == (1, 0, 1)


@pytest.mark.parametrize("kind", GAPS)
async def test_an_answer_that_only_an_incident_tells_of(world: World, kind: str) -> None:
    await world.incident(kind, await world.call("2026-11-24 10:00"))
    found = (await world.report()).control.recordings
    assert (found.answered, found.gaps) == ((1, 1) if kind in ANSWERED else (0, 0))
    assert [gap.why for gap in found.list] == ([("no-recording", kind)] if kind in ANSWERED else [])


async def test_a_call_that_is_still_recorded_is_no_gap_yet(world: World) -> None:
    call = await world.call("2026-11-24 10:00")
    await world.recorded(call, "2026-11-24 10:00", ended=False)
    report = await world.report()
    found = report.control.recordings
    assert (found.answered, found.required, found.running, found.share) == (1, 0, 1, None)
    assert finding(report, "control-running") == {"count": 1}


async def test_a_purpose_that_needs_no_recording_is_apart(tmp_path: Path) -> None:
    text = Path(profile.__file__).with_name("profiles").joinpath("cn-hubei-2018.toml").read_text("utf-8")
    head, _, recording = text.rpartition("[recording]")
    only_marketing = recording.replace('["*"]', '["marketing"]')
    rules = profile.parse(f"{head}[recording]{only_marketing}".encode(), "x.toml")
    world = await World.made(tmp_path, Policy((rules,), calendars.load()))
    await world.answered("2026-11-24 10:00")
    await world.answered("2026-11-24 10:10", campaign="repair", purpose="service")
    bare = await world.call("2026-11-24 10:20", campaign="repair", purpose="service")
    await world.incident("bridged-unrecorded", bare)
    found = (await world.report()).control.recordings
    await world.store.close()
    assert (found.answered, found.required, found.full, found.exempt, found.gaps) == (3, 1, 1, 2, 0)


async def test_more_gaps_than_a_list_holds(world: World) -> None:
    for place in range(MOST + 1):
        call = await world.call(local("2026-11-24 08:00") + timedelta(seconds=place))
        await world.recorded(call, local("2026-11-24 08:00") + timedelta(seconds=place), state="failed")
    found = (await world.report()).control.recordings
    assert (found.gaps, len(found.list)) == (MOST + 1, MOST)


def test_every_gap_that_the_listener_reports_is_known() -> None:
    reported = {action.value for action in listener.Action if action.name.startswith("REPORT_")}
    assert reported <= set(GAPS)
    assert set(ANSWERED) <= set(GAPS)


async def test_incidents_and_bypasses_by_kind(world: World) -> None:
    for kind in ("no-decision", "no-decision", "reused-decision", "forged-event"):
        await world.incident(kind)
    await world.incident("no-decision", at="2026-11-25 00:00")  # the next day
    report = await world.report()
    assert report.control.bypasses == (
        Count(key="no-decision", count=2),
        Count(key="reused-decision", count=1),
    )
    assert Count(key="forged-event", count=1) in report.control.incidents
    assert finding(report, "control-bypass") == {"count": 3}
    assert verdict(report, "control") == "violation"


async def test_holds_and_what_is_past_its_day(world: World) -> None:
    calls = [await world.call(f"2026-11-24 10:0{place}") for place in range(3)]
    kept = [await world.recorded(call, "2026-11-24 10:00") for call in calls]
    at = local("2026-11-24 12:00")
    first = await world.store.holds.add("recording", kept[0], reason="court", by="li", at=at)
    await world.store.holds.add("recording", kept[1], reason="court", by="li", at=at)
    await world.store.holds.release(first.id, reason="over", by="li", at=at)
    found = (await world.report()).control.retention
    assert (found.held, found.released, found.disposed, found.in_force) == (2, 1, 0, 1)
    assert (found.past_due, found.keep_until_missing, found.unfinished) == (0, 0, 0)
    # Kept until 2027-11-24: over the day after, and one of the three is held.
    assert (await world.report(now="2027-11-24 10:00")).control.retention.past_due == 0
    assert (await world.report(now="2027-11-25 10:00")).control.retention.past_due == 2


async def test_scripts_by_what_may_be_read_now(world: World) -> None:
    digest = world.policy.profiles[0].script.digest  # type: ignore[union-attr]
    by = {"by": "chen", "at": local("2026-11-02 10:00")}
    await world.store.campaigns.change("renewal", {"script": "pitch"}, reason="x", **by)  # type: ignore[arg-type]
    await world.call("2026-11-24 10:00")

    async def approved(now: str = "2026-12-01 10:00") -> bool:
        (state,) = (await world.report(now=now)).conduct.scripts  # the service campaign needs none
        assert (state.campaign, state.put_through) == ("renewal", 1)
        return state.approved

    assert not await approved()
    assert finding(await world.report(), "conduct-unscripted") == {"count": 1}
    _, version = await world.store.scripts.add("pitch", "Good day", **by)  # type: ignore[arg-type]
    assert not await approved()
    for checked, expires, expected in (
        ((digest,), None, True),
        ((), None, False),  # not checked for the phrases that are forbidden now
        ((digest,), local("2026-12-01 10:00"), False),
        ((digest,), local("2026-12-01 10:01"), True),
    ):
        await world.store.scripts.approve(
            "pitch",
            sha256=version.sha256,
            checked=checked,
            expires_at=expires,
            **by,  # type: ignore[arg-type]
        )
        assert await approved() is expected


async def test_complaints_and_their_days(world: World) -> None:
    await world.call("2026-11-24 10:00")
    due = local("2026-11-25 00:00").astimezone(world.policy.profiles[0].zone).date()
    for place, answer in enumerate(("2026-11-25 23:59", "2026-11-26 00:00", "")):
        new = Complaint(
            number=NUMBER if place == 0 else number(place),
            called_at=local("2026-11-24 10:00"),
            source="12321",
            received_at=local("2026-11-24 12:00"),
            due=due,
        )
        filed = await world.store.complaints.file(
            new,
            Filing(within=timedelta(minutes=30), from_all=True),
            by="li",
            at=local("2026-11-24 12:00"),
        )
        if answer:
            await world.store.complaints.answer(filed.complaint.id, "sorry", by="li", at=local(answer))
    found = (await world.report(now="2026-11-25 10:00")).conduct.complaints
    assert (found.received, found.unmatched, found.open, found.late) == (3, 2, 1, 1)
    assert [line.late for line in found.lines] == [False, True, False]  # the third has until midnight
    report = await world.report(now="2026-11-26 10:00")
    assert [line.late for line in report.conduct.complaints.lines] == [False, True, True]
    assert finding(report, "conduct-complaints-late") == {"count": 2}


async def test_suspensions_that_were_in_force_in_the_period(world: World) -> None:
    async def suspend(agent: str, at: str, lifted: str = "") -> None:
        await world.store.suspensions.add("agent", agent, cause="x", by="li", at=local(at))
        if lifted:
            await world.store.suspensions.lift("agent", agent, reason="y", by="li", at=local(lifted))

    await suspend("before", "2026-11-22 10:00", "2026-11-23 23:59:59")
    await suspend("into", "2026-11-22 10:00", "2026-11-24 00:00")
    await suspend("still", "2026-11-24 23:59:59")
    await suspend("after", "2026-11-25 00:00")
    report = await world.report()
    assert [line.key for line in report.control.suspensions] == ["into", "still"]
    assert finding(report, "control-suspensions") == {"count": 2}


async def test_changes_of_registers_and_the_age_of_lists(world: World) -> None:
    for register, at in (
        ("dnc", "2026-11-20 10:00"),
        ("dnc", "2026-11-24 10:00"),
        ("leads", "2026-11-24 11:00"),
    ):
        await world.store.transact(
            lambda connection, register=register, at=at: log(
                connection, register, "import", "a.csv", {}, by="li", at=local(at)
            )
        )
    report = await world.report(now="2026-11-30 09:00")
    assert report.control.changes == (
        Count(key="dnc import", count=1),
        Count(key="leads import", count=1),
    )
    ages = {line.register: (line.at, line.days) for line in report.installation.lists}
    assert ages == {
        "dnc": (local("2026-11-24 10:00"), 5),
        "consent": (None, None),
        "leads": (local("2026-11-24 11:00"), 5),
        "caller-id": (None, None),
    }
    assert (report.installation.calendar_until.isoformat(), report.installation.calendar_days_left) == (
        "2026-12-28",
        28,
    )


async def test_a_list_that_is_older_than_the_rules_allow(tmp_path: Path) -> None:
    world = await World.made(tmp_path, Policy((profile.load("us-federal"),), calendars.load()))
    (most,) = {line.most for line in (await world.report()).installation.lists if line.register == "dnc"}
    assert most == 31
    assert finding(await world.report(), "consent-list-old") == {"most": 31}
    await world.store.transact(
        lambda connection: log(connection, "dnc", "import", "a", {}, by="li", at=local("2026-10-31 10:00"))
    )
    assert finding(await world.report(now="2026-12-01 10:00"), "consent-list-old") is None
    assert finding(await world.report(now="2026-12-02 10:00"), "consent-list-old") is not None
    await world.store.close()


async def test_calls_that_were_erased_before_what_stays_was_noted(world: World) -> None:
    """Two of the period and one before it; a third of the period was erased since, and its rest is bound."""
    for day in ("2026-10-01", "2026-11-24", "2026-11-24", "2026-11-25"):
        await world.call(f"{day} 10:00")
    found = await world.sql(
        "SELECT leaf_index, id FROM ledger JOIN decision ON kind = 'decision' AND key = id"
    )
    leaves = [leaf for leaf, _ in sorted(tuple(row) for row in found)]
    of_before = {"leaves": [[leaf, leaf] for leaf in leaves[:3]], "count": 3, "today": "2028-01-01"}
    since = {"leaves": [[leaves[3], leaves[3]]], "count": 1, "today": "2028-01-01", "remains": ["AA=="]}
    for said, gone in ((of_before, leaves[:3]), (since, leaves[3:])):

        def erase(connection: sqlite3.Connection, said: object = said, gone: list[int] = gone) -> None:
            log(connection, "ledger", "erase", "2028-01-01", said, by="li", at=local("2026-11-30 10:00"))
            connection.execute("DROP TRIGGER IF EXISTS ledger_erased_with_leave")
            for leaf in gone:
                connection.execute("UPDATE ledger SET salt = NULL WHERE leaf_index = ?", [leaf])

        await world.store.transact(erase)
    report = await world.report()
    assert report.control.ledger.unproven == 2
    assert finding(report, "control-unproven") == {"count": 2}


async def test_the_ledger_as_it_is(world: World) -> None:
    await world.call("2026-11-24 10:00")
    (size,) = (await world.sql("SELECT count(*) FROM ledger"))[0]
    report = await world.report()
    ledger = report.control.ledger
    assert (ledger.size, ledger.unsealed, ledger.checkpoint_size) == (size, 0, None)
    assert finding(report, "control-no-checkpoint") == {}
    for at, of in (("2026-11-24T03:00:00.000000Z", 1), ("2026-11-25T03:00:00.000000Z", 2)):
        await world.sql("INSERT INTO checkpoint (size, at, note) VALUES (?, ?, ?)", of, at, f"note {of}")
    report = await world.report()
    assert (report.control.ledger.checkpoint_size, report.control.ledger.checkpoint) == (2, "note 2")
    assert finding(report, "control-since-checkpoint") == {"count": size - 2}


async def test_what_was_dialled_while_the_gate_only_watched(world: World) -> None:
    assert finding(await world.report(mode="shadow"), "control-mode") == {}
    assert verdict(await world.report(mode="shadow"), "control") == "violation"
    assert finding(await world.report(), "control-mode") is None


async def test_the_report_waits_for_no_decision_and_no_decision_for_it(world: World) -> None:
    """While it reads, another connection writes; the report does not see it, and cannot write itself."""

    def reading(connection: sqlite3.Connection) -> int:
        (before,) = connection.execute("SELECT count(*) FROM incident").fetchone()
        with sqlite3.connect(world.store.path, timeout=0) as other:
            other.execute(
                "INSERT INTO incident (at, node, kind, decision, channel, detail) "
                "VALUES ('2', 'a', 'b', '', '', '')"
            )
            other.execute("DELETE FROM unsealed")
        other.close()
        (after,) = connection.execute("SELECT count(*) FROM incident").fetchone()
        return int(after - before)

    assert await world.store.read(reading) == 0
    with pytest.raises(StoreError, match="readonly"):
        await world.store.read(lambda connection: connection.execute("DELETE FROM incident"))
    await world.incident("forged-event")  # and afterwards it writes again


async def test_the_json_is_the_value(world: World) -> None:
    await world.answered("2026-11-24 10:00")
    report = await world.report()
    assert msgspec.json.decode(msgspec.json.encode(report), type=type(report)) == report


async def test_no_number_that_may_be_a_persons_is_shown(world: World) -> None:
    """A caller ID that nobody issued; numbers in what officers wrote; the callee's own."""
    stranger, callee = "13912345678", NUMBER[3:]
    call = await world.call("2026-11-24 10:00", caller_id=stranger)
    await world.recorded(call, "2026-11-24 10:00", state="failed")
    await world.incident("no-decision")
    at = local("2026-11-24 11:00")
    await world.store.suspensions.add("agent", "1001", cause=f"called {callee} twice", by="li", at=at)
    await world.store.suspensions.lift("agent", "1001", reason=f"{NUMBER} forgave", by="li", at=at)
    await world.store.complaints.file(
        Complaint(
            number=NUMBER, called_at=at, source="12321", caller_id="13812344321", note=callee, received_at=at
        ),
        Filing(within=timedelta(0), from_all=True),
        by="li",
        at=at,
    )
    told = msgspec.json.encode(await world.report()).decode()
    for number_ in (stranger, callee, "13812344321"):
        assert number_ not in told
    assert "138****8000 twice" in told and "+86138****8000 forgave" in told
    whole = msgspec.json.encode(await world.report(full=True)).decode()
    for number_ in (stranger, callee, "13812344321"):
        assert number_ in whole
