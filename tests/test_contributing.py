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
BLOCK = re.compile(r"^```python\n# (\S+?\.py)(?:, below: ([^\n]+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
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
HEADINGS = ("Add a rule", "Add a command", "Add an endpoint", "Add a register")
# One process for a whole story; what each command said.
STORY = """
import json, sys
from typer.testing import CliRunner
from dialpact.cli.app import app

said = []
for command in json.loads(sys.argv[1]):
    done = CliRunner().invoke(app, command, prog_name="dialpact", env={"COLUMNS": "200"})
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    said.append((done.exit_code, done.stdout, done.stderr))
print(json.dumps(said))
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
    for heading in HEADINGS:
        for name, below, text in examples(heading):
            file = copy / name
            if not below:
                assert not file.exists(), f"{name} is taken"
                file.write_text(text, "utf-8")
                continue
            lines = file.read_text("utf-8").splitlines(keepends=True)
            (place,) = [number for number, line in enumerate(lines, 1) if line.strip() == below]
            file.write_text("".join([*lines[:place], text, *lines[place:]]), "utf-8")
    return copy


def python(tree: Path, program: str, *arguments: str, folder: Path, lang: str = "C.UTF-8") -> str:
    """What a program prints that sees the copy instead of the product."""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(tree), "LC_ALL": lang},
        capture_output=True,
        text=True,
    )
    assert done.returncode in (0, 3), done.stderr
    return done.stdout


def dialpact(tree: Path, folder: Path, *arguments: str) -> dict:
    program = "from dialpact.cli.app import main; main()"
    return json.loads(python(tree, program, *arguments, "--json", folder=folder))


@pytest.mark.parametrize("heading", HEADINGS)
def test_one_new_file_and_one_line(heading: str) -> None:
    blocks = examples(heading)
    assert [bool(below) for _, below, _ in blocks] == [False, True]
    assert all(text.count("\n") == 1 for _, below, text in blocks if below)


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


def test_the_endpoint_is_in_the_document(tree: Path, tmp_path: Path) -> None:
    program = "import json; from dialpact.web.api import document, routing; "
    said = json.loads(
        python(tree, f"{program}print(json.dumps(document.document(routing.endpoints())))", folder=tmp_path)
    )
    answer = said["paths"]["/v1/clock"]["get"]["responses"]["200"]
    assert answer["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Now"}


def test_the_register_is_kept_shown_and_proven(tree: Path, tmp_path: Path) -> None:
    def say(*commands: str, lang: str = "C.UTF-8") -> list[tuple[int, str, str]]:
        words = json.dumps([command.split() for command in commands])
        return list(map(tuple, json.loads(python(tree, STORY, words, folder=tmp_path, lang=lang))))

    first, second, part, nobody = say(
        "init",
        "partner add jianghan --name 江汉银行 --until 2027-12-31 --by chen --json",
        "partner add donghu --name 东湖保险",
        "partner list --limit 1 --json",
        "partner show nobody --json",
    )[1:]
    partner = {"id": "jianghan", "name": "江汉银行", "until": "2027-12-31"}
    assert json.loads(first[1]) == {"register": "partner", "result": "added", "entry": partner}
    assert second[:2] == (0, "Partner donghu: added\n")
    assert [row["id"] for row in json.loads(part[1])] == ["donghu"]
    assert (nobody[0], json.loads(nobody[1])) == (1, {"error": "nobody is not registered"})
    (cursor,) = re.findall(r"--after (\S+)", part[2])

    rest, removed, gone, verified = say(
        f"partner list --after {cursor} --json",
        "partner remove donghu --reason sold --by li --lang zh",
        "partner show donghu --json",
        "ledger verify --json",
    )
    assert json.loads(rest[1]) == [partner]
    assert removed[:2] == (0, "合作方 donghu：已移除\n")
    shown = json.loads(gone[1])
    assert (gone[0], shown["entries"]) == (1, []), "there is none any more"
    assert [change["action"] for change in shown["history"]] == ["add", "remove"]
    assert (shown["history"][1]["by"], shown["history"][1]["detail"]["reason"]) == ("li", "sold")
    found = json.loads(verified[1])
    assert (verified[0], found["findings"], found["entries"]) == (0, 0, 3)

    for lang, about, heading in (
        ("C.UTF-8", "The partners that supply leads.", "Contract ends"),
        ("zh_CN.UTF-8", "提供线索的合作方。", "合同到期"),
    ):
        whole, add, listed = say("--help", "partner add --help", "partner list", lang=lang)
        assert about in whole[1] and heading in add[1] and heading in listed[1]
