"""``dialpact recordings purge``: what may go, what not and why not; with ``--yes`` it goes."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from functools import partial
from typing import Annotated, Any

import typer

from dialpact.application.policy import load_policy
from dialpact.cli.flag import By, Limit
from dialpact.cli.progress import progress
from dialpact.cli.recordings import witness
from dialpact.cli.session import DONE, FOUND, Session
from dialpact.compliance.clock import instant
from dialpact.compliance.disposal import Disposer, Item
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.retention import keep_until
from dialpact.compliance.witnessed import Witness
from dialpact.store.sqlite import Store, clocks, disposals, keeping


async def purge(
    session: Session,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Dispose of them; else only say what would go.")] = False,
    by: By,
    limit: Limit = 100,
) -> int:
    """Dispose of the recordings whose time is over. Exit 3 when a file is not what was recorded."""
    config = session.config
    policy = load_policy(config)
    keep = partial(keep_until, policy=policy)
    if not config.recordings.is_dir():
        raise Fault("no-folder", file=str(config.recordings))
    async with session.store() as store:
        await _trust(session, store)
        seen = await witness.take(session, store, "purge")
        if yes:  # the store itself then knows how long the profiles in force want them kept
            names = [profile.id for profile in policy.profiles]
            await keeping.raise_to(store, keep, names, by=by, at=session.clock.now())
        disposer = Disposer(store, config.recordings, config.node.name, seen, keep, session.clock)
        told = _Told(limit)
        with progress(session) as bar:
            task = bar.add_task(session.text("say.purging"), total=None)
            for item, row in await disposer.left():
                told.add(await disposer.complete(item, row) if yes else item)
                bar.advance(task)
            async for item in disposer.items():
                told.add(await disposer.dispose(item, by) if yes and item.state == "due" else item)
                bar.advance(task)
        if yes:
            for item in told.findings:
                await disposer.report(item)
        later, first = await disposals.not_due(store, disposer.wall_day)
    _tell(session, told, seen, later + disposer.spared, first, yes)
    return FOUND if told.findings else DONE


class _Told:
    """What is shown: a bounded number, all findings, and the count of everything."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.items: list[Item] = []
        self.findings: list[Item] = []
        self.count: Counter[str] = Counter()
        self.bytes = 0

    def add(self, item: Item) -> None:
        self.count[item.state] += 1
        if item.problem:
            self.findings.append(item)
        elif not self._limit or len(self.items) < self._limit:
            self.items.append(item)
        if item.state in ("due", "disposed"):
            self.bytes += item.bytes

    @property
    def left_out(self) -> int:
        return self.count.total() - len(self.items) - len(self.findings)


async def _trust(session: Session, store: Store) -> None:
    """The clock readings must be what was sealed, or nothing goes."""
    forged = await clocks.forged(store)
    if forged is not None:
        now = session.clock.now()
        await disposals.refused(store, session.config.node.name, "", f"clock reading {forged}", now)
        raise Fault("clock-forged", reading=str(forged))


def _tell(session: Session, told: _Told, seen: Witness, later: int, first: str | None, done: bool) -> None:
    behind = (seen.last.at - seen.time).total_seconds()
    counts: dict[str, Any] = dict(told.count) | {"not-due": later}
    if session.as_json:
        session.json(
            {
                "done": done,
                "clock": {"wall": seen.last.at, "witnessed": seen.time, "behind_seconds": behind},
                "counts": counts,
                "bytes": told.bytes,
                "first_kept_until": first,
                "recordings": [*told.findings, *told.items],
                "left_out": told.left_out,
            }
        )
        return
    rows = [
        [
            session.text(f"fate.{item.state}"),
            session.text(f"problem.{item.problem}") if item.problem else _instant(item.goes_from),
            item.keep_until,
            item.path,
            item.id,
        ]
        for item in [*told.findings, *told.items]
    ]
    if rows:
        session.table(("state", "why_not", "keep_until", "path", "id"), rows, None)
    if told.left_out:
        session.note(session.text("say.left-out", count=told.left_out))
    if told.count["clock"]:
        session.note(
            session.text(
                "say.clock-not-witnessed",
                wall=session.cell(seen.last.at),
                witnessed=session.cell(seen.time),
                days=f"{behind / 86400:.1f}",
                count=told.count["clock"],
            )
        )
    for state in ("disposed", "due", "held", "clock", "finding", "unfinished"):
        if told.count[state]:
            typer.echo(f"{session.text(f'fate.{state}')}: {told.count[state]}")
    typer.echo(session.text("say.not-due", count=later, first=first or "-"))
    if not done:
        session.note(session.text("say.dry-run"))


def _instant(text: str) -> datetime | None:
    return instant(text) if text else None
