"""MikoPBX: lines at the end of its extensions.conf; its own list of changed files keeps them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dialpact.application.pbx import files, trunk_lines
from dialpact.application.pbx.adapter import Block, CdrPlace, Change, Expected, Found, Route, Wishes
from dialpact.application.pbx.fragment import plain, shipped
from dialpact.application.pbx.host import Host
from dialpact.application.pbx.included_files import GATE, keys_and_manager
from dialpact.compliance.registers.fault import Fault, shown

VERSION = "/etc/version"
SETTINGS = "/etc/inc/mikopbx-settings.json"
EXTENSIONS = "extensions.conf"
STORAGE = "/storage/usbdisk1/mikopbx"
HOOK = "all-outgoing-custom"
OPTIONS = "Set(DIAL_OUT_ANSWER_OPTIONS=iU(dialpact-mikopbx-answered"
NUMBERS = "_[0-9*#+a-zA-Z][0-9*#+a-zA-Z]!"  # the pattern of MikoPBX's own routes
_ROUTE = re.compile(r"(?P<provider>[0-9A-Za-z_-]{1,80})-(?P<id>[0-9]{1,9})-outgoing")
_VERSION = re.compile(r"20[0-9]{2}\.[0-9]+\.[0-9]+(?:[.-][0-9A-Za-z.-]+)?")
_ENTRY = re.compile(r'REGEX\("\^(?P<regex>[^"]{0,120})" \$\{EXTEN\}\).*Gosub\((?P<context>[^,()]+),')
_TECHNOLOGY = re.compile(
    r"Set\(DIAL_COMMAND=(PJSIP|SIP|IAX2)/(?:\$\{number\}@([^)]+)|([^/)]+)/\$\{number\})\)"
)
_DIGITS = re.compile(r"(?P<begin>[0-9]*)(?:\[0-9\]\{(?P<rest>[0-9]{1,2})\})?(?P<end>\$?)")


@dataclass(frozen=True)
class Mikopbx:
    """See :class:`dialpact.application.pbx.adapter.Adapter`."""

    name: str = "mikopbx"
    tables: None = None

    def recognise(self, host: Host) -> Found | None:
        if host.content(SETTINGS) is None or (text := host.text(VERSION)) is None:
            return None
        return Found(self.name, text.strip(), VERSION)

    def changes(self, host: Host, found: Found, wishes: Wishes) -> Sequence[Change]:
        if not _VERSION.fullmatch(found.version) or int(found.major) < 2023:
            raise Fault("mikopbx-version", version=shown(found.version))
        ours = Block(host.conf(EXTENSIONS), dialplan(wishes))
        return [*files.ours(host, wishes), ours, *keys_and_manager(host)]

    def reload(self, found: Found) -> Sequence[Sequence[str]]:
        commands = ("dialplan reload", "module reload features", "manager reload")
        return [["asterisk", "-rx", command] for command in commands]

    def routes(self, host: Host, found: Found, wishes: Wishes) -> Sequence[Route]:
        routes = []
        patterns = dict(_patterns(host))
        for section in host.sections(EXTENSIONS):
            if not _ROUTE.fullmatch(section.name):
                continue
            endpoint = next(_endpoints(entry.value for entry in section.entries), "")
            trunk = wishes.trunk(endpoint, section.name) if endpoint else ""
            pattern = patterns.get(section.name, "")
            routes.append(Route(section.name, "outgoing", pattern, trunk, endpoint))
        return routes

    def expected(self, host: Host, found: Found, wishes: Wishes) -> Sequence[Expected]:
        gate, number = "Gosub(dialpact-outbound,s,1(", "Set(DIAL_COMMAND="
        wanted = [
            *files.expected(),
            Expected("hook", HOOK, NUMBERS, ("Gosub(dialpact-mikopbx,s,1)",)),
            Expected("gate", "dialpact-mikopbx", "s", (gate, number)),
            Expected("interlock", "dialpact-mikopbx", "s", ("Set(OFF_ANSWER_SUB=1)", OPTIONS)),
            Expected("interlock", "dialpact-mikopbx-answered", "s", ("Gosub(dialpact-answered,s,1)",)),
        ]
        asked = f"{HOOK},${{EXTEN}},1"
        for section in host.sections(EXTENSIONS):
            if _ROUTE.fullmatch(section.name):
                wanted.append(Expected("hook", section.name, NUMBERS, (asked, "Dial("), route=section.name))
        return wanted

    def cdr(self, host: Host, found: Found) -> CdrPlace:
        return CdrPlace("sqlite", f"{STORAGE}/astlogs/asterisk/cdr.db", f"{STORAGE}/astspool/monitor")


def dialplan(wishes: Wishes) -> str:
    """What goes to the end of extensions.conf, also by hand. Fault: a value that can not stand there."""
    gate = f"[globals](+)\nDIALPACT_GATE={plain(wishes.gate, '[gate] listen')}\n\n"
    text = shipped("mikopbx/extensions.conf")
    text = text.replace("@GLOBALS@\n", gate if wishes.gate != GATE else "")
    text = text.replace("@CAMPAIGN@", plain(wishes.campaign, "--campaign") if wishes.campaign else "")
    return text.replace("@TRUNKS@\n", trunk_lines.lines(wishes))


def _endpoints(steps: Iterator[str]) -> Iterator[str]:
    for step in steps:
        if found := _TECHNOLOGY.search(step):
            yield f"{found[1]}/{found[2] or found[3]}"


def _patterns(host: Host) -> Iterator[tuple[str, str]]:
    """(context of the route, pattern of the numbers that it takes) of those of which it can be told."""
    for section in host.sections(EXTENSIONS):
        if section.name != "outgoing":
            continue
        for entry in section.entries:
            if (found := _ENTRY.search(entry.value)) and (digits := _DIGITS.fullmatch(found["regex"])):
                rest = int(digits["rest"] or 0)
                more = "" if digits["end"] else "."
                yield found["context"], f"_{digits['begin']}{'X' * rest}{more}"


MIKOPBX = Mikopbx()
