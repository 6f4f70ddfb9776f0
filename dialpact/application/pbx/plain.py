"""Asterisk by itself: an ``extensions.conf`` that its administrator writes.

Where his Dial is, nobody but he knows; so what is put there is what his one line needs, and each of his Dials
is looked at: which of them asks, and which goes round.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dialpact.application.doctor import dialplan
from dialpact.application.pbx import files
from dialpact.application.pbx.adapter import Block, CdrPlace, Change, Expected, Found, Route, Wishes
from dialpact.application.pbx.fragment import plain
from dialpact.application.pbx.host import Host
from dialpact.application.pbx.includes import included, ours, own
from dialpact.compliance.dialplan.judge import Around
from dialpact.compliance.dialplan.plan import Plan, Step
from dialpact.compliance.dialplan.ways import Way, ways
from dialpact.compliance.registers.fault import Fault, shown

OLDEST = 18
DIALPLAN, FEATURES, MANAGER, MODULES = "extensions.conf", "features.conf", "manager.conf", "modules.conf"
GATE = "127.0.0.1:4573"
NEEDED = (
    *("pbx_config", "res_agi", "app_stack", "app_dial", "app_exec", "app_mixmonitor", "app_originate"),
    *("app_playback", "app_playtones", "app_verbose", "app_cdr", "func_callerid", "func_cdr", "func_channel"),
    *("func_cut", "func_dialplan", "func_global", "func_logic", "func_strings", "func_timeout", "func_uri"),
)
_VERSION = re.compile(r"Asterisk (?:certified/|GIT-)?([0-9]{1,3}(?:\.[0-9]{1,3}){0,3})")
_MODULE = re.compile(r"([A-Za-z0-9_]{1,80})(?:\.so)?")


@dataclass(frozen=True)
class Plain:
    name: str = "plain"
    tables: None = None

    def recognise(self, host: Host) -> Found | None:
        if host.content(host.conf(DIALPLAN)) is None:
            return None
        said = _VERSION.match(host.run(["asterisk", "-V"]).out)
        return Found(self.name, said[1] if said else "?", host.conf(DIALPLAN))

    def changes(self, host: Host, found: Found, wishes: Wishes) -> Sequence[Change]:
        if found.major.isdigit() and int(found.major) < OLDEST:
            raise Fault("pbx-version", pbx="Asterisk", version=shown(found.version), oldest=str(OLDEST))
        _modules(host)
        changes: list[Change] = [*files.ours(host, wishes)]
        if wishes.gate != GATE:
            line = f"DIALPACT_GATE={plain(wishes.gate, '[gate] listen')}\n"
            changes.append(Block(host.conf(DIALPLAN), line, "section:globals"))
        if not included(host, DIALPLAN, files.CONTEXTS):
            changes.append(Block(host.conf(DIALPLAN), f"#include {files.CONTEXTS}\n"))
        if not included(host, FEATURES, files.FEATURES):
            changes.append(
                Block(host.conf(FEATURES), f"#include {files.FEATURES}\n", "section:applicationmap")
            )
        if not included(host, MANAGER, files.MANAGER):
            text = f"{_switched_on(host)}#include {files.MANAGER}\n"
            changes.append(Block(host.conf(MANAGER), text, mode=0o640, group=files.GROUP))
        return changes

    def reload(self, found: Found) -> Sequence[Sequence[str]]:
        return [["asterisk", "-rx", f"{what} reload"] for what in ("dialplan", "manager")] + [
            ["asterisk", "-rx", "module reload features"]
        ]

    def routes(self, host: Host, found: Found, wishes: Wishes) -> Sequence[Route]:
        return [_route(way, wishes) for way in _ways(host, host.running or dialplan.files(host.etc), wishes)]

    def expected(self, host: Host, found: Found, wishes: Wishes) -> Sequence[Expected]:
        """Our contexts as they ship, and of each way that the files have right: its lines."""
        expected = [*files.expected()]
        for way in _ways(host, dialplan.files(host.etc), wishes):
            if not way.wrong:
                name = _named(way)
                expected += [_line("hook", ask, name) for ask in way.asks]
                expected.append(_line("interlock", way.step, name))
        return list(dict.fromkeys(expected))

    def cdr(self, host: Host, found: Found) -> CdrPlace:
        return CdrPlace("file", "/var/log/asterisk/cdr-csv/Master.csv")


def _ways(host: Host, plan: Plan, wishes: Wishes) -> list[Way]:
    entries, members = dialplan.entered(host.etc)
    return ways(plan, Around({name: to for to, name in wishes.trunks.items()}, entries, members))


def _named(way: Way) -> str:
    context, pattern = way.entry or (way.step.context, way.step.extension)
    return f"[{context}] {pattern} → {way.trunk}"


def _route(way: Way, wishes: Wishes) -> Route:
    context, pattern = way.entry or ("", "")
    endpoint = next((to for to, name in wishes.trunks.items() if name == way.trunk), "")
    where = f"[{way.step.context}] {way.step.extension},{way.step.priority}"
    at = f"{way.step.place} " if str(way.step.place) else ""
    lines: list[str] = []
    for finding in way.wrong:
        lines += [finding.values[key] for key in ("ask", "instead") if key in finding.values]
    if any(finding.code == "dial-unasked" for finding in way.wrong) and wishes.campaign:
        lines = [line.replace(",CAMPAIGN,", f",{wishes.campaign},") for line in lines]
    return Route(
        _named(way),
        context,
        pattern,
        way.trunk,
        endpoint,
        way.wrong[0].code if way.wrong else "",
        place=f"{at}{where}",
        lines=tuple(dict.fromkeys(lines)),
    )


def _line(what: Literal["hook", "interlock"], step: Step, route: str) -> Expected:
    return Expected(what, step.context, step.extension, (f"{step.app}({step.data})",), route=route)


def _switched_on(host: Host) -> str:
    """What manager.conf needs for an AMI that is off; it then listens on the loopback address alone."""
    general = [section for section in host.sections(MANAGER) if section.name == "general"]
    written = ours(host, MANAGER)
    said = [
        line.value.lower()
        for section in general
        for line in section.entries
        if line.key.lower() == "enabled" and not (line.place.file == MANAGER and line.place.line in written)
    ]
    if said[-1:] and said[-1] in ("yes", "true", "on", "1", "y", "t"):
        return ""
    there = re.search(r"^[ \t]*\[general\]", own(host, MANAGER), re.M)
    return f"[general]{'(+)' if there else ''}\nenabled = yes\nbindaddr = 127.0.0.1\n"


def _modules(host: Host) -> None:
    """Fault: modules.conf keeps a module from being loaded that a call needs."""
    asked: dict[str, set[str]] = {"load": set(), "noload": set()}
    auto = True
    for section in host.sections(MODULES):
        for key, value in section.lines if section.name == "modules" else ():
            if key == "autoload":
                auto = value.lower() in ("yes", "true", "on", "1")
            elif named := _MODULE.fullmatch(value):
                asked.setdefault(key, set()).add(named[1])
    there = asked["load"] | asked.get("require", set()) | asked.get("preload", set())
    lacking = [name for name in NEEDED if name in asked["noload"] or not (auto or name in there)]
    if lacking:
        lines = ", ".join(f"load = {name}.so" for name in lacking)
        raise Fault("pbx-modules", file=host.conf(MODULES), lines=lines)
