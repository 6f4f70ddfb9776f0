"""Put through and recorded, or never at the carrier: on the real Asterisk."""

from __future__ import annotations

import asyncio
import hashlib
import time
from pathlib import Path
from typing import Any

import pytest

from ami_listener.timings import LeaseTimings
from tests.lab.carrier import Carrier
from tests.lab.demo import finished
from tests.lab.manager import act
from tests.lab.pbx import Pbx
from tests.lab.phone import Phone
from tests.lab.site import Site, install_classic, product
from tests.patience import WAIT

LEASE = LeaseTimings()
pytestmark = pytest.mark.lab

CALL = {"campaign": "autumn-loans", "caller_id": "02788880007"}


@pytest.fixture(scope="module")
def lab_options() -> dict[str, Any]:
    return product()


def recordings_of(site: Site, number: str) -> list[str]:
    return [row["state"] for row in site.dialpact("recordings", "list") if row["number"] == number]


async def recording_of(site: Site, number: str) -> dict[str, Any]:
    await finished(site, 1)
    (found,) = [row for row in site.dialpact("recordings", "list") if row["number"] == number]
    return found


async def test_allowed_call_is_put_through_and_recorded(site: Site, carrier: Carrier, phone: Phone) -> None:
    result = await phone.call("13800138000", talk_seconds=3, **CALL)
    assert result.answered
    assert carrier.invites()[-1].number == "13800138000"
    kept = await recording_of(site, "+8613800138000")
    assert abs(kept["seconds"] - result.talk_seconds) <= 0.1 * result.talk_seconds
    # Levels as the lab's tones have them: -12 dBFS each; silence would be None.
    assert kept["callee_dbfs"] == pytest.approx(-12, abs=3)
    assert kept["agent_dbfs"] == pytest.approx(-12, abs=3)
    content = Path(kept["path"]).read_bytes()
    assert kept["sha256"] == hashlib.sha256(content).hexdigest()
    assert kept["bytes"] == len(content)
    assert kept["keep_until"] == "2027-11-24"
    assert kept["campaign"] == "autumn-loans"
    assert kept["caller_id"] == "02788880007"
    assert kept["answered_at"] <= kept["started_at"] <= kept["ended_at"]
    assert "138001" not in kept["path"]
    (leg,) = site.dialpact("calls", "show", kept["decision"])["carrier_legs"]
    assert leg["sip_call_id"] == carrier.invites()[-1].call_id, "what the carrier itself saw"
    assert leg["dialled_at"] <= leg["ringing_at"] <= leg["answered_at"] <= leg["ended_at"]
    assert (leg["uniqueid"], leg["dial_status"], leg["hangup_cause"]) == (kept["uniqueid"], "ANSWER", 16)
    assert leg["linkedid"]
    site.dialpact("recordings", "verify")  # exit status 0: all there, all unchanged


@pytest.mark.parametrize(
    ("number", "options", "reasons"),
    [
        ("13800138111", {}, ["do-not-call", "no-consent"]),  # a consent older than the refusal
        ("13912345678", {}, ["no-consent"]),
        ("13800138222", {}, ["consent-withdrawn"]),
        ("13800138333", {"caller_id": "02799990000"}, ["caller-id-unauthorised"]),
        ("13800138444", {"caller_id": "02788880099"}, ["caller-id-expired"]),
        ("13800138666", {"campaign": "mystery"}, ["unknown-campaign"]),
        ("9521312345", {}, ["invalid-number"]),
        ("13800138111", {"caller_id": "1"}, ["do-not-call", "no-consent", "caller-id-unauthorised"]),
    ],
)
async def test_refused_call_never_reaches_the_carrier(
    site: Site, carrier: Carrier, phone: Phone, number: str, options: dict[str, str], reasons: list[str]
) -> None:
    before = len(carrier.invites())
    result = await phone.call(number, **{**CALL, **options})
    assert result.status == 403
    assert result.sound.seconds > 0.5
    assert len(carrier.invites()) == before
    assert site.last_call()["reasons"] == reasons
    assert site.last_call()["verdict"] == "BLOCK"


