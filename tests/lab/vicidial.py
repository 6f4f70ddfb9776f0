"""What of VICIdial an Asterisk meets: its FastAGI server, its database by mysql, what it writes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from dialpact.application.pbx.host import Ran


class Told(NamedTuple):
    """What the call log was told at an end: the h extension's arguments."""

    channel: str
    caller_name: str
    cause: str
    status: str


@dataclass
class CallLog:
    """FastAGI_log.pl, as far as an outgoing call meets it. ``campaign``: of the calls of codes V and M."""

    port: int
    campaign: str = "autumn-loans"
    started: list[str] = field(default_factory=list)
    ended: list[Told] = field(default_factory=list)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[CallLog]:
        server = await asyncio.start_server(self._session, "127.0.0.1", self.port)
        async with server:
            yield self

    async def ends(self, count: int, timeout: float = 10.0) -> list[Told]:
        async with asyncio.timeout(timeout):
            while len(self.ended) < count:
                await asyncio.sleep(0.02)
        return self.ended

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said: dict[str, str] = {}
        while line := (await reader.readline()).decode().strip():
            name, _, value = line.partition(": ")
            said[name] = value
        request, name = said.get("agi_request", ""), said.get("agi_calleridname", "")
        if said.get("agi_extension") == "h":
            parts = request.split("-----")
            self.ended.append(Told(said.get("agi_channel", ""), name, parts[2], parts[3]))
        else:
            self.started.append(name)
            if re.match(r"[VM]\d{18}", name):
                # Perl's Asterisk::AGI, asked for exec("EXEC Set(...)"), sends it in just this way.
                writer.write(f'EXEC EXEC Set(_CAMPCUST={self.campaign}) ""\n'.encode())
                await writer.drain()
                await reader.readline()
        writer.close()


@dataclass
class Tables:
    """The mysql program: the few statements that the adapter makes, on rows that a test can look at."""

    carriers: list[dict[str, str]]
    servers: list[str] = field(default_factory=lambda: ["10.0.0.1"])
    custom: dict[str, str] = field(default_factory=dict)
    version: str = "2.14b0.5"
    rebuilt: list[str] = field(default_factory=list)
    words: list[Sequence[str]] = field(default_factory=list)
    passwords: set[str] = field(default_factory=set)

    def run(self, words: Sequence[str], given: bytes = b"", env: Mapping[str, str] | None = None) -> Ran:
        if words[0] != "mysql":
            return Ran(127, "", "no such program")
        self.words.append(words)
        self.passwords.add((env or {}).get("MYSQL_PWD", ""))
        out = [row for statement in given.decode("ascii").splitlines() for row in self._done(statement)]
        return Ran(0, "".join(f"{row}\n" for row in out), "")

    def _done(self, statement: str) -> list[str]:
        values = [bytes.fromhex(text).decode() for text in re.findall(r"0x([0-9a-f]+)", statement)]
        if statement.startswith("SELECT HEX(version)"):
            return [f"{_hex(self.version)}\t{_hex('3884')}"]
        if statement.startswith("SELECT HEX(carrier_id)"):
            here = [row for row in self.carriers if row["server_ip"] in values and row["active"] == "Y"]
            columns = ("carrier_id", "server_ip", "globals_string", "dialplan_entry")
            return ["\t".join(_hex(row[name]) for name in columns) for row in here]
        if statement.startswith("SELECT HEX(server_ip) FROM servers"):
            return [_hex(server) for server in self.servers]
        if found := re.match(r"SELECT HEX\(custom_dialplan_entry\) FROM (\w+)", statement):
            return [_hex(self.custom.get(found[1], ""))]
        if statement.startswith("SELECT HEX(dialplan_entry)"):
            return [_hex(row["dialplan_entry"]) for row in self._at(*values)]
        if statement.startswith("UPDATE vicidial_server_carriers"):
            becomes, *key, was = values
            for row in self._at(*key):
                if row["dialplan_entry"] == was:
                    row["dialplan_entry"] = becomes
            return []
        if statement.startswith("UPDATE servers SET rebuild_conf_files = 'Y'"):
            self.rebuilt += values or self.servers
            return []
        raise AssertionError(f"not a statement of the adapter's: {statement}")

    def _at(self, carrier: str, server: str) -> list[dict[str, str]]:
        return [row for row in self.carriers if (row["carrier_id"], row["server_ip"]) == (carrier, server)]

    def generated(self) -> str:
        """As ADMIN_keepalive_ALL.pl writes the carriers into extensions-vicidial.conf."""
        variables = "".join(f"{row['globals_string']}\n" for row in self.carriers)
        return f"[globals]\n{variables}\n[vicidial-auto-external]\n" + "".join(
            f"; VICIDIAL Carrier: {row['carrier_id']} - {row['carrier_name']}\n{row['dialplan_entry']}\n"
            for row in self.carriers
        )


def _hex(text: str) -> str:
    return text.encode().hex().upper() if text else ""


def carrier(id: str, entry: str, **more: str) -> dict[str, str]:
    """A row of ``vicidial_server_carriers``, as far as anybody reads it."""
    return {
        "carrier_id": id,
        "carrier_name": id,
        "server_ip": "10.0.0.1",
        "globals_string": "",
        "dialplan_entry": entry,
        "active": "Y",
    } | more
