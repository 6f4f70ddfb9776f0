"""The lab measures what it says it measures, and leaves nothing behind."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.lab import mirror
from tests.lab.bootstrap import Installation
from tests.lab.carrier import TONE as CALLEE
from tests.lab.carrier import Carrier
from tests.lab.conftest import STUB
from tests.lab.ear import LINEAR, ulaw
from tests.lab.pbx import Pbx
from tests.lab.phone import TONE as AGENT
from tests.lab.phone import Phone

pytestmark = pytest.mark.lab
NUMBER = "02712345699"


def processes_of(home: Path) -> list[str]:
    """Return the command lines that name the lab's folder or work in it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode(errors="replace")
            if str(home) in words or str(home.name) in str((process / "cwd").readlink()):
                found.append(words)
        except OSError:
            continue
    return found


async def test_call_goes_through_with_sound_both_ways(carrier: Carrier, phone: Phone) -> None:
    result = await phone.call(NUMBER, caller_id="02788880007", talk_seconds=1)
    assert result.statuses == [100, 180, 200]
    assert (result.hung_up_by, result.answered) == ("phone", True)
    assert result.first_response is not None and result.final_response is not None
    assert result.first_response < result.final_response < 2
    assert result.talk_seconds == pytest.approx(1, abs=0.3)
    invite = carrier.invites()[-1]
    assert (invite.number, invite.from_user) == (NUMBER, "02788880007")
    for sound, heard, own in ((result.sound, CALLEE, AGENT), (carrier.heard(invite), AGENT, CALLEE)):
        assert sound.seconds > 0.7
        assert sound.dbfs == pytest.approx(-12, abs=1)
        assert sound.strength(heard) > 0.9
        assert sound.strength(own) < 0.1


@pytest.mark.parametrize(
    ("last", "statuses", "cause", "hung_up_by"),
    [
        ("01", [100, 180, 486], 17, ""),
        ("03", [100, 183, 200], None, "phone"),
        ("05", [100, 180, 200], 16, "pbx"),
    ],
    ids=["busy", "early media", "callee hangs up"],
)
async def test_callee_behaves_as_its_number_says(
    carrier: Carrier, phone: Phone, last: str, statuses: list[int], cause: int | None, hung_up_by: str
) -> None:
    by = "carrier" if hung_up_by == "pbx" else "phone"
    result = await phone.call(f"0271234560{last}", talk_seconds=0.5, hangup_by=by)
    assert (result.statuses, result.cause, result.hung_up_by) == (statuses, cause, hung_up_by)


async def test_call_is_held_open_and_ended_from_either_side(carrier: Carrier, phone: Phone) -> None:
    async with phone.calling("02712345602") as call:
        await call.provisional(180)
        assert (await call.hang_up()).statuses == [100, 180, 487]
    async with phone.calling(NUMBER, hangup_by="test") as call:
        await call.heard(0.3)
        carrier.hang_up(carrier.invites()[-1])
        assert (await call.ended()).hung_up_by == "pbx"
    async with phone.calling(NUMBER, hangup_by="test") as call:
        await call.answered()
    assert call.result().hung_up_by == "phone"


async def test_keys_are_heard_by_asterisk(pbx: Pbx, carrier: Carrier, phone: Phone) -> None:
    async with phone.calling(NUMBER, hangup_by="test") as call:
        await call.answered()
        await call.press("8")
        await pbx.logged("DTMF end '8' received on PJSIP/agent1001-")
        await carrier.press(carrier.invites()[-1], "9")
        await pbx.logged("DTMF end '9' received on PJSIP/carrier-")


async def test_calls_go_on_at_once(carrier: Carrier, pbx: Pbx) -> None:
    before = len(carrier.invites())
    phones = [Phone(pbx, f"agent100{n}") for n in (1, 2, 3, 1, 2, 3)]
    results = await asyncio.gather(*(phone.call(f"{NUMBER}{n}9") for n, phone in enumerate(phones)))
    assert [result.status for result in results] == [200] * 6
    assert {invite.number for invite in carrier.invites()[before:]} == {f"{NUMBER}{n}9" for n in range(6)}


async def test_text_with_line_breaks_goes_on_the_wire_as_written(pbx: Pbx, carrier: Carrier) -> None:
    before = len(carrier.invites())
    text = "0612345678%0Aword"
    result = await Phone(pbx, "raw").call(text, caller_id="1%0D%0Aword", talk_seconds=0.3)
    assert f"INVITE sip:{text}@" in result.messages[0].text
    assert "Executing [0612345678\nword@raw:1]" in pbx.log(), "it reaches the dialplan as it is"
    assert len(carrier.invites()) >= before


async def test_second_lab_beside_the_first_and_nothing_left(
    installation: Installation, pbx: Pbx, carrier: Carrier
) -> None:
    with Pbx(dialplan=[STUB], installation=installation) as second, Carrier(second) as other:
        before = len(carrier.invites())
        assert (await Phone(second).call(NUMBER, talk_seconds=0.3)).answered
        assert (len(other.invites()), len(carrier.invites())) == (1, before)
        home, inside = second.home, second.home.resolve()
        assert processes_of(home)
    assert not processes_of(home)
    assert not inside.exists()
    assert not home.is_symlink()


def test_killed_and_frozen_asterisk_comes_back(installation: Installation) -> None:
    with Pbx(dialplan=[STUB], variables={"GATE": "127.0.0.1:@gate_port@"}, installation=installation) as pbx:
        first = pbx.pid
        assert f"GATE=127.0.0.1:{pbx.ports.gate}" in pbx.cli("dialplan show globals")
        pbx.freeze()
        pbx.thaw()
        pbx.kill()
        assert pbx.pid is None
        pbx.start()
        assert pbx.pid not in (None, first)
        assert "dialpact-outbound" in pbx.cli("dialplan show dialpact-outbound")
        pbx.restart()


def test_mirror_is_read_from_both_formats(tmp_path: Path) -> None:
    (tmp_path / "sources.list").write_text(
        "# deb http://no x main\ndeb [signed-by=/k] http://a.invalid/d s1 main\n"
    )
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list.d/x.sources").write_text(
        "Types: deb\n# why\nURIs: http://b.invalid/d\nSuites: s2 s2-updates\nComponents: main\n\n"
        "Types: deb-src\nURIs: http://c.invalid\nSuites: s3\n"
    )
    found = list(mirror.sources(tmp_path))
    assert found == [("http://b.invalid/d", ["s2", "s2-updates"]), ("http://a.invalid/d", ["s1"])]


def test_mu_law_is_its_own_inverse() -> None:
    assert all(ulaw(LINEAR[code]) == code for code in range(256) if code != 0x7F)  # two codes for zero
