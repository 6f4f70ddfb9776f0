"""A finished recording, judged by its files and by what was found out while it was made."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ami_listener.recording.files import Files
from ami_listener.recording.heard import Heard, Stretch
from ami_listener.recording.recorder import conclude
from ami_listener.recording.segment import Segment
from ami_listener.recording.windows import Watch
from dialpact.compliance import soundtrack
from dialpact.compliance.waveform import side_by_side
from dialpact.testing.ami_calls import tone, wav_header

BEGAN = datetime(2026, 11, 24, 2, tzinfo=UTC)
SIDES = ("main", "callee", "agent")


class Recording:
    """Of a call of ``seconds``; each file has the sound that it is given."""

    def __init__(self, folder: Path, seconds: float, format: str = "wav") -> None:
        self.files = Files(*(folder / f"{side}.{format}" for side in SIDES))
        self.end = BEGAN + timedelta(seconds=seconds)
        self.segment = Segment(
            id="1" * 32,
            decision="2" * 32,
            channel="PJSIP/carrier-1",
            uniqueid="1.1",
            format=format,
            files=self.files,
            started_at=BEGAN,
            answered_at=BEGAN,
            ended_at=self.end,
            begun=True,
        )

    def write(self, main: bytes, callee: bytes, agent: bytes) -> None:
        for path, data in zip(self.files.all, (main, callee, agent), strict=True):
            path.write_bytes(wav_header(len(data)) + data)
            os.utime(path, (self.end.timestamp(),) * 2)

    def heard(self) -> Heard:
        watch = Watch(self.segment.files, self.segment.format, self.segment.identities)
        watch.looked_at = self.end.timestamp()
        self.segment.heard = Heard(watch, BEGAN, BEGAN, self.end)
        return self.segment.heard

    def conclude(self) -> tuple[soundtrack.Soundtrack, list[str]]:
        end, problems = conclude(self.segment, lambda _: date(2027, 11, 24))
        track = soundtrack.decode(end.sound)
        assert track is not None
        return track, [f"{problem.kind} {problem.detail}" for problem in problems]


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    return Recording(tmp_path, 20)


def both(seconds: float) -> dict[str, bytes]:
    return dict.fromkeys(SIDES, tone(seconds))


def test_a_good_one(recording: Recording) -> None:
    recording.write(**both(20))
    recording.heard()
    track, problems = recording.conclude()
    assert problems == []
    assert track.seconds == dict.fromkeys(("mix", "callee", "agent"), 20)
    assert soundtrack.between(track.index, 7) == (7, 7)
    assert (track.silent, track.unsent, track.distorted, track.late) == ({}, (), "", None)


def test_one_that_nobody_looked_at_while_it_was_made_says_so(recording: Recording) -> None:
    recording.write(**both(20) | {"callee": tone(10) + bytes(16000 * 10)})
    track, problems = recording.conclude()
    assert problems == []
    assert track.late == 20
    ((silence,),) = track.silent.values()
    assert (silence.begin, silence.end, silence.reason) == (10, 20, "unknown")


@pytest.mark.parametrize(
    ("state", "reason", "problems"),
    [
        ({}, "unknown", ["recording-silent nothing is heard of the callee in 20.0 s"]),
        ({"reason": "sent"}, "sent", []),
        ({"reason": "unsent"}, "unsent", []),
        ({"reason": "lost", "told": True}, "lost", []),
        ({"told": True}, "unknown", []),
        (
            {"suspected": True},
            "unknown",
            [
                "recording-side-lost callee: silent from second 0.0 to the end, while packets came; "
                "it ended before anybody could tell"
            ],
        ),
    ],
)
def test_a_side_that_is_silent_to_the_end(
    recording: Recording, state: dict[str, Any], reason: str, problems: list[str]
) -> None:
    recording.write(**both(20) | {"callee": bytes(16000 * 20)})
    heard = recording.heard()
    if state:
        heard.open["callee"] = stretch = Stretch(0.0)
        stretch.end = 18.0
        for name, value in state.items():
            setattr(stretch, name, value)
    track, found = recording.conclude()
    assert found == problems
    (silence,) = track.silent["callee"]
    assert silence.reason == reason


def test_the_noise_of_a_line_came_in_like_that(recording: Recording) -> None:
    faint = tone(20, amplitude=12)
    recording.write(**both(20) | {"callee": faint})
    recording.heard()
    track, problems = recording.conclude()
    assert problems == []
    assert track.silent["callee"][0].reason == "sent"


def test_seconds_in_which_nobody_sent_are_no_lack(recording: Recording) -> None:
    recording.write(**both(8))
    assert recording.conclude()[1] == ["recording-short 8.0 s recorded of 20.0 s"]
    heard = recording.heard()
    for second in (2, 4):
        heard.index.add(second, second)
    heard.index.add(18, 6)
    heard.unsent.append((4.0, 16.0, 0.0))
    track, problems = recording.conclude()
    assert problems == []
    assert track.unsent == ((4, 16, 12),)
    assert soundtrack.between(track.index, 19) == (7, 7)


def test_a_talk_in_which_nobody_ever_sent(recording: Recording) -> None:
    recording.write(**dict.fromkeys(SIDES, b""))
    heard = recording.heard()
    heard.index.add(0, 0)
    heard.quiet_since = 0.5
    track, problems = recording.conclude()
    assert problems == []
    assert track.unsent[0][2] == pytest.approx(19.5, abs=0.6)


@pytest.mark.parametrize(
    ("main", "sides", "figures"),
    [
        (30, 20, "mix 30.0 s, callee 20.0 s, agent 20.0 s of 20.0 s"),
        (23, 23, "mix 23.0 s, callee 23.0 s, agent 23.0 s of 20.0 s"),
        (20, 17, "mix 20.0 s, callee 17.0 s, agent 17.0 s: of one call"),
        (21, 21, ""),
        (20, 19, ""),
    ],
)
def test_lengths_that_contradict_the_call_or_each_other(
    recording: Recording, main: int, sides: int, figures: str
) -> None:
    recording.write(tone(main), tone(sides), tone(sides))
    heard = recording.heard()
    problems = recording.conclude()[1]
    assert problems == ([f"recording-distorted {figures}"] if figures else [])
    heard.distorted = "told"
    assert recording.conclude()[1] == []


def test_what_is_drawn_of_it_is_made_when_it_is_measured_and_named_in_its_row(recording: Recording) -> None:
    recording.write(tone(20), tone(20), tone(10))
    recording.heard()
    end, _ = conclude(recording.segment, lambda _: date(2027, 11, 24))
    track = soundtrack.decode(end.sound)
    assert track is not None and set(end.waveforms) == set(track.drawn) == {"callee", "agent"}
    for side, sha256 in (("callee", end.callee_sha256), ("agent", end.agent_sha256)):
        assert track.drawn[side] == end.waveforms[side].digest(sha256 or "")
    callee, agent = side_by_side([end.waveforms["callee"], end.waveforms["agent"]])
    assert len(callee) == len(agent) and min(callee[:-1]) > 0.1
    assert not any(agent[len(agent) // 2 + 1 :])


def test_nothing_is_drawn_of_a_side_that_has_no_file(recording: Recording) -> None:
    recording.write(**both(20))
    recording.files.agent.unlink()
    recording.heard()
    end, _ = conclude(recording.segment, lambda _: date(2027, 11, 24))
    assert set(end.waveforms) == {"callee"}
