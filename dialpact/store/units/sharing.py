"""Units of work that come at the same time, in one transaction: they wait once for the disk."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, TypeVar

from dialpact.compliance.errors import StoreBusy, StoreGone
from dialpact.store.ports import receipts, together
from dialpact.store.units.database import Write, Writing

T = TypeVar("T")
MOST_SHARED = 50  # units in one transaction


class Sharing(ABC):
    """Of a database, which it is mixed into."""

    def __init__(self) -> None:
        self._shared: list[tuple[Write[Any], asyncio.Future[Any]]] = []
        self._sharing: asyncio.Task[None] | None = None

    async def transact_all(self, works: Sequence[Write[Any]]) -> list[Any]:
        """In one transaction, in their order, all or none; the leaves of all are made at its end."""

        def all_of(connection: Writing) -> list[Any]:
            return [work(connection) for work in works]

        return await self.transact(all_of)

    async def share(self, work: Write[T]) -> T:
        """As ``transact``, in one transaction with whatever else is shared meanwhile: it has to be good for
        being run a second time, where another's failure took the first back.
        """
        if together.is_joining() or receipts.current():  # (what is noted of one is not of the others)
            return await self.transact(work)
        mine: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._shared.append((work, mine))
        if self._sharing is None or self._sharing.done():
            self._sharing = asyncio.create_task(self._share(), name="shared transactions")
        return await mine

    @abstractmethod
    async def transact(self, work: Write[T]) -> T:
        """As :meth:`dialpact.store.units.database.Database.transact`."""

    async def _share(self) -> None:
        while self._shared:
            batch, self._shared = self._shared[:MOST_SHARED], self._shared[MOST_SHARED:]
            waiting = [(work, each) for work, each in batch if not each.done()]
            try:
                results = await self.transact_all([work for work, _ in waiting])
            except (StoreBusy, StoreGone) as error:  # of the database, not of one of them
                _fail(error, *(each for _, each in waiting))
            except Exception:
                for work, each in waiting:
                    try:
                        _settle(each, await self.transact(work))
                    except Exception as error:
                        _fail(error, each)
            else:
                for (_, each), result in zip(waiting, results, strict=True):
                    _settle(each, result)


def _settle(waiting: asyncio.Future[Any], result: object) -> None:
    if not waiting.done():  # nobody waits any more
        waiting.set_result(result)


def _fail(error: Exception, *waiting: asyncio.Future[Any]) -> None:
    for each in waiting:
        if not each.done():
            each.set_exception(error)
