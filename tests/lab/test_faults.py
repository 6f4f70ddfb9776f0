"""Each part down, slow or broken: no marketing call reaches the carrier, and the agent hears why at once."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from tests.lab.call import CallResult
from tests.lab.carrier import Carrier
from tests.lab.pbx import Pbx
from tests.lab.phone import Phone
from tests.lab.relay import Relay
from tests.lab.site import SECRET, WORKING_HOURS, Site, product

pytestmark = pytest.mark.lab

GOOD = {"number": "13800138000", "campaign": "autumn-loans", "caller_id": "02788880007"}
HEARS_WITHIN = 4.0  # seconds from the INVITE to the announcement


@pytest.fixture(scope="module")
def lab_options() -> dict[str, Any]:
    return product()


async def refused(carrier: Carrier, phone: Phone, status: int = 503) -> CallResult:
    """A call that everything but the fault allows: refused, audibly, in time, and unseen by the carrier."""
    before = len(carrier.invites())
    result = await phone.call(**GOOD)
    assert not result.answered
    assert result.status == status
    assert result.first_response is not None
    assert result.first_response < HEARS_WITHIN
    assert result.sound.seconds > 0.5
    assert len(carrier.invites()) == before
    return result


def callee_heard_nothing(carrier: Carrier) -> None:
    """Of the agent, in the last call; the carrier's port may have heard earlier ones."""
    invite = carrier.invites()[-1]
    sound = carrier.heard(invite)
    assert sound.last is None or sound.last < invite.time or sound.dbfs < -60


async def passes(site: Site, carrier: Carrier, phone: Phone) -> None:
    """Everything recovers by itself."""
    site.ready()
    before = len(carrier.invites())
    assert (await phone.call(**GOOD, talk_seconds=0.3)).answered
    assert len(carrier.invites()) == before + 1


@contextlib.contextmanager
def instead_of_the_gate(site: Site, behave: Any) -> Iterator[None]:
    """A server on the gate's port that does ``behave(connection)``."""
    with socket.create_server(("127.0.0.1", site.pbx.ports.gate)) as listening:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    behave(listening.accept()[0])

        threading.Thread(target=serve, daemon=True).start()
        yield
        listening.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def no_gate(site: Site) -> Iterator[None]:
    site.stop("gate")
    yield
    site.start("gate")


async def test_gate_stopped(no_gate: None, site: Site, carrier: Carrier, phone: Phone, pbx: Pbx) -> None:
    await refused(carrier, phone)
    await pbx.logged("dialpact: refused .* gate-error AGISTATUS=FAILURE")


async def test_gate_accepts_and_closes_without_a_word(
    no_gate: None, site: Site, carrier: Carrier, phone: Phone, pbx: Pbx
) -> None:
    with instead_of_the_gate(site, lambda connection: connection.close()):
        await refused(carrier, phone)
    await pbx.logged("dialpact: refused .* gate-error AGISTATUS=SUCCESS")


async def test_gate_says_something_else_than_allow(
    no_gate: None, site: Site, carrier: Carrier, phone: Phone
) -> None:
    def behave(connection: socket.socket) -> None:
        connection.sendall(b"EXEC MSet DIALPACT_VERDICT=ALLOWED,DIALPACT_NUMBER=13800138000\n")
        connection.recv(4096)
        connection.close()

    with instead_of_the_gate(site, behave):
        await refused(carrier, phone)


async def test_gate_frozen_after_the_connect(site: Site, carrier: Carrier, phone: Phone, pbx: Pbx) -> None:
    process = site.process("gate")
    process.send_signal(signal.SIGSTOP)
    try:
        await refused(carrier, phone)
    finally:
        process.send_signal(signal.SIGCONT)
    await pbx.logged("dialpact: refused .* deadline AGISTATUS=HANGUP")
    await passes(site, carrier, phone)


