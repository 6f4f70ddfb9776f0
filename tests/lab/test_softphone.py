"""The lab's own telephone and carrier, proven on the real Asterisk before anything is proven with them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest

from tests.lab.bootstrap import Installation
from tests.lab.pbx import Pbx
from tests.lab.softphone import Answer, Media, SoftCarrier, Softphone, strict_rtp
from tests.lab.track import Track

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
exten => 1003,1,Page(PJSIP/agent1002,A(beep)d)
exten => 1004,1,Answer()
 same => n,Queue(phones)
exten => _81X.,1,MixMonitor(${RECORDINGS}/mixed.wav,r(${RECORDINGS}/agent.wav)t(${RECORDINGS}/callee.wav))
 same => n,Goto(${EXTEN:2},1)
[from-carrier](+)
exten => 13800138009,1,Dial(PJSIP/${EXTEN}@carrier,20)
[agents](+)
exten => 1009,1,Answer()
 same => n,Read(KEYS,,2,,1,5)
 same => n,Verbose(keys heard: ${KEYS})
 same => n,Hangup()
"""


@pytest.fixture(scope="module")
def pbx(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pbx]:
    dialplan = tmp_path_factory.mktemp("conf") / "softphone.conf"
    dialplan.write_text(DIALPLAN, "utf-8")
    variables = {"RECORDINGS": "@home@/recordings"}
    with Pbx(installation=installation, dialplan=[dialplan], variables=variables) as running:
        yield running


async def recorded(pbx: Pbx) -> list[Track]:
    """What the callee and the agent said in the last recording, which is removed."""
    begun = pbx.log().count("Begin MixMonitor Recording")
    await pbx.logged(rf"(?s)(End MixMonitor Recording.*){{{begun}}}")
    names = [pbx.recordings / f"{side}.wav" for side in ("callee", "agent")]
    tracks = [Track.read(name) for name in names]
    for name in names:
        name.unlink()
    return tracks


@pytest.mark.parametrize("codec", ["ulaw", "alaw"])
async def test_tones_are_heard_both_ways(pbx: Pbx, codec: str) -> None:
    plan = Answer(talk=Media(hz=1000, dbfs=-26, codec=codec))
    async with SoftCarrier(pbx, plan) as carrier, Softphone(pbx) as agent:
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


@pytest.mark.parametrize("moves", [True, False])
@pytest.mark.parametrize("fork", [True, False])
@pytest.mark.parametrize("strict", ["yes", "no"])
async def test_talk_after_early_media_as_asterisk_takes_it(
    pbx: Pbx, strict: str, fork: bool, moves: bool
) -> None:
    answer = Answer(early=Media(hz=440, seconds=0.6), talk=Media(hz=1000, seq=3), fork=fork, moves=moves)
    with strict_rtp(pbx, strict):
        async with SoftCarrier(pbx, answer) as carrier, Softphone(pbx) as agent:
            call = await agent.call(NUMBER)
            await call.hears(440)
            await call.answered()
            await call.hears(1000)
            (leg,) = await carrier.called()
            begin = await leg.hears(600)
            spoken_to = [media for media in leg.medias if media.sound(begin).packets]
            assert spoken_to == [leg.medias[-1 if fork else 0]]


async def test_an_answer_when_the_test_says_so_and_a_source_that_does_not_stop_for_it(pbx: Pbx) -> None:
    plan = Answer(status=None, early=Media(hz=440, seconds=20), overlap=1)
    async with SoftCarrier(pbx, plan) as carrier, Softphone(pbx) as agent:
        call = await agent.call(NUMBER)
        await call.hears(440)
        (leg,) = await carrier.called()
        assert (call.status, leg.statuses) == (None, [180, 183])
        leg.answer(Media(hz=1000))
        await leg.answered()
        await call.answered()
        begin = await call.hears(1000, share=0.1)
        assert call.sound(begin).strength(440) > 0.1, "both are heard, a packet of each by turns"
        await call.hears(1000)


