"""What the routes of ``dialpact web`` are made of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from starlette.routing import BaseRoute

from dialpact.application.accounts.desk import Desk
from dialpact.application.doctor.live import Opening
from dialpact.application.gate import Gate
from dialpact.application.health import Looking
from dialpact.application.jobs.files import JobFiles
from dialpact.application.listening import Looked
from dialpact.application.now import Watch
from dialpact.application.waveforms import Drawing
from dialpact.compliance.clock import Clock, Uptime
from dialpact.compliance.config import Config
from dialpact.compliance.judge import Judge
from dialpact.store.ports import Store


class JobDesk(Protocol):
    """Where jobs are handed in. ``files``: theirs."""

    files: JobFiles

    def wake(self) -> None:
        """There is a job in the store."""

    def cancel(self, id: str) -> None:
        """It is cancelled, by its row."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """``store`` is opened when it is first asked, for writing; its ``audits`` open it anew each time, and
    need no right to write. ``rules``: what is in force now, to be asked for each question;
    ``recorded_rules``: the same, for a decision that is kept, once the store has their text; ``config`` is
    that of the start, of which a reload changes the rules alone. ``jobs``: None where nobody does any.
    ``gate``: decides what is asked before a call is dialled, on a store of its own; None where nothing runs
    it. ``reads``: read only and of nobody else, for what each request asks: it waits for no write.
    ``manager``: opens Asterisk's AMI as the doctor's own user; None: nobody here does.
    ``health``: how everything stands, for whoever watches; None where nobody looks. ``watch``: what goes on.
    ``drawing``: makes the waveforms that the listener has not. ``looked``: what is heard in parts.
    """

    config: Config
    store: Store
    clock: Clock
    uptime: Callable[[], Uptime]
    rules: Callable[[], Judge]
    recorded_rules: Callable[[], Awaitable[Judge]]
    jobs: JobDesk | None = None
    gate: Gate | None = None
    reads: Store | None = None
    manager: Opening | None = None
    health: Looking | None = None
    watch: Watch = field(default_factory=Watch)
    drawing: Drawing = field(default_factory=Drawing)
    looked: Looked = field(default_factory=Looked)

    @cached_property
    def desk(self) -> Desk:
        """Of who signs in."""
        return Desk(self.config)


class RouteSource(Protocol):
    """A module's share of the routes. Called once, when the process starts."""

    def __call__(self, site: Site, /) -> Sequence[BaseRoute]: ...


class Work(Protocol):
    """What goes on beside the answers, until it is cancelled. What it fails with ends the process."""

    async def __call__(self, site: Site, /) -> None: ...
