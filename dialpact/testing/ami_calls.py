"""The fake Asterisk's channels and recordings, and the text of its events.

Header sets and orders are those of Asterisk 22.10.1 (tests/transcripts/ami); a parity test holds them
together.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from dialpact.compliance.clock import Clock

# How a leg ends that was never answered, by its DialStatus; every other end is a normal one.
CAUSES = {"BUSY": ("17", "User busy"), "CANCEL": ("127", "Interworking, unspecified")}
NORMAL = ("16", "Normal Clearing")
STATES = {"Down": 0, "Ring": 4, "Ringing": 5, "Up": 6}
Send = Callable[[str, str, list[tuple[str, str]]], None]  # event, privilege class, headers


def tone(seconds: float, hertz: float = 440.0, amplitude: int = 8000) -> bytes:
    """Linear sound, 8000 samples a second."""
    count = int(seconds * 8000)
    return struct.pack(
        f"<{count}h", *(int(amplitude * math.sin(2 * math.pi * hertz * n / 8000)) for n in range(count))
    )


def wav_header(audio: int) -> bytes:
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        audio + 36,
        b"WAVE",
        b"fmt ",
        16,
        1,
        1,
        8000,
        16000,
        2,
        16,
        b"data",
        audio,
    )


@dataclass
class Monitor:
    """A MixMonitor: an id and up to three files, written as Asterisk does: sizes in the header at the end."""

    id: str
    files: dict[Literal["main", "callee", "agent"], Path]
    muted: bool = False

    def open(self, empty: bool = False) -> None:
        for path in self.files.values():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"" if empty or path.suffix != ".wav" else wav_header(0))

    def write(self, callee: bytes, agent: bytes) -> None:
        sides = {"main": callee or agent, "callee": callee, "agent": agent}
        length = max(map(len, sides.values()))
        for side, path in self.files.items():
            if path.exists():
                with path.open("ab") as file:
                    file.write(bytes(length) if self.muted else sides[side].ljust(length, b"\0"))

    def close(self) -> None:
        for path in self.files.values():
            if path.exists() and path.suffix == ".wav" and (size := path.stat().st_size) >= 44:
                with path.open("r+b") as file:
                    file.write(wav_header(size - 44))


@dataclass
class Channel:
    """A channel. Its methods do something to it and send what Asterisk would."""

    name: str
    uniqueid: str
    linkedid: str
    send: Send
    forget: Callable[[Channel], None]
    renamed: Callable[[str, str], None]
    clock: Clock
    number: str = ""
    state: str = "Down"
    bridge: str = ""
    purpose: str = "basic"  # of the bridge
    technology: str = ""  # of the bridge
    heard: str = ""  # the keys that whoever is on it was sent
    application: str = "AppDial"
    data: str = "(Outgoing Line)"  # of the application
    seconds: int = 0
    incoming: bool = False
    caller: Channel | None = None
    dial_string: str = ""
    answered_at: float = 0.0  # seconds since 1970
    caller_id: str = "02788880001"  # what leaves for the carrier
    presentation: str = "allowed_not_screened"
    contact: str = "127.0.4.1"  # host, perhaps with a port, that it is sent to
    variables: dict[str, str] = field(default_factory=dict)
    handlers: list[str] = field(default_factory=list)  # pushed over AMI, the newest first
    monitors: list[Monitor] = field(default_factory=list)

    def block(self, prefix: str = "") -> list[tuple[str, str]]:
        """The headers that every event about a channel has."""
        values = {
            "Channel": self.name,
            "ChannelState": str(STATES[self.state]),
            "ChannelStateDesc": self.state,
            "CallerIDNum": self.number or "<unknown>",
            "CallerIDName": "<unknown>",
            "ConnectedLineNum": "<unknown>",
            "ConnectedLineName": "<unknown>",
            "Language": "en",
            "AccountCode": "",
            "Context": "from-carrier",
            "Exten": self.number,
            "Priority": "1",
            "Uniqueid": self.uniqueid,
            "Linkedid": self.linkedid,
        }
        return [(prefix + key, value) for key, value in values.items()]

    def tell(self, event: str, *more: tuple[str, str]) -> None:
        """An event about this channel, whatever became of it: ``leg.tell("MixMonitorStop")``."""
        self.send(event, "call", [*self.block(), *more])

    def tell_dial(self, event: str, *more: tuple[str, str]) -> None:
        """A dial event about it, with its caller's headers if it has one."""
        caller = self.caller.block() if self.caller else []
        self.send(event, "call", [*caller, *self.block("Dest"), *more])

    def dial_begin(self) -> None:
        self.tell_dial("DialBegin", ("DialString", self.dial_string))

    def ring(self) -> None:
        self.state = "Ringing"
        self.tell("Newstate")

    def answer(self) -> None:
        self.pick_up()
        self.let_through()

    def pick_up(self) -> None:
        """The callee answers, and Dial's ``U()`` begins; Dial tells of the answer when it is through."""
        self.state, self.answered_at = "Up", self.clock.now().timestamp()
        self.tell("Newstate")

    def let_through(self) -> None:
        self.tell_dial("DialEnd", ("DialStatus", "ANSWER"))

    def refuse(self) -> None:
        """The dialplan's interlock gives the call up."""
        self.tell_dial("DialEnd", ("DialStatus", "GOTO:dialpact-unrecorded,s,1"))

    def rename(self, name: str) -> None:
        """As a masquerade does; the unique id stays."""
        headers = [("Channel", self.name), ("Newname", name), ("Uniqueid", self.uniqueid)]
        self.renamed(self.name, name)
        self.name = name
        self.send("Rename", "call", headers)

    def enter_bridge(
        self,
        bridge: str = "",
        technology: str = "simple_bridge",
        *,
        interlock: bool = True,
        purpose: str = "basic",
    ) -> None:
        """``bridge``: one that others are in or will be. ``interlock``: it came through Dial's ``U()``."""
        self.bridge, self.technology = bridge or f"bridge-{self.uniqueid}", technology
        self.purpose = "parking" if technology == "holding_bridge" else purpose
        if interlock and "DIALPACT_ID" in self.variables:
            self.variables["DIALPACT_INTERLOCK"] = "through"
        self._call_in_bridge("BridgeEnter")

    def leave_bridge(self) -> None:
        self._call_in_bridge("BridgeLeave")
        self.bridge = ""

    def bridge_block(self) -> list[tuple[str, str]]:
        values = {
            "BridgeUniqueid": self.bridge,
            "BridgeType": self.purpose,
            "BridgeTechnology": self.technology,
            "BridgeCreator": "<unknown>",
            "BridgeName": "<unknown>",
            "BridgeNumChannels": "1",
            "BridgeVideoSourceMode": "none",
        }
        return list(values.items())

    def _call_in_bridge(self, event: str) -> None:
        self.send(event, "call", [*self.bridge_block(), *self.block()])

    def press(self, keys: str, direction: Literal["Received", "Sent"] = "Received") -> None:
        """Keys that come in on it, or that are sent out."""
        for key in keys:
            more = [("Digit", key), ("DurationMs", "120"), ("Direction", direction)]
            self.send("DTMFEnd", "dtmf", [*self.block(), *more])

    def speak(self, seconds: float, callee: bool = True, agent: bool = True) -> None:
        """Both sides say something, or one; it is in the files at once."""
        for monitor in self.monitors:
            monitor.write(
                tone(seconds) if callee else bytes(int(seconds * 8000) * 2),
                tone(seconds, 1000.0) if agent else bytes(int(seconds * 8000) * 2),
            )

    def start_monitor(self, monitor: Monitor) -> None:
        self.monitors.insert(0, monitor)
        self.tell("MixMonitorStart")

    def stop_monitor(self, ident: str = "") -> bool:
        """The newest, or the one with this id; False when there is none."""
        found = next((one for one in self.monitors if not ident or one.id == ident), None)
        if found is None:
            return False
        found.close()
        self.monitors.remove(found)
        self.tell("MixMonitorStop")
        return True

    def run_handlers(self) -> None:
        """The dialplan's [dialpact-hangup], as the interlock and the listener have pushed it: ours alone."""
        names = [found[1] for one in self.handlers if (found := re.search(r"\((\w+)\)", one))]
        for name in [*names, "DIALPACT_MIXMONITOR"]:
            if ident := self.variables.get(name, ""):
                self.stop_monitor(ident)

    def mute_monitor(self, ident: str = "", on: bool = True) -> bool:
        """All, or the one with this id; False when that one is not there."""
        found = [one for one in self.monitors if not ident or one.id == ident]
        if ident and not found:
            return False
        for one in found:
            one.muted = on
        self.tell("MixMonitorMute", ("Direction", "both"), ("State", str(int(on))))
        return True

    def hang_up(self, handler: bool = True, status: str = "CANCEL") -> None:
        """Ends it in the order of a real call; ``handler``: the dialplan's hangup handler runs."""
        answered = self.state == "Up"
        if not answered:
            self.tell_dial("DialEnd", ("DialStatus", status))
        if self.bridge:
            self.leave_bridge()
        if answered and handler:
            self.run_handlers()
        self.forget(self)
        for monitor in self.monitors:
            monitor.close()
        self.monitors.clear()
        number, text = NORMAL if answered else CAUSES.get(status, NORMAL)
        self.tell("Hangup", ("Cause", number), ("Cause-txt", text))
