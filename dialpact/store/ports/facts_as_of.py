"""What the registers say of attempts of the past."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from dialpact.compliance.fact_requirements import FactRequirements
from dialpact.compliance.model import CallAttempt, Facts


class FactsAsOf(Protocol):
    async def of(
        self, attempts: Sequence[tuple[CallAttempt, datetime]], asked: FactRequirements
    ) -> list[Facts]:
        """Of each at its instant, by the registers as they are now, in one short snapshot. The recorder is
        not asked. What was learnt later is still in them: see :func:`.compliance.facts_as_of.known_then`.
        """
