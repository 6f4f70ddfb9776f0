"""States of a Dialpact, what its processes show in each, and which alerts fire then: all of them."""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import replace
from datetime import timedelta

from dialpact.application.doctor.finding import fail, warn
from dialpact.compliance.config import LedgerConfig, PolicyConfig
from dialpact.compliance.jobs import JobsWaiting
from tests.deploy.monitored import House, Scraped
from tests.deploy.scene import (
    HOOKS,
    LONG,
    SCENES,
    WITNESS,
    Targets,
    bump,
    figures,
    happened,
    health,
    move,
    replaced,
    risen,
    scene,
    told,
    turned,
    witnessed,
)

__all__ = ["SCENES"]
NO_LISTENER, NO_GATE = "DialpactListenerNotSeen", "DialpactGateNotSeen"


@scene()
async def well(house: House) -> Targets:
    return await turned(house, 26 * 60)


@scene()
async def well_in_three_processes(house: House) -> Targets:
    roles = ("gate", "listener", "web")
    return [[Scraped(LONG, await house.page(role), role)] for role in roles]


@scene("DialpactNotScraped", NO_LISTENER, NO_GATE)
async def nobody_is_asked(house: House) -> Targets:
    return []


@scene("DialpactDown", NO_LISTENER, NO_GATE)
async def process_gone(house: House) -> Targets:
    return [[Scraped(10, await house.page()), Scraped(10, None)]]


@scene("DialpactListenerDown", NO_LISTENER)
async def listener_gone(house: House) -> Targets:
    known = await house.page("listener")
    return [
        [Scraped(20, await house.page("gate"), "gate")],
        [Scraped(10, known, "listener"), Scraped(10, None, "listener")],
    ]


@scene(NO_LISTENER)
async def listener_not_asked(house: House) -> Targets:
    return [[Scraped(LONG, await house.page("gate"), "gate")]]


@scene("DialpactNotScraped", NO_GATE)
async def gate_not_asked(house: House) -> Targets:
    return [[Scraped(LONG, await house.page("listener"), "listener")]]


@scene("DialpactFiguresMissing")
async def older_version(house: House) -> Targets:
    page = (await house.page()).splitlines(keepends=True)
    known = "".join(line for line in page if "dialpact_registers_differing" not in line)
    return [[Scraped(LONG, known)]]


@scene("DialpactNotReady", "DialpactGateGone")
async def gate_silent(house: House) -> Targets:
    await house.stop_gate()
    return await turned(house, 10)


@scene("DialpactNotReady", "DialpactStoreDown")
async def database_gone(house: House) -> Targets:
    house.config.database.rename(house.config.database.with_suffix(".aside"))
    return await turned(house, 10)


@scene("DialpactNotReady", "DialpactRecorderNotReady")
async def cannot_record(house: House) -> Targets:
    await house.record(ready=False)
    return await turned(house, 10)


@scene("DialpactNotReady", "DialpactRecorderNotReady", "DialpactLeaseLost")
async def lease_lost(house: House) -> Targets:
    await house.record(seconds=-1, ago=10)
    return await turned(house, 10)


@scene("DialpactManagerLost")
async def manager_lost(house: House) -> Targets:
    house.meters.ami_up = False
    return await turned(house, 10)


@scene("DialpactShadow", policy=PolicyConfig(mode="shadow"))
async def shadow(house: House) -> Targets:
    return await turned(house, 70)


@scene("DialpactGateErrors")
async def gate_error(house: House) -> Targets:
    async def ask_without_a_register() -> None:
        with contextlib.closing(sqlite3.connect(house.config.database)) as db, db:
            db.execute("DROP TABLE do_not_call")
        await house.call()

    return await risen(house, ask_without_a_register)


@scene("DialpactDeadlineMissed")
async def deadline(house: House) -> Targets:
    return await risen(house, lambda: house.meters.decided("BLOCK", ["deadline"]))


@scene()
async def blocked_by_a_rule(house: House) -> Targets:
    targets = await risen(house, house.call)
    assert house.meters.decisions
    return targets


@scene("DialpactUndelivered")
async def undelivered(house: House) -> Targets:
    return await risen(house, lambda: bump(house, "undelivered"))