@contextlib.contextmanager
def locked(site: Site) -> Iterator[None]:
    with contextlib.closing(sqlite3.connect(site.database, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield
        connection.execute("ROLLBACK")


async def test_database_locked(site: Site, carrier: Carrier, phone: Phone) -> None:
    with locked(site):
        await refused(carrier, phone)
    until = time.monotonic() + 10
    while time.monotonic() < until and site.last_call()["reasons"] not in (["gate-error"], ["deadline"]):
        await asyncio.sleep(0.1)
    assert site.last_call()["reasons"] in (["gate-error"], ["deadline"])  # stored once the store was back
    await passes(site, carrier, phone)


async def test_gate_killed_while_a_call_waits(site: Site, carrier: Carrier, phone: Phone) -> None:
    with locked(site):
        call = asyncio.create_task(refused(carrier, phone))
        await asyncio.sleep(0.5)
        site.process("gate").kill()
        await call
    site.stop("gate")
    site.start("gate")
    await passes(site, carrier, phone)


async def test_database_file_gone(site: Site, carrier: Carrier, phone: Phone) -> None:
    aside = site.folder / "aside"
    aside.mkdir()
    files = list(site.folder.glob("dialpact.db*"))
    for file in files:
        file.rename(aside / file.name)
    try:
        await refused(carrier, phone)
        assert not site.database.exists()  # no empty database was made in its place
        assert "missing or was replaced" in site.log("gate")
    finally:
        for file in files:
            (aside / file.name).rename(file)
    await passes(site, carrier, phone)


async def test_recording_directory_read_only(site: Site, carrier: Carrier, phone: Phone, pbx: Pbx) -> None:
    pbx.recordings.chmod(0o555)
    try:
        site.ready(False)
        await refused(carrier, phone)
        assert site.last_call()["reasons"] == ["recording-unavailable"]
    finally:
        pbx.recordings.chmod(0o755)
    await passes(site, carrier, phone)


async def test_recording_directory_full(site: Site, carrier: Carrier, phone: Phone, pbx: Pbx) -> None:
    where = pbx.recordings.resolve()
    owner = where.stat()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(where)], check=True)
    try:
        os.chown(where, owner.st_uid, owner.st_gid)
        await passes(site, carrier, phone)
        (where / "ballast").write_bytes(bytes(12 << 20))  # less than min_free_mb is left
        site.ready(False)
        await refused(carrier, phone)
        assert site.last_call()["reasons"] == ["recording-unavailable"]
    finally:
        subprocess.run(["umount", "--lazy", str(where)], check=True)
    await passes(site, carrier, phone)


async def test_ami_down(site: Site, carrier: Carrier, phone: Phone, ami: Relay) -> None:
    ami.cut()
    try:
        site.ready(False)
        await refused(carrier, phone)
        assert site.last_call()["reasons"] == ["recording-unavailable"]
    finally:
        ami.mend()
    await passes(site, carrier, phone)


async def test_ami_half_open(site: Site, carrier: Carrier, phone: Phone, ami: Relay) -> None:
    ami.silence()
    try:
        site.ready(False)
        await refused(carrier, phone)
    finally:
        ami.mend()
    await passes(site, carrier, phone)


async def test_ami_password_wrong(site: Site, carrier: Carrier, phone: Phone) -> None:
    secret = site.folder / "ami.secret"
    secret.write_text("wrong", "ascii")
    site.stop("listener")
    site.start("listener")
    try:
        site.ready(False, why="refuses user")
        await refused(carrier, phone)
        assert site.last_call()["reasons"] == ["recording-unavailable"]
    finally:
        secret.write_text(SECRET, "ascii")
        site.stop("listener")
        site.start("listener")
    await passes(site, carrier, phone)


async def test_calendar_year_missing(site: Site, carrier: Carrier, phone: Phone) -> None:
    site.set_time(datetime.fromisoformat("2027-01-04T10:00:00+08:00"))
    try:
        await refused(carrier, phone, 403)
        assert site.last_call()["reasons"] == ["calendar-missing"]
    finally:
        site.set_time(WORKING_HOURS)


async def test_answered_call_without_recording_is_never_bridged(
    site: Site, carrier: Carrier, phone: Phone, pbx: Pbx
) -> None:
    """What the lease could not foresee: Asterisk has lost its recorder."""
    site.ready()
    before = len(carrier.invites())
    pbx.cli("module unload app_mixmonitor.so")
    try:
        result = await phone.call(**GOOD, talk_seconds=1)
        assert not result.answered
        assert result.status == 503
        assert len(carrier.invites()) == before + 1
        callee_heard_nothing(carrier)
        await pbx.logged("dialpact: not bridged")
        site.ready(False)  # and nobody else is rung for a while
        await refused(carrier, phone)
        assert site.last_call()["reasons"] == ["recording-unavailable"]
        assert "recording-not-started" in site.log("listener")
    finally:
        pbx.cli("module load app_mixmonitor.so")
    site.ready(True, 20)
    await passes(site, carrier, phone)


async def test_listener_killed_between_decision_and_answer(
    site: Site, carrier: Carrier, phone: Phone
) -> None:
    site.ready()
    site.process("listener").kill()
    site.stop("listener")
    before = len(carrier.invites())
    result = await phone.call(**GOOD, talk_seconds=1)  # the lease of 3 s may still stand
    assert not result.answered
    if len(carrier.invites()) > before:
        callee_heard_nothing(carrier)
    site.start("listener")
    await passes(site, carrier, phone)
