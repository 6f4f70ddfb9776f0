"""Who did what, the newest first, for whoever looks back."""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from dialpact.compliance.clock import instant, stamp
from dialpact.store.ports.acts import ActKind, ActPage, ActsWanted, LoggedAct
from dialpact.store.units.database import Connection, Database
from dialpact.store.units.paging import cursor_of, keys_of
from dialpact.store.units.registers import change
from dialpact.store.units.statements import statements

SQL = statements("acts")
LOOKED = 5_000  # lines of which the actor is read: some 20 ms, and what a disk takes
TOGETHER = 200  # lines of one kind that are fetched at a time
END = "~"  # behind every time
FIRST: dict[str, str | int] = {"at": END, "seq": 1 << 62}


class _Line(NamedTuple):
    at: str
    seq: int
    actor: str


class Acts:
    """:class:`dialpact.store.ports.acts.Acts`. ``looked``: lines for a page."""

    def __init__(self, database: Database, looked: int = LOOKED) -> None:
        self._database, self._looked = database, looked

    async def kinds(self) -> Sequence[ActKind]:
        return await self._database.read(lambda connection: list(_kinds(connection)))

    async def list(self, wanted: ActsWanted, *, after: str = "", most: int) -> ActPage:
        begin = keys_of(after, FIRST) if after else FIRST
        behind = str(begin["at"]), int(begin["seq"])

        def work(connection: Connection) -> ActPage:
            lines = _lines(connection, wanted, behind)
            shown, end = _chosen(lines, wanted.actor.casefold(), self._looked, most)
            return ActPage(
                rows=_acts(connection, [line.seq for line in shown]),
                next=cursor_of([end.at, end.seq]) if end else "",
                reach=instant(end.at) if end else None,
            )

        return await self._database.read(work)


def _kinds(connection: Connection) -> Iterator[ActKind]:
    kind = ActKind("", "")
    while row := SQL.next_action(connection, **kind._asdict()) or SQL.next_register(
        connection, register=kind.register
    ):
        kind = ActKind(*row)
        yield kind


def _lines(connection: Connection, wanted: ActsWanted, behind: tuple[str, int]) -> Iterable[_Line]:
    """Of all kinds that are asked for, behind that line, the newest first; read as they are taken."""
    since = stamp(wanted.since) if wanted.since else ""
    until = stamp(wanted.until) if wanted.until else END
    kinds = [
        one
        for one in _kinds(connection)
        if wanted.register in ("", one.register) and wanted.action in ("", one.action)
    ]
    return heapq.merge(
        *(_of(connection, kind, since, until, behind) for kind in kinds), key=_place, reverse=True
    )


def _of(
    connection: Connection, kind: ActKind, since: str, until: str, behind: tuple[str, int]
) -> Iterator[_Line]:
    at, seq = min(behind, (until, 0))
    while True:  # (there may be millions, of which a page is asked for)
        found = list(SQL.acts(connection, **kind._asdict(), since=since, at=at, seq=seq, most=TOGETHER))
        yield from (_Line(*row) for row in found)
        if len(found) < TOGETHER:
            return
        at, seq = found[-1]["at"], found[-1]["seq"]


def _place(line: _Line) -> tuple[str, int]:
    return line.at, line.seq


def _chosen(
    lines: Iterable[_Line], actor: str, looked: int, most: int
) -> tuple[Sequence[_Line], _Line | None]:
    """At most so many, and the last line that was looked at; None: there is none behind it."""
    shown: list[_Line] = []
    last: _Line | None = None
    for count, line in enumerate(lines):
        if count == looked or len(shown) == most:
            return shown, last
        last = line
        if actor in line.actor.casefold():
            shown.append(line)
    return shown, None


def _acts(connection: Connection, seqs: Sequence[int]) -> tuple[LoggedAct, ...]:
    asked = json.dumps(list(seqs))
    leaves = {row["seq"]: row["leaf_index"] for row in SQL.leaves(connection, seqs=asked)}
    rows = {row["seq"]: dict(row) for row in change.SQL.made(connection, seqs=asked)}
    return tuple(
        LoggedAct(
            **{**rows[seq], "at": instant(rows[seq]["at"]), "detail": json.loads(rows[seq]["detail"])},
            leaf=leaves.get(seq),
        )
        for seq in seqs
    )
