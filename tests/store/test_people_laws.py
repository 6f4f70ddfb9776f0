"""Whatever the product does, in whatever order, an audit finds nothing; anything else it does."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import tempfile
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, note, settings
from hypothesis import strategies as st

from dialpact.application.ledger.audit import people_looks
from dialpact.compliance.registers.fault import Fault
from dialpact.store.sqlite import Store, create
from dialpact.store.units import imports, lead_import
from tests.compliance.store_values import AT
from tests.store import arrivals
from tests.store.arrivals import Watched
from tests.store.people import Looks, bring, consent, deliver, found, number, opt_out

PEOPLE = st.integers(0, 3)
SCOPES = st.sampled_from([("all", ""), ("business", "acme"), ("industry", "loans")])
OPT_OUTS = st.builds(
    lambda place, scope, source: opt_out(place, *scope, source), PEOPLE, SCOPES, st.sampled_from("ab")
)
DAYS = ("2026-11-01", "2026-11-10", "2026-11-20")
ENDS = ("", "2027-11-01", "2027-06-01")
CONSENTS = st.builds(
    consent,
    PEOPLE,
    st.sampled_from(DAYS),
    st.sampled_from(ENDS),
    st.sampled_from(("acme", "other")),
    st.sampled_from(("loans", "cars")),
)
Act = Callable[[Store, datetime], Coroutine[Any, Any, Any]]


def _act(kind: str, *values: Any) -> tuple[str, Any]:
    return kind, values


SINGLE = st.one_of(
    st.builds(lambda one: _act("opt-out", one), OPT_OUTS),
    st.builds(lambda place, scope: _act("remove", place, scope), PEOPLE, SCOPES),
    st.builds(lambda one: _act("consent", one), CONSENTS),
    st.builds(
        lambda place, business, industry: _act("withdraw", place, business, industry),
        PEOPLE,
        st.sampled_from(("acme", "other")),
        st.sampled_from(("", "loans", "cars")),
    ),
)
MEANWHILE = st.lists(st.tuples(st.integers(1, 6), SINGLE), max_size=3)
MANY = st.one_of(
    st.builds(
        lambda rows, then: _act("dnc", rows, then), st.lists(OPT_OUTS, min_size=1, max_size=6), MEANWHILE
    ),
    st.builds(
        lambda rows, then: _act("consents", rows, then), st.lists(CONSENTS, min_size=1, max_size=6), MEANWHILE
    ),
    st.builds(lambda places, kept: _act("leads", places, kept), st.sets(PEOPLE, min_size=1), st.booleans()),
)
STEPS = st.sampled_from([1, 1, 1, 0, -3])  # seconds: a clock may stand, or be set back
ACTS = st.lists(st.tuples(STEPS, st.one_of(SINGLE, MANY)), min_size=1, max_size=7)


async def single(store: Store, kind: str, values: Any, at: datetime) -> None:
    with contextlib.suppress(Fault):
        match kind, values:
            case "opt-out", (one,):
                await store.dnc.add(one, by="li", at=at)
            case "remove", (place, scope):
                await store.dnc.remove(number(place), *scope, reason="asked", by="li", at=at)
            case "consent", (one,):
                await store.consents.add(one, by="li", at=at)
            case "withdraw", (place, business, industry):
                await store.consents.withdraw(number(place), business, industry, by="li", at=at)


async def done(path: Path, acts: list[Any]) -> None:
    """Each act, and what comes while it is under way; looked at after each transaction of an import, by an
    audit and by the housekeeping, which comes to the end of a register in several looks.
    """
    create(path)
    at, looks = AT, Looks()

    def check() -> None:
        assert found(path) == []
        assert looks.look(path).listed == []

    async with await Watched.open(path) as store, await Store.open(path) as other:
        await arrivals.ready(store)
        for place, (seconds, (kind, values)) in enumerate(acts):
            at += timedelta(seconds=seconds)
            if kind in ("dnc", "consents"):
                entries, meanwhile = values
                count = 0

                async def then(now: datetime = at, wanted: Any = meanwhile) -> None:
                    nonlocal count
                    count += 1
                    for moment, one in wanted:
                        if moment == count:
                            await single(other, *one, now)
                    check()

                store.watch(then)
                await bring(store, "dnc" if kind == "dnc" else "consent", entries, at, f"{place}.csv")
                del store.then
            elif kind == "leads":
                places, kept = values
                batch = await deliver(store, sorted(places), at, f"{place:064}")
                if not kept:
                    await store.leads.withdraw(batch, reason="r", by="li", at=at)
            else:
                await single(store, kind, values, at)
            check()


@pytest.fixture(autouse=True)
def in_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Imports of a few rows in slices, and looks at a few: no door leads to how many are few."""
    monkeypatch.setattr(imports, "FEW", 2)
    monkeypatch.setattr(lead_import, "FEW", 2)
    monkeypatch.setattr(people_looks, "MOST", 2)


quick = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@quick
@given(ACTS)
def test_what_the_product_does_is_right_at_every_moment(acts: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(done(Path(folder) / "a.db", acts))


TIMES = st.sampled_from(
    [
        "2026-11-01T00:00:00.000000Z",
        "2027-06-01T00:00:00.000000Z",
        "2026-11-24T02:00:01.000000Z",
        "2026-11-24T02:00:02.000000Z",
    ]
)
VALUES = {
    "number": st.integers(0, 4).map(lambda place: int(number(place))),
    "scope": st.sampled_from(["all", "business", "industry"]),
    "value": st.sampled_from(["", "acme", "loans"]),
    "source": st.sampled_from(["", "a", "b", "a\x00"]),
    "business": st.sampled_from(["acme", "other", "third"]),
    "industry": st.sampled_from(["loans", "cars", "boats"]),
    "evidence": st.sampled_from(["form", "other"]),
    "evidence_sha256": st.sampled_from(["", "ab"]),
    "wording": st.sampled_from(["", "v1"]),
    "batch": st.integers(1, 5),
    "expires_at": st.one_of(st.none(), st.just(""), TIMES),
    "withdrawn_at": st.one_of(st.none(), TIMES),
}


def tamper(path: Path, data: st.DataObject) -> bool:
    """Whether something is another than it was."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA ignore_check_constraints = ON")
        table = data.draw(st.sampled_from(["do_not_call", "consent", "lead"]), "table")
        before = db.execute(f"SELECT * FROM {table}").fetchall()
        if not before:
            return False
        names = [column[0] for column in db.execute(f"SELECT * FROM {table}").description]
        row = data.draw(st.sampled_from(before), "row")
        what = data.draw(st.sampled_from(["delete", "update", "insert"]), "what")
        column = data.draw(st.sampled_from(names), "column")
        changed = [
            data.draw(VALUES.get(name, TIMES), "value") if name == column else value
            for name, value in zip(names, row, strict=True)
        ]
        same = " AND ".join(f"{name} IS ?" for name in names)
        try:
            if what != "insert":
                db.execute(f"DELETE FROM {table} WHERE {same}", row)
            if what != "delete":
                db.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(names))})", changed)
            db.commit()
        except sqlite3.IntegrityError:
            return False
        return bool(db.execute(f"SELECT * FROM {table}").fetchall() != before)


@quick
@given(ACTS, st.data())
def test_whatever_is_done_to_a_row_is_found(acts: list[Any], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.db"
        asyncio.run(done(path, acts))
        assume(tamper(path, data))
        note(acts)
        assert found(path) != []
        looks = Looks()
        assert any(looks.look(path).count for _ in range(20))
