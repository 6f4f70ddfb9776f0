"""How far a long piece of work has come."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int | None], None]  # done, of how many; None: not known


def unwatched(done: int, total: int | None) -> None:
    """Nobody looks."""
