"""Calls with all that is known of them, put straight into a home's database: for whoever reads them."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from dialpact.compliance.model import CallAttempt, Callee, Campaign, Decision, Facts, Finding
from dialpact.compliance.reasons import Reason
from dialpact.compliance.recorded import Finished, NewRecording
from dialpact.store.sqlite import Store
from dialpact.store.units import decisions
from tests.cli.conftest import Home
from tests.compliance.store_values import AT

SOUND = bytes(range(256)) * 2048  # half a mebibyte
MOBILE = Callee(
    given="13800138000", e164="+8613800138000", national="13800138000", kind="mobile", region="CN"
)


def call(
    id: str,
    business: str = "jianghan",
    *,
    callee: Callee = MOBILE,
    at: datetime = AT,
    allowed: bool = True,
    findings: tuple[Finding, ...] = (),
    **asked: str,
) -> Decision:
    if not findings:
        findings = (
            (Finding(rule="number", result="pass"),)
            if allowed
            else (Finding(rule="do_not_call", result="fail", code=Reason.DO_NOT_CALL, clause="x"),)
        )
    given = {"campaign": f"of-{business}", "caller_id": "02788880007", "agent": "1001", "trunk": "carrier"}
    attempt = CallAttempt(callee=callee, node="pbx1", **given | asked)
    campaign = Campaign(id=attempt.campaign, business=business, industry="loans", purpose="marketing")
    return Decision(
        id=id,
        decided_at=at,
        attempt=attempt,
        facts=Facts(campaign=campaign) if business else Facts(),
        findings=findings,
        dial=callee.national if allowed else "",
    )


def recording(home: Home, id: str, of: Decision, **more: Any) -> NewRecording:
    """With two files, of which one has been hashed: it has no agent's side."""
    folder = home.path / "sound"
    folder.mkdir(exist_ok=True)
    (folder / f"{id}.wav").write_bytes(SOUND)
    known = {
        "decision": of.id,
        "node": "pbx1",
        "channel": "PJSIP/carrier-00000001",
        "uniqueid": id,
        "number": of.attempt.callee.e164,
        "caller_id": of.attempt.caller_id,
        "campaign": of.attempt.campaign,
        "started_at": of.decided_at + timedelta(seconds=1),
        "format": "wav",
        "path": str(folder / f"{id}.wav"),
        "callee_path": str(folder / f"{id}-callee.wav"),
        "agent_path": str(folder / f"{id}-agent.wav"),
    }
    return NewRecording(id=id, **known | more)


def ended(new: NewRecording, **more: Any) -> Finished:
    known = {
        "state": "kept",
        "ended_at": new.started_at + timedelta(seconds=30),
        "bytes": len(SOUND),
        "seconds": 30.0,
        "talk_seconds": 30.0,
        "sha256": hashlib.sha256(SOUND).hexdigest(),
    }
    return Finished(id=new.id, **known | more)


def within(home: Home, work: Callable[[Store], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with await Store.open(home.path / "dialpact.db", 10_000) as store:
            return await work(store)

    return asyncio.run(run())


def put(home: Home, *made: Decision) -> None:
    within(home, lambda store: store.transact(lambda connection: decisions.record(connection, made)))


def keep(home: Home, *new: NewRecording, **more: Any) -> None:
    """They began and ended."""

    async def work(store: Store) -> None:
        for one in new:
            await store.recordings.start(one)
            await store.recordings.finish(ended(one, **more))

    within(home, work)


def sound_of(home: Home, id: str) -> Path:
    return home.path / "sound" / f"{id}.wav"


def moved(made: Decision, seconds: float) -> Decision:
    return replace(made, decided_at=made.decided_at + timedelta(seconds=seconds))


def happened(home: Home, kind: str, decision: str) -> None:
    """An incident."""
    within(home, lambda store: store.incidents.add(at=AT, node="pbx1", kind=kind, decision=decision))
