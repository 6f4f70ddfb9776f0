"""Shadow mode: decided, recorded and marked, and put through all the same; never silently."""

from __future__ import annotations

from pathlib import Path

import pytest

from agi import variables
from dialpact.compliance.judge import Judge
from dialpact.testing.asterisk import REFUSED_AT_SIGHT
from tests.agi.office import CALLER_ID, NUMBER, STRANGER, Office, policy, until
from tests.agi.test_scenarios import SCENES, Scene


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = Office(tmp_path)
    office.judge = Judge(policy(), office.config.trunks, "pbx1", mode="shadow")
    return office


# What can not be dialled is not put through, in whatever mode: no number, or text that is no number.
NOTHING_TO_DIAL = {"emergency", "letters", "no number", "encoded newline", "everything"}


@pytest.mark.parametrize("name", [name for name, scene in SCENES.items() if not scene.at_sight])
async def test_every_scene_is_put_through_and_marked(office: Office, name: str) -> None:
    scene: Scene = SCENES[name]
    scene.prepare(office)
    async with office.server():
        told = await office.fake().dial(scene.number, **scene.call)
    reasons = scene.reasons.split()
    [(verdict, mode, dial)] = office.sql("SELECT verdict, mode, dial FROM decision")
    assert (verdict, mode) == ("BLOCK" if reasons else "ALLOW", "shadow")
    assert office.reasons() == [",".join(reasons)] and told.reasons == reasons
    if name in NOTHING_TO_DIAL:
        assert (told.verdict, told.number, dial) == ("BLOCK", "", "")
    else:
        assert told.verdict == "ALLOW" and told.number == dial
        assert told.channel.variables["DIALPACT_SHADOW"] == "1"
        assert told.channel.inherited == {"DIALPACT_ID", "DIALPACT_SHADOW"}


async def test_forged_text_is_refused_in_shadow_too(office: Office) -> None:
    async with office.server():
        told = await office.fake(expect=REFUSED_AT_SIGHT).dial(NUMBER, caller_name="x\nagi_arg_1: 1")
    assert (told.verdict, told.number) == ("BLOCK", "")


async def test_a_locked_store_refuses_nobody_and_loses_nothing(office: Office) -> None:
    async with office.server():
        with office.locked():
            told = await office.fake().dial(STRANGER)
        assert (told.verdict, told.number, told.reasons) == ("ALLOW", STRANGER, ["gate-error"])
        await until(office.decisions)
    assert office.sql("SELECT id, verdict, mode FROM decision") == [(told.decision, "BLOCK", "shadow")]


async def test_nobody_is_told_late(office: Office) -> None:
    """Past the deadline an ALLOW is withdrawn; in shadow the call goes through and its row stays."""
    async with office.server(deadline_ms=100):
        with office.locked():
            told = await office.fake().dial(STRANGER)
        assert (told.verdict, told.reasons) == ("ALLOW", ["deadline"])
        await until(office.decisions)
    assert office.undelivered() == []


async def test_a_late_decision_that_was_put_through_is_not_marked_as_unused(office: Office) -> None:
    async with office.server(deadline_ms=100):
        with office.locked():
            told = await office.fake().dial(NUMBER)
        assert told.verdict == "ALLOW"
        await until(office.decisions)
    assert office.undelivered() == []


def test_the_answer_is_marked() -> None:
    told = variables.answer("ALLOW", ["no-consent"], decision="a", number="1", shadow=True)
    assert "__DIALPACT_SHADOW=1" in told[-1]
    with pytest.raises(ValueError, match="no such answer"):
        variables.answer("ALLOW", ["no-consent"], decision="a", number="1")
    assert "SHADOW" not in variables.answer("BLOCK", ["no-consent"], decision="a", shadow=True)[-1]


async def test_the_service_takes_the_mode_from_the_configuration(tmp_path: Path) -> None:
    from msgspec import structs

    office = Office(tmp_path)
    office.config = structs.replace(
        office.config, policy=structs.replace(office.config.policy, mode="shadow")
    )
    async with office.serving() as (host, port):
        office.host, office.port = host, port
        told = await office.fake().dial(STRANGER, caller_id=CALLER_ID)
    assert told.verdict == "ALLOW" and told.reasons == ["no-consent"]
