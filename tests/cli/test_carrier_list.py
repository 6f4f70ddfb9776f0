"""``caller-id reconcile``: changes nothing, and is kept."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import json
import sqlite3
from typing import Any

import msgspec
import pytest

from dialpact.application.carrier_list import Comparison, compare_list
from dialpact.cli.command_context import CommandContext
from dialpact.cli.renamed import beside
from dialpact.compliance.registers.fault import Fault
from dialpact.presentation import texts
from tests.cli.conftest import Home
from tests.compliance import cdr_lab

NUMBER = "02787654321"
HEADER = "number,holder,licence,valid_to,authenticated\n"
DAY = ("--since", "2026-11-25T00:00:00Z", "--until", "2026-11-26T00:00:00Z")


def logged(home: Home) -> list[dict[str, Any]]:
    with contextlib.closing(sqlite3.connect(home.path / "dialpact.db")) as database:
        found = database.execute(
            "SELECT key, actor, detail FROM register_change"
            " WHERE register = 'caller-id' AND action = 'reconcile' ORDER BY seq"
        )
        return [{"key": key, "by": by, **json.loads(detail)} for key, by, detail in found]


def compared(home: Home, text: str | bytes, *options: str, code: int = 3) -> Any:
    return home("caller-id", "reconcile", "--carrier-list", home.file("list.csv", text), *options, code=code)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_nothing_differs(stocked: Home, encoding: str) -> None:
    answer = compared(stocked, f"{HEADER}{NUMBER},某某公司,L-1,,yes\n".encode(encoding), code=0)
    assert (answer["differences"], answer["registered"], answer["listed"]) == ([], 1, 1)


def test_what_differs_is_told_and_kept(stocked: Home) -> None:
    text = HEADER + "02711112222,别人,,,\n"
    answer = compared(stocked, text, "--by", "chen", *DAY)
    kinds = [(one["kind"], one["number"]) for one in answer["differences"]]
    assert kinds == [("not-listed", NUMBER), ("not-registered", "02711112222")]
    (line,) = logged(stocked)
    assert (line["key"], line["by"]) == ("list.csv", "chen")
    assert line["sha256"] == hashlib.sha256(text.encode()).hexdigest()
    assert (line["rows"], line["registered"], line["listed"]) == (1, 1, 1)
    assert line["found"] == {"not-listed": 1, "not-registered": 1}
    assert (line["since"], line["until"]) == ("2026-11-25T00:00:00.000000Z", "2026-11-26T00:00:00.000000Z")
    with contextlib.closing(sqlite3.connect(stocked.path / "dialpact.db")) as database:
        (leaf,) = database.execute(
            "SELECT count(*) FROM ledger JOIN register_change ON kind = 'register-change'"
            " AND ledger.key = CAST(seq AS TEXT) WHERE action = 'reconcile'"
        ).fetchone()
    assert leaf == 1


def test_the_register_stays_as_it_is(stocked: Home) -> None:
    before = stocked("caller-id", "list")
    compared(stocked, HEADER + f"{NUMBER},别人,L-9,2026-01-02,no\n")
    assert stocked("caller-id", "list") == before


def used(home: Home, text: str, since: str, until: str, **sizes: int) -> Any:
    """As the use case finds it."""

    async def found() -> Comparison:
        async with CommandContext(home.config, False, "en").context("chen") as context:
            file = io.BytesIO(text.encode())
            with await compare_list(
                context, file, name="list.csv", since=since, until=until, **sizes
            ) as done:
                return done.about

    return json.loads(msgspec.json.encode(asyncio.run(found())))


@pytest.mark.parametrize("together", [1, 3])
def test_calls_are_counted_in_pages_of_any_size(stocked: Home, together: int) -> None:
    with contextlib.closing(sqlite3.connect(stocked.path / "dialpact.db")) as database, database:
        cdr_lab.fill(database, "answered", "busy", "refused", "two-calls")
    lists = (HEADER + f"{NUMBER},,,,\n", HEADER + f"{NUMBER},,,,\n02788880007,,,,\n")
    (busy,) = cdr_lab.kept("busy")["decisions"]
    for since, until in (
        (DAY[1], DAY[3]),
        (busy["decided_at"], "2026-11-25T16:29:00Z"),
        ("2026-11-25T16:28:50Z", "2026-11-25T16:29:00Z"),
    ):
        for text in lists:
            said = compared(stocked, text, "--since", since, "--until", until)
            found = used(stocked, text, since, until, together=together)
            assert found["figures"]["calls"] == said["calls"] > 0
            assert found["figures"]["calls_not_listed"] == said["calls_not_listed"]
            usage = beside(found["usage"], {"blocked": "refused"})
            assert (found["differences"], usage) == (said["differences"], said["caller_ids"])


def test_calls_are_counted(stocked: Home) -> None:
    """Those put through, and those refused apart."""
    with contextlib.closing(sqlite3.connect(stocked.path / "dialpact.db")) as database, database:
        cdr_lab.fill(database, "answered", "busy", "refused", "two-calls")
    answer = compared(stocked, HEADER + f"{NUMBER},,,,\n", *DAY)
    assert answer["differences"] == [
        {"kind": "used-not-listed", "number": "02788880007", "register": "", "carrier": "", "calls": 4}
    ]
    assert (answer["calls"], answer["calls_not_listed"]) == (4, 4)
    listed = compared(stocked, HEADER + f"{NUMBER},,,,\n02788880007,,,,\n", *DAY)
    (used,) = listed["caller_ids"]
    assert used["blocked"] == used["refused"]  # its old name
    assert (used["calls"], used["refused"], used["registered"], used["listed"]) == (4, 1, False, True)
    (busy,) = cdr_lab.kept("busy")["decisions"]
    exact = ("--since", busy["decided_at"], "--until", "2026-11-25T16:29:00Z")
    assert compared(stocked, HEADER + f"{NUMBER},,,,\n", *exact)["calls"] == 1
    other = ("--since", "2026-11-25T16:28:50Z", "--until", "2026-11-25T16:29:00Z")
    assert compared(stocked, HEADER + f"{NUMBER},,,,\n", *other)["calls"] == 1


def test_a_bad_row_stops_it_unless_it_is_skipped(stocked: Home) -> None:
    text = HEADER + f"{NUMBER},,,,\nx,,,,\n{NUMBER},other,,,\n"
    answer = compared(stocked, text, code=1)
    assert [(error["line"], error["code"]) for error in answer["errors"]] == [
        (3, "bad-caller-id"),
        (4, "given-twice"),
    ]
    assert logged(stocked) == []
    assert compared(stocked, text, "--skip-bad", code=0)["bad"] == 2
    assert logged(stocked)[0]["bad"] == 2


def test_the_same_row_twice_is_one(stocked: Home) -> None:
    row = f"{NUMBER},某某公司,L-1,,yes\n"
    assert compared(stocked, HEADER + row + row, code=0)["listed"] == 1


def test_an_endless_list_is_refused(stocked: Home) -> None:
    assert used(stocked, f"number\n{NUMBER}\n", *DAY[1::2], longest=1)["figures"]["listed"] == 1
    with pytest.raises(Fault) as refused:
        used(stocked, f"number\n{NUMBER}\n02711112222\n", *DAY[1::2], longest=1)
    assert "1 numbers" in texts.fault_text(refused.value, "en")


@pytest.mark.parametrize("text", ["number,电话\n", "holder\n", ""])
def test_a_header_that_says_too_little_or_two_things(stocked: Home, text: str) -> None:
    assert "number" in compared(stocked, text, code=1)["error"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_people_read_it_in_their_language(stocked: Home, language: str) -> None:
    file = stocked.file("list.csv", HEADER + "02711112222,别人,,,\n")
    result = stocked.run("--lang", language, "caller-id", "reconcile", "--carrier-list", file, code=3)
    assert {"en": "must not be used", "zh": "不得使用"}[language] in result.stdout
    assert "{" not in result.stdout
