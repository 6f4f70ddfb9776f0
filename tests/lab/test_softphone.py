"""The lab's own telephone and carrier, proven on the real Asterisk before anything is proven with them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lab.bootstrap import Installation
from tests.lab.pbx import Pbx
from tests.lab.softphone import Answer, Media, SoftCarrier, Softphone

pytestmark = [pytest.mark.lab, pytest.mark.timeout(60)]

NUMBER = "13800138000"
DIALPLAN = """
[dialpact-outbound]
exten => s,1,Set(DIALPACT_NUMBER=${ARG1})
 same => n,Return()
[dialpact-answered]
exten => s,1,Return()
[agents](+)
exten => 1001,1,Dial(PJSIP/agent1001,20)
exten => 1002,1,Dial(PJSIP/agent1002,20)
exten => 1009,1,Answer()
 same => n,Read(KEYS,,2,,1,5)
 same => n,Verbose(keys heard: ${KEYS})
 same => n,Hangup()
"""


@pytest.fixture(scope="module")
def pbx(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pbx]:
    dialplan = tmp_path_factory.mktemp("conf") / "softphone.conf"
    dialplan.write_text(DIALPLAN, "utf-8")
    with Pbx(installation=installation, dialplan=[dialplan]) as running:
        yield running


async def test_tones_are_heard_both_ways(pbx: Pbx) -> None:
    async with SoftCarrier(pbx, Answer(talk=Media(hz=1000, dbfs=-26))) as carrier, Softphone(pbx) as agent:
        call = await agent.call(NUMBER, Media(hz=600))
        await call.answered()
        (leg,) = await carrier.called()
        assert leg.number == NUMBER
        await call.hears(1000)
        assert call.sound().dbfs == pytest.approx(-26, abs=0.5)
        begin = await leg.hears(600)
        assert leg.sound(begin).dbfs == pytest.approx(-20, abs=0.5)
        call.media.say(800, dbfs=-30)
        await leg.hears(800)
        call.media.mute()
        await leg.hears_no_sound()
        count = len(call.media.sent)
        await leg.hears_no_sound()
        assert len(call.media.sent) > count + 5
        leg.media.stop()
        await call.hears_no_sound()
        await call.hang_up()
        await leg.over()
        assert (call.ended_by, leg.ended_by) == ("here", "pbx")


async def test_early_media_of_one_source_and_talk_of_another(pbx: Pbx) -> None:
    early, talk = Media(hz=440, seq=20000, seconds=1), Media(hz=1000, seq=5000, ssrc=7, address="127.0.4.9")
    async with SoftCarrier(pbx, Answer(early=early, talk=talk)) as carrier, Softphone(pbx) as agent:
        pbx.cli("rtp set debug on")
        try:
            call = await agent.call(NUMBER, Media(hz=600, seq=30000))
            await call.provisional(183)
            await call.hears(440)
            await call.answered()
            await call.hears(1000)
            (leg,) = await carrier.called()
            await leg.hears(600)
            assert [media.address for media in leg.medias] == ["127.0.4.1", "127.0.4.9"]
            assert leg.medias[1].sound().strength(600) > 0.9, "Asterisk sends to the one who answered"
            first = leg.media.sent[0]
            assert (first.seq, first.ssrc, first.marker) == (5000, 7, True)
            leg.media.renumber(seq=65530, ssrc=8)
            await pbx.logged(rf"Got  RTP packet from +127.0.4.1:{leg.medias[0].port} \(type 00, seq 020000")
            await pbx.logged(rf"Got  RTP packet from +127.0.4.9:{leg.medias[1].port} \(type 00, seq 005000")
            await pbx.logged(rf"Got  RTP packet from +127.0.4.9:{leg.medias[1].port} \(type 00, seq 065530")
            await pbx.logged(r"Got  RTP packet from +127.0.1.1:\d+ \(type 00, seq 030000")
        finally:
            pbx.cli("rtp set debug off")


async def test_refusals_and_a_cancelled_call(pbx: Pbx) -> None:
    rules = {
        ".*1": Answer(status=486, cause=17),
        ".*2": Answer(status=503, ring=None),
        ".*3": Answer(status=None),
    }
    async with SoftCarrier(pbx, rules=rules) as carrier, Softphone(pbx) as agent:
        for number, status in {"13800138001": 486, "13800138002": 503}.items():
            call = await agent.call(number)
            await call.over()
            assert call.status == status
        call = await agent.call("13800138003")
        await call.provisional(180)
        (*_, leg) = await carrier.called(3)
        await call.hang_up()
        await leg.over()
        assert (call.status, leg.status, leg.ended_by) == (487, 487, "pbx")


async def test_a_blind_transfer_to_another_softphone(pbx: Pbx) -> None:
    async with (
        SoftCarrier(pbx) as carrier,
        Softphone(pbx) as agent,
        Softphone(pbx, "agent1002", Answer(delay=0.2, talk=Media(hz=700))) as other,
    ):
        call = await agent.call(NUMBER)
        await call.answered()
        await call.hears(1000)
        await call.refer("1002")
        await call.transferred()
        (leg,), (taken,) = await carrier.called(), await other.called()
        await taken.answered()
        await leg.hears(700)
        await taken.hears(1000)
        await call.hang_up()
        assert not leg.ended


async def test_an_attended_transfer_to_another_softphone(pbx: Pbx) -> None:
    async with (
        SoftCarrier(pbx) as carrier,
        Softphone(pbx) as agent,
        Softphone(pbx, "agent1002", Answer(talk=Media(hz=700))) as other,
    ):
        call = await agent.call(NUMBER)
        await call.answered()
        await call.hold()
        consultation = await agent.call("1002")
        await consultation.answered()
        await consultation.hears(700)
        await call.refer("1002", replaces=consultation)
        await call.transferred()
        (leg,), (taken,) = await carrier.called(), await other.called()
        await leg.hears(700)
        await taken.hears(1000)
        # As phones do once they are told that it is done.
        await call.hang_up()
        await consultation.hang_up()
        assert not leg.ended and not taken.ended
        await leg.hears(700)


async def test_the_agent_holds_and_the_carrier_plays_its_own_music(pbx: Pbx) -> None:
    async with SoftCarrier(pbx) as carrier, Softphone(pbx) as agent:
        call = await agent.call(NUMBER)
        await call.answered()
        (leg,) = await carrier.called()
        await leg.hears(600)
        await call.hold()
        await leg.hears_no_sound()
        await call.unhold()
        await leg.hears(600)
        await leg.hold(Media(hz=300, seq=100, address="127.0.4.7"), direction="sendrecv")
        await call.hears(300)
        await leg.unhold()
        await call.hears(1000)


async def test_keys_are_heard_by_asterisk_and_by_the_other_side(pbx: Pbx) -> None:
    async with SoftCarrier(pbx) as carrier, Softphone(pbx) as agent:
        call = await agent.call("1009")
        await call.answered()
        await call.press("*9")
        await pbx.logged(r"keys heard: \*9")
        call = await agent.call(NUMBER)
        await call.answered()
        (leg,) = await carrier.called()
        await leg.press("*9")
        await call.press("57")
        # Asterisk passes them on as they come.
        await call.hears(1000)
        await leg.hears(600)
        assert (call.keys, leg.keys) == ("*9", "57")


async def test_the_carrier_calls_in_and_hangs_up(pbx: Pbx) -> None:
    async with SoftCarrier(pbx) as carrier:
        call = await carrier.call("02788889991", campaign="")
        await call.over()
        assert call.status == 403
