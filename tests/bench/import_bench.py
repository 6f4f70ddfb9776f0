"""How long an import takes, and how much memory: ``python -m tests.bench.import_bench [ROWS]``.

Generated refusals (90 % mobile, 10 % fixed line, with times and sources) through the real command, into an
empty register and then once more into the full one; then a list of leads. Prints figures; asserts nothing.
"""

from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROGRAM = "from dialpact.cli.app import main; main()"


def generate(path: Path, rows: int, seed: int = 1) -> None:
    chance = random.Random(seed)
    with path.open("w", encoding="utf-8") as file:
        file.write("number,scope,value,requested_at,source\n")
        for _ in range(rows):
            mobile = chance.random() < 0.9
            number = f"1{chance.choice((38, 39, 50, 51, 88))}{chance.randrange(10**8):08}" if mobile else ""
            number = number or f"0278{chance.randrange(10**7):07}"
            scope, value = chance.choice((("all", ""), ("industry", "保险"), ("business", "acme")))
            minute = chance.randrange(60)
            file.write(
                f"{number},{scope},{value},2026-10-{chance.randrange(1, 31):02} 10:{minute:02},hotline\n"
            )


def generate_leads(path: Path, rows: int, seed: int = 1) -> None:
    """Distinct mobile numbers in random order, as honest a list as chance can make."""
    chance = random.Random(seed)
    with path.open("w", encoding="utf-8") as file:
        file.write("number\n")
        starts = (138, 139, 150, 151, 188)
        for place in chance.sample(range(len(starts) * 10**8), rows):
            file.write(f"{starts[place // 10**8]}{place % 10**8:08}\n")


DELIVERY = ("--campaign", "spring", "--partner", "P", "--contract", "K", "--basis", "art. 13")


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)

        def run(*arguments: str) -> bytes:
            command = [sys.executable, "-c", PROGRAM, *arguments, "--json"]
            return subprocess.run(command, cwd=home, env=environment, check=True, capture_output=True).stdout

        def timed(what: str, *arguments: str) -> None:
            begun = time.perf_counter()
            answer = json.loads(run(*arguments))
            seconds = time.perf_counter() - begun
            print(
                f"{what}: {seconds:.1f} s, {rows / seconds:,.0f} rows/s, "
                f"applied {answer['applied']}, already {answer['already']}, bad {answer['bad']}"
            )

        generate(home / "dnc.csv", rows)
        generate_leads(home / "leads.csv", rows)
        print(f"{rows} rows, {(home / 'dnc.csv').stat().st_size / 1e6:.0f} MB of refusals")
        run("init")
        run("business", "add", "acme", "--name", "Acme", "--actor", "own-business")
        run("campaign", "add", "spring", "--business", "acme", "--industry", "保险", "--purpose", "marketing")
        for what, arguments in (
            ("refusals, new", ("dnc", "import", "dnc.csv")),
            ("refusals, again", ("dnc", "import", "dnc.csv")),
            ("leads, with the range detector", ("leads", "import", "leads.csv", *DELIVERY)),
        ):
            timed(what, *arguments)
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
            size = (home / "dialpact.db").stat().st_size / 1e6
            print(f"    peak memory so far {peak:.0f} MB, database {size:.0f} MB")


if __name__ == "__main__":
    main()
