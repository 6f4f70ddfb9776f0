"""How long an import takes, and how much memory: ``python -m tests.bench.import_bench [ROWS]``.

Generated refusals (90 % mobile, 10 % fixed line, with times and sources) through the real command, into an
empty register and then once more into the full one. Prints figures; asserts nothing.
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

PROGRAM = "from console.app import main; main()"


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


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        generate(home / "dnc.csv", rows)
        print(f"{rows} rows, {(home / 'dnc.csv').stat().st_size / 1e6:.0f} MB")
        run = [sys.executable, "-c", PROGRAM]
        subprocess.run([*run, "init", "--json"], cwd=home, env=environment, check=True, capture_output=True)
        for what in ("new", "again"):
            begun = time.perf_counter()
            done = subprocess.run(
                [*run, "dnc", "import", "dnc.csv", "--json"],
                cwd=home,
                env=environment,
                check=True,
                capture_output=True,
            )
            seconds = time.perf_counter() - begun
            answer = json.loads(done.stdout)
            print(
                f"{what}: {seconds:.1f} s, {rows / seconds:,.0f} rows/s, "
                f"applied {answer['applied']}, already {answer['already']}, bad {answer['bad']}"
            )
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"peak memory {peak:.0f} MB, database {(home / 'dialpact.db').stat().st_size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
