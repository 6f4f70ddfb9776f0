"""How long the console's pages take beside a gate that is asked, and what that costs the gate's callers.

A year of a large house: 1,000,000 decisions, 300,000 recordings, 10,000,000 numbers on the do-not-call list.
An office of fifty, each of whom opens a page every five seconds, opens each page that shows an officer
something, in turn, while calls begin at the gate; then one officer, or a script, opens them without a
pause. The gate alone and beside either takes turns; compare the ratio. How long a page takes is of both. A
page that is not answered with 200 ends the bench.

    make bench BENCH="--only console"
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import itertools
import json
import os
import shutil
import socket
import sqlite3
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from dialpact.compliance.registers.account import Role
from dialpact.store.sqlite import migrate
from dialpact.web.console.routing import pages
from tests.bench import inspection_bench, native, register_size
from tests.bench.api_bench import CALLS_A_SECOND, NICER, SECONDS, nicer, player
from tests.bench.decision import p50, p99
from tests.bench.gate_site import RUNS, NoonClock, fill
from tests.bench.process import Process, module, running
from tests.bench.stand import initialise
from tests.cli.conftest import Home
from tests.web.console.roles import table as roles
from tests.web.console.signed_in import tokens

DECISIONS, NUMBERS = 1_000_000, 10_000_000
TODAY = NoonClock().now().date()  # what is going on now is the bench's own
FIRST = 15_000_000_000  # of the list: nobody whom the gate is asked about
PATIENCE = 60.0
PEOPLE, PAUSE = 50, 5.0  # seconds from a page to the next
OFFICE, TIRELESS = PEOPLE / PAUSE, 0.0  # pages a second; 0: as many as there can be
BESIDE = {"office": OFFICE, "tireless": TIRELESS}
MIDDLE = f"{DECISIONS // 2:032x}"  # a call that was recorded, half a year ago
ENTRIES = {  # of pages that show one thing
    "GET /calls/{id}": f"/calls/{MIDDLE}",
    "GET /recordings/{id}": f"/recordings/{MIDDLE}",
    "GET /registers/campaign/entry/{id}": "/registers/campaign/entry/spring",
    "GET /registers/script/entry/{id}": "/registers/script/entry/pitch",
}


class Opened:
    """What an officer opens: addresses and forms, and how long each took."""

    def __init__(self, port: int, cookie: tuple[str, str]) -> None:
        self._port = port
        self._headers = {"Cookie": "=".join(cookie), "Sec-Fetch-Site": "same-origin"}
        self._headers |= {"Content-Type": "application/x-www-form-urlencoded"}
        self.took: dict[str, list[float]] = {}
        self.stop = threading.Event()
        self.failed: list[str] = []

    def wanted(self) -> Iterator[tuple[str, str, str, str]]:
        """Name, method, path and body of each page that reads."""
        rows = roles()
        for page in pages():
            shows = page.roles is not None and Role.OFFICER in page.roles and not page.changes
            if not shows or page.seconds is None or page.path.startswith("/account"):
                continue
            if "{" in page.path:
                if address := ENTRIES.get(page.name):
                    yield page.name, "GET", address, ""
                continue
            fields = urlencode(rows[page.name].get("bench", rows[page.name].get("form", {})), doseq=True)
            if page.method == "GET":
                yield page.name, "GET", f"{page.path}?{fields}" if fields else page.path, ""
            elif "bench" in rows[page.name]:
                yield page.name, "POST", page.path, fields

    def open(self, name: str, method: str, path: str, body: str) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        with contextlib.closing(connection):
            began = time.perf_counter()
            connection.request(method, path, body or None, self._headers)
            answer = connection.getresponse()
            content = answer.read()
            self.took.setdefault(name, []).append(time.perf_counter() - began)
            if answer.status != 200:
                raise RuntimeError(f"{name}: {answer.status} {content[:300]!r}")

    def wait(self) -> None:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                self.open("", "GET", "/", "")
                return
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)

    def run(self, rate: float) -> None:
        """Until ``stop``, ``rate`` pages a second."""
        # (This thread alone: whoever opens pages sits at another host, and takes nothing from a call here.)
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICER)
        may = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(threading.get_native_id(), may[len(may) // 2 :])
        began = time.perf_counter()
        try:
            for place, each in enumerate(itertools.cycle(self.wanted())):
                if self.stop.wait(began + place / rate - time.perf_counter() if rate else 0):
                    return
                self.open(*each)
        except Exception as error:
            self.failed.append(str(error))


def large(folder: Path) -> None:
    """The database of the house, made once and kept in ``.bench/``."""
    scripts = "".join(script for _, script in migrate.scripts())
    digest = hashlib.sha256(f"{scripts}{DECISIONS}{NUMBERS}{TODAY}".encode()).hexdigest()[:12]
    made = native.CACHE / f"console-{digest}.db"
    if not made.exists():
        native.CACHE.mkdir(exist_ok=True)
        for older in native.CACHE.glob("console-*"):
            older.unlink()
        making = made.with_suffix(".making")
        print("making the database of the bench, some minutes, once", file=sys.stderr)
        fill(making)
        inspection_bench.happened(making, DECISIONS, end=TODAY)
        _refuse(making)
        making.rename(made)
    shutil.copyfile(made, folder / "dialpact.db")


def _refuse(database: Path) -> None:
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as db:
        for setting in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -262144"):
            db.execute(f"PRAGMA {setting}")
        values = {"start": 86 * 10**11 + FIRST, "step": 97, "since": "2026-01-01T00:00:00.000000Z"}
        for first in range(0, NUMBERS, register_size.SLICE):
            db.execute("BEGIN")
            db.execute(register_size.ROWS, values | {"first": first, "end": first + register_size.SLICE})
            db.execute("COMMIT")
        db.execute("PRAGMA journal_mode = WAL")


def measure(rounds: int, folder: Path) -> dict[str, Any]:
    """``pages``: milliseconds by page; the gate's, by itself and beside each; ``ratio`` of these."""
    # (Of one minute that never ends, what is going on now would be all that the bench has ever done.)
    os.environ[RUNS] = str(time.time())
    initialise(folder)
    (folder / "dialpact.db").unlink(missing_ok=True)
    large(folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = folder / "dialpact.toml"
    config.write_text(
        config.read_text("utf-8").replace('"127.0.0.1:9080"', f'"127.0.0.1:{port}"'), encoding="utf-8"
    )
    opened = Opened(port, tokens(Home(folder), (Role.OFFICER,), NoonClock().now())[Role.OFFICER])
    taken: dict[str, list[dict[str, Any]]] = {kind: [] for kind in ("quiet", *BESIDE)}
    played = 0
    with contextlib.ExitStack() as stack:

        def start(name: str, words: list[str]) -> Process:
            return stack.enter_context(running(words, folder / f"{name}.log", None))

        gate = int(start("gate", module("tests.bench.gate_site", "full", str(folder))).ask())
        stack.callback(start("web", nicer(module("tests.bench.api_site", str(folder)))).end)
        opened.wait()
        client = start("client", player(folder))
        for turn in range(rounds + 1):  # (the first warms up)
            for kind in taken:
                opened.stop.clear()
                asking = threading.Thread(target=opened.run, args=(BESIDE.get(kind),))
                if kind in BESIDE:
                    asking.start()
                calls = CALLS_A_SECOND * SECONDS
                one = json.loads(client.ask(f"{gate} 1 {calls} {played} {CALLS_A_SECOND}"))
                played += calls
                opened.stop.set()
                if kind in BESIDE:
                    asking.join()
                if opened.failed:
                    raise RuntimeError(opened.failed[0])
                if turn:
                    taken[kind].append(one)
            if not turn:
                opened.took.clear()
    found: dict[str, Any] = {kind: _figures(turns) for kind, turns in taken.items()}
    quiet = found["quiet"]
    found["ratio"] = {kind: {name: found[kind][name] / quiet[name] for name in quiet} for kind in BESIDE}
    found["pages"] = {
        name: {"p50_ms": 1000 * statistics.median(took), "p95_ms": 1000 * _p95(took), "opened": len(took)}
        for name, took in sorted(opened.took.items())
        if name
    }
    return found


def _p95(took: list[float]) -> float:
    return sorted(took)[int(0.95 * (len(took) - 1) + 0.5)]


def _figures(turns: list[dict[str, Any]]) -> dict[str, float]:
    pooled = {"seconds": [second for one in turns for second in one["seconds"]]}
    return {"p50_ms": 1000 * p50(pooled), "p99_ms": 1000 * p99(pooled)}


def table(found: dict[str, Any]) -> str:
    lines = [f"{'page':34} p50 ms   p95 ms   opened"]
    for name, page in sorted(found["pages"].items(), key=lambda each: -each[1]["p95_ms"]):
        lines.append(f"{name:32} {page['p50_ms']:8.1f} {page['p95_ms']:8.1f} {page['opened']:8}")
    names = {
        "quiet": "gate by itself",
        "office": f"beside {PEOPLE} people, {OFFICE:.0f} pages/s",
        "tireless": "beside pages without a pause",
    }
    for kind, name in names.items():
        lines.append(f"{name:32} {found[kind]['p50_ms']:8.2f} {found[kind]['p99_ms']:8.2f} (p99)")
        if ratio := found["ratio"].get(kind):
            lines.append(f"{'ratio':32} {ratio['p50_ms']:8.2f} {ratio['p99_ms']:8.2f} (p99)")
    return "\n".join(lines)
