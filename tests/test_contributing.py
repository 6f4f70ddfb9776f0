"""The examples of CONTRIBUTING.md are true: applied to a copy of the tree, each does what it says."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("agi", "ami_listener", "dialpact", "dialplan")
BLOCK = re.compile(
    r"^```(?:python|sql)\n(?:#|--) (\S+?\.(?:py|sql))(?:, below: ([^\n]+))?\n(.*?)^```$", re.DOTALL | re.M
)
PROFILE = """
id = "ours"
version = "1"
title = "Ours"
source = "-"
timezone = "Asia/Shanghai"
[numbers]
source = "-"
regions = ["CN"]
[landlines]
clause = "no landline"
source = "-"
effective_from = 2020-01-01
purposes = ["*"]
"""
USE = """
import asyncio
from datetime import UTC, datetime
from pathlib import Path

from dialpact.application import partners
from dialpact.application.actor import Actor, Door
from dialpact.application.context import Context
from dialpact.compliance.clock import SystemClock
from dialpact.store.sqlite import Store
from dialpact.store.sqlite.connection import create


async def main():
    create(Path("partners.db"))
    async with await Store.open(Path("partners.db"), 1000) as store:
        context = Context(store, Actor(name="chen", door=Door.SHELL), SystemClock())
        await partners.add(context, "jianghan", "江汉银行")
        await partners.add(context, "donghu", "东湖保险")
        first = await partners.listed(context, most=1)
        rest = await partners.listed(context, after=first.next)
        (change,) = await store.changes.of("partner", "donghu")
        print([row.id for row in (*first.rows, *rest.rows)], change.by)


asyncio.run(main())
"""


def examples(heading: str) -> list[tuple[str, str, str]]:
    """(file, line below which it goes or empty for a new file, text) of each block under a heading."""
    page = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    (part,) = re.findall(rf"^## {heading}\n(.*?)^## ", page, re.DOTALL | re.MULTILINE)
    found = BLOCK.findall(part)
    assert len(found) == part.count("\n```") / 2, "a block that says no file"
    return found


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the product with all examples applied."""
    copy = tmp_path_factory.mktemp("tree")
    for room in ROOMS:
        shutil.copytree(ROOT / room, copy / room, ignore=shutil.ignore_patterns("__pycache__"))
    migrations = copy / "dialpact" / "store" / "sqlite" / "migrations"
    following = 1 + max(int(file.name[:4]) for file in migrations.glob("*.sql"))
    for heading in ("Add a rule", "Add a command", "Add a register"):
        for name, below, text in examples(heading):
            file = copy / name.replace("NNNN", f"{following:04}")
            if not below:
                assert not file.exists(), f"{name} is taken"
                file.write_text(text, "utf-8")
                continue
            lines = file.read_text("utf-8").splitlines(keepends=True)
            (place,) = [number for number, line in enumerate(lines, 1) if line.strip() == below]
            file.write_text("".join([*lines[:place], text, *lines[place:]]), "utf-8")
    return copy


def python(tree: Path, program: str, *arguments: str, folder: Path) -> str:
    """What a program prints that sees the copy instead of the product."""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(tree), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
    )
    assert done.returncode in (0, 3), done.stderr
    return done.stdout


def dialpact(tree: Path, folder: Path, *arguments: str) -> dict:
    program = "from dialpact.cli.app import main; main()"
    return json.loads(python(tree, program, *arguments, "--json", folder=folder))


@pytest.mark.parametrize(("heading", "new", "changed"), [("Add a rule", 1, 1), ("Add a command", 1, 1)])
def test_one_new_file_and_one_line(heading: str, new: int, changed: int) -> None:
    blocks = examples(heading)
    assert [bool(below) for _, below, _ in blocks] == [False] * new + [True] * changed
    assert all(text.count("\n") == 1 for _, below, text in blocks if below)


def test_a_register_has_no_file_twice() -> None:
    new = [name for name, below, _ in examples("Add a register") if not below]
    assert len(new) == len(set(new))


def test_the_rule_is_judged(tree: Path, tmp_path: Path) -> None:
    python(tree, "from dialpact.cli.app import main; main()", "init", folder=tmp_path)
    (tmp_path / "ours.toml").write_text(PROFILE, "utf-8")
    config = tmp_path / "dialpact.toml"
    text, count = re.subn(
        r"^profiles = .*$", 'profiles = ["ours.toml"]', config.read_text("utf-8"), flags=re.M
    )
    assert count == 1
    config.write_text(text, "utf-8")
    found = {}
    for number in ("02787654321", "13800138000"):
        answer = dialpact(tree, tmp_path, "check", number, "--campaign", "c", "--caller-id", "02788880007")
        (found[number],) = [row for row in answer["findings"] if row["rule"] == "landlines"]
    assert (found["02787654321"]["result"], found["02787654321"]["code"]) == ("fail", "protected-number")
    assert found["13800138000"]["result"] == "pass"


def test_the_command_answers(tree: Path, tmp_path: Path) -> None:
    assert set(dialpact(tree, tmp_path, "clock")) == {"now"}


def test_the_register_is_reachable(tree: Path, tmp_path: Path) -> None:
    assert python(tree, USE, folder=tmp_path) == "['jianghan', 'donghu'] chen\n"
