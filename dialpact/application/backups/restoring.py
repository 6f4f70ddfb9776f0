"""A backup is put back: checked as a whole before anything is touched, and known for ever as one that was.

1. Nobody else has the database open, and no daemon of it runs.
2. The copy that is checked is the one that is put in place: its bytes are hashed while it is made.
3. The restored database has an act that says who put it back, why, and what is known to be missing; until an
   officer acknowledges that, every call is blocked.
4. What it takes the place of is kept.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from dialpact.application import daemon_registry
from dialpact.application.actor import Right
from dialpact.application.backups import making, missing
from dialpact.application.context import Context
from dialpact.application.ledger import verification
from dialpact.application.ledger.verification import VerifiedLedger
from dialpact.application.progress import Progress, unwatched
from dialpact.compliance import backup
from dialpact.compliance.backup import Lost, Manifest
from dialpact.compliance.config import Config
from dialpact.compliance.errors import LedgerError, StoreBusy
from dialpact.compliance.ledger import keys
from dialpact.compliance.ledger.note import Verifier
from dialpact.compliance.model import Value
from dialpact.compliance.registers.fault import Fault

MODE = 0o640


class Put(Value, frozen=True, kw_only=True):
    """``aside``: the folder with what was replaced; empty where there was nothing."""

    manifest: Manifest
    lost: Lost
    aside: str


class Unsound(LedgerError):
    """The backup's ledger is not what was logged: it was changed, and nothing was put in its place."""

    def __init__(self, found: VerifiedLedger) -> None:
        super().__init__()
        self.found = found


async def restore(
    context: Context,
    config: Config,
    file: Path,
    *,
    reason: str,
    trusted: Sequence[Verifier],
    progress: Progress = unwatched,
) -> Put:
    """``context``: of the database that is replaced, which need not be readable. Fault, StoreError, OSError,
    Unsound: nothing was touched.
    """
    context.actor.need(Right.LEDGER)
    if not reason:
        raise Fault("restore-no-reason")
    check_alone(context, config)
    manifest = await asyncio.to_thread(_manifest, file)
    if not keys.became(keys.configured_name(config), manifest.ledger.name):
        raise Fault("backup-of-another", name=manifest.ledger.name, ours=keys.configured_name(config))
    fresh = config.database.with_name(f".{config.database.name}.restoring")
    _forget(fresh)
    try:
        await asyncio.to_thread(_copied, file, fresh, manifest, progress)
        async with context.store.another(fresh) as copy:
            own = msgspec.structs.replace(context, store=copy)
            done = await verification.verify(own, trusted, progress=progress)
            if done.findings:
                raise Unsound(done)
            lost = await missing.lost(config, manifest, copy, context.store, trusted, context.now())
            detail = {"reason": reason, "manifest": manifest, "lost": lost}
            at = context.now()
            await copy.changes.note(backup.REGISTER, backup.RESTORE, backup.KEY, detail, by=context.by, at=at)
        await asyncio.to_thread(_as_before, config.database, fresh)
        aside = config.database.with_name(f"{config.database.name}.replaced-{at:%Y%m%dT%H%M%S%fZ}")
        check_alone(context, config)
        try:
            with context.store.backups.alone():
                await context.store.backups.replace(fresh, aside)
        except StoreBusy:
            raise _held(context) from None
    finally:
        _forget(fresh)
    return Put(manifest=manifest, lost=lost, aside=str(aside))


def check_alone(context: Context, config: Config) -> None:
    """Fault that says who has the database."""
    running = daemon_registry.running(config)
    if running:
        names = ", ".join(f"dialpact {each.role} ({each.pid})" for each in running)
        raise Fault("store-held", who=names)
    try:
        with context.store.backups.alone():
            pass
    except StoreBusy:
        raise _held(context) from None


def _held(context: Context) -> Fault:
    who = ", ".join(f"{each.command or '?'} ({each.pid})" for each in context.store.backups.holders())
    return Fault("store-held", who=who or "?")


def _manifest(file: Path) -> Manifest:
    lists = making.manifest_of(file)
    try:
        with lists.open("rb") as opened:
            return backup.read(opened.read(backup.MOST_BYTES))
    except FileNotFoundError as error:
        raise Fault("backup-no-manifest", file=str(lists)) from error


def _copied(file: Path, fresh: Path, manifest: Manifest, progress: Progress) -> None:
    digest, size = hashlib.sha256(), 0
    made = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    with file.open("rb") as source, os.fdopen(made, "wb") as target:
        while part := source.read(making.CHUNK):
            digest.update(part)
            target.write(part)
            size += len(part)
            progress(size, manifest.bytes)
        target.flush()
        os.fsync(target.fileno())
    if (size, digest.hexdigest()) != (manifest.bytes, manifest.sha256):
        raise Fault("backup-changed", file=str(file))


def _as_before(database: Path, fresh: Path) -> None:
    """The mode and the owner that it had, and the group, by which `dialpact web` may write; on the disk."""
    try:
        found = database.stat()
        os.chown(fresh, found.st_uid if os.geteuid() == 0 else -1, found.st_gid)
        fresh.chmod(found.st_mode & 0o777)
    except FileNotFoundError:
        fresh.chmod(MODE)
    with fresh.open("rb") as opened:
        os.fsync(opened.fileno())


def _forget(fresh: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        fresh.with_name(fresh.name + suffix).unlink(missing_ok=True)
