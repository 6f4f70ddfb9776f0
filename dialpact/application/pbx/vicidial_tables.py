"""VICIdial's database, by the ``mysql`` program that every VICIdial has (``mariadb`` where it is named so).

No value is ever part of a statement as text: it goes there, and comes back, in hexadecimal. The statements
are its standard input and the password is in its environment, so that no list of processes shows either.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from dialpact.application.pbx import vicidial_entry
from dialpact.application.pbx.adapter import Row
from dialpact.application.pbx.host import Host
from dialpact.compliance.registers.fault import Fault, shown

CONF = "/etc/astguiclient.conf"
CARRIERS = "vicidial_server_carriers"
EVERYWHERE = "0.0.0.0"  # noqa: S104 - how VICIdial writes: of each server
_PROGRAMS = ("mysql", "mariadb")
_OTHERS = re.compile(r"[ >\t\r]|[#;].*")
# Everything that a statement of ours names. Hexadecimal is a value, a name can not be one.
_NAMED = {CARRIERS: ({"carrier_id", "server_ip"}, {"dialplan_entry"})}
_CELL = re.compile(r"NULL|(?:[0-9A-F]{2})*")


@dataclass(frozen=True)
class Access:
    """What /etc/astguiclient.conf says of this server and its database."""

    server_ip: str
    database: str
    host: str
    port: str
    user: str
    password: str = field(repr=False)

    def options(self) -> list[str]:
        # First, or it reads the files of whoever runs it, whose password would win.
        return [
            "--no-defaults",
            "--batch",
            "--raw",
            "--skip-column-names",
            "--connect-timeout=5",
            f"--host={self.host}",
            f"--port={self.port}",
            f"--user={self.user}",
            f"--database={self.database}",
        ]


def access(host: Host) -> Access | None:
    """None: there is no such file. Fault: it names no database or no server."""
    text = host.text(CONF)
    if text is None:
        return None
    # As VICIdial's own programs read it: blanks, the arrow's head and what is behind # or ; do not count.
    said = dict(_OTHERS.sub("", line).partition("=")[::2] for line in text.splitlines())
    for name in ("VARserver_ip", "VARDB_server", "VARDB_database", "VARDB_user"):
        if not said.get(name):
            raise Fault("vicidial-conf", file=CONF, name=name)
    return Access(
        said["VARserver_ip"],
        said["VARDB_database"],
        said["VARDB_server"],
        said.get("VARDB_port") or "3306",
        said["VARDB_user"],
        said.get("VARDB_pass", ""),
    )


def code(text: str) -> str:
    """A value, as a statement has it: ``0x4142``; an empty one is ``''``."""
    return f"0x{_bytes(text).hex()}" if text else "''"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


@dataclass(frozen=True)
class Database:
    """The tables, as the adapter reads them and an installation changes one."""

    def rows(self, host: Host, statement: str, columns: int) -> list[tuple[str, ...]]:
        """Of a SELECT whose every column is HEX(...): a tuple of ``columns`` texts a row. Fault."""
        found = []
        for line in self._asked(host, statement).splitlines():
            cells = line.split("\t")
            if len(cells) != columns or not all(map(_CELL.fullmatch, cells)):
                raise Fault("vicidial-database", error=shown(line))
            found.append(
                tuple(
                    "" if cell == "NULL" else bytes.fromhex(cell).decode("utf-8", "surrogateescape")
                    for cell in cells
                )
            )
        return found

    def value(self, host: Host, row: Row) -> str | None:
        """What stands there now; None: no such row. Fault."""
        found = self.rows(host, f"SELECT HEX({row.column}) FROM {_place(row)};\n", 1)  # noqa: S608
        return found[0][0] if found else None

    def put(self, host: Host, row: Row, was: str, becomes: str) -> bool:
        """Only where ``was`` stands there, in one statement; whether it did. Fault.

        VICIdial then writes its files anew within a minute, of each server that has the carrier.
        """
        place = _place(row)
        if self.value(host, row) != was:
            return False
        written = self._set(host, row, place, was, becomes)
        if written not in (was, becomes):
            # Cut off, or turned into something else: nothing half written stays.
            self._set(host, row, place, written, was)
            raise Fault("vicidial-database", error=f"{row.column}: {shown(row.key['carrier_id'])}")
        return written == becomes

    def without(self, row: Row, value: str) -> str | None:
        """``value``, which somebody has changed since, without our steps; None: it can not be told."""
        return vicidial_entry.without(value, shown(row.key["carrier_id"]))

    def _set(self, host: Host, row: Row, place: str, was: str, becomes: str) -> str:
        """What stands there then."""
        there = row.key["server_ip"]
        servers = "" if there == EVERYWHERE else f" AND server_ip = {code(there)}"
        told = self.rows(
            host,
            f"UPDATE {row.table} SET {row.column} = {code(becomes)} "  # noqa: S608
            f"WHERE {place.partition(' WHERE ')[2]} AND HEX({row.column}) = HEX({code(was)});\n"
            f"UPDATE servers SET rebuild_conf_files = 'Y' WHERE active_asterisk_server = 'Y'{servers};\n"
            f"SELECT HEX({row.column}) FROM {place};\n",
            1,
        )
        if not told:
            raise Fault("vicidial-database", error=shown(row.key["carrier_id"]))
        return told[-1][0]

    def _asked(self, host: Host, statement: str) -> str:
        found = access(host)
        if found is None:
            raise Fault("vicidial-conf", file=CONF, name="VARDB_server")
        for program in _PROGRAMS:
            words: Sequence[str] = (program, *found.options())
            done = host.run(words, statement.encode("ascii"), {"MYSQL_PWD": found.password})
            if done.code != 127:
                break
        if done.code:
            raise Fault("vicidial-database", error=shown(done.err.strip() or str(done.code)))
        return done.out


def _place(row: Row) -> str:
    """``TABLE WHERE key``. Fault: a table or column that nothing of ours changes."""
    keys, columns = _NAMED.get(row.table, (set(), set()))
    if set(row.key) != keys or row.column not in columns:
        raise Fault("vicidial-database", error=shown(f"{row.table}.{row.column}"))
    return f"{row.table} WHERE " + " AND ".join(f"{name} = {code(text)}" for name, text in row.key.items())
