"""The recorder's word to the gate that a call could be recorded now."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class RecorderLeases(Protocol):
    async def renew(self, node: str, *, ready: bool, why: str, seconds: float, at: datetime) -> None:
        """Says for ``seconds`` from now that ``node`` could record, or (``ready=False``) why it could not."""

    async def renewed_at(self, node: str) -> datetime | None:
        """When the recorder of ``node`` last gave word; None when it never did."""
