"""Does the API cost the gate's callers anything? The gate by itself, and beside ``dialpact web`` in full use.

The gate, ``dialpact web`` and its worker have all processors together, as on a host; both clients as well. So
many calls begin each second, whatever becomes of those before. They are timed in turns: nobody asks the API;
or a worker scrubs a list while programs ask so many questions a second (half of them checks; reads, opt-outs,
predials). What a scrub leaves behind is of its turn: it is cancelled before that ends. The machine's noise
hits both, so compare the ratios, which are of all calls together. What was told must be in the store and in
the ledger, the whole log verifies, and each opt-out that was answered with 201 is there.
"""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import socket
import sqlite3
import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dialpact.testing.agi_header import Ringing, header
from tests.bench import native, proof
from tests.bench.decision import p50, p99
from tests.bench.gate_site import CALLER_ID, fill, numbers
from tests.bench.import_bench import run
from tests.bench.process import Process, module, running
from tests.bench.stand import initialise

CALLS_A_SECOND, ASKED_A_SECOND = 50, 200
SECONDS = 30  # of a turn
LAST_SECONDS = 5  # of it, when the scrub is over
ROWS = 1_000_000
FIRST, STEP = 13_000_000_000, 331  # of the list
HEADERS = 40_000  # ready made
NICER = 10
PATIENCE = 60.0
SCOPES = "check,opt-out,calls,leads,numbers"
AT = "2026-11-24T10:00:00%2B08:00"


class Web:
    """``dialpact web``, and what the bench itself asks of it."""

    def __init__(self, port: int, token: str) -> None:
        self.port, self.token = port, token

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            said = {"Authorization": f"Bearer {self.token}"}
            said |= {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, said)
            answer = connection.getresponse()
            content = answer.read()
            if answer.status >= 300:
                raise RuntimeError(f"{method} {path}: {answer.status} {content[:500]!r}")
            return json.loads(content)

    def wait(self) -> None:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                self.ask("GET", "/v1/key")
                return
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)

    def scrub(self, content: bytes) -> str:
        """Its path, when it is under way."""
        headers = {"Content_Type": "text/csv", "Dialpact_Caller_ID": CALLER_ID}
        path = f"/v1/scrubs?campaign=spring&at={AT}"
        began = f"/v1/scrubs/{self.ask('POST', path, content, **headers)['id']}"
        until = time.monotonic() + PATIENCE
        while not self.ask("GET", began)["progress"]["done"]:
            if time.monotonic() > until:
                raise RuntimeError("the scrub does not begin")
            time.sleep(0.1)
        return began


class Scene:
    """The gate, the web process, and both clients."""

    def __init__(
        self, folder: Path, gate: int, client: Process, web: Web, programs: Process, server: Process
    ) -> None:
        self._folder, self._gate, self._client = folder, gate, client
        self._web, self._programs, self._server = web, programs, server
        self.processor: list[float] = []  # of a core, that the web process alone has taken
        self._list = b"number\n" + b"".join(b"%d\n" % (FIRST + place * STEP) for place in range(ROWS))
        self.played, self.told, self.asked = 0, Counter[str](), Counter[str]()
        self.opted_out: list[str] = []
        self.scrubbed: list[float] = []  # shares of the list
        self.largest_wal = 0

    def quiet(self) -> dict[str, Any]:
        return self._play()

    def loaded(self) -> dict[str, Any]:
        """With ``api``: what the programs heard."""
        path = self._web.scrub(self._list)
        over = threading.Timer(SECONDS - LAST_SECONDS, self._end_scrub, (path,))
        self._programs.tell(f"{self._web.token} {ASKED_A_SECOND} {SECONDS} {self.asked.total()}")
        over.start()
        before = self._server.own_processor
        one = self._play()
        self.processor.append((self._server.own_processor - before) / SECONDS)
        over.join()
        one["api"] = json.loads(self._programs.hear())
        self.asked.update(one["api"]["told"])
        self.opted_out += one["api"]["opted_out"]
        return one

    def _end_scrub(self, path: str) -> None:
        progress = self._web.ask("GET", path)["progress"]
        self.scrubbed.append(progress["done"] / progress["of"])
        self.largest_wal = max(self.largest_wal, (self._folder / "dialpact.db-wal").stat().st_size)
        self._web.ask("DELETE", path)

    def _play(self) -> dict[str, Any]:
        calls = CALLS_A_SECOND * SECONDS
        line = f"{self._gate} 1 {calls} {self.played} {CALLS_A_SECOND}"
        one: dict[str, Any] = json.loads(self._client.ask(line))
        self.played += calls
        self.told.update(one["outcomes"])
        return one

    def prove(self) -> dict[str, Any]:
        """Raises proof.Unproven."""
        strange = [name for name in self.asked if int(name.split()[1]) >= 500 or name.endswith(" 429")]
        if strange:
            raise proof.Unproven(f"the API: {self.asked}")
        predials = self.asked["predial 200"] + self.asked["predial 409"]
        allowed = self.told["A"] + self.asked["predial 200"]
        database, played = self._folder / "dialpact.db", self.played + predials
        proof.count(database, played, played - self.told["N"], allowed)
        with contextlib.closing(sqlite3.connect(database)) as db:
            there = {number for (number,) in db.execute("SELECT number FROM do_not_call")}
        if lost := [number for number in self.opted_out if int(f"86{number}") not in there]:
            raise proof.Unproven(f"{len(lost)} opt-outs were answered with 201 and are not there")
        said = proof.verify(self._folder)
        return {"decisions": played, "opt_outs": len(self.opted_out), "leaves": said["checked"]}


