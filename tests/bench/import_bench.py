"""How long an import takes, how much memory, and how long it stops others from writing:
``python -m tests.bench.import_bench [ROWS]``.

Generated refusals (90 % mobile, 10 % fixed line, with times and sources) through the real command, into an
empty register and then once more into the full one, as CSV and as a workbook; then a list of leads. Prints
figures; asserts nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, Self

from dialpact.compliance.clock import boot_id
from tests.workbooks import parts

ROWS = 1_000_000
POLL = 0.02  # seconds between two looks at the memory of what is measured
SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
PROGRAM = "from dialpact.cli.app import main; main()"


NAMES = ("number", "scope", "value", "requested_at", "source")


def refusals(rows: int, seed: int = 1) -> Iterator[tuple[str, ...]]:
    """The cells of each row, in the order of :data:`NAMES`."""
    chance = random.Random(seed)
    for _ in range(rows):
        mobile = chance.random() < 0.9
        number = f"1{chance.choice((38, 39, 50, 51, 88))}{chance.randrange(10**8):08}" if mobile else ""
        number = number or f"0278{chance.randrange(10**7):07}"
        scope, value = chance.choice((("all", ""), ("industry", "保险"), ("business", "acme")))
        minute = chance.randrange(60)
        yield number, scope, value, f"2026-10-{chance.randrange(1, 31):02} 10:{minute:02}", "hotline"


def generate(path: Path, rows: int, seed: int = 1) -> None:
    with path.open("w", encoding="utf-8") as file:
        for cells in chain([NAMES], refusals(rows, seed)):
            file.write(",".join(cells) + "\n")


def generate_workbook(path: Path, rows: int, seed: int = 1) -> None:
    """The same rows as a workbook, all texts shared, as Excel writes it."""
    places: dict[str, int] = {}
    found = parts({"refusals": ""}, strings=())
    head, tail = str(found.pop(SHEET)).split("</sheetData>")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with archive.open(SHEET, "w", force_zip64=True) as file:
            file.write(head.encode())
            for number, cells in enumerate(chain([NAMES], refusals(rows, seed)), 1):
                inner = "".join(
                    f'<c r="{column}{number}" t="s"><v>{places.setdefault(text, len(places))}</v></c>'
                    for column, text in zip("ABCDE", cells, strict=True)
                    if text
                )
                file.write(f'<row r="{number}" spans="1:5">{inner}</row>'.encode())
            file.write(f"</sheetData>{tail}".encode())
        start, end = str(found.pop(STRINGS)).split("</sst>")
        with archive.open(STRINGS, "w", force_zip64=True) as file:
            file.write(start.encode())
            for text in places:
                file.write(f"<si><t>{text}</t></si>".encode())
            file.write(f"</sst>{end}".encode())
        for name, content in found.items():
            archive.writestr(name, content)


def generate_leads(path: Path, rows: int, seed: int = 1) -> None:
    """Distinct mobile numbers in random order, as honest a list as chance can make."""
    chance = random.Random(seed)
    with path.open("w", encoding="utf-8") as file:
        file.write("number\n")
        starts = (138, 139, 150, 151, 188)
        for place in chance.sample(range(len(starts) * 10**8), rows):
            file.write(f"{starts[place // 10**8]}{place % 10**8:08}\n")


REFUSALS = ("dnc", "import", "dnc.csv")
WORKBOOK = ("dnc", "import", "dnc.xlsx")
RENEWED = "INSERT OR REPLACE INTO recorder_lease VALUES ('bench', ?, ?, 1, '', '2026-01-01T00:00:00.000000Z')"
DELIVERY = ("--campaign", "spring", "--partner", "P", "--contract", "K", "--basis", "art. 13")


class SecondWriter:
    """Renews a lease as a listener does, but every hundredth of a second. ``waits``: seconds of each."""

    def __init__(self, database: Path) -> None:
        self._database, self.waits = database, list[float]()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        with contextlib.closing(sqlite3.connect(self._database, isolation_level=None, timeout=60)) as db:
            db.execute("PRAGMA synchronous = FULL")
            while not self._over.wait(0.01):
                began = time.perf_counter()
                db.execute("BEGIN IMMEDIATE")
                db.execute(RENEWED, (boot_id(), time.monotonic_ns()))
                db.execute("COMMIT")
                self.waits.append(time.perf_counter() - began)


class Run(NamedTuple):
    answer: dict[str, Any]
    seconds: float
    peak_mb: float


def run(home: Path, *arguments: str) -> Run:
    """A command of the product in ``home``. RuntimeError with what it said when it fails."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    began = time.perf_counter()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        command = [sys.executable, "-c", PROGRAM, *arguments, "--json"]
        running = subprocess.Popen(command, cwd=home, env=environment, stdout=out, stderr=err)
        peak = 0  # (what wait4 tells begins with all that the bench itself had when it forked)
        while running.poll() is None:
            peak = max(peak, high_water(running.pid))
            time.sleep(POLL)
        seconds = time.perf_counter() - began
        out.seek(0), err.seek(0)
        if running.returncode:
            raise RuntimeError(f"{arguments}: {err.read().decode()}")
        return Run(json.loads(out.read() or b"{}"), seconds, peak / 1024)


