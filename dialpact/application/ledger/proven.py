"""Before anything goes for good: what says that it may is replayed from the log, and held against the rows.

1. Every act and every clock reading is what its leaf was made of, none is missing, and none is there without
   a leaf; so are the records of the kinds that whoever asks names beside them.
2. The leaves are those of the kept hashes, of the newest checkpoint, and of those that lie around the log.
3. Holds, raised days, disposals and trusted time are as these acts and readings say.

One difference, and nothing goes: each is an incident, and named to whoever asked. It reads the whole log
once, in a snapshot of its own (a million leaves: docs/performance.md).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

from dialpact.application.context import Context
from dialpact.application.ledger import copies, signing
from dialpact.application.ledger.audit import Audit
from dialpact.application.ledger.audit.bound import SMALL, Walk
from dialpact.application.ledger.audit.found import AuditFinding
from dialpact.compliance import retention_replay
from dialpact.compliance.config import Config
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger.note import Verifier
from dialpact.compliance.retention_replay import Followed
from dialpact.compliance.trusted_time import Witness
from dialpact.store.ports import Store
from dialpact.store.ports.audits import Snapshot

ACTS = ("register-change", "clock")
MOST = 50  # differences that are incidents, each once
NAMED = 5  # in one line
NAMES = {"clock": "clock reading"}


class Believed(NamedTuple):
    """``trusted``: keys. ``around``: (name, note) of what lies around the log as a head of it would."""

    trusted: Collection[Verifier] = ()
    around: Sequence[tuple[str, str]] = ()


NOBODY = Believed()  # the leaves are then held against the kept hashes alone


class Unproven(LedgerError):
    """What says that it may go is not what the log says: nothing was disposed of or erased."""

    def __init__(self, findings: Sequence[AuditFinding], count: int = 0) -> None:
        self.findings, self.count = findings, max(count, len(findings))
        more = self.count - min(self.count, NAMED)
        names = list(dict.fromkeys(map(name, findings)))[:NAMED]
        super().__init__(", ".join(names) + (f" (+{more})" if more else ""))


def believed(config: Config) -> Believed:
    """This installation's own key, and the checkpoints that were put where a restored database does not
    reach: beside the key, and into the folder of copies. LedgerError: there is no key to tell by.
    """
    around, _ = copies.around(config)
    return Believed(signing.trusted(config, ()), around)


class Replayed(NamedTuple):
    followed: Followed

    def at_most(self, seen: Witness) -> Witness:
        """How late it is: no later than the readings of the log bear out."""
        return retention_replay.at_most(seen, self.followed)


async def replayed(
    store: Store, kinds: Collection[str], believed: Believed, registers: Collection[str] = ()
) -> Replayed:
    """``kinds``: of records that are to be what they were. ``registers``: those whose rows are to be what
    the acts make of them. Unproven; StoreError.
    """
    audit = Audit(believed.trusted, around=believed.around, kinds=kinds)

    def work(snapshot: Snapshot) -> None:
        for _ in audit.run(snapshot):
            pass
        for register in SMALL:
            if register.name in registers:
                for _ in Walk(register, snapshot, audit.found).run():
                    pass

    await store.audits.inspect(work)
    if audit.found.count:
        raise Unproven(audit.found.listed, audit.found.count)
    return Replayed(audit.followed)


@asynccontextmanager
async def telling(context: Context, node: str) -> AsyncIterator[None]:
    """Whatever is found different in it is an incident."""
    try:
        yield
    except Unproven as error:
        for detail in list(dict.fromkeys(map(name, error.findings)))[:MOST]:
            await context.store.disposals.refused(node, "", detail, context.now())
        raise


def name(finding: AuditFinding) -> str:
    """What is different, in few words: ``clock reading 7``, ``hold 3``, ``leaf 12``."""
    if finding.kind and finding.key:
        return f"{NAMES.get(finding.kind, finding.kind)} {finding.key}"
    return f"leaf {finding.leaf}" if finding.leaf is not None else finding.key or finding.code