async def test_packets_that_get_lost_and_packets_that_come_all_at_once(pbx: Pbx) -> None:
    async with SoftCarrier(pbx) as carrier, Softphone(pbx) as agent:
        call = await agent.call(NUMBER)
        await call.hears(1000)
        (leg,) = await carrier.called()
        for trouble, lost in ((leg.media.lose, 20), (leg.media.burst, 0)):
            sent, came = len(leg.media.sent) - 1, len(call.media.received) - 1
            trouble(0.4)
            await call.hears_no_sound(0.2)
            await call.hears(1000)
            steps = [later.seq - earlier.seq for earlier, later in pairwise(leg.media.sent[sent:])]
            assert max(steps) == lost + 1
            pauses = [later.time - earlier.time for earlier, later in pairwise(call.media.received[came:])]
            assert max(pauses) > 0.35
            together = sum(pause < 0.005 for pause in pauses)
            assert together < 10 if lost else together > 14


async def test_refusals_and_a_cancelled_call(pbx: Pbx) -> None:
    rules = {
        ".*1": Answer(status=486, cause=17),
        ".*2": Answer(status=503, ring=None),
        ".*3": Answer(status=None),
        ".*4": Answer(status=302, redirect="13800138009"),
    }
    async with SoftCarrier(pbx, rules=rules) as carrier, Softphone(pbx) as agent:
        for number, status in {"13800138001": 486, "13800138002": 503}.items():
            call = await agent.call(number)
            await call.over()
            assert call.status == status
        call = await agent.call("13800138004")
        await call.answered()
        assert [leg.number for leg in carrier.legs] == [
            "13800138001",
            "13800138002",
            "13800138004",
            "13800138009",
        ]
        call = await agent.call("13800138003")
        await call.provisional(180)
        (*_, leg) = await carrier.called(5)
        await call.hang_up()
        await leg.over()
        assert (call.status, leg.status, leg.ended_by) == (487, 487, "pbx")


@pytest.mark.parametrize("to", ["1002", "1003", "1004"], ids=["phone", "page", "queue"])
async def test_a_blind_transfer_to_another_softphone(pbx: Pbx, to: str) -> None:
    async with (
        SoftCarrier(pbx) as carrier,
        Softphone(pbx) as agent,
        Softphone(pbx, "agent1002", Answer(delay=0.2, talk=Media(hz=700))) as other,
    ):
        call = await agent.call(NUMBER)
        await call.answered()
        await call.hears(1000)
        await call.refer(to)
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


async def test_what_is_on_a_recording(pbx: Pbx) -> None:
    early, talk = Media(hz=440, dbfs=-30, seconds=0.5), Media(hz=1000, dbfs=-20)
    async with SoftCarrier(pbx, Answer(ring=None, early=early, talk=talk)), Softphone(pbx) as agent:
        call = await agent.call(f"81{NUMBER}")
        await call.answered()
        await call.hears(1000, seconds=1)
        call.media.stop()
        await call.hears(1000, seconds=0.5)
        await call.hang_up()
    callee, own = await recorded(pbx)
    print(callee.table(440, 1000), own.table(600), sep="\n")
    (first,), (second,), (spoken,) = callee.spans(440), callee.spans(1000), own.spans(600)
    assert first.seconds == pytest.approx(0.5, abs=0.1)
    assert second.start == pytest.approx(first.end, abs=0.1)
    assert callee.dbfs_of(440, first.start, first.end) == pytest.approx(-30, abs=0.5)
    assert callee.dbfs(second.start, second.end) == pytest.approx(-20, abs=0.5)
    assert callee.strength(1000, second.start + 0.1) > 0.99
    assert second.end == pytest.approx(callee.seconds, abs=0.1)
    (silence,) = own.silences(at_least=0.3)
    assert silence.start == pytest.approx(spoken.end, abs=0.05)
    assert spoken.seconds == pytest.approx(1.5, abs=0.3)


async def test_numbers_that_go_back_silence_a_recording_but_not_the_call(pbx: Pbx) -> None:
    """A fault of Asterisk's, for which the lab has its own telephone: SIPp cannot bring it about."""
    early, talk = Media(hz=440, seconds=0.5, seq=20000), Media(hz=1000, seq=5000)
    async with SoftCarrier(pbx, Answer(ring=None, early=early, talk=talk)), Softphone(pbx) as agent:
        call = await agent.call(f"81{NUMBER}")
        await call.answered()
        await call.hears(1000, seconds=1)
        await call.hang_up()
    callee, _ = await recorded(pbx)
    assert callee.spans(440)
    assert callee.spans(1000) == []


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
