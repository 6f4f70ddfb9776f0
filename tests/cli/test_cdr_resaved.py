"""A spreadsheet saved the files of the lab's PBX again: what reconcile finds must be what it found before."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from typer.testing import CliRunner

from dialpact.cli.app import app
from tests.cli.conftest import Home
from tests.cli.test_reconcile import files, lab
from tests.compliance import cdr_lab

__all__ = ["lab"]
_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


def excel(data: bytes) -> bytes:
    """Times without seconds, numbers as numbers, no quotes but where they are needed; GB18030."""
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\r\n")
    for row in csv.reader(io.StringIO(data.decode())):
        writer.writerow(map(_cell, row))
    return made.getvalue().encode("gb18030")


def _cell(cell: str) -> str:
    if _TIME.fullmatch(cell):
        at = datetime.fromisoformat(cell)
        return f"{at.year}/{at.month}/{at.day} {at.hour}:{at.minute:02}"
    if re.fullmatch(r"\d{10}\.\d+", cell):
        return cell.split(".")[0]
    return cell.lstrip("0") if re.fullmatch(r"0\d+", cell) else cell


def custom(data: bytes) -> bytes:
    """In the order of cdr_custom's sample."""
    made = io.StringIO()
    writer = csv.writer(made, quoting=csv.QUOTE_ALL, lineterminator="\n")
    for number, row in enumerate(csv.reader(io.StringIO(data.decode()))):
        account, src, dst, context, clid, *rest = row
        writer.writerow([clid, src, dst, context, *rest[:11], account, *rest[11:], number])
    return made.getvalue().encode()


def found(home: Home, name: str, data: bytes) -> dict[str, Any]:
    given = ("reconcile", "--cdr", home.file(name, data), "--timezone", "UTC", "--notes", "--json")
    result = CliRunner().invoke(app, given, env={"LC_ALL": "C"}, obj={"machine": home.machine})
    told: dict[str, Any] = json.loads(result.stdout)
    sums = ("found", "lines", "bad", "house", "calls", "answered", "matched", "recorded", "inbound", "shift")
    findings = [(one["kind"], one["number"], one["decision"], one["text"]) for one in told["findings"]]
    return {name: told[name] for name in sums} | {"code": result.exit_code, "findings": findings}


@pytest.mark.parametrize("way", [excel, gzip.compress, custom])
@pytest.mark.parametrize("scene", cdr_lab.SCENES)
def test_the_same_is_found(lab: Home, scene: str, way: Callable[[bytes], bytes]) -> None:
    files(lab, scene)
    before = found(lab, "before.csv", cdr_lab.csv(scene))
    assert before["lines"] and before["bad"] == 0
    assert found(lab, "after", way(cdr_lab.csv(scene))) == before


def test_it_is_said_that_seconds_are_missing(lab: Home) -> None:
    files(lab, "answered")
    name = lab.file("after.csv", excel(cdr_lab.csv("answered")))
    result = lab.run("reconcile", "--cdr", name, "--timezone", "UTC")
    assert "after.csv: the times say no seconds" in result.stderr and "within 60 seconds" in result.stderr
    said = lab.run("reconcile", "--cdr", name, "--timezone", "UTC", "--tolerance", "90").stderr
    assert "within 90 seconds" in said
