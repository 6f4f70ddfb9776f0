"""Each way that a call can go, as the lab's Asterisk wrote it, against the decisions of that very call."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dialpact.application.cdr_file import CdrSource
from dialpact.application.reconcile.join import reconcile
from dialpact.compliance.cdr import Master
from dialpact.store.sqlite import Store, create
from tests.compliance import cdr_lab
from tests.compliance.cdr_lab import SCENES, TRUNKS

# Calls, answered, matched, recorded; came in; what is found.
EXPECTED: dict[str, tuple[tuple[int, int, int, int], int, dict[str, int]]] = {
    "answered": ((1, 1, 1, 1), 0, {}),
    "refused": ((0, 0, 0, 0), 0, {}),
    "busy": ((1, 0, 1, 0), 0, {}),
    "cancelled": ((1, 0, 1, 0), 0, {}),
    # Two rows of one decision; the second carrier was not the one that was decided on.
    "failover": ((2, 1, 2, 1), 0, {"trunk-differs": 1}),
    # Two decisions on one channel, so of one unique id.
    "two-calls": ((2, 2, 2, 2), 0, {}),
    "ungated": ((1, 1, 0, 0), 0, {"without-decision": 1}),
    # The listener did not record it either: it was not the call that was decided on.
    "another-number": ((1, 1, 1, 0), 0, {"number-differs": 1, "without-recording": 1}),
    "never-dialled": ((0, 0, 0, 0), 0, {"gave-up": 1}),
    # Two rows, the member's Local channel in between.
    "queue": ((1, 1, 1, 1), 0, {}),
    # The leg is the first channel of the row after the transfer, as if somebody had called in.
    "blind-transfer": ((1, 1, 1, 1), 0, {}),
    "attended-transfer": ((1, 1, 1, 1), 0, {}),
    "originate-local": ((1, 1, 1, 1), 0, {}),
    "originate-local-optimised": ((1, 1, 1, 1), 0, {}),
    # It looks as if somebody had called in, but for its extension and its caller ID.
    "originate-trunk": ((1, 1, 0, 0), 0, {"without-decision": 1}),
    "originate-trunk-exten": ((1, 1, 0, 0), 0, {"without-decision": 1}),
    "originate-trunk-busy": ((1, 0, 0, 0), 0, {"without-decision": 1}),
    "emergency": ((1, 1, 0, 0), 0, {"emergency": 1}),
    "inbound": ((0, 0, 0, 0), 1, {}),
    "inbound-refused": ((0, 0, 0, 0), 1, {}),
}
IDS = re.compile(rb',"[0-9]+\.[0-9]+","[^"]*"\n')


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    file = tmp_path / "dialpact.db"
    create(file)
    async with await Store.open(file) as store:
        yield store


def without_ids(data: bytes) -> bytes:
    """As with loguniqueid=no and loguserfield=no."""
    stripped = IDS.sub(b"\n", data)
    assert stripped.count(b"\n") == data.count(b"\n") and len(stripped) < len(data)
    return stripped


def renamed(data: bytes) -> bytes:
    """Without the caller's channel, too: number, caller ID and time are all that is left."""
    return re.sub(rb'"(?:PJSIP|Local)/(?!carrier)[^"]*-[0-9a-f]{8}(?:;[12])?"', b'"Other/x-1"', data)


def test_every_scene_is_expected() -> None:
    assert set(SCENES) == set(EXPECTED)


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("ids", [True, False])
async def test_a_call(store: Store, scene: str, ids: bool) -> None:
    """The same whether cdr.conf writes unique ids or not."""
    await store.transact(lambda connection: cdr_lab.fill(connection, scene))
    data = cdr_lab.csv(scene) if ids else without_ids(cdr_lab.csv(scene))
    result, found = await cdr_lab.run(store, data)
    counts = result.counts
    sums, inbound, kinds = EXPECTED[scene]
    assert (counts.calls, counts.answered, counts.matched, counts.recorded) == sums
    assert (counts.inbound, counts.found) == (inbound, kinds)
    assert (counts.lines, counts.bad, result.shift) == (data.count(b"\n"), 0, 0)
    assert {one.kind for one in found} == set(kinds)
    assert list(result.found) == found


@pytest.mark.parametrize("together", [1, 4, 1000])
async def test_all_of_them_at_once(store: Store, together: int) -> None:
    """In any order of the files: after a restart of Asterisk a name of a channel occurs again."""
    await store.transact(lambda connection: cdr_lab.fill(connection, *SCENES))
    sources = [
        CdrSource(scene, Master(cdr_lab.BytesIO(cdr_lab.csv(scene)), cdr_lab.UTC))
        for scene in reversed(SCENES)
    ]
    result = await reconcile(store, sources, trunks=TRUNKS, node="lab", together=together)
    kinds: dict[str, int] = {}
    for _, _, found in EXPECTED.values():
        for kind, count in found.items():
            kinds[kind] = kinds.get(kind, 0) + count
    assert result.counts.found == kinds
    assert result.counts.calls == sum(sums[0] for sums, _, _ in EXPECTED.values())
    assert result.findings == sum(kinds.values()) - kinds["emergency"] - kinds["gave-up"]


