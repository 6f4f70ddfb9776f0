"""What FreePBX and Issabel generate of a call out (``extensions_additional.conf``): trunks and routes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dialpact.application.pbx.adapter import Route, Wishes
from dialpact.application.pbx.host import Host

FILE = "extensions_additional.conf"
_OUT = re.compile(r"OUT_([0-9]{1,6})")
_ROUTE = re.compile(r"outrt-[0-9]{1,6}")
_NAMED = re.compile(r"^\[(outrt-[0-9]{1,6})\][ \t]*;[ \t]*(\S.*?)[ \t]*$", re.M)
_CALLED = re.compile(
    r"([^,]+),[^,]+,(?:Gosub\(macro-|Macro\()(dialout-(?:trunk|dundi|enum))(?:,s,1\(|,)([0-9]{1,6}),([^,)]*)"
)
_NUMBER = re.compile(r"([^${}]*)\$\{EXTEN(?::([0-9]{1,2}))?\}")
_DIRECT = re.compile(r"([^,]+),[^,]+,Goto\(ext-trunk,([0-9]{1,6}),1\)")
_GIVEN = "$OUTNUM$"


@dataclass(frozen=True)
class Trunk:
    """``out``: ``OUT_3``. ``endpoint``: as Dial() names it (``PJSIP/carrier``). ``round``: why its calls
    pass by the hook, a key of the texts; empty: they do not.
    """

    out: str
    endpoint: str
    round: str = ""

    def known_as(self, wishes: Wishes) -> str:
        """Its name in dialpact.toml; ``--trunk`` may say ``OUT_3`` or what follows the technology. Fault."""
        peer = self.endpoint.partition("/")[2]
        return wishes.trunk(self.endpoint, self.out if self.out in wishes.chosen else peer)


def globals_of(host: Host) -> dict[str, str]:
    """As the PBX sets them, without what globals_custom.conf adds at its end."""
    return {
        line.key: line.value
        for section in host.sections(FILE)
        if section.name == "globals"
        for line in section.entries
        if line.place.file.endswith(FILE)
    }


def contexts(host: Host) -> set[str]:
    return {section.name for section in host.sections(FILE)}


def trunks(host: Host) -> dict[str, Trunk]:
    """By the number that the PBX gives them; those that are switched off are left out."""
    values = globals_of(host)
    found = {}
    for name, value in values.items():
        if (of := _OUT.fullmatch(name)) and values.get(f"OUTDISABLE_{of[1]}") != "on":
            found[of[1]] = _trunk(name, value, values.get(f"{name}_SUFFIX", ""))
    return found


def _trunk(name: str, value: str, suffix: str) -> Trunk:
    if value.startswith("AMP:"):
        peer = value[4:].replace(f"{_GIVEN}@", "").replace(f"/{_GIVEN}", "")
        return Trunk(name, peer, "" if _GIVEN in value else "fixed")
    for kind in ("ENUM", "DUNDI"):
        if value.upper().startswith(kind):
            return Trunk(name, value, kind.lower())
    return Trunk(name, f"{value}/{suffix.removeprefix('@')}" if suffix else value)


def routes(host: Host, wishes: Wishes) -> list[Route]:
    """For each pattern of a route: its first trunk, at which a call that may not be made ends; each further
    one that dialpact.toml has no name for; and each that goes round.
    """
    known = trunks(host)
    names = dict(_NAMED.findall(host.text(host.conf(FILE)) or ""))
    found: list[Route] = []
    asked: set[tuple[str, str]] = set()
    for context, pattern, macro, number, given in _calls(host):
        trunk = known.get(number)
        if trunk is None:  # switched off
            continue
        of = _NUMBER.fullmatch(given)
        where = (context, pattern)
        around = {"dialout-enum": "enum", "dialout-dundi": "dundi"}.get(macro, trunk.round)
        name = "" if around in ("enum", "dundi") else trunk.known_as(wishes)
        if not around and name and where in asked:
            continue
        if not around:
            asked.add(where)
        found.append(
            Route(
                f"{names.get(context, context)} {pattern} → {trunk.out} {trunk.endpoint}",
                context,
                pattern,
                name,
                trunk.endpoint,
                around,
                int(of[2] or 0) if of else 0,
                of[1] if of else "",
            )
        )
    return list(dict.fromkeys([*found, *_direct(host, known, wishes)]))


def _calls(host: Host) -> Iterator[tuple[str, str, str, str, str]]:
    """Context, pattern (without the caller's), macro, trunk, number."""
    for section in host.sections(FILE):
        if _ROUTE.fullmatch(section.name):
            for line in section.entries:
                if line.key == "exten" and (call := _CALLED.match(line.value)):
                    yield section.name, call[1].partition("/")[0], call[2], call[3], call[4]


def _direct(host: Host, known: dict[str, Trunk], wishes: Wishes) -> Iterator[Route]:
    """A trunk that is where a call from outside, a menu or a time condition leads: no route, no hook."""
    for section in host.sections(FILE):
        for line in section.entries:
            if line.key == "exten" and (to := _DIRECT.match(line.value)) and to[2] in known:
                trunk = known[to[2]]
                yield Route(
                    f"[{section.name}] {to[1]} → {trunk.out} {trunk.endpoint}",
                    section.name,
                    to[1],
                    trunk.known_as(wishes),
                    trunk.endpoint,
                    "direct",
                )
