"""Metrics and health, as a scraper and a load balancer see them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec import structs

from dialpact.application.doctor.finding import fail
from dialpact.application.health import Look, Looking
from dialpact.application.incidents import kinds
from dialpact.cli import notify, status
from dialpact.compliance.config import Config, LedgerConfig, MetricsConfig, Trunk, WitnessConfig
from dialpact.compliance.errors import StoreError
from dialpact.compliance.health import Health, LeaseState, StoreFigures
from dialpact.compliance.jobs import JobsWaiting
from dialpact.compliance.meters import Histogram, Meters
from dialpact.compliance.webhooks.delivery import HookState
from dialpact.compliance.webhooks.settings import WebhookConfig
from dialpact.compliance.witness import WitnessState
from dialpact.presentation.finding import advice, check_name, said
from dialpact.store.sqlite import Store
from dialpact.web import metrics, server
from tests.agi.office import NUMBER, Office
from tests.cli.conftest import Home
from tests.patience import WAIT

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)


WITNESS = WitnessState(
    vkey="witness.example/w1+00000000+x",
    url="https://witness.example",
    word="away",
    detail="",
    size=5,
    asked_at=NOW - timedelta(minutes=1),
    failing_since=NOW - timedelta(minutes=11),
    cosigned_at=NOW - timedelta(minutes=21),
    told=False,
)
WITNESSED = LedgerConfig(witnesses=(WitnessConfig(url=WITNESS.url, vkey=WITNESS.vkey),))
HOOKS = {"crm": WebhookConfig(url="https://crm.example/")}
HOOK = HookState(
    name="crm",
    since=NOW - timedelta(days=2),
    next_leaf=7,
    looked_at=NOW,
    waiting=3,
    oldest=NOW - timedelta(minutes=2),
    dead=1,
)


def full_look() -> Look:
    health = Health(
        version=8,
        lease=LeaseState(ready=True, live=True, why="", renewed_at=NOW - timedelta(seconds=1)),
        opt_outs_at=None,
        trunks=frozenset(),
        campaigns=(),
        unscripted=(),
        suspensions=(),
        entries=7,
        signed=NOW - timedelta(minutes=5),
        witnesses=(WITNESS,),
        stamped=NOW - timedelta(hours=1),
        webhooks=(HOOK, structs.replace(HOOK, name="of-before")),
    )
    figures = StoreFigures(health=health, incidents={"recording-gap": 3}, running=2, overdue=1, unsealed=0)
    return Look(problems=(), figures=figures, calendar_days=34, free_recordings=10**10, free_database=10**9)


def page(meters: Meters, look: Look) -> dict[str, float]:
    config = Config(trunks={"carrier": Trunk(endpoint="carrier")}, ledger=WITNESSED, webhooks=HOOKS)
    lines = metrics.page(config, meters, look, NOW, kinds()).decode().splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if line[0] != "#"}


def test_page_shows_what_was_counted() -> None:
    meters = Meters()
    meters.decided("ALLOW", [])
    meters.decided("BLOCK", ["outside-hours", "do-not-call"])
    meters.latency.observe(0.004)
    meters.latency.observe(9.0)
    shown = page(meters, full_look())
    assert shown['dialpact_decisions_total{reason="",verdict="ALLOW"}'] == 1
    assert shown['dialpact_decisions_total{reason="do-not-call",verdict="BLOCK"}'] == 1
    assert shown['dialpact_gate_seconds_bucket{le="0.0025"}'] == 0
    assert shown['dialpact_gate_seconds_bucket{le="0.005"}'] == 1
    assert shown['dialpact_gate_seconds_bucket{le="2.5"}'] == 1
    assert shown['dialpact_gate_seconds_bucket{le="+Inf"}'] == shown["dialpact_gate_seconds_count"] == 2
    assert shown['dialpact_incidents_total{kind="recording-gap"}'] == 3
    # An alert on an increase needs the zero before the first one.
    assert shown['dialpact_decisions_total{reason="gate-error",verdict="BLOCK"}'] == 0
    assert shown['dialpact_incidents_total{kind="recording-lost"}'] == 0
    assert shown["dialpact_recorder_lease_age_seconds"] == 1
    assert shown["dialpact_ledger_checkpoint_age_seconds"] == 300
    assert shown['dialpact_webhook_waiting{webhook="crm"}'] == 3
    assert shown['dialpact_webhook_oldest_seconds{webhook="crm"}'] == 120
    assert shown['dialpact_webhook_dead{webhook="crm"}'] == 1
    assert 'dialpact_webhook_well{webhook="of-before"}' not in shown
    assert shown["dialpact_store_up"] == shown["dialpact_ready"] == 1


def test_how_long_the_oldest_write_waits() -> None:
    meters = Meters()
    assert page(meters, full_look())["dialpact_outbox_oldest_seconds"] == 0
    meters.outbox_waiting, meters.outbox_since = 3, time.monotonic() - 7
    shown = page(meters, full_look())
    assert 7 <= shown["dialpact_outbox_oldest_seconds"] < 60
    assert shown["dialpact_outbox_waiting"] == 3


def test_what_the_store_would_say_is_absent_when_it_says_nothing() -> None:
    look = Look(
        problems=(fail("database-bad", error="x"),),
        figures=None,
        calendar_days=None,
        free_recordings=None,
        free_database=None,
    )
    shown = page(Meters(), look)
    assert shown["dialpact_store_up"] == shown["dialpact_ready"] == 0
    assert not any(
        name.startswith(("dialpact_ledger", "dialpact_recorder", "dialpact_disk")) for name in shown
    )


def test_a_witness_that_does_not_cosign_is_seen() -> None:
    shown = page(Meters(), full_look())
    assert shown['dialpact_witness_cosigns{witness="witness.example/w1"}'] == 0
    assert shown['dialpact_witness_cosignature_age_seconds{witness="witness.example/w1"}'] == 21 * 60
    assert shown["dialpact_ledger_timestamp_age_seconds"] == 3600


@pytest.mark.parametrize("forked", ["", "ledger.head: 6 entries, root 00"])
def test_a_ledger_that_may_not_be_signed_is_seen(forked: str) -> None:
    look = full_look()
    assert look.figures is not None
    figures = replace(look.figures, health=replace(look.figures.health, forked=forked))
    shown = page(Meters(), replace(look, figures=figures))
    assert shown["dialpact_ledger_forked"] == bool(forked)


def test_a_bound_belongs_to_its_bucket() -> None:
    histogram = Histogram(1, 2)
    for value in (1, 1.001, 2, 2.001):
        histogram.observe(value)
    assert histogram.counts == [1, 2, 1]


class Asker:
    def __init__(self, address: tuple[str, int]) -> None:
        self.address = address

    async def send(self, request: bytes) -> bytes:
        async with asyncio.timeout(WAIT):
            reader, writer = await asyncio.open_connection(*self.address)
            writer.write(request)
            answer = await reader.read()
            writer.close()
            return answer

    async def get(self, path: str, method: str = "GET") -> tuple[int, bytes]:
        answer = await self.send(f"{method} {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        head, _, body = answer.partition(b"\r\n\r\n")
        _, status, phrase = head.decode().splitlines()[0].split(" ", 2)
        assert phrase == HTTPStatus(int(status)).phrase
        return int(status), body


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    yield Office(tmp_path)


def session_of(office: Office) -> Any:
    return SimpleNamespace(config=office.config, clock=office.clock, reloading=None)


@contextlib.asynccontextmanager
async def asking(office: Office, **of_the_sources: Any) -> AsyncIterator[Asker]:
    outside = status.outside(session_of(office))
    outside = replace(outside, sources=replace(outside.sources, **of_the_sources))
    async with server.serving(outside, ("127.0.0.1", 0)) as address:
        yield Asker(address)


@pytest.fixture
async def asker(office: Office) -> AsyncIterator[Asker]:
    async with asking(office) as asker:
        yield asker


async def test_health_says_what_is_wrong(asker: Asker) -> None:
    assert await asker.get("/health/live") == (200, b'{"live":true}\n')
    status, body = await asker.get("/health/ready")
    codes = {problem["code"] for problem in json.loads(body)["problems"]}
    assert status == 503
    assert {"gate-down", "recordings-missing"} <= codes
    assert (await asker.get("/health"))[0] == 503


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/nothing", "GET", 404),
        ("/metrics", "POST", 405),
        ("/metrics?x=1", "GET", 200),
        ("/metrics", "HEAD", 200),
    ],
)
async def test_what_else_may_be_asked(asker: Asker, path: str, method: str, status: int) -> None:
    got, body = await asker.get(path, method)
    assert got == status
    assert bool(body) is (method != "HEAD")


@pytest.mark.parametrize("request_", [b"GET /" + b"a" * 10_000 + b"\r\n\r\n", b"\xff\x00\r\n\r\n"])
async def test_what_is_no_request_ends(asker: Asker, request_: bytes) -> None:
    answer = await asker.send(request_)
    assert b"200" not in answer[:12]
    assert (await asker.get("/health/live"))[0] == 200


async def test_store_that_hangs_does_not_hang_the_scrape(office: Office) -> None:
    asked, done = [], asyncio.Event()

    async def hangs(*_: object) -> None:
        asked.append(1)
        await done.wait()

    async def opened(config: Config) -> Any:
        return SimpleNamespace(installation=SimpleNamespace(health=hangs), close=done.wait)

    async with asking(office, open=opened, store_seconds=0.01, fresh_seconds=0.0) as asker:
        for _ in range(3):
            _, body = await asker.get("/metrics")
            assert b"\ndialpact_store_up 0.0\n" in body
        assert len(asked) == 1  # nor do questions pile up


async def test_web_tells_of_its_jobs_and_of_a_store_that_does_not(office: Office) -> None:
    asked, done = [], asyncio.Event()

    async def hangs() -> JobsWaiting:
        asked.append(1)
        await done.wait()
        return JobsWaiting(queued=2, running=1, oldest=office.clock.now() - timedelta(minutes=1))

    async def away() -> JobsWaiting:
        raise StoreError("away")

    def outside(waiting: Any) -> server.OutsideOfWeb:
        about = {"clock": office.clock, "store_seconds": 0.05}
        return server.OutsideOfWeb(config=lambda: office.config, waiting=waiting, **about)

    async with server.serving(outside(hangs), ("127.0.0.1", 0)) as address:
        for _ in range(3):
            _, body = await Asker(address).get("/metrics")
            assert b"\ndialpact_store_up 0.0\n" in body and b"\ndialpact_jobs{" not in body
        assert len(asked) == 1  # nor do questions pile up
        done.set()
        _, body = await Asker(address).get("/metrics")
        assert b"\ndialpact_store_up 1.0\n" in body and b"\ndialpact_jobs_oldest_seconds 60.0\n" in body
        assert b'\ndialpact_jobs{state="queued"} 2.0\ndialpact_jobs{state="running"} 1.0\n' in body
        assert (await Asker(address).get("/health/live"))[0] == 200
        assert (await Asker(address).get("/health/ready"))[0] == 404
    async with server.serving(outside(away), ("127.0.0.1", 0)) as address:
        _, body = await Asker(address).get("/metrics")
        assert b"\ndialpact_store_up 0.0\n" in body


async def test_incidents_are_counted_once(office: Office) -> None:
    async with await Store.open(office.database) as store, asking(office, fresh_seconds=0.0) as asker:
        for count in (1, 2):
            await store.incidents.add(
                at=NOW, node="pbx1", kind="recording-gap", decision="", channel="", detail=NUMBER
            )
            _, body = await asker.get("/metrics")
            assert f'dialpact_incidents_total{{kind="recording-gap"}} {count}.0'.encode() in body
            assert NUMBER.encode() not in body


async def test_a_gate_apart_says_nothing_of_a_folder_that_it_can_not_see(office: Office) -> None:
    """Its unit gives it no way into Asterisk's spool; the listener's word says whether calls are recorded."""
    told = {}
    for role in ("serve", "listener", "gate"):
        async with server.serving(status.outside(session_of(office), role), ("127.0.0.1", 0)) as address:
            _, health = await Asker(address).get("/health")
            _, page = await Asker(address).get("/metrics")
        problems = {problem["code"] for problem in json.loads(health)["problems"]}
        told[role] = "recordings-missing" in problems, b'check="recordings"' in page
        assert "gate-down" in problems
        assert b'dialpact_disk_free_bytes{what="database"}' in page
    assert told == {"serve": (True, True), "listener": (True, True), "gate": (False, False)}


async def test_two_who_ask_at_once_share_a_look(office: Office) -> None:
    looking = Looking(status.sources(session_of(office)))
    first, second = await asyncio.gather(looking.look(), looking.look())
    await looking.close()
    assert first is second


async def test_a_look_tells_all_that_was_looked_at_also_what_is_well(office: Office) -> None:
    """By the doctor's names; what is wrong there is what makes it unready, and what is remarked."""
    looking = Looking(status.sources(session_of(office)))
    look = await looking.look()
    await looking.close()
    names = [name for name, _ in look.standing]
    assert {"database", "recorder", "recordings", "calendar", "gate", "ledger", "registers"} <= set(names)
    assert next(name for name, item in look.standing if item.result == "ok") == "database"
    wrong = {item.key for _, item in look.standing if item.result != "ok"}
    assert {item.key for item in (*look.problems, *look.remarks)} <= wrong
    assert look.at is not None
    for name, item in look.standing:
        assert check_name(name, "zh") and said(item, "en")
        assert item.result == "ok" or advice(item, "zh")


