"""What each row of the matrix does to a running site: a context in which the fault lasts; mended after it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from dialpact.compliance.ledger import keys
from tests.lab.matrix.means import (
    again,
    aside,
    cable,
    calendars,
    configured,
    copied,
    frozen,
    gate_does_not_start,
    gate_started_after,
    instead_of_the_gate,
    key,
    locked,
    moved,
    own_profile,
    profile_in_force,
    reloaded_after,
    stopped,
    time,
    tmpfs,
)
from tests.lab.pbx import Pbx
from tests.lab.site import SECRET, WORKING_HOURS, Site

Fault = Callable[[Pbx, Site], AbstractContextManager[object]]
FAULTS: dict[str, Fault] = {}


def fault(name: str) -> Callable[[Callable[[Pbx, Site], Iterator[None]]], None]:
    """``name`` is the id of a row."""

    def keep(steps: Callable[[Pbx, Site], Iterator[None]]) -> None:
        assert name not in FAULTS
        FAULTS[name] = contextlib.contextmanager(steps)

    return keep


@fault("gate-absent")
def _(pbx: Pbx, site: Site) -> Iterator[None]:
    with stopped(site, "gate"):
        yield


@fault("gate-killed")
def _(pbx: Pbx, site: Site) -> Iterator[None]:
    with gate_started_after(site), locked(site) as lock:  # so that the call waits

        def kill() -> None:
            site.process("gate").kill()
            lock.execute("ROLLBACK")

        killing = threading.Timer(0.5, kill)
        killing.start()
        yield
        killing.join()


@fault("gate-hung")
def _(pbx: Pbx, site: Site) -> Iterator[None]:
    with frozen(site, "gate"):
        yield


ALLOW = b"EXEC MSet DIALPACT_VERDICT=ALLOW,DIALPACT_NUMBER=13800138000\n"


@fault("gate-slow")
def _(pbx: Pbx, site: Site) -> Iterator[None]:
    over = threading.Event()

    def late(connection: socket.socket) -> None:
        over.wait(3)  # the dialplan waits 2.7 s
        connection.sendall(ALLOW)
        connection.recv(4096)

    with instead_of_the_gate(site, late):
        yield
        over.set()


@fault("gate-corrupt")
def _(pbx: Pbx, site: Site) -> Iterator[None]:
    def other(connection: socket.socket) -> None:
        connection.sendall(ALLOW.replace(b"=ALLOW,", b"=ALLOWED,"))
        connection.recv(4096)

    with instead_of_the_gate(site, other):
        yield


@fault("gate-corrupt-mute")
def _(pbx: Pbx, site: Site) -> Iterator[None]:
    with instead_of_the_gate(site, lambda connection: connection.recv(4096)):  # no reset: an end
        yield


@fault("gate-restarted")
def _(pbx: Pbx, site: Site) -> Iterator[None]:
    again(site, "gate")
    yield


@fault("listener-absent")
def _(pbx: Pbx, site: Site) -> Iterator[None]:
    with stopped(site, "listener"):
        yield


@fault("listener-killed")
def _(pbx: Pbx, site: Site) -> Iterator[None]:
    site.process("listener").kill()  # its lease of 3 s may still stand
    with stopped(site, "listener"):
        yield


@fault("listener-hung")
def _(pbx: Pbx, site: Site) -> Iterator[None]:
    with frozen(site, "listener"):
        yield


@fault("listener-restarted")
def _(pbx: Pbx, site: Site) -> Iterator[None]:
    site.process("listener").kill()
    again(site, "listener")
    yield


@fault("store-absent")
def _(pbx: Pbx, site: Site) -> Iterator[None]:
    with aside(*site.folder.glob("dialpact.db*")):
        yield
        assert not site.database.exists()  # no empty database was made in its place


@fault("store-hung")
def _(pbx: Pbx, site: Site) -> Iterator[None]:
    with locked(site):
        yield


@fault("store-slow")
def _(pbx: Pbx, site: Site) -> Iterator[None]:
    """Again and again: each transaction waits, none for as long as it would."""
    over = threading.Event()

    def lock_often() -> None:
        while not over.is_set():
            with locked(site):
                over.wait(0.5)
            over.wait(0.3)

    locking = threading.Thread(target=lock_often, daemon=True)
    locking.start()
    try:
        yield
    finally:
        over.set()
        locking.join()


@fault("store-full")
def _(pbx: Pbx, site: Site) -> Iterator[None]:
    with moved(site, 16) as small:
        site.ready()
        ballast = small / "ballast"
        try:
            with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
                while file.write(bytes(4096)):
                    pass
            yield
        finally:
            ballast.unlink()
        site.ready(seconds=20)  # by itself
        site.wait(lambda: site.last_call()["reasons"] == ["gate-error"], 20)


@fault("store-read-only")
def _(pbx: Pbx, site: Site) -> Iterator[None]:
    sealed = site.folder / "sealed"
    sealed.mkdir()
    with gate_started_after(site), tmpfs(sealed, 16):
        copied(site.database, sealed / "dialpact.db")
        subprocess.run(["mount", "-o", "remount,ro", str(sealed)], check=True)
        with (
            configured(site, ('"sqlite:dialpact.db"', '"sqlite:sealed/dialpact.db"')),
            gate_does_not_start(site),
        ):
            yield


@fault("store-corrupt")
def _(pbx: Pbx, site: Site) -> Iterator[None]:
    copied(site.database, site.folder / "corrupt.db")
    with (site.folder / "corrupt.db").open("r+b") as database:
        database.write(b"junk" * 4096)
    with (
        gate_started_after(site),
        configured(site, ('"sqlite:dialpact.db"', '"sqlite:corrupt.db"')),
        gate_does_not_start(site),
    ):
        yield


@fault("disk-absent")
def _(pbx: Pbx, site: Site) -> Iterator[None]:
    with aside(pbx.recordings.resolve()):
        yield


@fault("disk-full")
def _(pbx: Pbx, site: Site) -> Iterator[None]:
    where = pbx.recordings.resolve()
    owner = where.stat()
    with tmpfs(where, 24):
        os.chown(where, owner.st_uid, owner.st_gid)
        (where / "ballast").write_bytes(bytes(12 << 20))  # less than min_free_mb is left
        yield


@fault("disk-read-only")
def _(pbx: Pbx, site: Site) -> Iterator[None]:
    pbx.recordings.chmod(0o555)
    try:
        yield
    finally:
        pbx.recordings.chmod(0o755)


@fault("ami-absent")
def _(pbx: Pbx, site: Site) -> Iterator[None]:
    with cable(pbx, site) as relay:
        relay.cut()
        yield


@fault("ami-hung")
def _(pbx: Pbx, site: Site) -> Iterator[None]:
    with cable(pbx, site) as relay:
        relay.silence()
        yield


@fault("ami-credentials")
def _(pbx: Pbx, site: Site) -> Iterator[None]:
    secret = site.folder / "ami.secret"
    secret.write_text("wrong", "ascii")
    again(site, "listener")
    try:
        yield
    finally:
        secret.write_text(SECRET, "ascii")
        again(site, "listener")


@fault("ami-restarted")
def _(pbx: Pbx, site: Site) -> Iterator[None]:
    pbx.cli("manager reload")
    yield


@fault("asterisk-killed")
def _(pbx: Pbx, site: Site) -> Iterator[None]:
    pbx.kill()
    try:
        yield
    finally:
        pbx.start()


@fault("asterisk-hung")
def _(pbx: Pbx, site: Site) -> Iterator[None]:
    pbx.freeze()
    try:
        yield
    finally:
        pbx.thaw()


@fault("asterisk-restarted")
def _(pbx: Pbx, site: Site) -> Iterator[None]:
    pbx.cli("core restart now")
    try:
        yield
    finally:
        pbx.wait_booted()


@fault("asterisk-corrupt")
def _(pbx: Pbx, site: Site) -> Iterator[None]:
    pbx.cli("module unload app_mixmonitor.so")
    try:
        yield
    finally:
        pbx.cli("module load app_mixmonitor.so")


@fault("clock-corrupt-forward")
def _(pbx: Pbx, site: Site) -> Iterator[None]:
    with time(site, WORKING_HOURS + timedelta(hours=12)):
        yield


@fault("clock-corrupt-back")
def _(pbx: Pbx, site: Site) -> Iterator[None]:
    with time(site, WORKING_HOURS - timedelta(hours=1)):
        yield


@fault("calendar-absent")
def _(pbx: Pbx, site: Site) -> Iterator[None]:
    with time(site, datetime.fromisoformat("2027-01-04T10:00:00+08:00")):
        yield


@fault("calendar-corrupt")
def _(pbx: Pbx, site: Site) -> Iterator[None]:
    with gate_started_after(site), calendars(site), gate_does_not_start(site):
        yield


@fault("calendar-corrupt-reload")
def _(pbx: Pbx, site: Site) -> Iterator[None]:
    with reloaded_after(site), calendars(site):
        site.process("gate").send_signal(signal.SIGHUP)
        yield


@fault("key-absent")
def _(pbx: Pbx, site: Site) -> Iterator[None]:
    with key(site, lambda file: file.unlink()):
        yield


@fault("key-corrupt")
def _(pbx: Pbx, site: Site) -> Iterator[None]:
    with key(site, lambda file: os.truncate(file, 40)):
        yield


@fault("key-read-only")
def _(pbx: Pbx, site: Site) -> Iterator[None]:
    with key(site, lambda file: file.chmod(0o644)):
        yield


@fault("key-credentials")
def _(pbx: Pbx, site: Site) -> Iterator[None]:
    with key(site, lambda file: file.write_bytes(keys.generate()) and None):
        yield


@fault("profile-absent")
def _(pbx: Pbx, site: Site) -> Iterator[None]:
    own = own_profile(site)
    own.unlink()
    with (
        gate_started_after(site),
        configured(site, ('"cn-hubei-2018"', f'"{own}"')),
        gate_does_not_start(site),
    ):
        yield


@fault("profile-corrupt")
def _(pbx: Pbx, site: Site) -> Iterator[None]:
    own = own_profile(site)
    os.truncate(own, own.stat().st_size // 2)
    with (
        gate_started_after(site),
        configured(site, ('"cn-hubei-2018"', f'"{own}"')),
        gate_does_not_start(site),
    ):
        yield


@fault("profile-absent-reload")
def _(pbx: Pbx, site: Site) -> Iterator[None]:
    with profile_in_force(site) as own, aside(own):
        site.process("gate").send_signal(signal.SIGHUP)
        yield


@fault("profile-corrupt-reload")
def _(pbx: Pbx, site: Site) -> Iterator[None]:
    with profile_in_force(site) as own:
        whole = own.read_bytes()
        os.truncate(own, len(whole) // 2)
        site.process("gate").send_signal(signal.SIGHUP)
        try:
            yield
        finally:
            own.write_bytes(whole)
