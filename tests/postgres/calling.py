"""Registers in which a call passes, and attempts: asked of whichever engine, the same."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from dialpact.compliance import calendars, profile
from dialpact.compliance.clock import stamp
from dialpact.compliance.config import Trunk
from dialpact.compliance.judge import Judge
from dialpact.compliance.ledger import merkle
from dialpact.compliance.model import Business, CallerId, Consent, Decision
from dialpact.compliance.profile import Policy
from dialpact.compliance.recorded import Finished, NewRecording
from dialpact.compliance.registers.campaign import CampaignEntry
from dialpact.store.ports.decisions import Decided, Judging, WaitingAttempt
from dialpact.store.units import ledger
from dialpact.store.units.lead_import import SQL as LEADS
from dialpact.testing import FixedClock
from tests.compliance.store_values import AT, BY
from tests.postgres.engines import PATIENT

NUMBER, OTHER, CALLER_ID = "13800138000", "13900139000", "02788880007"
TRUNKS = {"carrier": Trunk(endpoint="carrier"), "backup": Trunk(endpoint="backup")}
RULES = Policy((profile.load("cn-hubei-2018"),), calendars.load())
JUDGE = Judge(RULES, TRUNKS, "pbx1")
SHOWN = CallerId(
    number=CALLER_ID,
    business="acme",
    licence="L-1",
    carrier="电信",
    authenticated=True,
    trunks=("*",),
    purposes=("*",),
    valid_from=date(2026, 1, 1),
    valid_to=None,
    sent_as=("+862788880007", "02788880007"),
)


def after(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def agreed(number: str) -> Consent:
    since, until = AT - timedelta(days=10), AT + timedelta(days=100)
    return Consent(
        number=f"+86{number}",
        business="acme",
        industry="loans",
        granted_at=since,
        expires_at=until,
        evidence="form 7",
    )


async def ready(store: Any) -> None:
    """Registers in which a call passes."""
    await store.businesses.add(Business(id="acme", name="某某公司", actor="own-business"), **BY)
    _, script = await store.scripts.add("pitch", "您好", **BY)
    sections = [one.script for one in RULES.profiles if one.script]
    await store.scripts.approve(
        "pitch", sha256=script.sha256, checked=[one.digest for one in sections], expires_at=None, **BY
    )
    campaign = CampaignEntry(
        id="spring", business="acme", industry="loans", purpose="marketing", script="pitch"
    )
    await store.campaigns.add(campaign, **BY)
    await store.caller_ids.put(SHOWN, **BY)
    for number in (NUMBER, OTHER):
        await store.consents.add(agreed(number), **BY)

    def leads(connection: Any) -> None:
        batch = LEADS.insert_batch(
            connection,
            campaign="spring",
            partner="P",
            contract="K-1",
            basis="art. 13",
            file="a.csv",
            sha256="a" * 64,
            imported_at=stamp(AT),
            imported_by="tester",
            finding="",
            held="",
        )
        for number in (NUMBER, OTHER):
            connection.execute(f"INSERT INTO lead (number, batch) VALUES (86{number}, {batch})")
        LEADS.all_in(connection, id=batch, rows=2, held="")

    await store.transact(leads)
    await store.recorder_leases.renew("pbx1", ready=True, why="", seconds=6000, at=AT)


class Asked:
    """Has attempts decided, as the gate does; of whichever store it is, the first has the id 1."""

    def __init__(self, judge: Judging = JUDGE) -> None:
        self._judge = judge
        self._made: Counter[int] = Counter()

    async def __call__(self, store: Any, number: str = NUMBER, at: float = 0, **words: str) -> Decision:
        (made,) = await self.together(store, [number], at, **words)
        assert made.failure is None
        return made.decision

    async def together(
        self, store: Any, numbers: Sequence[str], at: float = 0, **words: str
    ) -> Sequence[Decided]:
        words = {"agent": "1001", "trunk": "carrier", "channel": "PJSIP/a-1"} | words
        campaign, caller_id = words.pop("campaign", "spring"), words.pop("caller_id", CALLER_ID)
        batch = []
        for number in numbers:
            self._made[id(store)] += 1
            attempt = JUDGE.attempt(number, campaign, caller_id, **words)
            batch.append(WaitingAttempt(f"{self._made[id(store)]:032x}", attempt, time.monotonic() + PATIENT))
        decided: Sequence[Decided] = await store.decisions.decide(batch, self._judge, FixedClock(after(at)))
        return decided


async def no_flaw(store: Any) -> Sequence[tuple[int, str, str]]:
    """Every leaf fits its row, and the root is that of all leaves; the leaves."""

    def work(connection: Any) -> Sequence[tuple[int, str, str]]:
        size = ledger.size(connection)
        found = ledger.entries(connection, 0, size + 1)
        assert [one.leaf_index for one in found] == list(range(size))
        assert [ledger.flaw(connection, one.kind, one.key) for one in found] == [""] * size
        assert ledger.root(connection, size) == merkle.over([one.leaf for one in found])(0, size)
        return [(one.leaf_index, one.kind, one.key) for one in found]

    return await store.read(work)


async def recorded(store: Any, call: Decision, id: str, uniqueid: str = "1.2", at: float = 5) -> None:
    await store.recordings.start(
        NewRecording(
            id=id,
            decision=call.id,
            node="pbx1",
            channel="PJSIP/carrier-1",
            uniqueid=uniqueid,
            number=f"+86{NUMBER}",
            caller_id=CALLER_ID,
            campaign="spring",
            started_at=after(at),
            format="wav",
            path=f"/r/{id}.wav",
            callee_path=f"/r/{id}-in.wav",
            agent_path=f"/r/{id}-out.wav",
        )
    )


async def ended(store: Any, id: str, **changes: Any) -> bool:
    end = Finished(id=id, state="kept", ended_at=after(65), seconds=60.0, sha256="f" * 64)
    return await store.recordings.finish(replace(end, **changes))
