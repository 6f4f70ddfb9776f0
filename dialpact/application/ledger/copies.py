"""The folder of copies of the checkpoints: what is put there, and what of this log is found there.

Another machine fetches them, so they outlive whatever happens to the database. Before the log is signed again
each that the store does not have is looked at, so many of them at a time; what was not looked at is said.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from dialpact.application.ledger.whole import in_thread
from dialpact.compliance.config import Config
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import keys
from dialpact.compliance.ledger.heads import Heads, SignedHead, stated
from dialpact.compliance.ledger.note import MOST_BYTES, Verifier
from dialpact.store.ports import Store
from dialpact.store.ports.checkpoints import Log

COPIES = 1000  # checkpoints that are copied after the folder was away
MOST_READ = 2000  # notes that the store does not have; and of those that it has, the newest that are compared
SUFFIX, WORD = ".note", ".word"  # a checkpoint; a key's word for the next one
_OURS = re.compile(r".+-([0-9]{12,19})\.note")


class Looked(NamedTuple):
    """``unlooked``: what could not be looked at, and why. ``strangers``: names of what is no head of ours."""

    heads: list[SignedHead]
    unlooked: list[str]
    strangers: list[str]


async def put(config: Config, store: Store) -> None:
    """Every checkpoint that the folder lacks, the newest first, down to one that it has. OSError.

    LedgerError: a file of that name says something else.
    """
    if not config.ledger.checkpoints:
        return
    folder = config.path(config.ledger.checkpoints)
    for one in await store.checkpoints.newest(COPIES):
        if not await in_thread(lambda: _write(folder / name(config, one.note), one.note)):  # noqa: B023
            break
    history = keys.history_path(keys.public_path(keys.path_of(config)))
    await in_thread(lambda: _copy(history, folder / f"{config.node.name}{history.suffix}"))
    for link in await store.checkpoints.rotations():
        if link.word:
            target = folder / f"{config.node.name}-{Verifier.parse(link.new).key_id.hex()}{WORD}"
            await in_thread(lambda: _write(target, link.word))  # noqa: B023


def name(config: Config, text: str) -> str:
    """Of a checkpoint's copy; that of a log that went on from a backup has its name's end too."""
    head = stated(text)
    return f"{config.node.name}{keys.tag(config, head.origin)}-{head.size:012}{SUFFIX}"


def _write(file: Path, note: str) -> bool:
    """Whole or not at all; False when it is there already."""
    try:
        if _read(file) != note:
            raise LedgerError(f"{file} is there and says something else: it is not copied")
    except FileNotFoundError:
        pass
    else:
        return False
    fresh = file.with_name(f".{file.name}")
    fresh.unlink(missing_ok=True)
    keys.write_new(fresh, note.encode(), 0o644)
    fresh.replace(file)
    return True


def _copy(source: Path, target: Path) -> None:
    try:
        content = source.read_bytes()
    except FileNotFoundError:
        return
    if not target.exists() or target.read_bytes() != content:
        keys.put(target, content, 0o644)


def around(config: Config) -> tuple[list[tuple[str, str]], list[str]]:
    """(name, text) of all that lies in the folder, and beside the key, as a head of this log would; and what
    of it could not be read, in words. The store is not asked.
    """
    found: list[tuple[str, str]] = []
    unread: list[str] = []
    files = [keys.head_path(keys.path_of(config))]
    if config.ledger.checkpoints:
        folder = config.path(config.ledger.checkpoints)
        try:
            files += sorted(each for each in folder.iterdir() if _is_note(each.name))
        except OSError as error:
            unread.append(f"{folder}: {error.strerror or error}")
    for file in files:
        try:
            found.append((shown(file), _read(file)))
        except FileNotFoundError:
            continue
        except OSError as error:
            unread.append(f"{shown(file)}: {error.strerror or error}")
        except UnicodeDecodeError:
            found.append((shown(file), ""))
    return found, unread


async def looked_at(config: Config, store: Store, log: Log, ours: Heads, most: int = MOST_READ) -> Looked:
    """At most so many that the store does not have, and as many of the newest that it has."""
    folder = config.path(config.ledger.checkpoints)
    try:
        names = await in_thread(lambda: sorted(each.name for each in folder.iterdir()))
    except OSError as error:
        return Looked([], [f"{folder}: {error.strerror or error}"], [])
    strangers = [shown(each) for each in names if not _expected(each)]
    notes = [each for each in names if _is_note(each)]
    unknown = [each for each in notes if _size(each) not in log.signed]
    stored = [each for each in notes if _size(each) in log.signed]
    stored.sort(key=lambda each: _size(each) or 0, reverse=True)
    given_up = ours.given_up_sizes  # these last: the log names them itself
    unknown.sort(key=lambda each: (_size(each) not in given_up, _size(each) or 0), reverse=True)
    chosen = unknown[:most] + stored[:MOST_READ]
    unlooked = []
    if any(_size(each) not in given_up for each in unknown[most:]):
        unlooked.append(
            f"{folder}: has more than {most} notes that the store does not have; not all were read"
        )
    words = [each for each in names if each.endswith(WORD) and not each.startswith(".")][:MOST_READ]
    strangers += await in_thread(lambda: _learned(folder, words, ours))
    known = {one.note for one in await store.checkpoints.of_sizes({_size(each) or 0 for each in chosen})}
    found = await in_thread(lambda: list(_heads(folder, chosen, known, ours)))
    heads = [one for one in found if isinstance(one, SignedHead)]
    strangers += [shown(one.name) for one in found if isinstance(one, Path)]
    unlooked += [one for one in found if isinstance(one, str)]
    return Looked(heads, unlooked, strangers)


def _learned(folder: Path, names: Sequence[str], ours: Heads) -> list[str]:
    """Which other keys are this log's; names of what is no word of one."""
    texts, bad = {}, []
    for each in names:
        try:
            texts[each] = _read(folder / each)
        except (OSError, UnicodeDecodeError):
            bad.append(shown(each))
    no_words = set(ours.learn(texts.values()))
    return bad + [shown(each) for each, text in texts.items() if text in no_words]


