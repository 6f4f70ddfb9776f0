"""The texts of the profiles that were in force."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from dialpact.compliance.profile import Profile


class Profiles(Protocol):
    async def note(self, profiles: Iterable[Profile], *, at: datetime) -> None:
        """One line of the log for each text that it does not have: a decision names them by SHA-256 alone."""
