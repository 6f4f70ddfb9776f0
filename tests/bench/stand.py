"""The test stand of the decision: every server that is compared, each in its own process, and one client.

Servers share the first core and take turns; the client has the second to itself. All of them hear the same
calls: each server goes through the same headers, and none hears one twice.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dialpact.testing.agi_header import Ringing, header
from tests.bench import native, proof
from tests.bench.gate_site import CALLER_ID, DISTINCT, KINDS, fill, numbers
from tests.bench.import_bench import PROGRAM
from tests.bench.process import ROOT, Process, cores, module, running

PAGE = 4096
FLUSHES = 200


class Stand:
    """``with stand(folder) as s``. ``lacks``: why something is missing, or empty."""

    def __init__(
        self, folder: Path, servers: Mapping[str, tuple[Process, int]], client: Process, lacks: str
    ) -> None:
        self.folder, self.lacks = folder, lacks
        self._servers, self._client = servers, client
        self._played: Counter[str] = Counter()
        self._told: Counter[str] = Counter()  # what was heard from the gate

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(self._servers)

    def play(self, kind: str, concurrent: int, sessions: int) -> dict[str, Any]:
        """As the client has it (``agi_client.c``), and ``processor``: seconds a session of the server's."""
        server, port = self._servers[kind]
        before, first = server.processor, self._played[kind]
        one: dict[str, Any] = json.loads(self._client.ask(f"{port} {concurrent} {sessions} {first}"))
        one["processor"] = (server.processor - before) / sessions
        self._played[kind] += sessions
        if kind == "full":
            self._told.update(one["outcomes"])
        elif one["outcomes"] != "A" * sessions:
            raise proof.Unproven(f"{kind}: {Counter(one['outcomes'])}")
        return one

    def prove(self) -> dict[str, Any]:
        """That everything the gate has told is in the store and in the ledger, and the whole log verifies.

        Raises proof.Unproven.
        """
        played, told = self._played["full"], self._told
        proof.count(self.folder / "dialpact.db", played, played - told["N"], told["A"])
        said = proof.verify(self.folder)
        return {"decisions": played, "leaves": said["checked"]}


def flushes(folder: Path) -> float:
    """The median of some: seconds of one appended page and its fdatasync, where the database is."""
    path, page = folder / "flushed", os.urandom(PAGE)
    taken = []
    with path.open("wb", buffering=0) as file:
        for _ in range(FLUSHES):
            began = time.perf_counter()
            file.write(page)
            os.fdatasync(file.fileno())
            taken.append(time.perf_counter() - began)
    path.unlink()
    return statistics.median(taken)


def initialise(folder: Path) -> None:
    """A configuration, a key and a database in it, as an operator makes them."""
    command = [
        sys.executable,
        "-c",
        PROGRAM,
        "--config",
        str(folder / "dialpact.toml"),
        "init",
        "--json",
    ]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)


@contextlib.contextmanager
def stand(folder: Path) -> Iterator[Stand]:
    initialise(folder)
    fill(folder / "dialpact.db")
    lacks, core = "", cores()
    try:
        peer, player = [str(native.program("nothing_server"))], _player(folder)
    except native.NoCompiler as error:
        peer, player, lacks = [], module("tests.bench.agi_client"), str(error)
    with contextlib.ExitStack() as stack:

        def start(name: str, words: list[str], core: int | None) -> Process:
            return stack.enter_context(running(words, folder / f"{name}.log", core))

        servers = {}
        if peer:
            servers["C"] = start("C", peer, core.server)
        for kind in KINDS:
            servers[kind] = start(kind, module("tests.bench.gate_site", kind, str(folder)), core.server)
        client = start("client", player, core.client)
        yield Stand(
            folder, {kind: (server, int(server.ask())) for kind, server in servers.items()}, client, lacks
        )


def _player(folder: Path) -> list[str]:
    """With every header that it may send, ready made."""
    program = native.program("agi_client")
    headers = folder / "headers"
    with headers.open("wb") as file:
        for number in itertools.islice(numbers(), DISTINCT):
            file.write(header(Ringing(number=number, caller_id=CALLER_ID)))
    return [str(program), str(headers), CALLER_ID]
