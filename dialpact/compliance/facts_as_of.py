"""Facts of now, as they were known at a time past."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from dialpact.compliance.model import Facts


def known_then(found: Facts, at: datetime) -> Facts:
    """Without opt-outs and leads that came later. Consents are judged by their own times.

    Suspensions are left out: they are a state of today. What has been removed since is not there any more.
    """
    return replace(
        found,
        opt_outs=tuple(entry for entry in found.opt_outs if entry.requested_at <= at),
        leads=tuple(batch for batch in found.leads if batch.imported_at <= at),
        suspensions=(),
    )
