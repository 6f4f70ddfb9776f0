"""Checks of what runs and lies on this host: gate, recorder, recordings, secret, key."""

from __future__ import annotations

import asyncio
import errno
import os
import pwd
import stat
from collections.abc import Iterator
from datetime import timedelta

from dialpact.application.doctor.finding import DoctorFinding, Site, fail, ok, warn
from dialpact.application.ledger import copies, heads
from dialpact.application.ledger.audit.bound import PARTS
from dialpact.compliance import masking
from dialpact.compliance.config import Config
from dialpact.compliance.errors import ConfigError, LedgerError
from dialpact.compliance.ledger import keys
from dialpact.compliance.registers.moment import HOME

SECONDS = 2.0  # the dialplan itself waits little longer
# agi.variables.PROBE is refused before anything is judged: no decision, no line in the log. That it
# is refused in the gate's own words proves that the process lives; a connection alone proves only a kernel.
KNOCK = (
    b"agi_network: yes\nagi_network_script: health\nagi_channel: doctor\nagi_uniqueid: 0.0\nagi_arg_1: \n\n"
)
ANSWER = b"SET VARIABLE "
MOST_MINUTES = 30  # since the last checkpoint; a daemon signs every 10
NAMED = 10  # entries of registers
REGISTERS = sum(len(part.registers) for part in PARTS)
EXAMPLE = "REPLACE-ME"  # the word in the example of manager.conf


async def gate(site: Site, seconds: float = SECONDS) -> DoctorFinding:
    """Whether the gate answers, and in its own words: it is asked a question that it always refuses."""
    host, port = site.config.gate.address
    address = site.config.gate.listen
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - what the gate listens on
    try:
        async with asyncio.timeout(seconds):
            reader, writer = await asyncio.open_connection(here, port)
            try:
                writer.write(KNOCK)
                answer = await reader.readline()
            finally:
                writer.close()
    except TimeoutError:
        return fail("gate-silent", address=address)
    except (OSError, ValueError) as error:
        return fail("gate-down", address=address, error=_said(error))
    known = answer.startswith((ANSWER, b"MSET ", b"EXEC MSet"))
    return ok("gate", address=address) if known else fail("gate-stranger", address=address)


def _said(error: OSError | ValueError) -> str:
    """asyncio repeats the address in its own text; the number of the error says it shorter."""
    number = getattr(error, "errno", None)
    return os.strerror(number) if number else str(error)


def recorder(site: Site) -> Iterator[DoctorFinding]:
    """One finding: whether the listener says that it can record, and has said so lately."""
    if site.health is None:
        return
    required = (
        any(p.recording and p.recording.required for p in site.policy.profiles) if site.policy else True
    )
    bad, lease = (fail if required else warn), site.health.lease
    if lease is None:
        yield bad("recorder-never", node=site.config.node.name)
        return
    age = f"{max(0.0, (site.now - lease.renewed_at).total_seconds()):.0f}"
    if not lease.live:
        yield bad("recorder-silent", age=age)
    elif not lease.ready:
        yield bad("recorder-not-ready", why=lease.why, age=age)
    else:
        yield ok("recorder", age=age)


def recordings(site: Site) -> Iterator[DoctorFinding]:
    """Findings about the folder of recordings: there, writable, with space, and for whose eyes."""
    folder, least = site.config.recordings, site.config.recording.min_free_mb
    try:
        found, space = folder.stat(), os.statvfs(folder)
    except OSError as error:
        yield fail("recordings-missing", folder=folder, error=error.strerror or error)
        return
    if not stat.S_ISDIR(found.st_mode):
        yield fail("recordings-no-folder", folder=folder)
        return
    free = space.f_bavail * space.f_frsize >> 20
    if space.f_flag & os.ST_RDONLY:
        yield fail("recordings-read-only", folder=folder)
    elif free < least:
        yield fail("recordings-full", folder=folder, free=free, least=least)
    else:
        values = {"owner": _user(found.st_uid), "mode": f"{stat.S_IMODE(found.st_mode):04o}"}
        yield ok("recordings", folder=folder, free=free, least=least, **values)
    if found.st_mode & stat.S_IWOTH:
        yield warn("recordings-open", folder=folder)
    elif found.st_mode & stat.S_IXOTH:
        yield warn("recordings-readable", folder=folder)


def secret(site: Site) -> Iterator[DoctorFinding]:
    """One finding: the manager's secret is readable for us and for nobody else, and not the example's."""
    path = site.config.path(site.config.ami.secret_file)
    try:
        word = site.config.ami_secret()
    except ConfigError as error:
        yield fail("secret-unreadable", error=error)
        return
    if word == EXAMPLE:
        yield fail("secret-example", file=path)
    elif path.stat().st_mode & stat.S_IRWXO:
        yield fail("secret-open", file=path)
    else:
        yield ok("secret", file=path)


def supervision(site: Site) -> Iterator[DoctorFinding]:
    """One finding where somebody supervises: the secret that his questions are hashed with can be used."""
    ours = site.config.supervision
    if ours is None or not ours.supervised:
        return
    try:
        ours.secret(site.config)
    except ConfigError as error:
        yield fail("supervision-secret-bad", error=error)
    else:
        yield ok("supervision-secret", file=site.config.path(ours.secret_file))


