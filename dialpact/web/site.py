"""What the routes of ``dialpact web`` are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from starlette.routing import BaseRoute

from dialpact.compliance.clock import Clock, Uptime
from dialpact.compliance.config import Config
from dialpact.store.ports import Store


@dataclass(frozen=True, kw_only=True)
class Site:
    """``store`` is opened when it is first asked, for writing; its ``audits`` open it anew each time, and
    need no right to write.
    """

    config: Config
    store: Store
    clock: Clock
    uptime: Callable[[], Uptime]


class RouteSource(Protocol):
    """A module's share of the routes. Called once, when the process starts."""

    def __call__(self, site: Site, /) -> Sequence[BaseRoute]: ...
