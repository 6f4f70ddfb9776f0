"""What an engine says to one call after the other: what each gives back, or why it is refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from dialpact.compliance.errors import StoreRefused
from dialpact.compliance.registers.fault import Fault
from tests.postgres.engines import Engines

Call = Callable[[Any], Awaitable[Any]]


def said(call: Call) -> Call:
    """(What the database itself says of a refusal is its own.)"""

    async def asked(store: Any) -> Any:
        try:
            return await call(store)
        except Fault as error:
            return str(error)
        except StoreRefused:
            return StoreRefused

    return asked


async def same(engines: Engines, *calls: Call) -> list[Any]:
    return [await engines.same(said(call)) for call in calls]
