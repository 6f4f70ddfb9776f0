"""Wazo: one file beside its own, whose subroutine it calls before each trunk that it tries."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dialpact.application.pbx import trunk_lines
from dialpact.application.pbx.adapter import Block, CdrPlace, Change, Expected, Found, NewFile, Route, Wishes
from dialpact.application.pbx.files import FEATURES, MANAGER, ours
from dialpact.application.pbx.fragment import plain, shipped
from dialpact.application.pbx.host import Host
from dialpact.compliance.registers.fault import Fault, shown

HOOK = "extensions_extra.d/dialpact.conf"
CONTEXT = "xivo-subrgbl-outcall"
VERSION = "/usr/share/wazo/WAZO-VERSION"
GLOBALS = ("xivo_globals.conf", "/etc/xivo/asterisk/xivo_globals.conf")
DEFAULT_GATE = "127.0.0.1:4573"
_VERSION = re.compile(r"[0-9]{2}\.[0-9]{2}(?:[.-][0-9A-Za-z.-]+)?")
_OUTCALL = re.compile(
    r"\[ Context '([^']+)'|^\s*'([^']+)' =>|\bGosub\(outcall,s,1\(([0-9]+)\b", re.MULTILINE | re.I
)


@dataclass(frozen=True)
class Wazo:
    """See :class:`dialpact.application.pbx.adapter.Adapter`."""

    name: str = "wazo"
    tables: None = None

    def recognise(self, host: Host) -> Found | None:
        if (text := host.text(VERSION)) is not None:
            return Found(self.name, text.strip(), VERSION)
        return None

    def changes(self, host: Host, found: Found, wishes: Wishes) -> Sequence[Change]:
        if not _VERSION.fullmatch(found.version) or not (20 <= int(found.major) <= 26):
            raise Fault("wazo-version", version=shown(found.version))
        gate = f"[globals]\nDIALPACT_GATE={plain(wishes.gate, '[gate] listen')}\n"
        values = {
            "@GLOBALS@": gate if wishes.gate != DEFAULT_GATE else "",
            "@CAMPAIGN@": plain(wishes.campaign, "--campaign") if wishes.campaign else "",
            "@TRUNKS@": trunk_lines.lines(wishes),
        }
        text = shipped("wazo/dialpact.conf")
        for place, value in values.items():
            text = text.replace(f"{place}\n" if place != "@CAMPAIGN@" else place, value)
        return [
            *ours(host, wishes),
            NewFile(host.conf(HOOK), text.encode()),
            Block(host.conf("features.conf"), f"#include {FEATURES}\n", "section:applicationmap"),
            Block(host.conf("manager.conf"), f"#include {MANAGER}\n"),
        ]

    def reload(self, found: Found) -> Sequence[Sequence[str]]:
        commands = ("dialplan reload", "module reload features", "manager reload")
        return [["asterisk", "-rx", command] for command in commands]

    def routes(self, host: Host, found: Found, wishes: Wishes) -> Sequence[Route]:
        """Of the running dialplan: Wazo makes it of its database when Asterisk asks."""
        names = sorted(wishes.trunks.items())
        endpoint, trunk = names[0] if len(names) == 1 else ("", "")
        return [
            Route(f"outcall {number}", context, pattern, trunk, endpoint)
            for context, pattern, number in _outcalls(host)
        ]

    def expected(self, host: Host, found: Found, wishes: Wishes) -> Sequence[Expected]:
        return [
            Expected("gate", "dialpact-outbound", "s", ("AGI(", "dialpact-refused,s,1")),
            Expected("hook", "outcall", "dial", ("Gosub(wazo-global-subroutine,s,1)", "Dial(")),
            Expected(
                "hook", CONTEXT, "s", ("Gosub(dialpact-outbound,s,1(", "Set(TRUNKEXTEN=${DIALPACT_NUMBER}")
            ),
            Expected("interlock", CONTEXT, "s", ("U(dialpact-answered)",)),
        ]

    def cdr(self, host: Host, found: Found) -> CdrPlace:
        recordings = "/var/lib/wazo/sounds/tenants"
        return CdrPlace("postgresql", "wazo_call_logd.call_logd_call_log", recordings)


def _outcalls(host: Host) -> Iterator[tuple[str, str, str]]:
    """(context, pattern, number) of each way into Wazo's outgoing calls. Fault: Asterisk does not say."""
    told = host.run(["asterisk", "-rx", "dialplan show"])
    if told.code:
        raise Fault("pbx-not-running", error=shown(told.err.strip() or str(told.code)))
    context = pattern = ""
    for found in _OUTCALL.finditer(told.out):
        if found[1]:
            context = found[1]
        elif found[2]:
            pattern = found[2]
        if found[3]:
            yield context, pattern, found[3]


WAZO = Wazo()