@scene("DialpactGateSlow")
async def slow(house: House) -> Targets:
    pages = []
    for _ in range(20):
        house.meters.latency.observe(0.9)
        pages.append(Scraped(1, await house.page()))
    return [pages]


@scene("DialpactConnectionsRefused")
async def too_many(house: House) -> Targets:
    return await risen(house, lambda: house.meters.connections_refused.update(["too-many"]))


@scene("DialpactBypass", "DialpactIncident", "DialpactCallsCut")
async def went_round(house: House) -> Targets:
    bump(house, "cut", 0)

    async def cut() -> None:
        bump(house, "cut")
        await happened(house, "no-decision")

    return await risen(house, cut)


@scene("DialpactIncident")
async def any_incident(house: House) -> Targets:
    return await risen(house, lambda: happened(house, "busy-callee"))


@scene("DialpactReloadFailed")
async def reload_failed(house: House) -> Targets:
    house.meters.reload_ok = False
    return await turned(house, 10)


@scene("DialpactCalendarEnds")
async def calendar_ends(house: House) -> Targets:
    await move(house, "2026-12-15 10:00:00")
    return await turned(house, 70)


@scene("DialpactCalendarNotSeen", "DialpactCheckFails", "DialpactNotReady")
async def no_rules(house: House) -> Targets:
    gone = replace(await house.look(), calendar_days=None, problems=(fail("policy", error="x"),))
    standing = tuple(one for one in gone.standing if one[0] != "calendar")
    return await turned(house, 10, replace(gone, standing=(*standing, ("profile", gone.problems[0]))))


@scene("DialpactCheckWarns")
async def remark(house: House) -> Targets:
    house.config.recordings.chmod(0o755)
    return await turned(house)


@scene("DialpactRecordingFailed")
async def recording_failed(house: House) -> Targets:
    return await risen(house, lambda: house.meters.recordings.update(["failed"]))


@scene("DialpactRecordingAtRisk", "DialpactIncident")
async def recording_at_risk(house: House) -> Targets:
    return await risen(house, lambda: happened(house, "recording-gap"))


@scene("DialpactAmiBehind")
async def behind(house: House) -> Targets:
    house.meters.ami_queue = 6000
    return await turned(house, 10)


@scene("DialpactAmiFlawed")
async def flawed(house: House) -> Targets:
    return await risen(house, lambda: bump(house, "ami_flawed"))


@scene("DialpactWritesWaiting")
async def writes_wait(house: House) -> Targets:
    house.wait_in_outbox(7)
    return await turned(house, 10)


@scene("DialpactDiskLow")
async def disk_low(house: House) -> Targets:
    return await turned(house, 10, replace(await house.look(), free_recordings=10**9))


@scene("DialpactDiskFills")
async def disk_fills(house: House) -> Targets:
    look, pages = await house.look(), []
    for hour in range(8):
        free = 10**11 - hour * 10**10
        pages.append(Scraped(60, await house.page(look=replace(look, free_recordings=free))))
    return [pages]


@scene("DialpactDiskNotSeen", "DialpactNotReady", "DialpactCheckFails")
async def folder_gone(house: House) -> Targets:
    house.config.recordings.rmdir()
    return await turned(house, 10)


@scene("DialpactRetentionOverdue")
async def overdue(house: House) -> Targets:
    return await turned(house, 26 * 60, figures(await house.look(), overdue=3))


@scene("DialpactCheckpointOld", "DialpactRegistersNotLookedAt")
async def not_signed(house: House) -> Targets:
    house.clock.set("2026-06-02 11:00:00")
    await house.record()
    return await turned(house)


@scene("DialpactNeverSigned")
async def never_signed(house: House) -> Targets:
    look = health(await house.look(), signed=None)
    return await turned(house, LONG, replaced(look, "ledger", warn("ledger-never", size=1)))


@scene("DialpactLedgerForked")
async def forked(house: House) -> Targets:
    return await turned(house, 10, health(await house.look(), forked="ledger.head: 6 entries"))


@scene("DialpactUnsealed")
async def unsealed(house: House) -> Targets:
    return await turned(house, 10, figures(await house.look(), unsealed=1))


@scene("DialpactRegistersDiffer")
async def registers_differ(house: House) -> Targets:
    return await turned(house, 10, health(await house.look(), differing=(("dnc", "1"),)))


