"""VICIdial: the hook stands in its database, in each carrier's Dialplan Entry; files come from it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from dialpact.application.pbx import files, vicidial_entry
from dialpact.application.pbx.adapter import (
    CdrPlace,
    Change,
    Expected,
    Found,
    NewFile,
    Route,
    Row,
    Wishes,
)
from dialpact.application.pbx.fragment import shipped
from dialpact.application.pbx.host import Host
from dialpact.application.pbx.included_files import included_files
from dialpact.application.pbx.vicidial_tables import (
    CARRIERS,
    CONF,
    EVERYWHERE,
    Access,
    Database,
    access,
    code,
)
from dialpact.compliance.registers.fault import Fault, shown

HOOKS = "dialpact-vicidial.conf"
EXTENSIONS = "extensions.conf"
CONTEXT = "vicidial-auto-external"
KEEPALIVE = "/usr/share/astguiclient/ADMIN_keepalive_ALL.pl"
PROTOCOLS = ("SIP", "IAX2", "PJSIP", "PJSIP_WIZ")  # of which VICIdial writes files
# Dialplan that an administrator may put into VICIdial beside the carriers, and where it comes out.
CUSTOM = (
    ("system_settings", "", "vicidial-auto-system-setting-custom"),
    ("servers", "server_ip", "vicidial-auto-server-custom"),
)
_DIALS = re.compile(r"\b(?:Dial|Originate|Page)\s*\(", re.IGNORECASE)
_GLOBAL = re.compile(r"\s*([A-Za-z_][0-9A-Za-z_]*)\s*=>?\s*([^;\r\n]*?)\s*(?:;.*)?")


class Carrier(NamedTuple):
    """A row of ``vicidial_server_carriers`` that Asterisk on this server gets."""

    id: str
    server_ip: str
    globals: str
    entry: str

    @property
    def key(self) -> Mapping[str, str]:
        return {"carrier_id": self.id, "server_ip": self.server_ip}


@dataclass(frozen=True)
class Vicidial:
    """See :class:`dialpact.application.pbx.adapter.Adapter`."""

    name: str = "vicidial"
    tables: Database = field(default_factory=Database)

    def recognise(self, host: Host) -> Found | None:
        there = access(host)
        if there is None:
            return None
        # (HEX of a number would be the number in another base.)
        asked = "SELECT HEX(version), HEX(CONCAT(svn_revision)) FROM system_settings;\n"
        rows = self.tables.rows(host, asked, 2)
        if not rows:
            raise Fault("vicidial-database", error="system_settings")
        version, revision = rows[0]
        return Found(self.name, f"{version}.{revision}".strip("."), CONF)

    def changes(self, host: Host, found: Found, wishes: Wishes) -> Sequence[Change]:
        if not re.match(r"2\.14[^0-9]", found.version):
            raise Fault("vicidial-version", version=shown(found.version))
        hooks = NewFile(host.conf(HOOKS), shipped(f"vicidial/{HOOKS}").encode())
        changes: list[Change] = [*files.ours(host, wishes), hooks, *included_files(host, wishes, (HOOKS,))]
        there = _access(host)
        for carrier in self._carriers(host, there):
            entry = self._entry(host, carrier, wishes)
            if entry.ways and carrier.server_ip == EVERYWHERE and self._servers(host) > 1:
                raise Fault("vicidial-everywhere", carrier=shown(carrier.id))
            if entry.ways:
                changes.append(Row(CARRIERS, carrier.key, "dialplan_entry", carrier.entry, entry.text))
        return changes

    def reload(self, found: Found) -> Sequence[Sequence[str]]:
        # It writes the files of whichever server asks for it, every minute by cron; here at once.
        commands = ("dialplan reload", "module reload features", "manager reload")
        return [[KEEPALIVE], *(["asterisk", "-rx", command] for command in commands)]

    def routes(self, host: Host, found: Found, wishes: Wishes) -> Sequence[Route]:
        routes = []
        for carrier in self._carriers(host, _access(host)):
            try:
                ways = self._entry(host, carrier, wishes).ways
            except Fault:
                routes.append(Route(carrier.id, CONTEXT, "", "", goes_round="vicidial-odd"))
                continue
            for way in ways:
                name, round_by = _named(carrier, way), "" if way.hooked else "vicidial-no-hook"
                trunk = wishes.trunk(way.endpoint, carrier.id)
                routes.append(
                    Route(name, CONTEXT, way.pattern, trunk, way.endpoint, round_by, strip=way.strip)
                )
        return [*routes, *self._custom(host)]

    def expected(self, host: Host, found: Found, wishes: Wishes) -> Sequence[Expected]:
        asks = Expected("gate", vicidial_entry.HOOK, "s", ("Gosub(dialpact-outbound,s,1(",))
        expected = [*files.expected(), asks]
        for carrier in self._carriers(host, _access(host)):
            for way in self._entry(host, carrier, wishes).ways:
                name, (step, dial) = _named(carrier, way), way.steps
                expected.append(Expected("hook", CONTEXT, way.pattern, (step, dial), route=name))
                expected.append(Expected("interlock", CONTEXT, way.pattern, (dial,), route=name))
        return expected

    def cdr(self, host: Host, found: Found) -> CdrPlace:
        return CdrPlace("file", "/var/log/asterisk/cdr-csv/Master.csv", "/var/spool/asterisk/monitorDONE")

    def _carriers(self, host: Host, there: Access) -> Iterator[Carrier]:
        protocols = ", ".join(map(code, PROTOCOLS))
        columns = ("carrier_id", "server_ip", "globals_string", "dialplan_entry")
        statement = (
            f"SELECT {', '.join(f'HEX({column})' for column in columns)} FROM {CARRIERS} "  # noqa: S608
            f"WHERE server_ip IN ({code(there.server_ip)}, {code(EVERYWHERE)}) AND active = 'Y' "
            f"AND protocol IN ({protocols}) ORDER BY carrier_id;\n"
        )
        for row in self.tables.rows(host, statement, len(columns)):
            yield Carrier(*row)

    def _servers(self, host: Host) -> int:
        statement = "SELECT HEX(server_ip) FROM servers WHERE active_asterisk_server = 'Y';\n"
        return len(self.tables.rows(host, statement, 1))

    def _entry(self, host: Host, carrier: Carrier, wishes: Wishes) -> vicidial_entry.Entry:
        variables = dict(_globals(host))
        for line in carrier.globals.splitlines():
            if found := _GLOBAL.fullmatch(line):
                variables[found[1]] = found[2]

        def hook(endpoint: str) -> str:
            trunk = wishes.trunk(endpoint, carrier.id)
            if not trunk:
                raise Fault("vicidial-trunk", carrier=shown(carrier.id), endpoint=shown(endpoint))
            return vicidial_entry.arguments(trunk, wishes.campaign, carrier.id)

        return vicidial_entry.rewritten(carrier.entry, shown(carrier.id), variables, hook)

    def _custom(self, host: Host) -> Iterator[Route]:
        there = _access(host)
        for table, key, context in CUSTOM:
            where = f" WHERE {key} = {code(there.server_ip)}" if key else ""
            statement = f"SELECT HEX(custom_dialplan_entry) FROM {table}{where};\n"  # noqa: S608
            for (text,) in self.tables.rows(host, statement, 1):
                if _DIALS.search(text):
                    name = f"{table}.custom_dialplan_entry"
                    yield Route(name, context, "", "", goes_round="vicidial-custom")


def _named(carrier: Carrier, way: vicidial_entry.Way) -> str:
    return f"{carrier.id} {way.pattern}"


def _access(host: Host) -> Access:
    there = access(host)
    if there is None:
        raise Fault("vicidial-conf", file=CONF, name="VARserver_ip")
    return there


def _globals(host: Host) -> Iterator[tuple[str, str]]:
    for section in host.sections(EXTENSIONS):
        if section.name == "globals":
            for line in section.entries:
                yield line.key, line.value


VICIDIAL = Vicidial()
