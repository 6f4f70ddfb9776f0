"""What Asterisk does on an action of the manager interface, and says: the other half of ``FakeAmi``."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Literal, Protocol

from dialpact.compliance.clock import Clock
from dialpact.testing.ami_calls import Channel, Monitor

CLASSES = {
    "Ping": set(),
    "Getvar": {"call", "reporting"},
    "Setvar": {"call"},
    "MixMonitor": {"system"},
    "MixMonitorMute": {"system", "call"},
    "StopMixMonitor": {"system", "call"},
    "CoreShowChannels": {"system", "reporting"},
    "BridgeList": set(),
    "PlayDTMF": {"call"},
    "CoreSettings": {"system", "reporting"},
    "Hangup": {"system", "call"},
}
# Asterisk knows these too, and a user without the right is told so.
FOREIGN = {"Originate": {"originate"}, "Command": {"command"}}
Headers = list[tuple[str, str]]
SAFE = re.compile(r"/[A-Za-z0-9_./-]+")
OPTIONS = re.compile(r"r\(([^()]*)\)t\(([^()]*)\)(?:i\(([A-Z0-9_]+)\))?")


class Settings(Protocol):
    """What the answers need of the fake: the channels that there are, and how it is to behave."""

    clock: Clock
    write: set[str]
    known: dict[str, list[Headers]]
    channels: dict[str, Channel]
    globals: dict[str, str]
    failures: list[str]
    house_rules: bool
    monitor_mode: Literal["works", "lies", "empty", "refuses", "stops"]
    heeds_monitor_id: bool
    tells_monitor_id: bool

    def find(self, name: str) -> Channel | None:
        """The channel of this name or of this unique id."""
        ...


class _Reply:
    """Answers to one action."""

    def __init__(self, ident: Headers) -> None:
        self.ident = ident

    def error(self, message: str) -> list[Headers]:
        return [[("Response", "Error"), *self.ident, ("Message", message)]]

    def success(self, *more: tuple[str, str]) -> list[Headers]:
        return [[("Response", "Success"), *self.ident, *more]]


class Answers:
    """Of one fake, whose channels and settings these are."""

    def __init__(self, ami: Settings) -> None:
        self._ami = ami

    def to(self, name: str, action: dict[str, str], ident: Headers, logged_in: bool) -> list[Headers]:
        """The messages that Asterisk sends; what else comes of the action is done."""
        reply = _Reply(ident)
        if name in self._ami.known:
            return [[*answer[:1], *ident, *answer[1:]] for answer in self._ami.known[name]]
        if name not in CLASSES and not FOREIGN.get(name, set()) - self._ami.write:
            more = "Use Action: ListCommands to show available commands."
            return reply.error(f"Invalid/unknown command: {name}. {more}")
        if not logged_in or name in FOREIGN:
            return reply.error("Permission denied")
        if CLASSES[name] and not CLASSES[name] & self._ami.write:
            return reply.error("Permission denied")
        if name == "Ping":
            return reply.success(("Ping", "Pong"), ("Timestamp", f"{self._ami.clock.now().timestamp():.6f}"))
        if name == "CoreSettings":
            return reply.success(("AMIversion", "11.0.0"), ("CoreRunUser", ""), ("CoreRunGroup", ""))
        if name == "CoreShowChannels":
            return self._channel_list(ident)
        if name == "BridgeList":
            return self._bridge_list(ident)
        if name == "Getvar" and "Channel" not in action:
            variable = action["Variable"]
            return reply.success(("Variable", variable), ("Value", self._global(variable)))
        channel = self._ami.find(action.get("Channel", ""))
        if channel is None:
            return reply.error("Channel not found" if name == "PlayDTMF" else "No such channel")
        handler: Callable[..., list[Headers]] = getattr(self, f"_{name.lower()}")
        return handler(channel, action, reply)

    def _channel_list(self, ident: Headers) -> list[Headers]:
        rows = [
            [
                ("Event", "CoreShowChannel"),
                *ident,
                *channel.block(),
                ("Application", channel.application),
                ("ApplicationData", channel.data),
                ("Duration", f"00:{channel.seconds // 60:02d}:{channel.seconds % 60:02d}"),
                ("BridgeId", channel.bridge),
            ]
            for channel in self._ami.channels.values()
        ]
        start = [("Response", "Success"), *ident, ("EventList", "start"), ("Message", "Channels will follow")]
        end = [
            ("Event", "CoreShowChannelsComplete"),
            *ident,
            ("EventList", "Complete"),
            ("ListItems", str(len(rows))),
        ]
        return [start, *rows, end]

    def _bridge_list(self, ident: Headers) -> list[Headers]:
        bridges = {channel.bridge: channel for channel in self._ami.channels.values() if channel.bridge}
        rows = [
            [("Event", "BridgeListItem"), *ident, *channel.bridge_block()] for channel in bridges.values()
        ]
        told = ("Message", "Bridge listing will follow")
        start = [("Response", "Success"), *ident, ("EventList", "start"), told]
        end = [
            ("Event", "BridgeListComplete"),
            *ident,
            ("EventList", "Complete"),
            ("ListItems", str(len(rows))),
        ]
        return [start, *rows, end]

    def _global(self, variable: str) -> str:
        """A global, or a function that needs no channel."""
        found = re.fullmatch(r'REGEX\("([^"]*)" ([0-9+]*)\)', variable)
        if found is None:
            return self._ami.globals.get(variable, "")
        try:
            return str(int(re.search(found[1], found[2]) is not None))
        except re.error:
            return ""

    def _getvar(self, channel: Channel, action: dict[str, str], reply: _Reply) -> list[Headers]:
        incoming = f"sip:{channel.number}@127.0.0.1" if channel.incoming else ""
        own = {
            "UNIQUEID": channel.uniqueid,
            "CHANNEL(channeltype)": channel.name.partition("/")[0],
            "CHANNEL(state)": channel.state,
            "CHANNEL(appname)": channel.application,
            "CHANNEL(appdata)": channel.data,
            "CHANNEL(pjsip,request_uri)": incoming,
            "CHANNEL(pjsip,call-id)": f"call-{channel.uniqueid}",
            "CDR(answer,u)": f"{channel.answered_at:.6f}",
            "STRFTIME(,,%s.%3q)": f"{self._ami.clock.now().timestamp():.3f}",
            "CHANNEL(pjsip,remote_uri)": f"<sip:{channel.number}@{channel.contact.partition(':')[0]}>",
            "CHANNEL(pjsip,local_uri)": f"<sip:{channel.caller_id}@127.0.0.1>",
            "CHANNEL(pjsip,target_uri)": f"sip:{channel.number}@{channel.contact}",
            "CONNECTEDLINE(num)": channel.caller_id,
            "CONNECTEDLINE(pres)": channel.presentation,
        }
        name = action["Variable"]
        return reply.success(("Variable", name), ("Value", own.get(name, channel.variables.get(name, ""))))

    def _setvar(self, channel: Channel, action: dict[str, str], reply: _Reply) -> list[Headers]:
        if action["Variable"] == "CHANNEL(hangup_handler_push)":
            channel.handlers.insert(0, action["Value"])
        else:
            channel.variables[action["Variable"]] = action["Value"]
        return reply.success(("Message", "Variable Set"))

    def _mixmonitor(self, channel: Channel, action: dict[str, str], reply: _Reply) -> list[Headers]:
        options = OPTIONS.fullmatch(action.get("Options", ""))
        if options is None and not self._ami.house_rules and "Command" not in action:
            return self._record(channel, {"main": Path(action["File"])}, "", reply)
        if "Command" in action or options is None:
            self._ami.failures.append(f"MixMonitor with Command, or without both directions: {action}")
            return reply.error("Could not start monitoring channel")
        files = {"main": Path(action["File"]), "callee": Path(options[1]), "agent": Path(options[2])}
        return self._record(channel, files, options[3] or "", reply)

    def _record(
        self, channel: Channel, files: dict[str, Path], variable: str, reply: _Reply
    ) -> list[Headers]:
        """``variable``: the one that gets the MixMonitor's id."""
        for path in files.values():
            # (a short one, 110, may well be in a random id)
            shown = len(channel.number) > 6 and channel.number in path.name
            if not SAFE.fullmatch(str(path)) or ".." in path.parts or shown:
                self._ami.failures.append(f"unsafe name: {path}")
            if path.exists():
                self._ami.failures.append(f"would overwrite {path}")
                return reply.error("Asterisk would have overwritten it; the fake does not")
        if self._ami.monitor_mode == "refuses":
            return reply.error("Could not start monitoring channel")
        monitor = Monitor(self._free_address(), files)  # type: ignore[arg-type]
        if self._ami.monitor_mode != "lies":
            monitor.open(empty=self._ami.monitor_mode == "empty")
        if variable:
            channel.variables[variable] = monitor.id
        channel.variables["MIXMONITOR_FILENAME"] = str(files["main"])
        channel.start_monitor(monitor)
        if self._ami.monitor_mode == "stops":
            channel.stop_monitor()
        told = variable and self._ami.tells_monitor_id
        return reply.success(*([("MixMonitorID", monitor.id)] if told else []))

    def _free_address(self) -> str:
        """An id is an address: that of a MixMonitor that has ended is given to the next."""
        used = {monitor.id for channel in self._ami.channels.values() for monitor in channel.monitors}
        return next(one for one in map(hex, itertools.count(0x7F0000001000, 0x40)) if one not in used)

    def _mixmonitormute(self, channel: Channel, action: dict[str, str], reply: _Reply) -> list[Headers]:
        ident = action.get("MixMonitorID", "") if self._ami.heeds_monitor_id else ""
        done = channel.mute_monitor(ident, action["State"] == "1")
        return reply.success() if done else reply.error("Cannot set mute flag")

    def _stopmixmonitor(self, channel: Channel, action: dict[str, str], reply: _Reply) -> list[Headers]:
        done = channel.stop_monitor(action.get("MixMonitorID", ""))
        return reply.success() if done else reply.error("Could not stop monitoring channel")

    def _playdtmf(self, channel: Channel, action: dict[str, str], reply: _Reply) -> list[Headers]:
        channel.heard += action["Digit"]
        return reply.success(("Message", "DTMF successfully queued"))

    def _hangup(self, channel: Channel, action: dict[str, str], reply: _Reply) -> list[Headers]:
        asyncio.get_running_loop().call_later(0.002, channel.hang_up)
        return reply.success(("Message", "Channel Hungup"))
