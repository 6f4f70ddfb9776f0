"""A campaign whose lists count only when they were scrubbed: held until then, and nothing goes round it."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from typing import Any

import pytest

from tests.cli.conftest import Home

CALLER_ID = ("--caller-id", "02787654321")
DELIVERY = ("--campaign", "fresh", "--partner", "P", "--contract", "K", "--basis", "art. 13")
CALL = ("--campaign", "fresh", *CALLER_ID, "--at", "2026-11-24T10:00:00+08:00")
NUMBER, OTHER = "13800138000", "13800138777"
SWEEP = "\n".join(str(13900001000 + place) for place in range(40))


@pytest.fixture
def fresh(stocked: Home) -> Home:
    about = ("--business", "acme", "--industry", "保险", "--purpose", "marketing", "--script", "pitch")
    stocked.run("campaign", "add", "fresh", *about, "--scrub-leads")
    return stocked


def imported(home: Home, numbers: str = f"{NUMBER}\n{OTHER}", code: int = 0) -> dict[str, Any]:
    found = home("leads", "import", home.file("fresh.csv", f"number\n{numbers}\n"), *DELIVERY, code=code)
    return dict(found)


def held(home: Home, batch: int) -> str:
    return str(home("leads", "show", str(batch))["entry"]["held"])


def sql(home: Home, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(home.path / "dialpact.db")) as db, db:
        for statement in statements:
            db.execute(statement)


def test_held_until_it_was_scrubbed(fresh: Home) -> None:
    done = imported(fresh)
    batch = done["batch"]
    assert done["held"] == held(fresh, batch) == "not-scrubbed"
    blocked = fresh("check", NUMBER, *CALL, code=3)
    assert blocked["reasons"] == ["not-on-lead-list"]
    assert any("scrubbed" in finding["text"] for finding in blocked["findings"])
    answer = fresh("leads", "scrub", str(batch), *CALLER_ID, "--out", "result.csv", "--by", "li", code=3)
    assert (answer["rows"], answer["campaign"], answer["held"]) == (2, "fresh", "")
    assert "not-on-lead-list" not in answer["blocked"], "judged as if it were scrubbed"
    assert held(fresh, batch) == ""
    assert fresh("check", NUMBER, *CALL)["verdict"] == "ALLOW"
    assert fresh("check", OTHER, *CALL, code=3)["reasons"] == ["no-consent"], "released, and judged anew"
    act = fresh("leads", "show", str(batch))["history"][-1]
    assert (act["action"], act["by"]) == ("scrub", "li")
    assert act["detail"]["held"] == "not-scrubbed" and act["detail"]["rows"] == 2
    assert act["detail"]["sha256"] == hashlib.sha256((fresh.path / "result.csv").read_bytes()).hexdigest()
    assert act["detail"]["caller_id"] == "02787654321" and act["detail"]["policy"]
    fresh.run("ledger", "verify")


def test_without_a_file_the_act_has_the_digest_of_what_would_be_in_it(fresh: Home) -> None:
    batch = str(imported(fresh)["batch"])
    fresh.machine = _at(fresh, "2026-11-24T02:00:00Z")
    kept = fresh("leads", "scrub", batch, *CALLER_ID, "--out", "result.csv", code=3)
    again = fresh("leads", "scrub", batch, *CALLER_ID, code=3)
    assert again["sha256"] == kept["sha256"], "the same answers"
    assert [one["action"] for one in fresh("leads", "show", batch)["history"]] == ["import", "scrub", "scrub"]


def _at(home: Home, instant: str) -> Any:
    from dialpact.cli.command_context import Machine
    from dialpact.testing.clock import FixedClock

    return Machine(clock=FixedClock(instant))


def test_no_release_stands_for_it(fresh: Home) -> None:
    batch = str(imported(fresh)["batch"])
    refused = fresh("leads", "release", batch, "--reason", "I say so", code=1)
    assert f"leads scrub {batch}" in refused["error"]
    assert held(fresh, int(batch)) == "not-scrubbed"


def test_a_sweep_is_held_for_both_and_each_is_ended_by_its_own(fresh: Home) -> None:
    done = imported(fresh, SWEEP, code=3)
    batch = str(done["batch"])
    assert done["held"].startswith("not-scrubbed, run=40")
    answer = fresh("leads", "scrub", batch, *CALLER_ID, code=3)
    assert answer["held"] == held(fresh, int(batch)) == done["held"].removeprefix("not-scrubbed, ")
    assert answer["blocked"]["range-dialling"] == 40, "the detector's hold holds"
    fresh.run("leads", "release", batch, "--reason", "looked at")
    assert held(fresh, int(batch)) == ""
    fresh.run("ledger", "verify")


def test_released_first_it_is_to_be_scrubbed_all_the_same(fresh: Home) -> None:
    batch = str(imported(fresh, SWEEP, code=3)["batch"])
    said = fresh.run("leads", "release", batch, "--reason", "looked at").stderr
    assert "leads scrub" in said and held(fresh, int(batch)) == "not-scrubbed"
    fresh.run("leads", "scrub", batch, *CALLER_ID, code=3)
    assert held(fresh, int(batch)) == ""
    fresh.run("ledger", "verify")


def test_many_numbers_come_in_held(fresh: Home) -> None:
    """In slices, as a long list does."""
    numbers = "\n".join(str(13000000000 + 4999 * place) for place in range(2500))
    done = imported(fresh, numbers)
    assert done["held"] == held(fresh, done["batch"]) == "not-scrubbed"
    assert fresh("leads", "scrub", str(done["batch"]), *CALLER_ID, code=3)["rows"] == 2500
    fresh.run("ledger", "verify")


def test_a_change_is_of_what_is_imported_from_then_on(fresh: Home) -> None:
    first = imported(fresh)["batch"]
    why = ("--reason", "the dialler scrubs")
    assert not fresh("campaign", "change", "fresh", "--no-scrub-leads", *why)["entry"]["scrub_leads"]
    second = fresh("leads", "import", fresh.file("2.csv", f"number\n{OTHER}\n"), *DELIVERY)["batch"]
    assert (held(fresh, first), held(fresh, second)) == ("not-scrubbed", "")
    assert fresh("campaign", "change", "fresh", "--scrub-leads", *why)["entry"]["scrub_leads"]
    assert held(fresh, second) == ""
    (shown,) = fresh("campaign", "show", "fresh")["entries"]
    assert shown["scrub_leads"] is True
    assert [one["scrub_leads"] for one in fresh("campaign", "list")] == [True, False]
    fresh.run("ledger", "verify")


def test_numbers_that_were_taken_out_release_nothing(fresh: Home) -> None:
    batch = imported(fresh)["batch"]
    sql(fresh, f"DELETE FROM lead WHERE batch = {batch} AND number = 86{OTHER}")
    assert "ledger verify" in fresh("leads", "scrub", str(batch), *CALLER_ID, code=1)["error"]
    assert held(fresh, batch) == "not-scrubbed"


@pytest.mark.parametrize("batch", ["7", "2"])
def test_what_is_not_there_or_withdrawn(fresh: Home, batch: str) -> None:
    imported(fresh)
    fresh.run("leads", "withdraw", "2", "--reason", "mistaken")
    assert fresh("leads", "scrub", batch, *CALLER_ID, "--out", "result.csv", code=1)["error"]
    assert not (fresh.path / "result.csv").exists()


def test_a_hold_that_was_lifted_in_the_database_is_found(fresh: Home) -> None:
    batch = imported(fresh)["batch"]
    sql(fresh, f"UPDATE batch SET held = '' WHERE id = {batch}")
    found = fresh("ledger", "verify", code=3)["listed"]
    assert [(one["code"], one["key"]) for one in found] == [("row-changed", str(batch))]


def test_a_campaign_that_was_changed_in_the_database_is_found(fresh: Home) -> None:
    sql(fresh, "UPDATE campaign SET scrub_leads = 0 WHERE id = 'fresh'")
    found = fresh("ledger", "verify", code=3)["listed"]
    assert [(one["code"], one["key"]) for one in found] == [("row-changed", "fresh")]


def test_the_inspection_report_counts_it_for_no_range_dialling(fresh: Home) -> None:
    fresh.machine = _at(fresh, "2026-11-24T02:00:00Z")
    imported(fresh)
    period = ("--from", "2026-11-01", "--to", "2026-11-25")
    conduct = fresh("report", "inspection", *period)["conduct"]
    assert (conduct["batches"], conduct["batches_held"]) == (1, 0)
    swept = "number\n" + SWEEP + "\n"
    fresh("leads", "import", fresh.file("swept.csv", swept), *DELIVERY, code=3)
    conduct = fresh("report", "inspection", *period)["conduct"]
    assert (conduct["batches"], conduct["batches_held"]) == (2, 1)