@pytest.mark.parametrize("scene", ["answered", "busy", "queue", "originate-local", "blind-transfer"])
async def test_by_number_caller_id_and_time_alone(store: Store, scene: str) -> None:
    def work(connection: Any) -> None:
        cdr_lab.fill(connection, scene)
        connection.execute("DROP TRIGGER recording_end_is_final")
        connection.execute("UPDATE recording SET channel = 'PJSIP/carrier-ffffffff'")

    await store.transact(work)
    result, _ = await cdr_lab.run(store, renamed(without_ids(cdr_lab.csv(scene))))
    assert (result.counts.matched, result.counts.found) == (1, {})


@pytest.mark.parametrize("ids", [True, False])
@pytest.mark.parametrize(("zone", "hours"), [("Asia/Shanghai", -8), ("Asia/Kolkata", -5.5)])
async def test_a_wrong_zone_is_seen(store: Store, ids: bool, zone: str, hours: float) -> None:
    """The lab's files are in UTC (usegmtime=yes)."""
    await store.transact(lambda connection: cdr_lab.fill(connection, *SCENES))
    data = b"".join(map(cdr_lab.csv, SCENES))
    data = data if ids else without_ids(data)
    result, _ = await cdr_lab.run(store, Master(cdr_lab.BytesIO(data), ZoneInfo(zone)))
    assert result.shift == hours * 3600


async def test_few_calls_show_no_shift(store: Store) -> None:
    """One call on another day than its neighbour is a coincidence."""
    await store.transact(lambda connection: cdr_lab.fill(connection, "answered"))
    data = without_ids(cdr_lab.csv("answered"))
    result, _ = await cdr_lab.run(store, Master(cdr_lab.BytesIO(data), ZoneInfo("Asia/Shanghai")))
    assert (result.shift, result.counts.found) == (0, {"without-decision": 1})


async def test_from_which_contexts_calls_come_in(store: Store) -> None:
    """With them named, an Originate that shows a stranger's number is told from a stranger's call."""
    scene = cdr_lab.csv("inbound") + cdr_lab.csv("inbound").replace(b"from-carrier", b"agents")
    named, _ = await cdr_lab.run(store, scene.replace(b'1a"', b'2b"', 1), inbound=["from-carrier"])
    assert (named.counts.inbound, named.counts.found) == (1, {"without-decision": 1})


async def test_a_call_that_never_ends(store: Store) -> None:
    """A line may say anything; its call is a call all the same."""
    late = cdr_lab.csv("ungated").replace(b",2,2,", b",999999999,2,")
    assert (await cdr_lab.run(store, late))[0].counts.found == {"without-decision": 1}


async def test_by_the_decision_that_the_user_field_names(store: Store) -> None:
    """Nothing else of it fits: channel, unique id, caller ID and time are another's."""
    await store.transact(lambda connection: cdr_lab.fill(connection, "answered"))
    (decision,) = cdr_lab.kept("answered")["decisions"]
    data = renamed(without_ids(cdr_lab.csv("answered"))).replace(b"02788880007", b"95588")
    data = data.replace(b"2026-11-25 16:28", b"2026-11-25 16:13")
    assert (await cdr_lab.run(store, data))[0].counts.found["without-decision"] == 1
    named = data.replace(b"\n", f',"1.1","dialpact:{decision["id"]}"\n'.encode())
    result, _ = await cdr_lab.run(store, named)
    assert (result.counts.matched, result.counts.found) == (1, {"caller-id-differs": 1})


async def test_a_callee_who_answered_and_was_not_bridged(store: Store) -> None:
    """To the CDR he never answered: only the listener knows, and the carrier's bill."""

    def work(connection: Any) -> None:
        cdr_lab.fill(connection, "busy")
        connection.execute(
            "INSERT INTO carrier_leg (id, decision, node, channel, uniqueid, linkedid, sip_call_id,"
            " dialled_at, answered_at, ended_at, dial_status, interlock) SELECT id, decision, node, channel,"
            " uniqueid, '', '', started_at, started_at, started_at, '', 'refused' FROM recording"
        )

    await store.transact(work)
    result, (found,) = await cdr_lab.run(store, cdr_lab.csv("busy"))
    assert (result.counts.found, result.findings) == ({"answered-refused": 1}, 1)
    assert found.detail == {"seconds": "0"}
    assert found.channel.startswith("PJSIP/carrier-")


@pytest.mark.parametrize(("dial", "kind"), [("13800138000", "another-way"), ("", "gave-up")])
async def test_a_call_that_went_another_way_has_not_given_up(store: Store, dial: str, kind: str) -> None:
    def work(connection: Any) -> None:
        cdr_lab.fill(connection, "never-dialled")
        (row,) = connection.execute("SELECT * FROM decision").fetchall()
        later = {"seq": row["seq"] + 1, "id": "next", "node": "other", "continues": row["id"], "dial": dial}
        if not dial:
            later |= {"verdict": "BLOCK", "reasons": '["outside-hours"]'}
        cdr_lab.insert(connection, "decision", dict(row) | later)

    await store.transact(work)
    result, _ = await cdr_lab.run(store, cdr_lab.csv("never-dialled"))
    assert (result.counts.found, result.findings) == ({kind: 1}, 0)