def test_section_is_off_by_default_and_strict(home: Home) -> None:
    from dialpact.compliance import config

    assert config.load(home.config).metrics is None
    text = home.config.read_text("utf-8")
    home.config.write_text(text.replace("#[metrics]", "[metrics]"), "utf-8")
    assert config.load(home.config).metrics == MetricsConfig()
    home.config.write_text(text.replace("#[metrics]", "[metrics]\nport = 1"), "utf-8")
    home.run("check", NUMBER, "--campaign", "x", "--caller-id", "y", code=1)
    home.config.write_text(text.replace("#[metrics]", '[metrics]\nlisten = "9464"'), "utf-8")
    home.run("check", NUMBER, "--campaign", "x", "--caller-id", "y", code=1)


@pytest.mark.parametrize(("language", "said"), [("en", "NOT READY"), ("zh", "未就绪")])
def test_status_says_the_same_in_a_shell(home: Home, language: str, said: str) -> None:
    answer = home.run("status", "--lang", language, code=3).stdout
    assert said in answer and "\n- gate-down: " in answer
    assert home("status", code=3)["ready"] is False


def test_systemd_hears_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(str(tmp_path / "notify"))
        line.settimeout(WAIT)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        notify.tell(notify.READY)
        assert line.recv(64) == b"READY=1"
    notify.tell(notify.READY)  # nobody listens: no error
    monkeypatch.setenv("WATCHDOG_USEC", "10000000")
    assert notify.period() == 5.0
    monkeypatch.setenv("WATCHDOG_PID", "1")
    assert notify.period() == 0.0


