"""How fast ``ledger verify`` goes through small records, and through real decisions, beside plain SHA-256.

The plain loop hashes what must be hashed for the same entries, out of memory: a decision's record, the salted
row, its leaf, and one node of the tree.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import itertools
import sqlite3
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agi.service import judge_of
from dialpact.application.actor import Actor, Door
from dialpact.application.context import Context
from dialpact.application.ledger import verification
from dialpact.compliance import calendars, config, profile
from dialpact.compliance.judge import new_id
from dialpact.compliance.ledger.merkle import leaf_hash, node_hash
from dialpact.compliance.profile import Policy
from dialpact.store.ports.decisions import WaitingAttempt
from dialpact.store.sqlite import Store, create
from dialpact.store.units import incidents, ledger
from tests import registers
from tests.bench.gate_site import CALLER_ID, NoonClock, entry
from tests.bench.proof import Unproven

LEAVES = 50_000
DECISIONS = 20_000
CALLEES = 2_000
TOGETHER = 100  # decisions in a transaction
Hashed = tuple[bytes, bytes, bytes]  # the decision's record or nothing, salt, canonical row


async def small_records(store: Store, count: int) -> None:
    def work(connection: sqlite3.Connection) -> None:
        for place in range(count):
            incidents.write(
                connection, at=NoonClock().now(), node="pbx1", kind="bench", detail=f"number {place}"
            )

    await store.transact(work)


async def decisions(store: Store, count: int) -> None:
    """By the gate's own judging and recording."""
    registers.fill(store.path, caller_ids=[CALLER_ID], numbers=map(entry, range(CALLEES)))
    settings = config.Config(trunks={"carrier": config.Trunk(endpoint="carrier")})
    judge = judge_of(settings, Policy((profile.load("cn-hubei-2018"),), calendars.load()))
    callees = itertools.cycle(map(entry, range(CALLEES)))
    for first in range(0, count, TOGETHER):
        batch = [
            WaitingAttempt(
                new_id(), judge.attempt(callee, "spring", CALLER_ID, trunk="carrier"), float("inf")
            )
            for callee in itertools.islice(callees, min(TOGETHER, count - first))
        ]
        await store.decisions.decide(batch, judge, NoonClock())


def hashed(database: Path) -> list[Hashed]:
    with contextlib.closing(sqlite3.connect(database)) as db:
        db.row_factory = sqlite3.Row
        found = []
        for each in ledger.entries(db, 0, -1):
            content = ledger.content_of(db, each.leaf_index, each.kind, each.key)
            assert content is not None and each.salt is not None
            row = db.execute("SELECT record FROM decision WHERE id = ?", (each.key,)).fetchone()
            found.append((row["record"].encode() if row else b"", each.salt, content))
    return found


def plain(entries: list[Hashed]) -> float:
    """Seconds of nothing but hashing."""
    began, last = time.perf_counter(), b""
    for text, salt, content in entries:
        if text:
            hashlib.sha256(text).hexdigest()
        last = node_hash(last, leaf_hash(hashlib.sha256(salt + content).digest()))
    return time.perf_counter() - began


async def verified(store: Store, count: int) -> float:
    """Seconds. Unproven when the log has not just so many good entries."""
    actor = Actor(name="bench", door=Door.SHELL)
    began = time.perf_counter()
    said = await verification.verify(Context(store, actor, NoonClock()), ())
    seconds = time.perf_counter() - began
    if (said.checked, said.findings) != (count, 0):
        raise Unproven(f"verify of {count} entries: {said}")
    return seconds


async def _one(database: Path, fill: Callable[[Store, int], Any], count: int, rounds: int) -> dict[str, Any]:
    create(database)
    async with await Store.open(database) as store:
        await fill(store, count)
        entries = hashed(database)  # an alarm or two of the crowd are among them
        if len(entries) < count:
            raise Unproven(f"{count} were recorded, and the log has {len(entries)} entries")
        count = len(entries)
        taken = [(await verified(store, count), plain(entries)) for _ in range(rounds)]
    return {
        "entries": count,
        "verify_per_s": count / statistics.median(verify for verify, _ in taken),
        "plain_per_s": count / statistics.median(hashing for _, hashing in taken),
        "ratio": statistics.median(verify / hashing for verify, hashing in taken),
    }


def measure(rounds: int, folder: Path) -> dict[str, Any]:
    return {
        "small records": asyncio.run(_one(folder / "small.db", small_records, LEAVES, rounds)),
        "decisions": asyncio.run(_one(folder / "decisions.db", decisions, DECISIONS, rounds)),
    }


def table(found: dict[str, Any]) -> str:
    return "\n".join(
        f"ledger verify, {one['entries']:,} {kind}: {one['verify_per_s']:,.0f}/s, "
        f"{one['ratio']:.1f} x plain SHA-256 ({one['plain_per_s']:,.0f}/s)"
        for kind, one in found.items()
    )