def api(site: Site) -> Iterator[DoctorFinding]:
    """One finding where the secret of the API's keys is there and can not be used."""
    own = site.config.api
    if site.config.path(own.secret_file).exists():
        try:
            own.secret(site.config)
        except ConfigError as error:
            yield fail("api-secret-bad", error=error)


def key(site: Site) -> Iterator[DoctorFinding]:
    """One finding: the ledger's key is there, ours, and readable for nobody else."""
    path = keys.path_of(site.config)
    try:
        found = path.stat()
        mode = stat.S_IMODE(found.st_mode)
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            yield fail("key-open", file=path, mode=f"{mode:04o}")
            return
        if found.st_uid != os.geteuid():
            yield warn("key-of-another", file=path, owner=_user(found.st_uid))
            return
        keys.load(site.config)
    except OSError as error:
        yield fail("key-unreadable", error=f"{path}: {error.strerror or error}")
    except LedgerError as error:
        yield fail("key-unreadable", error=error)
    else:
        yield ok("key", file=path)


def restored(site: Site, *, fresh: bool = False) -> DoctorFinding | None:
    """Whether a backup was restored. ``fresh``: only where nobody has acknowledged it, and calls stand."""
    found = site.health.restored if site.health else None
    if found is None or (fresh and found.acknowledged_by):
        return None
    about = {
        "at": found.at.astimezone(HOME).isoformat(" ", "minutes"),
        "by": found.by,
        "made_at": found.made_at.astimezone(HOME).isoformat(" ", "minutes"),
        "entries": "?" if found.entries is None else found.entries,
        "days": f"{found.days:.1f}",
    }
    if found.acknowledged_by:
        return warn("store-restored-once", **about, acknowledged_by=found.acknowledged_by)
    return fail("store-restored", **about)


def checkpoint(site: Site) -> Iterator[DoctorFinding]:
    """One finding: whether the log is signed, and how long ago."""
    if site.health is None:
        return
    size, signed = site.health.entries, site.health.signed
    age = (site.now - signed) // timedelta(minutes=1) if signed else 0
    if site.health.forked:
        yield fail("ledger-forked", head=site.health.forked)
    elif signed is None:
        yield warn("ledger-never", size=size)
    elif age > MOST_MINUTES:
        yield warn("ledger-old", size=size, age=age)
    else:
        yield ok("ledger", size=size, age=age)


def ledger(site: Site) -> Iterator[DoctorFinding]:
    """Is it signed, and can everybody who asks be told by which key?"""
    if site.health is None:
        return
    yield from checkpoint(site)
    if found := restored(site):
        yield found
    if pending := site.health.overwriting:
        yield warn("erasure-pending", since=pending.isoformat(" ", "minutes"))
    public = keys.public_path(keys.path_of(site.config))
    try:
        if keys.load_public(public) != keys.load(site.config).verifier:
            yield warn("key-unpublished", file=public)
    except LedgerError:
        if not public.exists():
            yield warn("key-unpublished", file=public)
    try:
        heads.remembered(site.config)
    except FileNotFoundError:
        if site.health.remembered:
            yield warn(
                "ledger-head-lost",
                file=keys.head_path(keys.path_of(site.config)),
                error=os.strerror(errno.ENOENT),
            )
    except (OSError, LedgerError) as error:
        yield warn("ledger-head-lost", file=keys.head_path(keys.path_of(site.config)), error=error)
    if not site.config.ledger.checkpoints:
        return
    folder = site.config.path(site.config.ledger.checkpoints)
    if not folder.is_dir():
        yield fail("ledger-folder", folder=folder, error=os.strerror(errno.ENOENT))
    elif not os.access(folder, os.W_OK | os.X_OK):
        yield fail("ledger-folder", folder=folder, error=os.strerror(errno.EACCES))
    elif strangers := copies.strangers(folder):
        yield warn("ledger-strangers", folder=folder, count=len(strangers), names=", ".join(strangers[:5]))


def registers(site: Site) -> Iterator[DoctorFinding]:
    """One finding or two: whether the registers are what the log says, by the housekeeping's last look."""
    if site.health is None:
        return
    looked, differing = site.health.looked, site.health.differing
    if differing:
        named = ", ".join(masking.text(f"{register} {key}") for register, key in differing[:NAMED])
        yield fail("registers-differ", count=len(differing), named=named)
    if looked is None:
        yield warn("registers-never")
        return
    age = (site.now - looked.at) // timedelta(minutes=1)
    if age > MOST_MINUTES or not looked.whole or looked.registers < REGISTERS:
        yield warn("registers-old", rows=looked.rows, age=age)
    elif not differing:
        yield ok("registers", rows=looked.rows, age=age, unbound=looked.unbound)


def owner(config: Config) -> str:
    """Whose the database is, where that is another user than this process is of; empty: his, or root's."""
    try:
        theirs = config.database.stat().st_uid
    except OSError:
        return ""
    return "" if os.geteuid() in (0, theirs) else _user(theirs)


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