def _heads(
    folder: Path, names: Sequence[str], known: set[str], ours: Heads
) -> Iterator[SignedHead | Path | str]:
    """Heads that the store does not have; files that are none; what could not be read, in words."""
    for each in names:
        file = folder / each
        try:
            text = _read(file)
        except FileNotFoundError:
            continue  # taken away meanwhile
        except OSError as error:
            yield f"{shown(file)}: {error.strerror or error}"
            continue
        except UnicodeDecodeError:
            yield file
            continue
        if text in known:
            continue
        try:
            head = ours.read(text, shown(file))
        except LedgerError:
            yield file
        else:
            if head:
                yield head


def _read(file: Path) -> str:
    """Bounded; what is too long is no note."""
    opened = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(opened, "rb") as note:
        return note.read(MOST_BYTES + 1).decode()


def _size(name: str) -> int | None:
    found = _OURS.fullmatch(name)
    return int(found[1]) if found else None


def strangers(folder: Path) -> list[str]:
    """Names of what no checkpoint's copy can be, whoever signed it: looked at without the store. OSError."""
    found = []
    for file in sorted(folder.iterdir()):
        try:
            if not _expected(file.name) or (_is_note(file.name) and not stated(_read(file))):
                found.append(shown(file.name))
        except (OSError, UnicodeDecodeError, LedgerError):
            found.append(shown(file.name))
    return found


def shown(path: Path | str) -> str:
    """A name as it can be written anywhere, whatever bytes somebody gave a file for one."""
    text = str(path)
    return text if text.isprintable() else ascii(text)[1:-1]


def _is_note(name: str) -> bool:
    return name.endswith(SUFFIX) and not name.startswith(".")


def _expected(name: str) -> bool:
    return name.startswith(".") or name.endswith((SUFFIX, WORD, ".history"))
