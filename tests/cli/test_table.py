"""Tables for people fit a page: else they are cards. Ids are cut, and nothing else is lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some
from rich.cells import cell_len

from dialpact.cli import table
from dialpact.cli.command_context import Machine
from dialpact.compliance.model import Finding
from dialpact.compliance.reasons import Reason
from tests.cli.conftest import NUMBER, Home
from tests.cli.test_complaint import called

LONG = "甲方于二〇二六年一月五日书面同意，" * 12
ID = "0123456789abcdef" * 2
WORDS = some.text(some.sampled_from("ab字，。 -/"), max_size=300)


def widest(text: str) -> int:
    return max(map(cell_len, text.splitlines()), default=0)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_officers_read_fits_a_page(stocked: Home, language: str) -> None:
    made = called(stocked)
    stocked.run(
        "consent", "add", "13900139000", "--business", "acme", "--industry", "保险", "--evidence", LONG
    )
    stocked.run("dnc", "add", NUMBER, "--source", LONG, "--call", made.id)
    stocked.run("complaint", "add", NUMBER, "--at", made.decided_at.isoformat(), "--note", LONG)
    stocked.run("suspension", "add", "agent", "1001", "--reason", LONG)
    check = ("check", NUMBER, "--campaign", "renewal", "--caller-id", "02787654321", "--agent", "1001")
    for code, command in (
        (3, check),
        (0, ("business", "list")),
        (0, ("campaign", "show", "renewal")),
        (0, ("caller-id", "list")),
        (0, ("consent", "list")),
        (0, ("consent", "show", "13900139000")),
        (0, ("dnc", "list")),
        (0, ("dnc", "show", NUMBER)),
        (0, ("complaint", "list")),
        (0, ("complaint", "show", "1")),
        (0, ("suspension", "list")),
        (0, ("suspension", "show", "agent", "1001")),
        (0, ("leads", "list")),
        (0, ("script", "list")),
        (0, ("calls", "list")),
        (0, ("calls", "show", made.id)),
        (0, ("incidents", "list")),
    ):
        said = stocked.run(*command, "--lang", language, code=code)
        assert 0 < widest(said.stdout) <= table.FITS or not said.stdout, (command, said.stdout)


def test_a_call_with_many_reasons_fits_a_page(stocked: Home) -> None:
    codes = (Reason.DO_NOT_CALL, Reason.OUTSIDE_HOURS, Reason.NO_CONSENT, Reason.RECORDING_UNAVAILABLE)
    rules = ("do_not_call", "hours", "consent", "recording")
    failed = [Finding(rule=rule, result="fail", code=code) for rule, code in zip(rules, codes, strict=True)]
    made = called(stocked, findings=tuple(failed))
    said = stocked.run("calls", "show", made.id, "--lang", "en").stdout
    assert "Reasons: do-not-call: " in said and all(f"{code}: " in said for code in codes)
    assert widest(said) <= table.FITS


def test_nothing_of_a_long_value_is_lost(stocked: Home) -> None:
    stocked.run(
        "consent", "add", "13900139000", "--business", "acme", "--industry", "保险", "--evidence", LONG
    )
    assert LONG in "".join(stocked.run("consent", "show", "13900139000").stdout.split())


def test_a_terminal_is_as_wide_as_it_is(stocked: Home) -> None:
    stocked.machine = Machine(terminal=lambda: True)
    assert widest(stocked.run("caller-id", "list").stdout) <= 80  # the conftest's COLUMNS


def test_ids_are_cut_in_tables_and_whole_in_json(stocked: Home) -> None:
    made = called(stocked)
    listed = stocked.run("calls", "list").stdout
    assert made.id[: table.SHORT_ID] in listed and made.id not in listed
    assert stocked("calls", "list")[0]["id"] == made.id
    stocked.run("complaint", "add", NUMBER, "--at", made.decided_at.isoformat())
    assert made.id not in stocked.run("complaint", "list").stdout


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (ID, ID[:12]),
        (f"call {ID}", f"call {ID[:12]}"),
        (f"{ID}, {ID}", f"{ID[:12]}, {ID[:12]}"),
        (f"2026/11/{ID}.wav", f"2026/11/{ID}.wav"),
        (ID + ID, ID + ID),  # a SHA-256 is no id
        (f'{{"decision":"{ID}"}}', f'{{"decision":"{ID}"}}'),
    ],
)
def test_what_is_an_id(text: str, shown: str) -> None:
    assert table.short_ids(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"), [("a\x1b[2J", "a\\x1b[2J"), ("a\nb", "a\\x0ab"), ("某 某", "某 某")]
)
def test_a_cell_moves_no_cursor(text: str, shown: str) -> None:
    assert table.visible(text) == shown


@given(some.lists(some.tuples(WORDS, WORDS, WORDS), min_size=1, max_size=3), some.integers(40, 120))
def test_cards_are_never_wider_and_lose_nothing(rows: list[tuple[str, str, str]], width: int) -> None:
    headings = ("ID", "号码", "What it was")
    lines = list(table.cards(headings, rows, width))
    assert all(cell_len(line) <= width for line in lines)
    wanted = "".join(h + ":" + v for row in rows for h, v in zip(headings, row, strict=True) if v)
    assert "".join("".join(lines).split()) == "".join(wanted.split())


def test_calls_of_a_day_are_found_by_the_time_that_is_shown(stocked: Home) -> None:
    called(stocked, datetime.now(UTC) - timedelta(hours=1))
    assert "Decided at: " in stocked.run("calls", "list").stdout
