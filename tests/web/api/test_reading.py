"""What a program reads of calls, recordings, incidents and figures: its businesses' alone, page by page."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from dialpact.compliance.texts import incident_text
from dialpact.store.sqlite import Store
from dialpact.web.api.inspections import LONG, Turn
from dialpact.web.api.problem import Refusal
from tests.cli.conftest import Home
from tests.compliance.store_values import AT
from tests.compliance.test_erasure import CHANGE
from tests.web.api import recorded
from tests.web.api.client import Client, Said, api, key
from tests.web.api.recorded import call

MINE = [call(f"{place:032x}", "jianghan" if place % 2 else "hanyang") for place in range(6)]
MADE = [recorded.moved(one, place) for place, one in enumerate(MINE)]


@pytest.fixture
def office(home: Home) -> Home:
    for business in ("jianghan", "hanyang"):
        home.run("business", "add", business, "--name", business, "--actor", "own-business")
    recorded.put(home, *MADE)
    return home


@pytest.fixture
def all_(office: Home) -> Iterator[Client]:
    with api(office, key(office, "all", "calls", "evidence", "numbers")) as client:
        yield client


@pytest.fixture
def one(office: Home) -> Iterator[Client]:
    with api(office, key(office, "one", "calls", "evidence", businesses="jianghan")) as client:
        yield client


def paged(client: Client, path: str, limit: int = 2) -> list[Any]:
    found, after = [], ""
    for _ in range(100):
        said = client("GET", f"{path}{'&' if '?' in path else '?'}limit={limit}&after={quote(after)}")
        assert said.status == 200, said.body
        found += said.json["items"]
        if not (after := said.json["next"]):
            return found
    raise AssertionError("it has no end")


def ids(found: list[Any]) -> list[str]:
    return [each["id"] for each in found]


def code(said: Said) -> tuple[int, str]:
    assert said.headers["content-type"] == "application/problem+json"
    return said.status, said.json["code"]


# Lists


def test_calls_page_by_page(all_: Client, one: Client) -> None:
    newest = [each.id for each in MADE[::-1]]
    assert ids(paged(all_, "/v1/calls")) == newest
    assert ids(paged(one, "/v1/calls")) == newest[::2]
    assert ids(paged(all_, "/v1/calls?business=hanyang", 1)) == newest[1::2]
    assert ids(paged(all_, "/v1/calls?verdict=BLOCK")) == []
    assert ids(paged(all_, "/v1/calls?campaign=of-jianghan")) == newest[::2]
    since, until = (quote((AT + timedelta(seconds=second)).isoformat()) for second in (1, 4))
    assert ids(paged(all_, f"/v1/calls?since={since}&until={until}")) == newest[2:5]


def test_a_call_in_a_list_is_what_the_command_line_lists(office: Home, all_: Client) -> None:
    (listed,) = office("calls", "list", "--limit", "1")
    (shown,) = all_("GET", "/v1/calls?limit=1").json["items"]
    times = {"decided_at"}
    both = {name: value for name, value in listed.items() if name in shown and name not in times}
    assert len(both) > 15
    assert {name: shown[name] for name in both} == both
    assert datetime.fromisoformat(shown["decided_at"]) == datetime.fromisoformat(listed["decided_at"])
    assert datetime.fromisoformat(shown["decided_at"]).tzinfo is not None


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("limit=0", 422, "invalid"),
        ("limit=1001", 422, "invalid"),
        ("since=2026-11-24T02:00:00", 422, "invalid"),  # of which zone?
        ("since=yesterday", 422, "invalid"),
        ("verdict=MAYBE", 422, "invalid"),
        ("number=13800138000", 422, "invalid"),  # no number in an address
        ("after=x", 422, "cursor"),
        ("since=2026-11-24T02:00:00Z&until=2026-11-24T02:00:00Z", 422, "ends-before-start"),
        ("business=hanyang", 403, "not-permitted"),
    ],
)
def test_questions_that_are_none(one: Client, query: str, status: int, said: str) -> None:
    for path in ("/v1/calls", "/v1/recordings", "/v1/incidents"):
        if "verdict" not in query or path == "/v1/calls":
            assert code(one("GET", f"{path}?{query}")) == (status, said), path


def test_search(all_: Client, one: Client) -> None:
    newest = [each.id for each in MADE[::-1]]
    for spelled in ("13800138000", "+86 138 0013 8000", "0086-138-0013-8000"):
        assert ids(all_("POST", "/v1/calls/search", {"number": spelled}).json["items"]) == newest
        assert ids(one("POST", "/v1/calls/search", {"number": spelled}).json["items"]) == newest[::2]
    assert one("POST", "/v1/calls/search", {"number": "13900139000"}).json == {"items": [], "next": ""}
    first = all_("POST", "/v1/calls/search", {"number": "13800138000", "limit": 4}).json
    second = all_("POST", "/v1/calls/search", {"number": "13800138000", "after": first["next"]}).json
    assert ids(first["items"]) + ids(second["items"]) == newest
    for _ in range(2):
        said = all_("POST", "/v1/calls/search", {"number": "13800138000"}, key="k-1")
        assert said.status == 200 and "idempotency-replayed" not in said.headers
    assert code(all_("POST", "/v1/calls/search", {"number": " "})) == (422, "number-missing")
    assert code(one("POST", "/v1/calls/search", {"number": "1", "business": "hanyang"}))[0] == 403


def test_what_is_personal_is_kept_by_no_cache_and_known_again(one: Client) -> None:
    for path in ("/v1/calls", f"/v1/calls/{MADE[1].id}", "/v1/recordings", "/v1/incidents"):
        first = one("GET", path)
        assert first.headers["cache-control"] == "private, no-store"
        again = one("GET", path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status, again.body) == (304, b""), path
        assert one("GET", path, headers={"If-None-Match": '"other"'}).status == 200


# One call


def test_a_call_with_every_finding_in_the_asked_language(office: Home, one: Client) -> None:
    shown = {said: one("GET", f"/v1/calls/{MADE[1].id}", language=said).json for said in ("en", "zh")}
    told = office("calls", "show", MADE[1].id)
    for said, found in shown.items():
        assert (found["id"], found["erased"], found["ledger"]["flaw"]) == (MADE[1].id, False, "")
        assert found["ledger"]["leaf"] is not None
        (finding,) = found["findings"]
        assert (finding["rule"], finding["result"]) == ("number", "pass")
        if said == "en":
            assert finding["text"] == told["findings"][0]["text"]
    assert shown["en"]["findings"][0]["text"] != shown["zh"]["findings"][0]["text"]


@pytest.mark.parametrize("id", [MADE[0].id, "f" * 32, "x", "13800138000", "%2e%2e", MADE[1].id[:8]])
def test_anothers_call_is_as_none(one: Client, id: str) -> None:
    assert code(one("GET", f"/v1/calls/{id}")) == (404, "not-found")


def test_an_erased_call_reads_as_erased(office: Home, all_: Client) -> None:
    """As ``ledger erase`` leaves its row, whose leaf is kept."""
    erased = MADE[1].id
    with contextlib.closing(sqlite3.connect(office.path / "dialpact.db")) as db, db:
        (leaf,) = db.execute("SELECT leaf_index FROM ledger WHERE key = ?", (erased,)).fetchone()
        act = json.dumps({"leaves": [[leaf, leaf]], "count": 1, "today": "2099-01-01"})
        db.execute(f"{CHANGE} VALUES ('2099-01-01T00:00:00.000000Z', 'x', 'ledger', 'erase', '1', ?)", (act,))
        db.execute("UPDATE ledger SET salt = NULL WHERE leaf_index = ?", (leaf,))
    found = all_("GET", f"/v1/calls/{erased}")
    assert found.status == 200
    assert (found.json["erased"], found.json["findings"], found.json["number"]) == (True, [], "")
    assert (found.json["campaign"], found.json["verdict"]) == ("of-jianghan", "ALLOW")
    assert found.json["ledger"]["remains"] in ("unproven", "changed")  # (the act that we wrote has no leaf)
    listed = {each["id"]: each["erased"] for each in paged(all_, "/v1/calls")}
    assert [id for id, gone in listed.items() if gone] == [erased]


def test_a_damaged_record_says_so_without_a_word_of_ours(office: Home, all_: Client) -> None:
    with contextlib.closing(sqlite3.connect(office.path / "dialpact.db")) as db, db:
        db.execute("DROP TRIGGER decision_is_final")
        db.execute("UPDATE decision SET record = '{\"id\": 3}' WHERE id = ?", (MADE[1].id,))
    said = all_("GET", f"/v1/calls/{MADE[1].id}")
    assert code(said) == (500, "ledger-damaged")
    assert "Expected" not in said.body.decode() and MADE[1].id not in said.body.decode()
    assert all_("GET", "/v1/calls").status == 200


def test_a_changed_record_is_shown_with_its_flaw(office: Home, all_: Client) -> None:
    with contextlib.closing(sqlite3.connect(office.path / "dialpact.db")) as db, db:
        db.execute("DROP TRIGGER decision_is_final")
        db.execute("UPDATE decision SET verdict = 'BLOCK', dial = '' WHERE id = ?", (MADE[1].id,))
    assert all_("GET", f"/v1/calls/{MADE[1].id}").json["ledger"]["flaw"] == "not-its-leaf"


# Recordings


def test_recordings_of_a_business(office: Home, all_: Client, one: Client) -> None:
    kept = [recorded.recording(office, f"{place:031x}a", each) for place, each in enumerate(MADE)]
    recorded.keep(office, *kept)
    newest = [each.id for each in kept[::-1]]
    assert ids(paged(all_, "/v1/recordings")) == newest
    assert ids(paged(one, "/v1/recordings", 1)) == newest[::2]
    assert ids(paged(all_, "/v1/recordings?state=failed")) == []
    assert ids(paged(all_, f"/v1/recordings?decision={MADE[2].id}")) == [kept[2].id]
    assert one("GET", f"/v1/recordings?decision={MADE[2].id}").json == {"items": [], "next": ""}
    assert code(one("GET", f"/v1/recordings/{kept[2].id}")) == (404, "not-found")
    shown = one("GET", f"/v1/recordings/{kept[1].id}").json
    assert (shown["business"], shown["ledger"]["flaw"], shown["holds"]) == ("jianghan", "", 0)
    (side,) = shown["sides"]
    assert (side["side"], side["audio"]) == ("mix", f"/v1/recordings/{kept[1].id}/audio?side=mix")
    told = office("recordings", "show", kept[1].id)
    for name in ("state", "seconds", "talk_seconds", "bytes", "keep_until", "part", "decision", "campaign"):
        assert shown[name] == told[name], name
    (inside,) = one("GET", f"/v1/calls/{MADE[1].id}").json["recordings"]
    assert inside == {name: value for name, value in shown.items() if name not in ("business", "ledger")}
    assert str(office.path) not in json.dumps([shown, inside])  # where it lies is nobody's business


# Incidents


def test_incidents(office: Home, all_: Client, one: Client) -> None:
    async def write(store: Store) -> None:
        for about in (MADE[1].id, "", MADE[0].id):
            await store.incidents.add(at=AT, node="n", kind="recording-gap", decision=about, channel="c")

    recorded.within(office, write)
    assert [each["seq"] for each in paged(all_, "/v1/incidents")] == [3, 2, 1]
    (found,) = paged(one, "/v1/incidents")
    assert (found["decision"], found["business"]) == (MADE[1].id, "jianghan")
    assert found["meaning"] == incident_text("recording-gap", "en")
    (zh,) = one("GET", "/v1/incidents", language="zh").json["items"]
    assert zh["meaning"] == incident_text("recording-gap", "zh")
    assert paged(all_, "/v1/incidents?kind=busy-callee") == []
    assert code(all_("GET", "/v1/incidents?kind=nonsense")) == (422, "incident-kind")


# Figures


def test_the_figures_are_those_of_the_report(office: Home, all_: Client) -> None:
    said = all_("GET", "/v1/inspections?from=2026-11-24&to=2026-11-24")
    assert said.status == 200, said.body
    told = office("report", "inspection", "--from", "2026-11-24", "--to", "2026-11-24", code=3)
    assert said.json["calls"]["decisions"] == told["calls"]["decisions"] == 6
    assert said.json["made_by"] == "api:all"
    for name in ("passed", "shadow", "reasons", "hours"):
        assert [*said.json["calls"]] and said.json["calls"][name] is not None
    assert [each["verdict"] for each in said.json["headings"]] == [
        each["verdict"] for each in told["headings"]
    ]


def test_figures_of_a_month_and_periods_that_are_none(office: Home, all_: Client, one: Client) -> None:
    assert all_("GET", "/v1/inspections?from=2026-11").json["period"]["last"] == "2026-11-30"
    assert code(one("GET", "/v1/inspections?from=2026-11")) == (403, "not-permitted")
    assert "businesses" in one("GET", "/v1/inspections?from=2026-11").json["detail"]
    for query, said in (
        ("", "invalid"),
        ("from=2026-11-24", "last-day-missing"),
        ("from=2099-01", "in-the-future"),
        ("from=x", "bad-date"),
        ("from=2026-11-24&to=2026-11-23", "ends-before-start"),
        ("from=2001-01-01&to=2026-01-01", "period-too-long"),
    ):
        assert code(all_("GET", f"/v1/inspections?{query}")) == (422, said), query


def test_that_numbers_were_asked_for_is_in_the_log(office: Home, all_: Client, one: Client) -> None:
    def full() -> int:
        with contextlib.closing(sqlite3.connect(office.path / "dialpact.db")) as db:
            (count,) = db.execute(
                "SELECT count(*) FROM register_change WHERE register = 'report' AND action = 'full'"
            ).fetchone()
        return int(count)

    assert all_("GET", "/v1/inspections?from=2026-11").json["full"] is True
    assert full() == 1
    without = all_.by(key(office, "without", "calls"))
    assert without("GET", "/v1/inspections?from=2026-11").json["full"] is False
    assert full() == 1


# Beside the gate


def test_who_reads_waits_for_nobody_who_writes(office: Home, all_: Client) -> None:
    """While another process is in the middle of a write, which a reader's lock would hold up in its turn."""
    assert all_("GET", "/v1/key").status == 200  # (the first one opens the database)
    with contextlib.closing(sqlite3.connect(office.path / "dialpact.db", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        columns = "(at, node, kind, decision, channel, detail)"
        writer.execute(f"INSERT INTO incident {columns} VALUES ('x', 'x', 'x', '', '', '')")
        for path in ("/v1/calls", f"/v1/calls/{MADE[1].id}", "/v1/recordings", "/v1/incidents"):
            assert all_("GET", path).status == 200, path
        assert all_("POST", "/v1/calls/search", {"number": "13800138000"}).status == 200
        writer.execute("COMMIT")


def test_a_database_that_is_gone_is_not_an_empty_one(office: Home, all_: Client) -> None:
    assert len(paged(all_, "/v1/calls")) == 6
    for file in office.path.glob("dialpact.db*"):
        file.rename(file.with_name(f"away-{file.name}"))
    said = all_("GET", "/v1/calls")
    assert said.status == 503 and said.headers["retry-after"]


def test_one_inspection_at_a_time_and_a_rest_after_a_long_one() -> None:
    site, now = object(), [0.0]

    def turn(of: object = site) -> Turn:
        return Turn(of, lambda: now[0])

    def refused() -> dict[str, str]:
        with pytest.raises(Refusal) as refusal, turn():
            raise AssertionError
        assert refusal.value.status == 503
        return refusal.value.headers

    with turn():
        assert refused() == {"Retry-After": "10"}
        with turn(object()):
            now[0] += LONG
    with turn():
        now[0] += LONG + 2.5
    assert refused() == {"Retry-After": "13"}
    now[0] += LONG + 2.5
    with turn():
        pass