@contextlib.contextmanager
def scene(folder: Path) -> Iterator[Scene]:
    initialise(folder)
    fill(folder / "dialpact.db")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = folder / "dialpact.toml"
    text = config.read_text("utf-8").replace('"127.0.0.1:9080"', f'"127.0.0.1:{port}"')
    config.write_text(text.replace("requests_per_minute = 15000", "requests_per_minute = 1000000"), "utf-8")
    key = ("--scopes", SCOPES, "--expires", "2099-12-31")
    web = Web(port, run(folder, "api-key", "add", "bench", *key).answer["token"])
    with contextlib.ExitStack() as stack:

        def start(name: str, words: list[str]) -> Process:
            return stack.enter_context(running(words, folder / f"{name}.log", None))

        gate = int(start("gate", module("tests.bench.gate_site", "full", str(folder))).ask())
        server = stack.enter_context(serving(folder, web))
        client = start("client", player(folder))
        programs = start("programs", nicer(module("tests.bench.api_client", str(port))))
        yield Scene(folder, gate, client, web, programs, server)


@contextlib.contextmanager
def serving(folder: Path, web: Web) -> Iterator[Process]:
    words = nicer(module("tests.bench.api_site", str(folder)))
    with running(words, folder / "web.log", None) as process:
        web.wait()
        try:
            yield process
        finally:
            process.end()


def nicer(words: list[str]) -> list[str]:
    """As its unit starts it; and programs would be on other hosts."""
    return ["nice", "-n", str(NICER), *words]


def player(folder: Path) -> list[str]:
    try:
        program = native.program("agi_client")
    except native.NoCompiler as error:
        raise RuntimeError(str(error)) from error
    headers = folder / "headers"
    with headers.open("wb") as file:
        for number in itertools.islice(numbers(), HEADERS):
            file.write(header(Ringing(number=number, caller_id=CALLER_ID)))
    return [str(program), str(headers), CALLER_ID]


def measure(rounds: int, folder: Path) -> dict[str, Any]:
    """``quiet`` and ``loaded``: milliseconds; ``ratio`` of the one to the other."""
    taken: dict[str, list[dict[str, Any]]] = {"quiet": [], "loaded": []}
    with scene(folder) as gate:
        gate.quiet()  # (warms up)
        for _ in range(rounds):
            for kind in taken:
                taken[kind].append(getattr(gate, kind)())
        found: dict[str, Any] = {kind: _figures(turns) for kind, turns in taken.items()}
        found["api"] = _figures([one["api"] for one in taken["loaded"]])
        found["told"] = dict(sorted(gate.asked.items()))
        found["scrubbed"] = statistics.median(gate.scrubbed) * ROWS / (SECONDS - LAST_SECONDS)
        found["web_cores"] = statistics.median(gate.processor)
        found["largest_wal_mb"] = gate.largest_wal / 1e6
        found["proven"] = gate.prove()
    found["ratio"] = {name: found["loaded"][name] / found["quiet"][name] for name in found["quiet"]}
    found["rounds"] = [
        p99(loaded) / p99(quiet) for loaded, quiet in zip(taken["loaded"], taken["quiet"], strict=True)
    ]
    return found


def _figures(turns: list[dict[str, Any]]) -> dict[str, float]:
    pooled = {"seconds": [second for one in turns for second in one["seconds"]]}
    return {"p50_ms": 1000 * p50(pooled), "p99_ms": 1000 * p99(pooled)}


def table(found: dict[str, Any]) -> str:
    lines = [f"{CALLS_A_SECOND} calls a second     p50 ms   p99 ms"]
    for kind, name in (("quiet", "by itself"), ("loaded", "beside the API")):
        lines.append(f"{name:18} {found[kind]['p50_ms']:8.2f} {found[kind]['p99_ms']:8.2f}")
    ratio = found["ratio"]
    each = ", ".join(f"{one:.2f}" for one in found["rounds"])
    lines.append(
        f"ratio              {ratio['p50_ms']:8.2f} {ratio['p99_ms']:8.2f}   (p99 of each round: {each})"
    )
    api = found["api"]
    lines.append(
        f"the API meanwhile: {ASKED_A_SECOND} questions a second, p50 {api['p50_ms']:.1f} ms, "
        f"p99 {api['p99_ms']:.1f} ms, {found['web_cores']:.2f} of a core; "
        f"{found['scrubbed']:,.0f} rows a second scrubbed; write-ahead log: {found['largest_wal_mb']:.0f} MB"
    )
    return "\n".join(lines)
