"""What is known to be missing from a backup: by heads that were signed since, by the database that it takes
the place of, and by recordings on the disk that it does not know.
"""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from dialpact.application import custody
from dialpact.application.ledger import heads
from dialpact.compliance.backup import Lost, Manifest
from dialpact.compliance.clock import instant
from dialpact.compliance.config import Config
from dialpact.compliance.ledger.heads import LedgerForked
from dialpact.compliance.ledger.note import Verifier
from dialpact.store.ports import Store

REPLACED = "replaced"  # instead of where a head was found


async def lost(
    config: Config, manifest: Manifest, copy: Store, replaced: Store, mine: Sequence[Verifier], at: datetime
) -> Lost:
    """``copy``: the backup, opened. It keeps what it does not continue: nothing is signed then."""
    entries: int | None = None
    where = ""
    try:
        await heads.check(config, copy, mine, at)
    except LedgerForked as fork:
        last = fork.heads[-1]
        entries, where = max(last.size - manifest.ledger.size, 0), last.where
    since = await replaced.backups.since(manifest.ledger.size, bytes.fromhex(manifest.ledger.root))
    if since is not None and (entries is None or since.entries >= entries):
        entries, where = since.entries, REPLACED
    folder = config.recordings
    foreign = await copy.custody.foreign(custody.files(folder)) if folder.is_dir() else []
    newest = await asyncio.to_thread(_newest, [Path(each) for each in foreign])
    until = max([manifest.made_at, *newest, *([instant(since.last_at)] if since and since.last_at else [])])
    return Lost(
        since=manifest.made_at,
        until=max(until, at) if entries is None else until,
        entries=entries,
        where=where,
        kinds=since.kinds if since else None,
        acts=since.acts if since else None,
        recordings=sum(1 for each in newest if each > manifest.made_at),
    )


def _newest(files: Sequence[Path]) -> list[datetime]:
    """When each was written last."""
    found = []
    for file in files:
        try:
            seen = file.lstat()
        except OSError:
            continue
        if stat.S_ISREG(seen.st_mode):
            found.append(datetime.fromtimestamp(seen.st_mtime, UTC))
    return found
