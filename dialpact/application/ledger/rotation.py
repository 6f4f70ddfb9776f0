"""A new key for the ledger. Whoever trusts the first one can follow to the last.

The steps, each on disk before the next one begins:

1. ``ledger.key.new`` holds the new key.
2. ``ledger.key.old-ID`` is a second name of the old key.
3. One transaction: a last checkpoint by the old key, and the log's line in which it vouches for the new one.
4. ``ledger.key.new`` becomes ``ledger.key``.
5. ``ledger.pub`` says the new key; a first checkpoint is signed with it.

After a crash before 3 the log knows nothing of the new key: the next rotation throws it away. After 3 the log
names the new key, so the old one signs nothing any more, and :func:`resume` does what is left: housekeeping
calls it before each checkpoint, and so does every use case that signs.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from dialpact.compliance.config import Config
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import keys, note, rotation
from dialpact.compliance.ledger.note import Signer, Verifier
from dialpact.compliance.ledger.rotation import Rotation
from dialpact.compliance.ledger.signing import name_in_force, signed_by
from dialpact.store.ports import Store

T = TypeVar("T")


async def rotate(
    config: Config, store: Store, *, by: str, reason: str, at: datetime, lost: bool = False
) -> Rotation:
    """``lost``: no old key is there to vouch. After LedgerError or OSError: as before, or to be resumed."""
    file = keys.path_of(config)
    async with _locked(file.parent):
        known = await _finish(config, store)
        last = await _last(store)
        old, new, done = await _in_thread(lambda: _written(config, known, last, reason, lost))
        await store.checkpoints.rotate(old, done, new.name, by=by, at=at)
        await resume(config, store)
        await store.checkpoints.sign(new, at)
        return done


async def resume(config: Config, store: Store) -> Signer:
    """Finishes a rotation that was interrupted; the key that signs now. LedgerError, OSError."""
    known = await _finish(config, store)
    signer = await _in_thread(lambda: keys.load(config))
    # A key that took the place of the one in force is refused when it signs; nor may ledger.pub name it.
    if known:
        in_force = known[-1].new == signer.vkey
    else:
        last = await _last(store)
        in_force = last is None or signed_by(last, signer)
    if in_force:
        with suppress(OSError):  # a read-only folder must not stop the signing
            await _in_thread(lambda: keys.publish(keys.path_of(config), signer))
    return signer


async def _finish(config: Config, store: Store) -> tuple[Rotation, ...]:
    known = await store.checkpoints.rotations()
    if known:
        await _in_thread(lambda: _put_in_place(keys.path_of(config), known[-1]))
    return known


async def _last(store: Store) -> str | None:
    """The note that the key in force has signed last."""
    found = await store.checkpoints.newest(1)
    return found[0].note if found else None


def _put_in_place(file: Path, newest: Rotation) -> None:
    """The key that the log names last, where it is still beside its place."""
    pending = keys.pending_path(file)
    if not pending.exists():
        return
    new = keys.load_file(pending, Verifier.parse(newest.new).name)
    if new.vkey == newest.new:
        pending.replace(file)
        keys.sync_folder(file.parent)


def _written(
    config: Config, known: tuple[Rotation, ...], last: str | None, reason: str, lost: bool
) -> tuple[Signer | None, Signer, Rotation]:
    """Steps 1 and 2: the old key, unless it is lost; the new one, on disk; what the log is to say of both."""
    file = keys.path_of(config)
    pending = keys.pending_path(file)
    pending.unlink(missing_ok=True)  # of a rotation that was given up
    private = keys.generate()
    new = keys.signer_of(private, keys.name_of(config))
    name = name_in_force(known, last) or new.name
    old = None if lost else keys.load_file(file, name)
    done = rotation.rotation(old, new, reason) if old else _given_up(known, last, file, new, reason)
    keys.write_new(pending, private, 0o600)
    if file.exists():
        keys.keep_old(file, old.key_id if old else hashlib.sha256(file.read_bytes()).digest()[:4])
    return old, new, done


def _given_up(
    known: tuple[Rotation, ...], last: str | None, file: Path, new: Signer, reason: str
) -> Rotation:
    old = Verifier.parse(known[-1].new) if known else keys.load_public(keys.public_path(file))
    if last and not known:
        note.verify(last, [old])
    return Rotation(old=old.vkey, new=new.vkey, word="", reason=reason)


async def _in_thread(work: Callable[[], T]) -> T:
    """Off the event loop and to its end: whoever is cancelled leaves no step of a rotation half done."""
    running = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise


@asynccontextmanager
async def _locked(folder: Path) -> AsyncIterator[None]:
    opened = await asyncio.to_thread(os.open, folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)  # at once, or not at all
    except BlockingIOError as error:
        raise LedgerError("another rotation of the key is under way") from error
    else:
        yield
    finally:
        os.close(opened)
