"""A backup: one moment of the database, and beside it a manifest that says what is in it and what is not."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from importlib.metadata import version
from pathlib import Path

from dialpact.application import new_file
from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.progress import Progress, unwatched
from dialpact.compliance import backup
from dialpact.compliance.backup import Log, Manifest
from dialpact.compliance.config import Config
from dialpact.compliance.errors import LedgerError, NoRoom
from dialpact.compliance.ledger import keys
from dialpact.compliance.ledger.heads import stated

CHUNK = 1 << 20
SUFFIX = ".manifest.json"


def manifest_of(file: Path) -> Path:
    """Where its manifest lies."""
    return file.with_name(file.name + SUFFIX)


async def make(context: Context, config: Config, file: Path, progress: Progress = unwatched) -> Manifest:
    """Both files are there, whole and on the disk, or there is no backup of this name. Mode 0600.

    Fault ``exists``, ``no-directory``; NoRoom; StoreError; OSError.
    """
    context.actor.need(Right.LEDGER)
    lists = manifest_of(file)
    for each in (file, lists):
        new_file.check(each, force=False)
    await asyncio.to_thread(_check_room, config.database, file)
    with new_file.beside(file) as (temporary, opened):
        found = await context.store.backups.copy(temporary, progress)
        size, digest = await asyncio.to_thread(_digest, temporary)
        new_file.durable(opened)
        made = Manifest(
            form=backup.FORM,
            made_at=context.now(),
            made_by=context.by,
            program=version("dialpact"),
            schema=found.schema,
            node=config.node.name,
            bytes=size,
            sha256=digest,
            ledger=Log(
                name=stated(found.note).origin if found.note else keys.configured_name(config),
                verifier_key=_key(config),
                size=found.size,
                root=found.root.hex(),
                checkpoint=found.note,
            ),
            decisions=found.decisions,
            last_decision=found.last_decision,
            last_decided_at=found.last_decided_at,
            recordings=found.recordings,
        )
        with new_file.beside(lists) as (listed, written):
            written.write(backup.written(made))
            new_file.durable(written)
            new_file.give_name(listed, lists, force=False)
        try:
            new_file.give_name(temporary, file, force=False)
        except BaseException:
            lists.unlink(missing_ok=True)
            raise
    return made


def _key(config: Config) -> str:
    try:
        return keys.load_public(keys.public_path(keys.path_of(config))).vkey
    except LedgerError:
        return ""


def _check_room(database: Path, file: Path) -> None:
    wanted, free = database.stat().st_size, shutil.disk_usage(file.parent).free
    if wanted > free:
        raise NoRoom(f"{file.parent}: {free >> 20} MB are free, the database has {wanted >> 20} MB")


def _digest(file: Path) -> tuple[int, str]:
    """Of what the disk has: bytes, and SHA-256."""
    digest, size = hashlib.sha256(), 0
    with file.open("rb") as opened:
        while part := opened.read(CHUNK):
            digest.update(part)
            size += len(part)
    return size, digest.hexdigest()