def high_water(pid: int) -> int:
    """The most that a process has had of the memory, in KiB; 0: it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0)


def prepare(home: Path, rows: int, *, leads: bool = False) -> None:
    generate(home / "dnc.csv", rows)
    run(home, "init")
    if leads:
        generate_leads(home / "leads.csv", rows)
        run(home, "business", "add", "acme", "--name", "Acme", "--actor", "own-business")
        campaign = ("--business", "acme", "--industry", "保险", "--purpose", "marketing")
        run(home, "campaign", "add", "spring", *campaign)


def imported(home: Path, rows: int, *arguments: str) -> dict[str, float]:
    """One import beside a second writer. RuntimeError when not every row came into the register."""
    with SecondWriter(home / "dialpact.db") as writer:
        done = run(home, *arguments)
    answer, waits = done.answer, sorted(writer.waits)
    if answer["bad"] or answer["applied"] + answer["already"] != rows:
        raise RuntimeError(f"{rows} rows, but {answer}")
    return {
        "rows": rows,
        "applied": answer["applied"],
        "seconds": done.seconds,
        "peak_mb": done.peak_mb,
        "second_writer_p50_s": waits[len(waits) // 2],
        "second_writer_p99_s": waits[len(waits) * 99 // 100],
        "second_writer_longest_s": waits[-1],
        "database_mb": (home / "dialpact.db").stat().st_size / 1e6,
    }


def measure(rounds: int, folder: Path, rows: int = ROWS) -> dict[str, Any]:
    """Refusals into an empty register, from a CSV; ``xlsx``: the same from a workbook."""
    csv, xlsx = folder / "csv", folder / "xlsx"
    for home in (csv, xlsx):
        home.mkdir()
        run(home, "init")
    generate(csv / "dnc.csv", rows)
    found = imported(csv, rows, *REFUSALS)
    generate_workbook(xlsx / "dnc.xlsx", rows)
    return {**found, "xlsx": imported(xlsx, rows, *WORKBOOK)}


def table(found: dict[str, Any]) -> str:
    """Of a CSV, and of a workbook where there is one."""
    return "\n".join(f"{name}: {_figures(one)}" for name, one in (("CSV", found), ("XLSX", found["xlsx"])))


def _figures(found: dict[str, Any]) -> str:
    rows, seconds = found["rows"], found["seconds"]
    p50, p99 = (1000 * found[f"second_writer_{which}_s"] for which in ("p50", "p99"))
    return (
        f"{rows:,} rows in {seconds:.1f} s ({rows / seconds:,.0f} a second, {found['applied']:,} applied), "
        f"peak {found['peak_mb']:.0f} MB, database {found['database_mb']:.0f} MB\n"
        f"a second writer waited {found['second_writer_longest_s']:.2f} s at most "
        f"(p50 {p50:.1f} ms, p99 {p99:.1f} ms)"
    )


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        prepare(home, rows, leads=True)
        generate_workbook(home / "dnc.xlsx", rows)
        for what, arguments in (
            ("refusals, new", REFUSALS),
            ("refusals, again", REFUSALS),
            ("refusals, again, from a workbook", WORKBOOK),
            ("leads, with the range detector", ("leads", "import", "leads.csv", *DELIVERY)),
        ):
            print(f"{what}: {_figures(imported(home, rows, *arguments))}", flush=True)


if __name__ == "__main__":
    main()
