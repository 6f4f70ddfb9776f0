"""Monthly reports: each is an entry of the operator's log under a cosigned checkpoint, or it is not taken."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import UTC, datetime

import msgspec
import pytest

from dialpact.application.supervised import handing
from dialpact.application.supervision import overview
from dialpact.application.supervision.desk import Desk
from dialpact.application.supervision.post import post
from dialpact.compliance.ledger import keys, note
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.supervision import handed, letter, standing
from dialpact.compliance.supervision.handed import Envelope, Statement
from dialpact.compliance.supervision.letter import Receipt
from dialpact.compliance.supervision.refusal import Refusal
from dialpact.web.supervision import letters
from tests.agi.office import SetClock
from tests.supervision.conftest import Joined
from tests.supervision.site import MONTH, Supervisor, Watched, report


async def test_a_report_is_taken_with_its_proof_and_a_receipt(
    desk: Desk, supervisor: Supervisor, joined: Joined
) -> None:
    one = await joined("one")
    done = await one.hand_in()
    receipt = letter.opened(done.receipt, Receipt, [supervisor.signer.verifier])
    assert (receipt.month, receipt.sha256) == (MONTH, done.sha256)
    (kept,) = await desk.store.reports.list("one")
    assert (kept.month, kept.sha256, kept.headings["conduct"]) == (MONTH, done.sha256, "violation")
    envelope = handed.parsed(await desk.store.reports.envelope("one", kept.sha256) or b"")
    assert envelope.report == report()
    (seen,) = (await overview.overview(desk)).operators
    assert [(month.month, month.state) for month in seen.months] == [(MONTH, "received")]
    logged = one.sql("SELECT action, key FROM register_change WHERE register = 'supervision' ORDER BY seq")
    assert logged == [("report", MONTH), ("receipt", MONTH)]


async def test_a_correction_stands_beside_what_it_corrects(desk: Desk, joined: Joined) -> None:
    one = await joined("one")
    first, second = await one.hand_in(), await one.hand_in(content=report(calls={"attempts": 8}))
    assert first.sha256 != second.sha256
    assert len(await desk.store.reports.list("one")) == 2
    await one.hand_in()  # the first one again
    assert len(await desk.store.reports.list("one")) == 2


@pytest.mark.parametrize(
    ("code", "content"),
    [
        ("period-open", report(complete=False)),
        ("period-open", report(made_at="2026-10-31T15:59:59Z")),
        ("period-open", report(made_at="0001-01-01T00:00:00+14:00")),
        ("malformed", report(made_at="9999-12-31T23:59:59-14:00")),
        ("with-numbers", report(full=True)),
        ("period-of-another", report(period={"first": "2026-10-01", "last": "2026-10-30"})),
        ("period-of-another", report("2026-09")),
        ("malformed", b"{}"),
        ("malformed", b"[" * 100_000),
    ],
)
async def test_what_is_no_monthly_report_is_not_taken(
    desk: Desk, joined: Joined, code: str, content: bytes
) -> None:
    one = await joined("one")
    with pytest.raises(Refusal, match=code):
        await one.hand_in(content=content)
    assert not await desk.store.reports.list("one")
    (refused,) = await desk.store.reports.refusals("one", 10)
    assert (refused.what, refused.code) == ("report", code)


async def test_a_month_is_over_by_the_supervisor_s_clock(desk: Desk, joined: Joined, clock: SetClock) -> None:
    """Who writes a report early can write into it that it is complete, and when it was made."""
    one = await joined("one")
    clock.set("2026-11-30 23:50:00")
    early = report("2026-11", made_at="2026-12-01T00:00:00Z")
    with pytest.raises(Refusal, match="period-open"):
        await one.hand_in("2026-11", early)
    clock.set("2026-12-01 00:10:00")
    assert (await one.hand_in("2026-11", early)).month == "2026-11"


async def test_who_sends_slowly_keeps_nobody_waiting(
    desk: Desk, supervisor: Supervisor, joined: Joined
) -> None:
    """A few strangers who send half a report and then nothing must not close the box for all."""
    one = await joined("one")
    slow = [await asyncio.open_connection("127.0.0.1", supervisor.letters) for _ in range(8)]
    try:
        for _, writer in slow:
            writer.write(b"POST /report HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n{")
            await writer.drain()
        async with asyncio.timeout(letters.BODY_SECONDS / 2):
            assert (await one.hand_in()).month == MONTH
    finally:
        for _, writer in slow:
            writer.close()


async def test_a_large_report_takes_its_turn(desk: Desk, joined: Joined) -> None:
    one = await joined("one")
    large = report(rows=["x" * 100] * (letters.SMALL // 50))
    assert (await one.hand_in(content=large)).month == MONTH
    assert (await one.hand_in(content=report())).month == MONTH


async def envelope_of(one: Watched, content: bytes, *, cosigned: bool = True) -> Envelope:
    """As the product makes it, in pieces that a liar can exchange."""
    verifier = keys.load(one.config)
    async with one.context() as context:
        detail = {
            "sha256": hashlib.sha256(content).hexdigest(),
            "bytes": len(content),
            "supervisor": "12321.test",
        }
        leaf = await context.store.supervised.act(
            "supervision", "report", MONTH, detail, by="li", at=one.clock.now()
        )
        if cosigned:
            text = await handing.cosigned(context, one.config)
        else:
            text = await context.store.checkpoints.sign(verifier, one.clock.now())
        head = Checkpoint.parse(note.split(text)[0])
        entry = await handing.entry_proof(context, leaf, head, text)
    said = Statement(
        operator=verifier.name,
        supervisor="12321.test",
        month=MONTH,
        sha256=detail["sha256"],
        bytes=len(content),
        leaf=leaf,
    )
    statement = handed.stated(verifier, said)
    return Envelope(format=handed.FORMAT, statement=statement, report=content, entry=entry)


async def code_of(supervisor: Supervisor, envelope: Envelope | bytes) -> str:
    body = envelope if isinstance(envelope, bytes) else msgspec.json.encode(envelope)
    try:
        await post(f"{supervisor.url}/report", body, 8192, 20)
    except Refusal as refusal:
        return refusal.code
    return "taken"


async def test_each_piece_is_held_by_the_others(desk: Desk, supervisor: Supervisor, joined: Joined) -> None:
    one = await joined("one")
    await one.call()
    good, other = await envelope_of(one, report()), await envelope_of(one, report(calls={"attempts": 1}))
    replace = msgspec.structs.replace
    assert await code_of(supervisor, replace(good, report=other.report)) == "not-this-report"
    assert await code_of(supervisor, replace(good, entry=other.entry)) == "not-this-report"
    entry = replace(good.entry, record=other.entry.record)
    assert await code_of(supervisor, replace(good, entry=entry)) == "not-in-log"
    entry = replace(good.entry, proof=good.entry.proof[1:])
    assert await code_of(supervisor, replace(good, entry=entry)) == "not-in-log"
    forged = keys.signer_of(keys.generate(), "dialpact/one").sign(note.split(good.statement)[0])
    assert await code_of(supervisor, replace(good, statement=forged)) == "not-signed"
    said = handed.statement_of(good)
    signer = keys.load(one.config)
    elsewhere = handed.stated(signer, replace(said, supervisor="another"))
    assert await code_of(supervisor, replace(good, statement=elsewhere)) == "not-for-us"
    september = handed.stated(signer, replace(said, month="2026-09"))
    assert await code_of(supervisor, replace(good, statement=september)) == "not-in-log"
    assert await code_of(supervisor, b"{}") == "malformed"
    assert await code_of(supervisor, b"\xff" * 10) == "malformed"
    assert not await desk.store.reports.list("one")
    assert await code_of(supervisor, good) == "taken"


async def test_a_checkpoint_that_was_never_cosigned_proves_nothing(
    desk: Desk, supervisor: Supervisor, joined: Joined
) -> None:
    one = await joined("one")
    await one.checkpoint()
    assert await code_of(supervisor, await envelope_of(one, report(), cosigned=False)) == "not-cosigned"


async def test_an_operator_hands_in_for_no_other(desk: Desk, supervisor: Supervisor, joined: Joined) -> None:
    one, two = await joined("one"), await joined("two")
    envelope = await envelope_of(one, report())
    said = handed.statement_of(envelope)
    named = handed.stated(keys.load(one.config), msgspec.structs.replace(said, operator="dialpact/two"))
    assert await code_of(supervisor, msgspec.structs.replace(envelope, statement=named)) == "not-signed"
    stranger = handed.stated(keys.load(two.config), msgspec.structs.replace(said, operator="dialpact/three"))
    assert (
        await code_of(supervisor, msgspec.structs.replace(envelope, statement=stranger)) == "unknown-operator"
    )


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


def test_a_missing_month_is_due_and_then_overdue() -> None:
    """Due on the tenth of the next month, by the local day."""
    received = [("2026-08", at("2026-09-03 09:00:00")), ("2026-09", at("2026-10-11 00:00:00"))]
    found = standing.reports_due("2026-08", received, at("2026-11-10 23:59:59"), 10)
    assert [(one.month, one.state, one.late) for one in found] == [
        ("2026-10", "due", False),
        ("2026-09", "received", True),
        ("2026-08", "received", False),
    ]
    found = standing.reports_due("2026-08", received, at("2026-11-11 00:00:00"), 10)
    assert (found[0].month, found[0].state, str(found[0].last)) == ("2026-10", "overdue", "2026-11-10")


@pytest.mark.parametrize(
    ("month", "day", "last"), [("2026-12", 10, "2027-01-10"), ("2027-01", 31, "2027-02-28")]
)
def test_the_last_day_is_in_the_month_after(month: str, day: int, last: str) -> None:
    assert str(standing.deadline(month, day)) == last


async def test_a_silent_operator_is_seen(desk: Desk, joined: Joined, clock: SetClock) -> None:
    await joined("one")
    (seen,) = (await overview.overview(desk)).operators
    assert seen.wrong == ("log-never", "report-overdue")
