"""What decides which recordings and records of calls may go, as the store has it at one moment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from dialpact.compliance.retention_replay import Difference, HoldAct, HoldRow
from dialpact.compliance.trusted_time import Sealed


class RetentionRows(Protocol):
    """Of a snapshot. Nothing of it is held against its leaf here, where it does not say so."""

    def hold_acts(self) -> Iterable[HoldAct]:
        """What the log says of holds, in its order."""

    def hold_rows(self) -> Iterable[HoldRow]:
        """Every hold, by its number."""

    def held(self) -> Iterable[str]:
        """The recordings that holds in force name by their id, each as often as it is held."""

    def readings(self) -> Iterable[Sealed]:
        """Every clock reading, in order, with what was made of it; those that can not be read have a flaw."""

    def trusted_from(self) -> int | None:
        """The reading from which on there is trusted time, where the log says one: else from the first."""

    def disposals(self) -> Sequence[Difference]:
        """Disposals that are not what the log says of them; a bounded number."""

    def days(self) -> Sequence[Difference]:
        """Acts that keep a recording for less than before, or say that it was another day; a bounded
        number.
        """

    def guards(self) -> Sequence[Difference]:
        """Triggers and views of the store that are not as they were made; by name. A guard that only refuses
        and is away is none: what it would have refused is found by itself.
        """
