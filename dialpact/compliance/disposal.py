"""Disposing of recordings whose time is over. The order is what makes it survive a crash at any point:

1. every file is hashed, and is what was recorded;
2. the disposal is on disk, in the ledger (the store refuses it before its time);
3. the files go, each only if it still is the file that was hashed, and their folder is flushed;
4. the disposal is marked as done.

Cut off before 2 nothing has happened. After 2 the next run finds the disposal undone, looks at what is left
of the files, and goes on with 3. A file that is not what was recorded is never removed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Literal

import msgspec

from dialpact.compliance import kept_files
from dialpact.compliance.clock import Clock
from dialpact.compliance.kept_files import Seen
from dialpact.compliance.retention import earliest_day, goes_from
from dialpact.compliance.trusted_time import Witness
from dialpact.store.sqlite import Store, disposals
from dialpact.store.sqlite.retention import KeepUntil, ended

State = Literal["due", "held", "clock", "finding", "unfinished", "disposed"]


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One recording and what becomes of it.

    ``state``: due; held; clock (its time is over by the wall clock, but not by the witnessed time); finding
    (not what was recorded: see ``problem``); unfinished (disposed of, files left); disposed. ``goes_from``:
    ISO 8601, when a recording that waits for the clock may go.
    """

    id: str
    decision: str
    keep_until: str
    state: State
    path: str
    bytes: int = 0
    problem: str = ""
    goes_from: str = ""


class Disposer:
    """One run over the recordings below ``directory``. ``by``: who answers for it."""

    def __init__(
        self, store: Store, directory: Path, node: str, witness: Witness, keep_until: KeepUntil, clock: Clock
    ) -> None:
        self._store, self._directory, self._node, self._clock = store, directory, node, clock
        self._keep_until = keep_until
        self.wall_day, self.day = earliest_day(witness.last.at), earliest_day(witness.now)
        self.spared = 0  # due by their own day, but not by the profiles in force
        self._seen: dict[str, Sequence[Seen]] = {}  # of the item that was yielded last

    async def items(self) -> AsyncIterator[Item]:
        """What is due by the wall clock, in the order of its time. Reads every file of it."""
        after = ("", "")
        while page := await disposals.due_after(self._store, self.wall_day, after):
            for row in page:
                item = self._judged(row)
                if item:
                    yield item
            after = (page[-1]["keep_until"], page[-1]["id"])

    def _judged(self, row: dict[str, Any]) -> Item | None:
        """None for one that must still be kept, by the profiles that are in force now."""
        asked = self._keep_until(ended(row["ended_at"], row["witnessed_us"]))
        until = max(date.fromisoformat(row["keep_until"]), asked)
        if until >= self.wall_day:
            self.spared += 1
            return None
        if row["is_held"]:
            return _item(row, "held")
        if until >= self.day:
            return _item(row, "clock", goes_from=goes_from(until).isoformat())
        if row["flaw"]:
            return _item(row, "finding", problem=row["flaw"])
        seen = [kept_files.look(path, sha256, self._directory) for path, sha256 in kept_files.hashes(row)]
        for file in seen:
            if problem := _problem(file):
                return _item(row, "finding", problem=problem, path=str(file.path))
        self._seen = {row["id"]: seen}
        return _item(row, "due")

    async def dispose(self, item: Item, by: str) -> Item:
        """Of one that is due, right after :meth:`items` has yielded it. StoreRefused: it must be kept."""
        seen = self._seen.pop(item.id)
        written = await disposals.record(self._store, item.id, item.keep_until, by=by, at=self._clock.now())
        if not written:
            return msgspec.structs.replace(item, state="held")  # since it was looked at
        return await self._remove(item, seen)

    async def left(self) -> list[tuple[Item, dict[str, Any]]]:
        """What an earlier run was cut off from, with its row."""
        return [(_item(row, "unfinished"), row) for row in await disposals.unfinished(self._store)]

    async def complete(self, item: Item, row: dict[str, Any]) -> Item:
        """The rest of it."""
        seen = []
        for path, sha256 in kept_files.hashes(row):
            file = kept_files.look(path, sha256, self._directory)
            seen.append(Seen(path, "") if file.problem == "missing" else file)
        return await self._remove(item, seen)

    async def _remove(self, item: Item, seen: Sequence[Seen]) -> Item:
        for file in seen:
            problem = _problem(file)
            if not problem:
                try:
                    problem = kept_files.remove(file, self._directory)
                except OSError:
                    problem = "read-only"
            if problem:
                return msgspec.structs.replace(item, state="unfinished", problem=problem, path=str(file.path))
        await disposals.finish(self._store, item.id, self._clock.now())
        return msgspec.structs.replace(item, state="disposed", problem="", path=item.path)

    async def report(self, item: Item) -> None:
        """A finding as an incident, once."""
        detail = f"recording {item.id}: {item.problem}: {Path(item.path).name}"
        await disposals.refused(self._store, self._node, item.decision, detail, self._clock.now())


def _problem(file: Seen) -> str:
    """Why this file may not be removed. With a second name (a hard link) it would not be gone."""
    if file.problem:
        return file.problem
    if file.names > 1:
        return "linked"
    return "read-only" if file.identity and not kept_files.can_remove(file.path) else ""


def _item(
    row: dict[str, Any], state: State, *, problem: str = "", path: str = "", goes_from: str = ""
) -> Item:
    return Item(
        id=row["id"],
        decision=row["decision"],
        keep_until=row["keep_until"],
        state=state,
        path=path or row["path"],
        bytes=row["bytes"] or 0,
        problem=problem,
        goes_from=goes_from,
    )
