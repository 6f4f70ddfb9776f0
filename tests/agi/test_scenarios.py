"""From the registers to the channel's variables, by FastAGI and by the classic script: the same answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from dialpact.testing.agi_process import FakeProcess
from dialpact.testing.asterisk import REFUSED_AT_SIGHT, USUAL, FakeAsterisk, Told
from tests.agi.office import CALLER_ID, NUMBER, SINCE, STRANGER, Office

Address = tuple[str, int]


@dataclass(frozen=True)
class Scene:
    reasons: str  # space separated, in the order of the report; empty: allowed
    prepare: Callable[[Office], Any] = lambda office: None
    call: dict[str, str] = field(default_factory=dict)
    number: str = NUMBER
    retry_at: str = ""
    given: str | None = None  # in the record, if not the number
    at_sight: bool = False  # refused without a question


def rented(office: Office) -> None:
    office.sql("INSERT INTO business VALUES ('other', 'Other', 'own-business', ?)", SINCE)
    office.add_caller_id("02788880009", business="other")


LEASE = "UPDATE recorder_lease SET "
SCENES = {
    "allowed": Scene(""),
    "allowed, as people write it": Scene("", number="+86 138-0013-8000"),
    "allowed, fixed line": Scene("", lambda o: o.add_consent("2787654321"), number="02787654321"),
    "allowed, one refused another business": Scene("", lambda o: o.opt_out(NUMBER, "business", "other")),
    "allowed, one refused another industry": Scene("", lambda o: o.opt_out(NUMBER, "industry", "games")),
    "do not call": Scene("do-not-call no-consent", lambda o: o.opt_out(NUMBER)),
    "do not call, industry": Scene(
        "do-not-call no-consent", lambda o: o.opt_out(NUMBER, "industry", "loans")
    ),
    "do not call, business": Scene("do-not-call no-consent", lambda o: o.opt_out(NUMBER, "business", "acme")),
    "lunch": Scene(
        "outside-hours", lambda o: o.clock.set("2026-11-24 12:00:00"), retry_at="2026-11-24T06:00:00Z"
    ),
    "last minute": Scene(
        "outside-hours", lambda o: o.clock.set("2026-11-24 11:59:30"), retry_at="2026-11-24T06:00:00Z"
    ),
    "evening": Scene(
        "outside-hours", lambda o: o.clock.set("2026-11-24 18:30:00"), retry_at="2026-11-25T00:00:00Z"
    ),
    "saturday": Scene(
        "not-a-working-day", lambda o: o.clock.set("2026-11-28 10:00:00"), retry_at="2026-11-30T00:00:00Z"
    ),
    "no consent": Scene("no-consent", number=STRANGER),
    "withdrawn": Scene(
        "consent-withdrawn",
        lambda o: o.add_consent(STRANGER, withdrawn="2026-02-01T00:00:00.000000Z"),
        number=STRANGER,
    ),
    "caller ID unknown": Scene("caller-id-unauthorised", call={"caller_id": "02788880008"}),
    "caller ID missing": Scene("caller-id-unauthorised", call={"caller_id": ""}),
    "caller ID anonymous": Scene("caller-id-unauthorised", call={"caller_id": "anonymous"}),
    "caller ID not for this trunk": Scene(
        "caller-id-unauthorised",
        lambda o: o.add_caller_id("02788880008", trunks='["backup"]'),
        {"caller_id": "02788880008"},
    ),
    "trunk unknown": Scene("caller-id-unauthorised", call={"trunk": "carrier9"}),
    "trunk not said": Scene("caller-id-unauthorised", call={"trunk": ""}),
    "caller ID not authenticated": Scene(
        "caller-id-not-authenticated",
        lambda o: o.add_caller_id("02788880008", authenticated=0),
        {"caller_id": "02788880008"},
    ),
    "caller ID expired": Scene(
        "caller-id-expired",
        lambda o: o.add_caller_id("02788880008", valid_to="2026-11-23"),
        {"caller_id": "02788880008"},
    ),
    "caller ID of another": Scene("caller-id-sublet", rented, {"caller_id": "02788880009"}),
    "campaign unknown": Scene("unknown-campaign", call={"campaign": "autumn"}),
    "campaign not said": Scene("unknown-campaign", call={"campaign": ""}),
    "campaign in Chinese": Scene("", lambda o: o.add_campaign("春季贷款"), {"campaign": "春季贷款"}),
    "letters": Scene("invalid-number", number="1380013800x"),
    "no number": Scene("invalid-number", number=""),
    "encoded newline": Scene("invalid-number", number="138001380%0A00"),
    "emergency": Scene("emergency-number", number="110"),
    "protected": Scene("protected-number", number="10086"),
    "no recorder": Scene("recording-unavailable", lambda o: o.sql("DELETE FROM recorder_lease")),
    "recorder not ready": Scene("recording-unavailable", lambda o: o.sql(LEASE + "ready = 0")),
    "recorder's word expired": Scene("recording-unavailable", lambda o: o.sql(LEASE + "expires_ns = 1")),
    "recorder of an earlier run": Scene("recording-unavailable", lambda o: o.sql(LEASE + "boot_id = 'x'")),
    "several": Scene(
        "outside-hours no-consent caller-id-unauthorised recording-unavailable",
        lambda o: (o.clock.set("2026-11-24 13:00:00"), o.sql("DELETE FROM recorder_lease")),
        {"caller_id": "95999"},
        number=STRANGER,
    ),
    "everything": Scene(
        "invalid-number unknown-campaign not-a-working-day outside-hours caller-id-unauthorised "
        "recording-unavailable",
        lambda o: (o.clock.set("2026-11-28 07:00:00"), o.sql("DELETE FROM recorder_lease")),
        {"caller_id": "1", "campaign": '"; DROP TABLE decision; --'},
        number="🤖",
    ),
    "names full of quotes": Scene(
        "", call={"agent": "王'\"\\|;$(id)${X}", "caller_name": '李四 "hangup" (hangup) | 200 result=1'}
    ),
    "name that is no UTF-8": Scene("", call={"caller_name": "\udcd5\udcc5\udcc8"}),
    "newline in the name": Scene("invalid-number", call={"caller_name": "x\nagi_arg_1: 1"}, at_sight=True),
    "newline in the number": Scene("invalid-number", number="138\n00138000", at_sight=True, given=""),
    "newline in the campaign": Scene("invalid-number", call={"campaign": "spring\nx"}, at_sight=True),
    "header's end in the name": Scene("invalid-number", call={"caller_name": "x\n"}, at_sight=True),
    "second caller number": Scene(
        "invalid-number", call={"caller_id": f"{CALLER_ID}\nagi_callerid: 1"}, at_sight=True
    ),
}


@pytest.fixture(params=["fastagi", "script"])
def dial(request: pytest.FixtureRequest, address: Address) -> Callable[..., Any]:
    async def dialled(number: str, expect: Any = USUAL, **call: str) -> Told:
        if request.param == "script":
            return await FakeProcess(f"{address[0]}:{address[1]}", expect=expect).dial(number, **call)
        return await FakeAsterisk(*address, expect=expect).dial(number, **call)

    return dialled


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
async def test_scene(office: Office, dial: Callable[..., Any], scene: Scene) -> None:
    scene.prepare(office)
    expect = REFUSED_AT_SIGHT if scene.at_sight else USUAL
    told = await dial(scene.number, expect, **scene.call)
    reasons = scene.reasons.split()
    assert (told.verdict, told.reasons) == ("BLOCK" if reasons else "ALLOW", reasons)
    # What the trunk dials is the canonical number, not what was dialled.
    canonical = "02787654321" if scene.number == "02787654321" else NUMBER
    assert told.number == ("" if reasons else canonical)
    assert told.channel.inherited == {"DIALPACT_ID"}
    if len(reasons) < 2:
        assert told.channel.variables["DIALPACT_RETRY_AT"] == scene.retry_at
    [row] = office.sql("SELECT id, verdict, reasons, agent, campaign, attack <> '' FROM decision")
    assert row[:2] == (told.decision, told.verdict)
    assert office.reasons() == [",".join(reasons)]
    if scene.at_sight:
        assert row[3:] == ("", "", 1)
    else:
        assert row[3:5] == (scene.call.get("agent", "1001"), scene.call.get("campaign", "spring"))
    assert office.undelivered() == []


async def test_refusal_counts_from_the_next_attempt_on(office: Office, dial: Callable[..., Any]) -> None:
    assert (await dial(NUMBER)).allowed
    office.opt_out(NUMBER)
    assert not (await dial(NUMBER)).allowed


async def test_store_is_gone(office: Office, dial: Callable[..., Any]) -> None:
    away = office.database.with_suffix(".away")
    office.database.rename(away)
    told = await dial(NUMBER)
    assert (told.verdict, told.reasons, told.number) == ("BLOCK", ["gate-error"], "")
    away.rename(office.database)
    assert (await dial(NUMBER)).allowed
    assert [verdict for verdict, _ in office.decisions()] == ["BLOCK", "ALLOW"]