async def test_calls_at_once_keep_their_own_recordings(site: Site, carrier: Carrier, pbx: Pbx) -> None:
    numbers = ["13800138333", "13800138444", "13800138555", "13800138666", "02787654321"]
    before = len(site.dialpact("recordings", "list"))
    calls = [Phone(pbx, "agent1002").call(number, talk_seconds=2, **CALL) for number in numbers]
    assert all(result.answered for result in await asyncio.gather(*calls))
    await finished(site, before + len(numbers))
    kept = [row for row in site.dialpact("recordings", "list") if row["sha256"]]
    assert len(kept) == before + len(numbers)
    assert len({row["path"] for row in kept}) == len({row["decision"] for row in kept}) == len(kept)
    assert all(row["callee_dbfs"] is not None and row["agent_dbfs"] is not None for row in kept)


async def test_unanswered_call_leaves_no_recording(site: Site, carrier: Carrier, phone: Phone) -> None:
    await asyncio.to_thread(
        site.dialpact,
        *("consent", "add", "13800138001", "--business", "jianghan", "--industry", "loans"),
        *("--evidence", "form", "--granted-at", "2026-06-01"),
    )
    result = await phone.call("13800138001", **CALL)  # the carrier's rule for ..01: busy
    assert result.status == 486
    async with asyncio.timeout(WAIT):
        while (states := recordings_of(site, "+8613800138001")) in ([], ["starting"], ["running"]):
            await asyncio.sleep(0.1)
    assert states == ["unanswered"]


@pytest.mark.parametrize("number", ["110", "119", "120", "122", "999", "12110", "+86110", "027110"])
async def test_emergency_call_of_a_person_passes_without_the_gate(
    site: Site, carrier: Carrier, phone: Phone, number: str
) -> None:
    decisions = len(site.dialpact("calls", "list"))
    result = await phone.call(number, talk_seconds=0.3, campaign="", caller_id="02788880001")
    assert result.answered
    assert carrier.invites()[-1].number == number.removeprefix("+86")
    assert len(site.dialpact("calls", "list")) == decisions


async def test_emergency_call_of_a_dialler_is_refused(site: Site, carrier: Carrier, pbx: Pbx) -> None:
    before = len(carrier.invites())
    answer = act(pbx, "Originate", Channel="Local/110@agents", Application="Wait", Data="1", Async="true")
    assert "successfully queued" in answer
    await pbx.logged("refused .*emergency-number")
    assert len(carrier.invites()) == before
    assert "emergency-number" in site.last_call()["reasons"]


async def test_classic_agi_gives_the_same_answers(site: Site, carrier: Carrier, pbx: Pbx) -> None:
    install_classic(pbx)
    before = len(carrier.invites())
    phone = Phone(pbx, "classic")
    assert (await phone.call("13800138777", talk_seconds=0.5, **CALL)).answered
    assert len(carrier.invites()) == before + 1
    assert not (await phone.call("13800138111", **CALL)).answered
    assert len(carrier.invites()) == before + 1
    assert site.last_call()["reasons"][0] == "do-not-call"


def test_status_says_ready_when_all_is_up_and_why_when_it_is_not(site: Site) -> None:
    site.ready()
    assert site.dialpact("status")["ready"] is True
    site.stop("listener")
    try:
        site.ready(False)
        stopped_at = time.monotonic()
        told = site.dialpact("status", code=3)
        assert told["ready"] is False
        # Its last word holds for some seconds, and a command may take longer on a busy machine.
        late = time.monotonic() - stopped_at > LEASE.life - LEASE.renew
        codes = [found["code"] for found in told["problems"]]
        assert codes == ["recorder-not-ready"] or (late and codes == ["recorder-silent"]), told
    finally:
        site.start("listener")
    site.ready()
