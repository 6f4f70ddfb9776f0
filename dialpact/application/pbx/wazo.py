"""Wazo: one file beside its own, whose subroutine it calls before each trunk that it tries."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dialpact.application.pbx import files, trunk_lines
from dialpact.application.pbx.adapter import CdrPlace, Change, Expected, Found, NewFile, Route, Wishes
from dialpact.application.pbx.fragment import plain, shipped
from dialpact.application.pbx.host import Host
from dialpact.application.pbx.included_files import GATE, keys_and_manager
from dialpact.compliance.dialplan.plan import Plan
from dialpact.compliance.registers.fault import Fault, shown

HOOK = "extensions_extra.d/dialpact.conf"
CONTEXT = "xivo-subrgbl-outcall"
# The step, as Asterisk shows it, that has Wazo's Dial run ours on the answered leg.
INTERLOCK = (
    'ExecIf($[${REGEX("dialpact-answered" ${WAZO_CALLOPTIONS})} = 0]?'
    "Set(WAZO_CALLOPTIONS=${WAZO_CALLOPTIONS}iU(dialpact-answered)))"
)
VERSION = "/usr/share/wazo/WAZO-VERSION"
_VERSION = re.compile(r"[0-9]{2}\.[0-9]{2}(?:[.-][0-9A-Za-z.-]+)?")


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
            "@GLOBALS@": gate if wishes.gate != GATE else "",
            "@CAMPAIGN@": plain(wishes.campaign, "--campaign") if wishes.campaign else "",
            "@TRUNKS@": trunk_lines.lines(wishes),
        }
        text = shipped("wazo/dialpact.conf")
        for place, value in values.items():
            text = text.replace(f"{place}\n" if place != "@CAMPAIGN@" else place, value)
        hook = NewFile(host.conf(HOOK), text.encode())
        return [*files.ours(host, wishes), hook, *keys_and_manager(host)]

    def reload(self, found: Found) -> Sequence[Sequence[str]]:
        commands = ("dialplan reload", "module reload features", "manager reload")
        return [["asterisk", "-rx", command] for command in commands]

    def routes(self, host: Host, found: Found, wishes: Wishes) -> Sequence[Route]:
        """Of the running dialplan alone: Wazo makes its ways out of its database when Asterisk asks."""
        trunks = sorted(wishes.trunks.items())
        endpoint, trunk = trunks[0] if len(trunks) == 1 else ("", "")
        return [
            Route(f"[{context}] {pattern}", context, pattern, trunk, endpoint, any_trunk=len(trunks) > 1)
            for context, pattern in (_outcalls(host.running) if host.running else ())
        ]

    def expected(self, host: Host, found: Found, wishes: Wishes) -> Sequence[Expected]:
        asks = ("Gosub(dialpact-outbound,s,1(", "Set(TRUNKEXTEN=${DIALPACT_NUMBER}")
        return [
            *files.expected(),
            Expected("hook", "outcall", "dial", ("Gosub(wazo-global-subroutine,s,1)", "Dial(")),
            Expected("hook", CONTEXT, "s", asks),
            Expected("interlock", CONTEXT, "s", (INTERLOCK,)),
        ]

    def cdr(self, host: Host, found: Found) -> CdrPlace:
        recordings = "/var/lib/wazo/sounds/tenants"
        return CdrPlace("postgresql", "wazo_call_logd.call_logd_call_log", recordings)


def _outcalls(plan: Plan) -> Iterator[tuple[str, str]]:
    """(context, pattern) of each way into Wazo's outgoing calls."""
    for context in plan.contexts.values():
        for extension in context.extensions.values():
            steps = extension.steps.values()
            if any(step.app.lower() == "gosub" and step.data.startswith("outcall,s,1(") for step in steps):
                yield context.name, extension.name


WAZO = Wazo()
