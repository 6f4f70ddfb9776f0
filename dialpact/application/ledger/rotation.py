"""A new key for the ledger. Whoever trusts the first one can follow to the last.

The steps, each on disk before the next one begins:

1. ``ledger.key.new`` holds the new key.
2. ``ledger.key.old-ID`` is a second name of the old key.
3. One transaction: a last checkpoint by the old key, and the log's line in which it vouches for the new one.
4. ``ledger.key.new`` becomes ``ledger.key``.
5. ``ledger.history`` says what the keys before have signed, in the new key's word; then ``ledger.pub`` says
   the new key; a first checkpoint is signed with it.

After a crash before 3 the log knows nothing of the new key: the next rotation throws it away. After 3 the log
names the new key, so the old one signs nothing any more, and :func:`resume` does what is left: housekeeping
calls it before each checkpoint, and so does every use case that signs.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path

import msgspec

from dialpact.application.ledger import heads, history
from dialpact.application.ledger.whole import in_thread
from dialpact.compliance.config import Config
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import keys, note, rotation
from dialpact.compliance.ledger.note import Signer, Verifier
from dialpact.compliance.ledger.rotation import Fork, Rotation
from dialpact.compliance.ledger.signing import name_in_force, signed_by
from dialpact.store.ports import Store


async def rotate(
    config: Config, store: Store, *, by: str, reason: str, at: datetime, lost: bool = False
) -> Rotation:
    """``lost``: no old key is there to vouch. After LedgerError or OSError: as before, or to be resumed.

    LedgerForked: the log does not continue what was signed; nothing was changed.
    """
    async with _locked(keys.path_of(config).parent):
        known = await _finish(config, store)
        last = await last_note(store)
        name = name_in_force(known, last) or keys.configured_name(config)
        mine = await in_thread(lambda: _mine(config, name, lost))
        await heads.check(config, store, mine, at)
        return await _changed(config, store, known, last, by=by, reason=reason, at=at, lost=lost)


async def go_on(
    config: Config, store: Store, fork: Fork, *, by: str, reason: str, at: datetime, lost: bool = False
) -> Rotation:
    """A new key and a new name for a log that does not continue what was signed, which it says for ever.

    The key before signs no checkpoint any more: it would be the second one of its size. Else as ``rotate``.
    """
    async with _locked(keys.path_of(config).parent):
        known = await _finish(config, store)
        last = await last_note(store)
        return await _changed(config, store, known, last, by=by, reason=reason, at=at, lost=lost, fork=fork)


async def _changed(
    config: Config,
    store: Store,
    known: tuple[Rotation, ...],
    last: str | None,
    *,
    by: str,
    reason: str,
    at: datetime,
    lost: bool,
    fork: Fork | msgspec.UnsetType = msgspec.UNSET,
) -> Rotation:
    old, new, done = await in_thread(lambda: _written(config, known, last, reason, lost, fork))
    await store.checkpoints.rotate(None if fork else old, done, new.name, by=by, at=at)
    await resume(config, store)
    await heads.signed(config, store, new, at)
    return done


async def resume(config: Config, store: Store) -> Signer:
    """Finishes a rotation that was interrupted; the key that signs now. LedgerError, OSError."""
    known = await _finish(config, store)
    last = await last_note(store)
    signer = await in_thread(lambda: keys.load_file(keys.path_of(config), _name(config, known, last)))
    # A key that took the place of the one in force is refused when it signs; nor may ledger.pub name it.
    in_force = known[-1].new == signer.vkey if known else last is None or signed_by(last, signer)
    if in_force:
        with suppress(OSError):  # a read-only folder must not stop the signing
            if known:
                with suppress(LedgerError):  # a log that is damaged says so when it is signed
                    await history.keep(config, store, signer)
            await in_thread(lambda: keys.publish(keys.path_of(config), signer))
    return signer


async def name_now(config: Config, store: Store) -> str:
    """Of the log as it stands in the store."""
    found = name_in_force(await store.checkpoints.rotations(), await last_note(store))
    return found or keys.configured_name(config)


def _name(config: Config, known: tuple[Rotation, ...], last: str | None) -> str:
    """Of the log: what the configuration says, or what it became."""
    configured, in_force = keys.configured_name(config), name_in_force(known, last)
    return in_force if keys.became(configured, in_force) else configured


async def _finish(config: Config, store: Store) -> tuple[Rotation, ...]:
    known = await store.checkpoints.rotations()
    if known:
        await in_thread(lambda: _put_in_place(keys.path_of(config), known[-1]))
    return known


async def last_note(store: Store) -> str | None:
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
    config: Config,
    known: tuple[Rotation, ...],
    last: str | None,
    reason: str,
    lost: bool,
    fork: Fork | msgspec.UnsetType,
) -> tuple[Signer | None, Signer, Rotation]:
    """Steps 1 and 2: the old key, unless it is lost; the new one, on disk; what the log is to say of both."""
    file = keys.path_of(config)
    pending = keys.pending_path(file)
    pending.unlink(missing_ok=True)  # of a rotation that was given up
    private = keys.generate()
    new = keys.signer_of(private, keys.resumed_name(config) if fork else _name(config, known, last))
    name = name_in_force(known, last) or new.name
    old = None if lost else _old(file, name, known, last) if fork else keys.load_file(file, name)
    if fork:
        fork = rotation.sealed(fork, new)
    if old:
        done = rotation.rotation(old, new, reason, fork)
    else:
        done = msgspec.structs.replace(_given_up(known, last, file, new, reason), fork=fork)
    keys.write_new(pending, private, 0o600)
    if file.exists():
        keys.keep_old(file, _id(file, name) if fork else old.key_id if old else _digest(file))
    return old, new, done


def _mine(config: Config, name: str, lost: bool) -> list[Verifier]:
    """Whose heads are this log's: of the key that signs or, where that is lost, of the published one."""
    file = keys.path_of(config)
    if not lost:
        return [keys.load_file(file, name).verifier]
    try:
        return [keys.load_public(keys.public_path(file))]
    except LedgerError:
        return []  # (:func:`_given_up` says so)


def _digest(file: Path) -> bytes:
    return hashlib.sha256(file.read_bytes()).digest()[:4]


def _id(file: Path, name: str) -> bytes:
    """Of the key that is in place: after a restored backup perhaps of another one than the log's."""
    try:
        return keys.load_file(file, name).key_id
    except LedgerError:
        return _digest(file)


def _old(file: Path, name: str, known: tuple[Rotation, ...], last: str | None) -> Signer:
    """The key in force by a log that was restored: in its place, or, since it was changed after the backup,
    still beside it. LedgerError: it is neither.
    """
    for each in (file, *sorted(file.parent.glob(f"{file.name}.old-*"))):
        try:
            found = keys.load_file(each, name)
        except LedgerError:
            continue
        if found.vkey == known[-1].new if known else last is None or signed_by(last, found):
            return found
    raise LedgerError(
        "the key in force by this log is neither [ledger] key_file nor beside it: restore it, or say --lost"
    )


def _given_up(
    known: tuple[Rotation, ...], last: str | None, file: Path, new: Signer, reason: str
) -> Rotation:
    old = Verifier.parse(known[-1].new) if known else keys.load_public(keys.public_path(file))
    if last and not known:
        note.verify(last, [old])
    return Rotation(old=old.vkey, new=new.vkey, word="", reason=reason)


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
