"""The registers held against the log each time that the house is kept: a row that was changed by hand is
found within ten minutes. It is an incident then, and the gate blocks what it concerns.

It reads one snapshot, in a thread, and takes no lock that a decision waits for. What it can not come to the
end of in its time it says, and begins there the next time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from dialpact.application.context import Context
from dialpact.application.ledger import binding
from dialpact.application.ledger.audit.bound import PARTS, Memory
from dialpact.application.ledger.audit.found import AuditFinding, Findings
from dialpact.compliance.ledger.bound.difference import ALL, Difference, RegisterLook
from dialpact.store.ports.audits import Snapshot

SECONDS = 60.0  # of a look; a few thousand rows take a tenth of one


@dataclass
class Watch:
    """What a daemon remembers from one look to the next. ``seconds``: for a look."""

    seconds: float = SECONDS
    elapsed: Callable[[], float] = time.monotonic
    memories: list[Memory] = field(default_factory=lambda: [{} for _ in PARTS])
    next: int = 0  # the part to begin with


async def look(context: Context, node: str, watch: Watch) -> int:
    """How many differences are new. StoreError."""
    found = Findings()
    ended = await context.store.audits.inspect(lambda snapshot: _look(snapshot, found, watch))
    listed = [_difference(one) for one in found.listed if one.problem == "register"]
    if found.count > len(found.listed):
        listed.append(Difference(register=ALL, key=ALL, code="more", leaf=None))
    looks = [_looked(found, register) for register in dict.fromkeys((*found.registers, *ended))]
    rechecked = found.rechecked | ({ALL} if _all_rechecked(found) else set())
    new = await context.store.differences.note(
        listed, looks, rechecked=rechecked, node=node, at=context.now()
    )
    await binding.bind(context, [one.register for one in looks if one.unbound and one.whole])
    return new


def _look(snapshot: Snapshot, found: Findings, watch: Watch) -> list[str]:
    """The registers of the parts that came to the end of their look, whether or not of the register."""
    ended: list[str] = []
    until = watch.elapsed() + watch.seconds
    for _ in range(len(PARTS)):
        place = watch.next
        watch.next = (place + 1) % len(PARTS)  # one that takes all the time leaves the next one its turn
        looking = PARTS[place].look(snapshot, found, watch.memories[place])
        for _ in looking:
            if watch.elapsed() >= until:
                return ended
        ended += PARTS[place].registers
    return ended


def _looked(found: Findings, register: str) -> RegisterLook:
    looked = found.registers.get(register)
    return RegisterLook(
        register=register,
        rows=looked.rows if looked else None,
        unbound=looked.unbound if looked else None,
        whole=register in found.rechecked,
    )


def _all_rechecked(found: Findings) -> bool:
    return all(register in found.rechecked for part in PARTS for register in part.registers)


def _difference(one: AuditFinding) -> Difference:
    said = [f"{name}: {one.values[name]}" for name in ("logged", "found", "error") if one.values.get(name)]
    return Difference(register=one.kind, key=one.key, code=one.code, leaf=one.leaf, detail="; ".join(said))
