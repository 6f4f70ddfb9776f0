"""The benchmarks still measure what they say; how fast that is, is nobody's business here."""

from __future__ import annotations

import contextlib
import json
import socket
import sqlite3
import struct
import sys
import threading
from pathlib import Path

import pytest
from PIL import Image

from tests.bench import (
    api_bench,
    bridge_bench,
    calls_bench,
    decision,
    gate_bench,
    gate_site,
    import_bench,
    inspection_bench,
    listener_bench,
    load_bench,
    native,
    odbc_list,
    proof,
    reconcile_bench,
    register_size,
    scrub_bench,
    stand,
    start_bench,
    verify_bench,
)
from tests.bench.plot import plot
from tests.bench.process import running
from tests.lab.bootstrap import Installation, bootstrap
from tests.lab.pbx import Pbx
from tests.lab.soak_crowd import pairs

# Alone, as what a benchmark starts waits for no neighbour; how long the wait may be is in its code.
pytestmark = [pytest.mark.alone, pytest.mark.long, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def installation() -> Installation:
    return bootstrap()


def c_peer(name: str) -> tuple[str, ...]:
    """Where it can be compiled."""
    try:
        native.compiler()
    except native.NoCompiler:
        return ()
    return (name,)


@pytest.mark.lab
def test_bridge_bench_runs(installation: Installation) -> None:
    """Every call of it is answered and recorded, or it fails."""
    found = bridge_bench.measure(3, 1)
    assert found.keys() == {"one by one", "3 at once"}
    assert all(one["calls"] == 3 for one in found.values())
    assert all(
        0 < one[kind]["p50_ms"] <= one[kind]["p99_ms"] for one in found.values() for kind in ("full", "floor")
    )


@pytest.mark.lab
def test_calls_bench_runs(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("RATE", 10), ("CALLS", 3), ("CROWD", 2), ("CARRIED", 3)):
        monkeypatch.setattr(calls_bench, name, value)
    monkeypatch.setattr(odbc_list, "NUMBERS", 10)
    found = calls_bench.measure(1, tmp_path)
    assert [*found["delay"]] == ["no gate", "AstDB", "func_odbc", *c_peer("C, do-nothing"), "full"]
    assert all(one["p50_ms"] > 0 for one in found["delay"].values())
    assert [found["carried"][way]["lost"] for way in ("ungated", "full")] == [0, 0]
    assert "full carries" in calls_bench.table(found)


@pytest.mark.lab
def test_steps_are_not_logged_where_calls_are_timed(installation: Installation) -> None:
    with calls_bench.plain(calls_bench.STUB) as exchange:
        exchange.delays(pairs(1, seed=1))
        assert "Executing [" not in exchange.pbx.log()
        logged = (exchange.pbx.home / "log/messages.log").read_text()
    assert "WARNING" in logged and "VERBOSE" not in logged


@pytest.mark.lab
def test_a_list_that_does_not_answer_is_not_measured(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every call would pass, and soon."""
    monkeypatch.setattr(odbc_list, "NUMBERS", 10)
    pbx = Pbx(dialplan=[calls_bench.DIALPLAN / "func_odbc.conf"])
    odbc_list.configure(pbx)
    (pbx.home / "etc" / odbc_list.DATABASE).unlink()
    with pbx, pytest.raises(odbc_list.NoDriver, match="Failed to execute query"):
        odbc_list.prove(pbx)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decision, "LOADS", {1: 5, 2: 20})
    for name, value in (("CROWD", 30), ("CROWDS", 1)):
        monkeypatch.setattr(decision, name, value)
    monkeypatch.setattr(stand, "FLUSHES", 5)


def test_gate_bench_runs(tmp_path: Path, small: None) -> None:
    every = gate_bench.measure({"decision": gate_bench.PARTS["decision"]}, 1, tmp_path)
    found = every["decision"]
    kinds = (*c_peer("C"), *gate_site.KINDS)
    assert bool(found["lacks"]) == ("C" not in kinds)
    for load in found["loads"].values():
        assert tuple(load["servers"]) == kinds
        assert all(figure > 0 for server in load["servers"].values() for figure in server.values())
        assert tuple(load["full_to"]) == kinds[:-1]
        assert load["outcomes"]["A"] + load["outcomes"]["B"] == sum(load["outcomes"].values())
    assert found["loads"]["1"]["full_to_stub_and_flush"] > 0
    (crowd,) = found["instant"]
    assert sum(crowd[share] for share in decision.SHARES) == pytest.approx(1)
    assert found["proven"]["decisions"] == 2 * (5 + 20) + 30
    assert "x panoramisk's" in decision.table(found)
    plot(found, every["machine"], tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.size[1] > 300


def test_a_header_that_is_cut_off_does_not_end_the_client(tmp_path: Path) -> None:
    """As a gate cuts the connections of a crowd: it is an outcome, and no broken pipe of the client's."""
    if not c_peer("C"):
        return
    (tmp_path / "headers").write_bytes(b"a\n" * 5000 + b"\n")
    words = [str(native.program("agi_client")), str(tmp_path / "headers"), "1"]
    with socket.create_server(("127.0.0.1", 0)) as gate, running(words, tmp_path / "log", None) as client:
        asked = threading.Thread(target=cut_off, args=(gate, 20))
        asked.start()
        told = json.loads(client.ask(f"{gate.getsockname()[1]} 1 20 0"))
        asked.join()
    assert told["outcomes"] == "N" * 20


def cut_off(gate: socket.socket, times: int) -> None:
    for _ in range(times):
        connection, _ = gate.accept()
        with connection:
            connection.recv(1)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_without_a_compiler_the_table_says_so(
    tmp_path: Path, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(native, "CACHE", tmp_path / "empty")
    monkeypatch.setenv("CC", "no-such-compiler")
    monkeypatch.setattr(decision, "LOADS", {2: 20})
    found = decision.measure(1, tmp_path)
    assert tuple(found["loads"]["2"]["servers"]) == gate_site.KINDS
    assert "no C compiler (no-such-compiler)" in decision.table(found)


def test_what_is_not_on_record_is_not_measured(
    tmp_path: Path, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stand.stand(tmp_path) as servers:
        servers.play("full", 2, 10)
        assert servers.prove()["decisions"] == 10
        monkeypatch.setattr(proof, "PATIENCE", 0.0)
        database = tmp_path / "dialpact.db"
        for played, told, allowed in ((11, 11, 7), (10, 10, 8), (9, 9, 7)):
            with pytest.raises(proof.Unproven, match=f"{played} sessions, {told} were told"):
                proof.count(database, played, told, allowed)
        proof.count(database, 11, 10, 7)  # one heard nothing
        with contextlib.closing(sqlite3.connect(tmp_path / "dialpact.db")) as db, db:
            db.execute("DROP TRIGGER ledger_is_final")
            db.execute("UPDATE ledger SET leaf = zeroblob(32) WHERE leaf_index = 3")
        with pytest.raises(proof.Unproven, match="ledger verify"):
            servers.prove()


def test_a_part_that_fails_costs_the_others_nothing(tmp_path: Path) -> None:
    def fails(rounds: int, folder: Path) -> None:
        raise proof.Unproven("gone")

    parts = {"bad": gate_bench.Part(fails, str), "good": gate_bench.Part(lambda *_: 7, str)}
    found = gate_bench.measure(parts, 1, tmp_path)
    assert (found["failed"], found["good"]) == ({"bad": "Unproven: gone"}, 7)
    assert "FAILED: Unproven: gone" in gate_bench.table(found, parts)


def test_facts_bench_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "CACHE", tmp_path)
    found = register_size.measure(1, tmp_path, 3000)
    assert found["ratio"] > 0
    assert "beside so many do-not-call numbers, warm: 1,000: " in register_size.table(found)
    with contextlib.closing(sqlite3.connect(register_size.register(3000))) as db:
        assert db.execute("SELECT count(DISTINCT number) FROM do_not_call").fetchone() == (3000,)
    with pytest.raises(register_size.NoRoom, match="numbers take"):
        register_size.register(10**12)


def test_start_bench_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start_bench, "RUNS", 1)
    found = start_bench.measure(1, tmp_path)
    assert found.keys() == {start_bench.NOTHING, "--help", "business list", "check"}
    assert start_bench.table(found).count(" x") == 3


def test_verify_bench_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify_bench, "LEAVES", 300)
    monkeypatch.setattr(verify_bench, "DECISIONS", 150)
    found = verify_bench.measure(1, tmp_path)
    assert found["small records"]["entries"] == 300
    assert found["decisions"]["entries"] >= 150
    assert verify_bench.table(found).count("x plain SHA-256") == 2


def test_import_bench_runs(tmp_path: Path) -> None:
    found = import_bench.measure(1, tmp_path, 2000)
    assert 0 < found["applied"] <= 2000 and found["peak_mb"] > 0
    assert 0 < found["second_writer_p50_s"] <= found["second_writer_longest_s"]
    assert found["xlsx"]["rows"] == 2000 and found["xlsx"]["applied"] == found["applied"]
    assert import_bench.table(found).count("a second writer waited") == 2


def test_scrub_bench_runs(tmp_path: Path) -> None:
    """Every row of it has its answer, or it fails."""
    found = scrub_bench.measure(1, tmp_path, 2000)
    assert {name: one["callable"] for name, one in found.items()} == {
        "in hours": 1200,
        "outside hours": 0,
        "JSON lines": 1200,
    }
    assert all(one["peak_mb"] > 0 and one["processor_seconds"] > 0 for one in found.values())
    assert scrub_bench.table(found).count("rows a second") == 3


def test_api_bench_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not c_peer("C"):
        return
    for name, value in (("SECONDS", 3), ("LAST_SECONDS", 1), ("ROWS", 200_000), ("ASKED_A_SECOND", 20)):
        monkeypatch.setattr(api_bench, name, value)
    found = api_bench.measure(1, tmp_path)
    assert found["ratio"]["p99_ms"] > 0 and len(found["rounds"]) == 1
    assert found["told"].keys() >= {"check 200", "calls 200"} and found["scrubbed"] > 0
    assert found["proven"]["decisions"] >= 3 * 3 * 50
    assert "beside the API" in api_bench.table(found)


def test_listener_bench_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("AT_ONCE", 3), ("WAVES", 1), ("STORM_SECONDS", 1)):
        monkeypatch.setattr(listener_bench, name, value)
    found = listener_bench.measure(1, tmp_path)
    assert 0 < found["calls"]["files_ms"] < found["calls"]["processor_ms"]
    assert found["storm"]["events"] == 20_000
    assert "of a core" in listener_bench.table(found)


def test_load_bench_runs() -> None:
    found = load_bench.measure(20, 20)
    assert found["gate"].keys() == {"quiet", "slow-loris", "idle", "at once"}
    assert all(one["answered"] > 0 and one["resident_mb"] > 0 for one in found["gate"].values())
    assert found["listener"]["storm_share_of_a_core"] > 0


def test_inspection_bench_runs(tmp_path: Path) -> None:
    """Every call of it has what a call must have, so that nothing but counting is measured."""
    inspection_bench.fill(tmp_path / "a.db", 500)
    found = inspection_bench.measure(tmp_path / "a.db")
    assert (found.calls.decisions, found.calls.passed, found.control.recordings.full) == (500, 300, 150)
    assert (found.calls.outside_hours, found.consents.without, found.numbers.used_unregistered) == (0, 0, 0)


def test_reconcile_bench_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["reconcile_bench", "3000"])
    reconcile_bench.main()
    said = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in said[1:]] == [
        *("with unique ids", "without", "a database that knows nothing")
    ]
    asked = sum(call.asked and not call.house for call in reconcile_bench.calls(3000))
    assert all(f"matched {asked}," in line for line in said[1:3])
