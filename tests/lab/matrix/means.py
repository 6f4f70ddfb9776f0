"""The means of the faults: how a part of a site is stopped, frozen, filled up, taken away, and given back."""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from dialpact.compliance.ledger import keys
from tests.lab.pbx import Pbx
from tests.lab.relay import Relay
from tests.lab.site import ROOT, WORKING_HOURS, Site


def again(site: Site, *roles: str) -> None:
    for role in roles:
        site.stop(role)
        site.start(role)


@contextlib.contextmanager
def stopped(site: Site, role: str) -> Iterator[None]:
    site.stop(role)
    try:
        yield
    finally:
        site.start(role)


@contextlib.contextmanager
def frozen(site: Site, role: str) -> Iterator[None]:
    process = site.process(role)
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


@contextlib.contextmanager
def locked(site: Site) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(
        sqlite3.connect(site.database, isolation_level=None, check_same_thread=False)
    ) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield connection
        if connection.in_transaction:
            connection.execute("ROLLBACK")


@contextlib.contextmanager
def instead_of_the_gate(site: Site, behave: Callable[[socket.socket], object]) -> Iterator[None]:
    """A server on the gate's port that does ``behave(connection)``, each in a thread of its own."""

    def served(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            behave(connection)

    with stopped(site, "gate"), socket.create_server(("127.0.0.1", site.pbx.ports.gate)) as listening:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=served, args=(listening.accept()[0],), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield
        finally:
            listening.shutdown(socket.SHUT_RDWR)  # a thread that waits in accept keeps the port otherwise


@contextlib.contextmanager
def gate_does_not_start(site: Site) -> Iterator[None]:
    """With what is put wrong inside ``gate_started_after``."""
    site.stop("gate")
    try:
        site.start("gate")
    except RuntimeError:
        yield
    else:
        raise AssertionError("the gate started")


@contextlib.contextmanager
def gate_started_after(site: Site) -> Iterator[None]:
    """Once all that was put wrong inside is mended."""
    try:
        yield
    finally:
        again(site, "gate")


@contextlib.contextmanager
def aside(*files: Path) -> Iterator[None]:
    for file in files:
        file.rename(file.with_name(f"aside-{file.name}"))
    try:
        yield
    finally:
        for file in files:
            file.with_name(f"aside-{file.name}").rename(file)


@contextlib.contextmanager
def tmpfs(where: Path, megabytes: int) -> Iterator[None]:
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(where)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(where)], check=True)


@contextlib.contextmanager
def configured(site: Site, *changes: tuple[str, str]) -> Iterator[None]:
    """The configuration with each first text replaced by the second; nothing is restarted."""
    before = text = site.config.read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    site.config.write_text(text, "utf-8")
    try:
        yield
    finally:
        site.config.write_text(before, "utf-8")


@contextlib.contextmanager
def cable(pbx: Pbx, site: Site) -> Iterator[Relay]:
    """Between the listener and the manager's port."""
    relay = Relay(pbx.ports.ami)
    site.configure(ami=relay.port)
    again(site, "listener")
    site.ready()
    try:
        yield relay
    finally:
        relay.mend()
        site.ready()  # by itself, over the same cable
        site.configure()
        again(site, "listener")
        relay.close()


@contextlib.contextmanager
def reloaded_after(site: Site) -> Iterator[None]:
    """As an operator does, once all that was put wrong inside is mended."""
    try:
        yield
    finally:
        site.dialpact("reload")


def copied(source: Path, to: Path) -> None:
    with contextlib.closing(sqlite3.connect(source)) as old, contextlib.closing(sqlite3.connect(to)) as new:
        old.backup(new)
        new.execute("PRAGMA journal_mode = WAL")


@contextlib.contextmanager
def moved(site: Site, megabytes: int) -> Iterator[Path]:
    """The database on a file system of its own, and gate and listener with it; after it all are back.

    It is copied while nobody runs: a lease that still stands would say that the next listener is ready.
    """
    small, database = site.folder / "small", site.database
    small.mkdir()
    named = configured(site, (f'"sqlite:{database.name}"', f'"sqlite:small/{database.name}"'))
    with contextlib.ExitStack() as back:
        _stop(site)
        back.callback(_start, site)
        back.callback(small.rmdir)
        back.enter_context(tmpfs(small, megabytes))
        back.enter_context(named)
        copied(database, small / database.name)
        site.database = small / database.name
        _start(site)
        try:
            yield small
        finally:
            _stop(site)
            site.database = database
            copied(small / database.name, database)


def _stop(site: Site) -> None:
    for role in ("listener", "gate"):
        site.stop(role)


def _start(site: Site) -> None:
    for role in ("gate", "listener"):
        site.start(role)


@contextlib.contextmanager
def time(site: Site, at: datetime) -> Iterator[None]:
    site.set_time(at)
    try:
        yield
    finally:
        site.set_time(WORKING_HOURS)


@contextlib.contextmanager
def calendars(site: Site) -> Iterator[Path]:
    """A folder with a year that is cut off, and the configuration that names it."""
    folder = site.folder / "calendars"
    folder.mkdir()
    (folder / "2027.toml").write_text("year = 2027\noff = [2027-01-", "ascii")
    try:
        with configured(site, ('mode = "enforce"', f'mode = "enforce"\ncalendars = "{folder}"')):
            yield folder
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def key(site: Site, change: Callable[[Path], None]) -> Iterator[None]:
    file = site.folder / "ledger.key"
    good, public = file.read_bytes(), (site.folder / "ledger.pub").read_bytes()
    change(file)
    again(site, "gate")
    try:
        yield
    finally:
        file.unlink(missing_ok=True)
        keys.write_new(file, good, 0o600)
        # Nobody was told of a key that does not sign.
        assert (site.folder / "ledger.pub").read_bytes() == public
        again(site, "gate")


def own_profile(site: Site) -> Path:
    own = site.folder / "own.toml"
    shutil.copyfile(ROOT / "dialpact/compliance/profiles/cn-hubei-2018.toml", own)
    return own


@contextlib.contextmanager
def profile_in_force(site: Site) -> Iterator[Path]:
    """A profile of the site's own, that gate and listener run with."""
    own = own_profile(site)
    try:
        with configured(site, ('"cn-hubei-2018"', f'"{own}"')):
            site.dialpact("reload")
            with reloaded_after(site):
                yield own
    finally:
        site.dialpact("reload")
