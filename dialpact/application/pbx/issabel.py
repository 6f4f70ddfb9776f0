"""Issabel 4 (issabelPBX 2.11) and 5 (issabelPBX 2.12)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dialpact.application.pbx import generated, predial_hook
from dialpact.application.pbx.adapter import CdrPlace, Change, Expected, Found, Route, Wishes
from dialpact.application.pbx.freepbx import MODULE, cdr, fragment, reload, web_root
from dialpact.application.pbx.host import Host

FRAGMENTS = {"4": "issabel/hook.conf", "5": "issabel/hook.conf"}
_VERSION = re.compile(r"<version>\s*([0-9]{1,3}(?:\.[0-9]{1,4}){0,5})\s*</version>")
_ISSABEL = {"2.11": "4", "2.12": "5"}  # by issabelPBX's own version


@dataclass(frozen=True)
class Issabel:
    name: str = "issabel"
    tables: None = None

    def recognise(self, host: Host) -> Found | None:
        if host.content("/etc/issabelpbx.conf") is None:
            return None
        place = f"{web_root(host)}{MODULE}"
        said = _VERSION.search(host.text(place) or "")
        if said is None:
            return Found(self.name, "?", "/etc/issabelpbx.conf")
        whole = ".".join(said[1].split(".")[:2])
        return Found(self.name, _ISSABEL.get(whole, f"? (issabelPBX {said[1]})"), place)

    def changes(self, host: Host, found: Found, wishes: Wishes) -> Sequence[Change]:
        return predial_hook.changes(host, wishes, fragment(found, FRAGMENTS))

    def reload(self, found: Found) -> Sequence[Sequence[str]]:
        return reload()

    def routes(self, host: Host, found: Found, wishes: Wishes) -> Sequence[Route]:
        return generated.routes(host, wishes)

    def expected(self, host: Host, found: Found, wishes: Wishes) -> Sequence[Expected]:
        return predial_hook.expected(host, fragment(found, FRAGMENTS))

    def cdr(self, host: Host, found: Found) -> CdrPlace:
        return cdr(host)
