"""The one way to sign the log: only what continues every head of it that is known anywhere.

1. Known are: the store's own checkpoints, the folder of copies, ``ledger.head`` beside the key, and what
   others hold (:data:`HOLDERS`). A database that was restored is found by those that are not in it.
2. ``ledger.head`` has the new head, on disk, before the store has it and before anybody is given it. After a
   crash at any point the file is of a head that the log continues.
3. What can not be looked at stops nothing by itself, and is always said (:class:`Known`).
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from dialpact.application.ledger import copies, held
from dialpact.application.ledger.whole import in_thread
from dialpact.compliance.config import Config
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import keys
from dialpact.compliance.ledger.heads import Heads, LedgerForked, SignedHead, stated
from dialpact.compliance.ledger.note import MOST_BYTES, Signer, Verifier
from dialpact.store.ports import Store
from dialpact.store.ports.checkpoints import Log

TURN_SECONDS, LOOK_SECONDS = 10.0, 0.05
Holder = Callable[[Config, Store], Awaitable[Sequence[tuple[str, str]]]]
HOLDERS: list[Holder] = [held.by_witnesses]
"""Who holds heads of this log besides: each gives (whose, note). One that does not answer gives none."""


class Known(NamedTuple):
    """``heads``: of this log. ``unlooked``: what could not be looked at, and why, in words. ``strangers``:
    files among the copies that are no head of this log. ``foreign``: those of ``unlooked`` that a holder
    shows as a head of this log, which they are not; the others are incidents.
    """

    heads: Sequence[SignedHead]
    unlooked: Sequence[str] = ()
    strangers: Sequence[str] = ()
    foreign: Sequence[str] = ()


class Signed(NamedTuple):
    """``note``: of the present tree. ``unlooked``, ``strangers``, ``foreign``: as in :class:`Known`."""

    note: str
    unlooked: Sequence[str] = ()
    strangers: Sequence[str] = ()
    foreign: Sequence[str] = ()


async def signed(config: Config, store: Store, signer: Signer, at: datetime) -> Signed:
    """LedgerForked: nothing was signed, and it is an incident.

    LedgerError where the log or the key can not be relied on, or the head could not be remembered.
    """
    async with _turn(config):
        found = await known(config, store, [signer.verifier], at)
        try:
            text = await store.checkpoints.sign(
                signer, at, found.heads, lambda text: in_thread(lambda: _remember(config, text))
            )
            return Signed(text, *found[1:])
        except LedgerForked as fork:
            await _tell(config, store, fork, at)
            raise


async def check(config: Config, store: Store, mine: Iterable[Verifier], at: datetime) -> None:
    """LedgerForked as :func:`signed`, which signs nothing either."""
    found = await known(config, store, mine, at)
    try:
        await store.checkpoints.compare(found.heads)
    except LedgerForked as fork:
        await _tell(config, store, fork, at)
        raise


async def known(
    config: Config, store: Store, mine: Iterable[Verifier], at: datetime, *, most: int = copies.MOST_READ
) -> Known:
    """Every head of this log that is not only the store's. What is missing or unread is an incident."""
    standing = await store.checkpoints.log()
    ours = Heads(standing.links, mine)
    node = config.node.name
    heads, told = await in_thread(lambda: _remembered(config, standing))
    for said in told:
        await store.incidents.add(at=at, node=node, kind="ledger-head-lost", detail=said, once=True)
    strangers: Sequence[str] = ()
    if config.ledger.checkpoints:
        folder = await copies.looked_at(config, store, standing, ours, most)
        heads += folder.heads
        strangers = folder.strangers
        told += folder.unlooked
        for said in folder.unlooked:
            await store.incidents.add(at=at, node=node, kind="ledger-copies-unread", detail=said, once=True)
    foreign = []
    for holder in HOLDERS:
        for whose, text in await holder(config, store):
            try:
                head = ours.read(text, whose)
            except LedgerError as error:
                foreign.append(f"{whose}: {error}")
            else:
                heads += [head] if head else []
    return Known(heads, [*told, *foreign], strangers, foreign)


def remembered(config: Config) -> str:
    """The note that was signed last, as ``ledger.head`` has it. OSError; LedgerError: it is none."""
    file = keys.head_path(keys.path_of(config))
    with file.open("rb") as opened:
        raw = opened.read(MOST_BYTES + 1)
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise LedgerError(f"{file}: it is not UTF-8") from error
    stated(text)
    return text


def _remembered(config: Config, log: Log) -> tuple[list[SignedHead], list[str]]:
    """Whatever key has signed it: only who may change the key's folder has put it there."""
    file = keys.head_path(keys.path_of(config))
    try:
        text = remembered(config)
    except FileNotFoundError:
        if not log.remembered:
            return [], []
        return [], [f"{file} is gone; the last checkpoint was of {max(log.signed, default=0)}"]
    except (OSError, LedgerError) as error:
        why = getattr(error, "strerror", None) or error
        return [], [f"{file}: {why}; the last checkpoint was of {max(log.signed, default=0)}"]
    head = stated(text)
    if not keys.became(keys.configured_name(config), head.origin) and not _is_named(log, head.origin):
        return [], [f"{file} is of another log: {head.origin}"]
    if Heads(log.links, ()).gave_up(text):
        return [], []
    return [SignedHead(head.size, head.root, str(file), text)], []


def _is_named(log: Log, origin: str) -> bool:
    """Whether the log had this name once."""
    return any(f"{origin}+" in f"{vkey}" for _, link in log.links for vkey in (link.old, link.new))


def _remember(config: Config, text: str) -> None:
    """Never a smaller head of the same name than the one that is there."""
    file, head = keys.head_path(keys.path_of(config)), stated(text)
    try:
        before = remembered(config)
        kept = stated(before)
        if before == text or (kept.origin == head.origin and kept.size > head.size):
            return
    except (OSError, LedgerError):
        pass  # gone, or none: it was told
    try:
        keys.put(file, text.encode(), 0o644)
    except OSError as error:
        why = error.strerror or error
        raise LedgerError(f"{file}: {why}: nothing is signed that could not be remembered") from error


async def _tell(config: Config, store: Store, fork: LedgerForked, at: datetime) -> None:
    last = fork.heads[-1]
    said = f"{last.where}: {last.size} entries, root {last.root.hex()}"
    await store.checkpoints.forked(said, at=at, node=config.node.name, kind="ledger-forked")


@asynccontextmanager
async def _turn(config: Config) -> AsyncIterator[None]:
    """One signs at a time, of all processes: else the one that was slower would be remembered."""
    file = keys.path_of(config)
    opened = await in_thread(lambda: _opened(file))
    try:
        for _ in range(int(TURN_SECONDS / LOOK_SECONDS)):
            try:
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(LOOK_SECONDS)
        else:
            raise LedgerError("another process is signing")
        yield
    finally:
        os.close(opened)


def _opened(file: Path) -> int:
    try:
        return os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise LedgerError(f"[ledger] key_file {file}: {error.strerror or error}") from error
