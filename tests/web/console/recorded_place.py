"""A home with a call of ``spring`` that was recorded on both sides, and another campaign's beside it."""

from __future__ import annotations

import hashlib
import json
from datetime import date, timedelta
from typing import Any

from dialpact.compliance.soundtrack import Silence, Soundtrack
from dialpact.compliance.waveform import Waveform
from dialpact.store.sqlite import Store
from dialpact.testing.ami_calls import tone, wav_header
from tests.cli.conftest import Home
from tests.compliance.store_values import AT
from tests.web.api import recorded

CALL, OTHER_CALL = "ca12" * 8, "0ca1" * 8
ID, OTHER = "5ec1" * 8, "0ec0" * 8
NUMBER = "+8613800138000"


def sound(seconds: float) -> bytes:
    made = tone(seconds)
    return wav_header(len(made)) + made


class Place:
    """``seconds``: of its sound."""

    def __init__(self, home: Home, seconds: float = 20) -> None:
        self.home = home
        first = recorded.call(CALL, "jianghan", campaign="spring")
        second = recorded.call(
            OTHER_CALL, "hanyang", campaign="autumn", at=AT + timedelta(hours=1), agent="1002"
        )
        recorded.put(home, first, second)
        self.new = recorded.recording(home, ID, first)
        self.files = {
            "mix": (self.new.path, sound(seconds)),
            "callee": (self.new.callee_path, sound(seconds)),
            "agent": (self.new.agent_path, sound(seconds / 2)),
        }
        hashes = {}
        for side, (path, content) in self.files.items():
            home.path.joinpath(path).write_bytes(content)
            hashes[side] = hashlib.sha256(content).hexdigest()
        drawn = {"callee": Waveform(1, b"\x33\xff"), "agent": Waveform(1, b"\x33")}
        track = Soundtrack(
            since=AT.isoformat().replace("+00:00", "Z"),
            index=((0.0, 0.0), (30.0, 30.0)),
            seconds=dict.fromkeys(("mix", "callee", "agent"), float(seconds)),
            silent={"agent": (Silence(begin=12, end=16, reason="lost"),)},
            drawn={side: one.digest(hashes[side]) for side, one in drawn.items()},
        )
        recorded.keep(
            home,
            self.new,
            sha256=hashes["mix"],
            callee_sha256=hashes["callee"],
            agent_sha256=hashes["agent"],
            seconds=float(seconds),
            sound=track.encode(),
            waveforms=drawn,
            keep_until=date(2027, 11, 24),
        )
        recorded.keep(home, recorded.recording(home, OTHER, second), unseen=True)
        self.hashes = hashes

    def opted_out(self, second: float) -> None:
        async def work(store: Store) -> None:
            await store.opt_outs.from_call(
                CALL,
                how="callee-key",
                scope="all",
                node="pbx1",
                channel="c",
                at=AT + timedelta(seconds=second),
            )

        recorded.within(self.home, work)

    def acts(self, action: str) -> list[dict[str, Any]]:
        found = json.loads(self.home.run("recordings", "show", ID, "--json", code=0).stdout)
        return [one for one in found["history"] if one["action"] == action]
