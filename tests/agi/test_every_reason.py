"""Every reason code of the contract, told to a PBX by the gate: each by the shortest way to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dialpact.compliance import calendars, profile
from dialpact.compliance.judge import Judge
from dialpact.compliance.profile import Policy
from dialpact.compliance.reasons import Reason
from dialpact.compliance.sections import Cap, Registered, RegistrationRule
from tests.agi.office import CALLER_ID, NUMBER, STRANGER, Office

HUBEI, MIIT = profile.load("cn-hubei-2018"), profile.load("cn-miit-2020-81")
assert HUBEI.attempts is not None
TWICE = msgspec.structs.replace(
    HUBEI,
    id="twice",
    attempts=msgspec.structs.replace(HUBEI.attempts, caps=(Cap(per="callee", limit=2, hours=24),)),
)


@dataclass(frozen=True)
class Way:
    """``before``: calls of the same campaign, tried first; they end as they may."""

    prepare: Callable[[Office], Any] = lambda office: None
    number: str = NUMBER
    call: dict[str, str] = field(default_factory=dict)
    before: tuple[str, ...] = ()
    profiles: tuple[Any, ...] = (HUBEI,)


def sql(statement: str) -> Callable[[Office], Any]:
    return lambda office: office.sql(statement)


EXPIRED = "UPDATE consent SET expires_at = '2026-06-01T00:00:00.000000Z'"
SUSPENDED = (
    "INSERT INTO suspension (kind, key, since, by, cause, evidence) "
    "VALUES ('agent', '1001', '2026-11-01T00:00:00.000000Z', 'chen', 'complaints', '[]')"
)
OTHER = {"caller_id": "02788880009"}
WAYS: dict[str, Way] = {
    "invalid-number": Way(number="1380013800x"),
    "emergency-number": Way(number="110"),
    "protected-number": Way(number="10086"),
    "unknown-campaign": Way(call={"campaign": "mystery"}),
    "do-not-call": Way(lambda office: office.opt_out(NUMBER)),
    "not-a-working-day": Way(lambda office: office.clock.set("2026-11-28 10:00:00")),
    "calendar-missing": Way(lambda office: office.clock.set("2027-01-04 10:00:00")),
    "calendar-provisional": Way(lambda office: office.clock.set("2026-12-31 10:00:00")),
    "outside-hours": Way(lambda office: office.clock.set("2026-11-24 12:00:00")),
    "no-consent": Way(number=STRANGER),
    "consent-expired": Way(sql(EXPIRED)),
    "consent-withdrawn": Way(sql("UPDATE consent SET withdrawn_at = '2026-06-01T00:00:00.000000Z'")),
    "caller-id-unauthorised": Way(call={"caller_id": "95999"}),
    "caller-id-not-authenticated": Way(sql("UPDATE caller_id SET authenticated = 0")),
    "caller-id-expired": Way(sql("UPDATE caller_id SET valid_to = '2026-11-23'")),
    "caller-id-sublet": Way(
        lambda office: (
            office.add_campaign("x", "other"),
            office.add_caller_id(OTHER["caller_id"], business="other"),
        ),
        call=OTHER,
    ),
    "not-on-lead-list": Way(sql("UPDATE batch SET withdrawn_at = '2026-06-01T00:00:00.000000Z'")),
    "range-dialling": Way(before=tuple(f"138001379{n:02}" for n in range(80, 100)), number="13800138000"),
    "script-not-approved": Way(sql("UPDATE script SET approved_by = '', approved_at = NULL")),
    "too-many-attempts": Way(before=(NUMBER, NUMBER), profiles=(TWICE,)),
    "suspended": Way(sql(SUSPENDED)),
    "actor-not-permitted": Way(
        sql("UPDATE business SET actor = 'licensed-call-centre'"), profiles=(HUBEI, MIIT)
    ),
    "recording-unavailable": Way(sql("UPDATE recorder_lease SET ready = 0")),
    "gate-error": Way(sql("DROP TABLE do_not_call")),
    "deadline": Way(),  # see the test
}


SELLING = msgspec.structs.replace(
    HUBEI,
    id="selling",
    registration=RegistrationRule(
        clause="x",
        source="x",
        effective_from=date(2020, 1, 1),
        purposes=("marketing",),
        required=(Registered(kind="us-tx"), Registered(kind="own", holder="campaign")),
    ),
)
REGISTERED = (
    "INSERT INTO registration VALUES ('business', 'acme', 'us-tx', '2026-01-01', '2026-12-31', '', ''), "
    "('campaign', 'spring', 'own', '2026-01-01', {}, '', '')"
)
# The same reasons by another way.
ALSO: list[tuple[str, Way]] = [
    (
        "caller-id-unauthorised",
        Way(lambda office: office.add_caller_id("700123456789012"), call={"caller_id": "700123456789012"}),
    ),
    ("protected-number", Way(number="700123456789012")),
    ("actor-not-permitted", Way(profiles=(SELLING,))),
    ("actor-not-permitted", Way(sql(REGISTERED.format("'2026-11-23'")), profiles=(SELLING,))),
    ("", Way(sql(REGISTERED.format("'2026-11-24'")), profiles=(SELLING,))),
    ("", Way(sql(REGISTERED.format("NULL")), profiles=(SELLING,))),
]


@pytest.mark.parametrize(("reason", "way"), [*WAYS.items(), *ALSO])
async def test_the_gate_says_it(tmp_path: Path, reason: str, way: Way) -> None:
    office = Office(tmp_path)
    office.judge = Judge(Policy(way.profiles, calendars.load()), office.config.trunks, "pbx1")
    way.prepare(office)
    call = {"caller_id": CALLER_ID} | way.call
    async with office.server(deadline_ms=100 if reason == "deadline" else 2500):
        for number in way.before:
            await office.fake().dial(number, **call)
        if reason == "deadline":
            with office.locked():
                told = await office.fake().dial(way.number, **call)
        else:
            told = await office.fake().dial(way.number, **call)
    if not reason:
        assert (told.verdict, told.number) == ("ALLOW", NUMBER)
        return
    assert (told.verdict, told.number) == ("BLOCK", "")
    # A refusal ends the consents before it; everything else here has one reason alone.
    ended = ["no-consent"] if reason == "do-not-call" else []
    assert told.reasons == [reason, *ended]


def test_there_is_a_way_to_every_reason() -> None:
    assert set(WAYS) == set(Reason)