def test_a_real_process_starts_and_stops_in_order(home: Home, tmp_path: Path) -> None:
    """READY when the gate takes calls; SIGTERM thrice: STOPPING, what was begun is answered, exit 0."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    text = home.config.read_text("utf-8")
    home.config.write_text(text.replace("127.0.0.1:4573", f"127.0.0.1:{port}"), "utf-8")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(str(tmp_path / "notify"))
        line.settimeout(WAIT)
        child = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "from dialpact.cli.app import main; main()",
                "--config",
                home.config,
                "gate",
            ],
            env={**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "20000000"},
            stderr=subprocess.PIPE,
        )
        try:
            heard = b""
            while heard != b"READY=1":
                heard = line.recv(64)
            with socket.create_connection(("127.0.0.1", port), WAIT) as call:
                call.settimeout(WAIT)
                header = "agi_network: yes\nagi_network_script: outbound\nagi_channel: PJSIP/a-1\n"
                call.sendall(
                    f"{header}agi_uniqueid: 1.1\nagi_callerid: 02788880007\nagi_arg_1: {NUMBER}\n\n".encode()
                )
                replies = call.makefile("rb")
                assert replies.readline().startswith(b"GET FULL VARIABLE")
                for _ in range(3):
                    child.send_signal(signal.SIGTERM)
                while heard != b"STOPPING=1":
                    heard = line.recv(64)
                call.sendall(b"200 result=1 (02788880007)\n")  # begun before: answered in full
                said = b""
                while b"DIALPACT_VERDICT" not in said:
                    said = replies.readline()
                    assert said, "the gate left a call that it had begun"
                    if b"DIALPACT_VERDICT" not in said:
                        call.sendall(b"200 result=1\n")
                assert b"=BLOCK" in said
            _, log = child.communicate(timeout=WAIT)
        finally:
            child.kill()
    assert child.returncode == 0, log
    assert b'"event": "stopped"' in log and NUMBER.encode() not in log
