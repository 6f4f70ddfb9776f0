"""Several writes as one transaction: what waits for the disk at the same time waits once.

A write is a coroutine that asks the store for one transaction and wants nothing of anybody after it. It is
begun here by hand, up to that question (:class:`Unit`), so that the questions of all can be put to the store
as one; then it is ended with its answer. Where ``transact`` does not know of this, each is written alone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Sequence
from contextvars import ContextVar
from typing import Any

Write = Callable[[], Awaitable[object]]
RunAll = Callable[[Sequence[Any]], Awaitable[Sequence[Any]]]
_joining: ContextVar[bool] = ContextVar("joining", default=False)


class Unit:
    """A write's question: ``work``. ``run_all`` does several of the same ``store`` in one transaction, all or
    none.
    """

    def __init__(self, store: object, run_all: RunAll, work: Any) -> None:
        self.store, self.run_all, self.work = store, run_all, work

    def __await__(self) -> Generator[Unit, Any, Any]:
        return (yield self)


def is_joining() -> bool:
    """Whether whoever asks for a transaction is to await a :class:`Unit` instead."""
    return _joining.get()


class _Begun:
    """A write up to its question; one that asked for nothing is over."""

    def __init__(self, write: Write) -> None:
        self.write: Any = write()
        self.asked, self.error = self._go_on(None)

    def _go_on(self, result: object) -> tuple[Any, Exception | None]:
        """What it asks for next, and what it has failed with."""
        token = _joining.set(True)
        try:
            return self.write.send(result), None
        except StopIteration:
            return None, None
        except Exception as error:
            return None, error
        finally:
            _joining.reset(token)

    def end(self, result: object) -> Exception | None:
        """It is written; what it fails with all the same."""
        asked, error = self._go_on(result)
        return RuntimeError("it wants more than its transaction") if asked is not None else error


async def together(writes: Sequence[Write], surprised: Callable[[Exception], None]) -> list[Exception | None]:
    """What became of the first ones of ``writes``, in order; None: it is on disk. The last of them alone may
    have failed; what is behind it was not begun. Empty when they can not be written as one: then nothing of
    them has happened. ``surprised`` is told of what fails though it is on disk.
    """
    begun: list[_Begun] = []
    units: list[Unit] = []
    try:
        for write in writes:
            begun.append(_Begun(write))
            if isinstance(asked := begun[-1].asked, Unit) and (not units or asked.store is units[0].store):
                units.append(asked)
            elif asked is not None:  # it waits for something else, or for another store
                begun.pop().write.close()
                break
            if begun[-1].error is not None:
                break
        if units:
            try:
                results = iter(await units[0].run_all([unit.work for unit in units]))
            except Exception:
                return []
            for one in begun:
                if one.asked is not None and (error := one.end(next(results))) is not None:
                    surprised(error)
        return [one.error for one in begun]
    finally:
        for one in begun:
            one.write.close()


async def as_one(writes: Sequence[Write]) -> None:
    """All of ``writes`` in one transaction of one store. Raises what one of them fails with; then nothing of
    any has happened. (What one of them fails with after it, has.)
    """
    begun: list[_Begun] = []
    try:
        for write in writes:
            begun.append(_Begun(write))
            if (error := begun[-1].error) is not None:
                raise error
        units = [one.asked for one in begun if isinstance(one.asked, Unit)]
        if len(units) != len(begun) or any(unit.store is not units[0].store for unit in units):
            raise RuntimeError("a write that is not one transaction of this store")
        results = await units[0].run_all([unit.work for unit in units])
        for one, result in zip(begun, results, strict=True):
            if (error := one.end(result)) is not None:
                raise error
    finally:
        for one in begun:
            one.write.close()
