"""What units of work are given, and what runs them: the same for every engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
Row = Any  # its values by the names of their columns, and by their places
Key = tuple[str, str]  # kind and key of a row of the ledger


def rows(found: Any) -> list[dict[str, Any]]:
    """As plain dictionaries."""
    return [dict(row) for row in found]


class Connection(Protocol):
    """In a transaction. Statements (``units.statements``) are functions of it."""

    @property
    def in_transaction(self) -> bool: ...

    def execute(self, sql: str, parameters: Any = (), /) -> Any:
        """What has no name: savepoints, and what an engine alone says."""


class Writing(Connection, Protocol):
    """In a transaction that writes."""

    written: dict[Key, dict[str, Any]]
    """Rows that the unit under way has put in, whole, for their leaves of the ledger."""


Work = Callable[[Connection], T]
Write = Callable[[Writing], T]


class Database(Protocol):
    """An open database. ``transact`` and ``read`` are the only ways in; the nouns' modules build on them.

    Each raises StoreBusy, StoreGone or StoreError; what writes StoreRefused as well.
    """

    @property
    def name(self) -> str:
        """For messages."""

    async def transact(self, work: Write[T]) -> T:
        """Runs ``work`` in one transaction; when this returns, it is on disk. Else nothing has happened."""

    async def share(self, work: Write[T]) -> T:
        """As ``transact``, in one transaction with whatever else is shared meanwhile: it has to be good for
        being run a second time, where another's failure took the first back.
        """

    async def jot(self, work: Write[T]) -> T:
        """As ``transact``, for what a power cut may take."""

    async def read(self, work: Work[T]) -> T:
        """Runs ``work`` on one snapshot, with no lock that a decision waits for. Writing in it fails."""

    async def aside(self, work: Work[T]) -> T:
        """As ``read``, for what writes temporary tables."""

    def begin_turn(self, what: str) -> object:
        """For work over several transactions in temporary tables, of which there is one set."""

    def check_turn(self, what: str, turn: object) -> None:
        """StoreBusy when another has begun meanwhile."""

    def version(self, connection: Connection) -> int:
        """The number of the last migration."""

    def lean(self, work: Work[T]) -> Work[T]:
        """``work``, which goes once through much and sorts it, so that it takes little memory."""

    def unchecked(self, connection: Connection) -> AbstractContextManager[object]:
        """What is written within was looked at already by the same CHECK constraints."""

    def feed(
        self, connection: Connection, ask: Callable[..., Any], take: Callable[[list[Any]], None], most: int
    ) -> None:
        """Hands over the rows of a statement, a page of at most so many at a time. In SQLite it gives them to
        the function ``feed``.
        """

    def begin_anew(self, connection: Connection) -> None:
        """Takes back all that the transaction under way has done, and begins another."""

    def hold(self, connection: Connection, names: Iterable[str]) -> None:
        """Until the end of the transaction no other node holds any of ``names``; what is read after it is as
        those have left it who held them before.
        """

    def is_of_the_store(self, error: Exception) -> bool:
        """Whether another unit of the same transaction would fail with it as well."""