@scene("DialpactNotCosigned", "DialpactWitnessBehind", ledger=LedgerConfig(witnesses=(WITNESS,)))
async def witness_away(house: House) -> Targets:
    now = house.clock.now()
    state = witnessed(house, failing_since=now - timedelta(hours=3), cosigned_at=now - timedelta(hours=3))
    return await turned(house, 70, health(await house.look(), witnesses=(state,)))


@scene("DialpactNotCosigned", "DialpactNeverCosigned", ledger=LedgerConfig(witnesses=(WITNESS,)))
async def witness_never(house: House) -> Targets:
    return await turned(house, 70)


@scene("DialpactTimestampOld")
async def stamps_old(house: House) -> Targets:
    look = await house.look()
    old = ("stamps", warn("stamp-old", url="https://tsa.example", hours=4))
    return await turned(house, 70, replace(look, standing=(*look.standing, old)))


@scene("DialpactLogDropped")
async def log_dropped(house: House) -> Targets:
    return await risen(house, lambda: bump(house, "log_dropped"))


@scene("DialpactWebhookFails", "DialpactWebhookBehind", webhooks=HOOKS)
async def receiver_away(house: House) -> Targets:
    now = house.clock.now()
    state = told(house, failing_since=now, waiting=3, oldest=now - timedelta(hours=2))
    return await turned(house, 20, health(await house.look(), webhooks=(state,)))


@scene("DialpactWebhookFull", webhooks=HOOKS)
async def receiver_full(house: House) -> Targets:
    state = told(house, waiting=1900, oldest=house.clock.now())
    return await turned(house, 20, health(await house.look(), webhooks=(state,)))


@scene("DialpactWebhookDead", webhooks=HOOKS)
async def dead_letters(house: House) -> Targets:
    return await turned(house, 20, health(await house.look(), webhooks=(told(house, dead=1),)))


@scene("DialpactWebhookUnwell", webhooks=HOOKS)
async def receiver_not_looked_for(house: House) -> Targets:
    """As it is where no `dialpact web` runs: nothing is known of the receiver."""
    return await turned(house)


@scene("DialpactWebNotScraped")
async def web_not_asked(house: House) -> Targets:
    return [*await turned(house), []]


@scene("DialpactWebDown")
async def web_gone(house: House) -> Targets:
    web = await house.page("web")
    return [
        [Scraped(20, await house.page())],
        [Scraped(10, web, "web"), Scraped(10, None, "web")],
    ]


@scene("DialpactStoreDown")
async def web_without_its_store(house: House) -> Targets:
    house.waiting = None
    return await with_web(house, 20)


@scene("DialpactWebErrors")
async def web_errors(house: House) -> Targets:
    before = Scraped(30, await house.page("web"), "web")
    house.meters.requests["5xx"] += 9
    return [[Scraped(33, await house.page())], [before, Scraped(3, await house.page("web"), "web")]]


@scene("DialpactJobsFailed")
async def job_failed(house: House) -> Targets:
    before = Scraped(30, await house.page("web"), "web")
    house.meters.jobs["failed"] += 1
    return [[Scraped(33, await house.page())], [before, Scraped(3, await house.page("web"), "web")]]


@scene("DialpactJobsWait")
async def job_waits(house: House) -> Targets:
    oldest = house.clock.now() - timedelta(hours=2)
    house.waiting = JobsWaiting(queued=2, running=0, oldest=oldest)
    return await with_web(house, 20)


@scene("DialpactJobRunsLong")
async def job_runs(house: House) -> Targets:
    house.waiting = JobsWaiting(queued=0, running=1, oldest=None)
    return await with_web(house, 7 * 60)


@scene("DialpactWebFiguresMissing")
async def older_web(house: House) -> Targets:
    page = (await house.page("web")).splitlines(keepends=True)
    known = "".join(line for line in page if "dialpact_jobs_oldest_seconds" not in line)
    return [[Scraped(LONG, await house.page())], [Scraped(LONG, known, "web")]]


async def with_web(house: House, minutes: float) -> Targets:
    pages = (await house.page(), None), (await house.page("web"), "web")
    return [[Scraped(minutes, page, role or "serve")] for page, role in pages]  # type: ignore[arg-type]
