"""FreePBX 16 and 17 (module core 16.0.68 and 17.0.18)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dialpact.application.pbx import generated, predial_hook
from dialpact.application.pbx.adapter import CdrPlace, Change, Expected, Found, Route, Wishes
from dialpact.application.pbx.host import Host
from dialpact.compliance.registers.fault import Fault, shown

OVERRIDE = "extensions_override_freepbx.conf"
FRAGMENTS = {"16": "freepbx/16.conf", "17": "freepbx/17.conf"}
MODULE = "/admin/modules/framework/module.xml"
_VERSION = re.compile(r"<version>\s*([0-9]{1,3}(?:\.[0-9]{1,4}){0,5})\s*</version>")
_SAID = re.compile(r"\b([0-9]{2}(?:\.[0-9]{1,4}){1,5})\b")
_WEB = re.compile(r"""^\s*(?:AMPWEBROOT\s*=|\$amp_conf\[['"]AMPWEBROOT['"]\]\s*=)\s*['"]?([^'";\s]+)""", re.M)
_CDR = re.compile(
    r"""^\s*(?:CDRDBNAME\s*=|\$amp_conf\[['"]CDRDBNAME['"]\]\s*=)\s*['"]?([A-Za-z0-9_]+)""", re.M
)
CONFIGURED = ("/etc/freepbx.conf", "/etc/amportal.conf")


@dataclass(frozen=True)
class FreePbx:
    name: str = "freepbx"
    tables: None = None

    def recognise(self, host: Host) -> Found | None:
        if host.content("/etc/issabelpbx.conf") is not None:
            return None
        seen = next((path for path in CONFIGURED if host.content(path) is not None), "")
        if not seen:
            return None
        place = f"{web_root(host)}{MODULE}"
        if said := _VERSION.search(host.text(place) or ""):
            return Found(self.name, said[1], place)
        told = _SAID.search(host.run(["fwconsole", "-V"]).out)
        return Found(self.name, told[1] if told else "?", "fwconsole -V" if told else seen)

    def changes(self, host: Host, found: Found, wishes: Wishes) -> Sequence[Change]:
        changes = predial_hook.changes(host, wishes, fragment(found, FRAGMENTS))
        notified = predial_hook.notification(host, OVERRIDE)
        return [*changes, notified] if notified else changes

    def reload(self, found: Found) -> Sequence[Sequence[str]]:
        return reload()

    def routes(self, host: Host, found: Found, wishes: Wishes) -> Sequence[Route]:
        return generated.routes(host, wishes)

    def expected(self, host: Host, found: Found, wishes: Wishes) -> Sequence[Expected]:
        return predial_hook.expected(host, fragment(found, FRAGMENTS))

    def cdr(self, host: Host, found: Found) -> CdrPlace:
        return cdr(host)


def fragment(found: Found, known: dict[str, str]) -> str:
    """Fault: nobody has looked at this version."""
    if found.major not in known:
        raise Fault(
            "pbx-version-unknown",
            pbx=found.name,
            version=shown(found.version),
            known=", ".join(sorted(known)),
        )
    return known[found.major]


def reload() -> list[list[str]]:
    """Asterisk's own: `fwconsole reload` would put in force what somebody left half done in the web pages."""
    return [
        ["asterisk", "-rx", "dialplan reload"],
        ["asterisk", "-rx", "manager reload"],
        ["asterisk", "-rx", "module reload features"],
    ]


def web_root(host: Host) -> str:
    return _configured(host, _WEB, "/var/www/html")


def cdr(host: Host) -> CdrPlace:
    values = generated.globals_of(host)
    folder = values.get("MIXMON_DIR") or f"{values.get('ASTSPOOLDIR') or '/var/spool/asterisk'}/monitor"
    return CdrPlace("mysql", f"{_configured(host, _CDR, 'asteriskcdrdb')}.cdr", folder.rstrip("/"))


def _configured(host: Host, word: re.Pattern[str], usual: str) -> str:
    for path in ("/etc/issabelpbx.conf", *CONFIGURED):
        if said := word.search(host.text(path) or ""):
            return said[1]
    return usual
