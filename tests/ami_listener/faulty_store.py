"""What the listener is given for a store: the real one behind the port, with faults as a test wants them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from dialpact.store.ports import Store


class FaultyStore:
    """:class:`dialpact.store.ports.Store`. A method is named by its noun: ``recordings.start``."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.faults: dict[str, Exception] = {}
        self.watchers: dict[str, Callable[..., None]] = {}
        self.helds: dict[str, Held] = {}

    def __getattr__(self, noun: str) -> Any:
        return _Noun(self, noun, getattr(self._store, noun))

    def fails(self, method: str, error: Exception) -> None:
        """From now on; ``*``: whatever is asked."""
        self.faults[method] = error

    def mends(self) -> None:
        self.faults.clear()

    def watched(self, method: str, after: Callable[..., None]) -> None:
        """``after`` gets the arguments of each call when it has returned: when it is on disk."""
        self.watchers[method] = after

    def holds(self, method: str) -> Held:
        """From now on what is asked for is done, on disk or read, and its answer does not come."""
        self.helds[method] = held = Held()
        return held


class Held:
    """``done``: the first is; ``release``: let them go on."""

    def __init__(self) -> None:
        self.done, self.release = asyncio.Event(), asyncio.Event()


class _Noun:
    def __init__(self, store: FaultyStore, name: str, real: Any) -> None:
        self._store, self._name, self._real = store, name, real

    def __getattr__(self, verb: str) -> Any:
        store, name, real = self._store, f"{self._name}.{verb}", getattr(self._real, verb)

        async def call(*args: Any, **named: Any) -> Any:
            error = store.faults.get(name) or store.faults.get("*")
            if error is not None:
                raise error
            found = await real(*args, **named)
            if (held := store.helds.get(name)) is not None:
                held.done.set()
                await held.release.wait()
            if (after := store.watchers.get(name)) is not None:
                after(*args, **named)
            return found

        return call
