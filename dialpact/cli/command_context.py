"""One run of one command: its options, its language, where it reads from and how it answers.

What only some commands need (a store, tables, paper) is imported when it is asked for.
"""

from __future__ import annotations

import asyncio
import inspect
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import typer

from dialpact.application.actor import Actor, Door
from dialpact.application.context import Context
from dialpact.cli import output
from dialpact.cli.flag import default_by
from dialpact.compliance import config as configuration
from dialpact.compliance.clock import Clock, SystemClock, Uptime, host_uptime
from dialpact.compliance.config import Config
from dialpact.compliance.errors import DialpactError
from dialpact.compliance.registers.cell import free_text
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.moment import shown_time
from dialpact.compliance.texts import Language
from dialpact.presentation import texts
from dialpact.store.ports.page import Page

if TYPE_CHECKING:
    from rich.console import Console

    from dialpact.application.reloading import Reloading
    from dialpact.store.sqlite import Store

DONE, FAILED, USAGE, FOUND = 0, 1, 2, 3
BUSY_MS = 10_000  # a person can wait longer for another process's lock than a call can


def _pdf(html: str) -> bytes:
    from dialpact.presentation.page import pdf

    return pdf(html)


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What a command asks of the machine it runs on. Tests hand their own; no option does."""

    search: Sequence[Path] = configuration.SEARCH  # where a configuration may lie that nobody names
    clock: Clock = field(default_factory=SystemClock)
    uptime: Callable[[], Uptime] = host_uptime
    pdf: Callable[[str], bytes] = _pdf
    terminal: Callable[[], bool] = lambda: sys.stdout.isatty()


class CommandContext:
    """What a command needs of the outside. Answers go to stdout, everything about them to stderr."""

    reloading: Reloading | None = None  # a daemon's, set when it starts

    def __init__(
        self, config: Path | None, as_json: bool, language: Language, machine: Machine | None = None
    ) -> None:
        self.config_file = config
        self.as_json = as_json
        self.language = language
        self.machine = machine or Machine()
        self.clock = self.machine.clock
        self._stores: list[Store] = []

    def anew(self) -> CommandContext:
        """The same, with the configuration as it is on the disk now."""
        return CommandContext(self.config_file, self.as_json, self.language, self.machine)

    @cached_property
    def stderr(self) -> Console:
        from rich.console import Console

        return Console(file=sys.stderr, markup=False, emoji=False, highlight=False, soft_wrap=True)

    @property
    def config(self) -> Config:
        """Of a daemon: what is in force, which a bad file on the disk does not change."""
        return self.reloading.config if self.reloading else self._on_disk

    @cached_property
    def _on_disk(self) -> Config:
        return configuration.load(self.config_file, self.machine.search)

    @asynccontextmanager
    async def store(self) -> AsyncIterator[Store]:
        from dialpact.store.sqlite import Store

        self._know_areas()
        async with await Store.open(self.config.database, BUSY_MS) as store:
            self._stores.append(store)
            yield store

    @asynccontextmanager
    async def context(self, by: str = "") -> AsyncIterator[Context]:
        """What a use case is given. ``by``: who acts; else whoever is at the keyboard."""
        async with self.store() as store:
            yield Context(store, self.actor(by), self.clock, self.machine.uptime, self.regions)

    def regions(self) -> tuple[str, ...]:
        """Where the numbers of this installation are, home first: what the profiles in force permit."""
        from dialpact.application import policy

        return policy.regions(self.config)

    def actor(self, by: str = "") -> Actor:
        name = free_text(by, "by") if by else default_by()
        return Actor(name=name, door=Door.SHELL)

    def looking(self, by: str = "") -> Context:
        """For what only reads, and on a snapshot of its own: the database is not even opened for more."""
        from dialpact.store.sqlite import Store

        self._know_areas()
        name = free_text(by, "by") if by else default_by()
        store, actor = Store(self.config.database, BUSY_MS), Actor(name=name, door=Door.SHELL)
        return Context(store, actor, self.clock, self.machine.uptime, self.regions)

    def _know_areas(self) -> None:
        """What few installations have, and no other command need wait for."""
        if self.config.policy.areas:
            from dialpact.application.policy import know_areas

            know_areas(self.config)

    def run(self, command: Callable[..., Any], given: dict[str, Any]) -> int:
        """The command's exit code. A failure is one line on stderr, with ``--json`` an object on stdout."""
        try:
            code = self._outcome(command, given)
            sys.stdout.flush()
            return code
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                raise
            if not (why := output.lost()):
                return self.failed(texts.os_error_text(error, self.language))
        unprinted = self.text("say.unprinted", why=texts.os_error_text(why, self.language))
        self.note(self.text("say.error", message=unprinted))
        if any(store.has_written for store in self._stores):
            self.note(self.text("say.unprinted-done"))
        return FAILED

    def _outcome(self, command: Callable[..., Any], given: dict[str, Any]) -> int:
        try:
            for name in ("by", "reason"):  # who and why end in the log of every register
                if isinstance(given.get(name), str):
                    given[name] = free_text(given[name], name, needed=name == "by")
            code = command(self, **given)
            if inspect.iscoroutine(code):
                code = asyncio.run(code)
        except DialpactError as error:
            return self.failed(self.error_text(error))
        except (UnicodeError, OverflowError) as error:  # bytes that are no text, a number beyond the store's
            return self.failed(str(error))
        return DONE if code is None else int(code)

    def failed(self, message: str) -> int:
        self.note(self.text("say.error", message=message))  # first: the answer may not get out
        if self.as_json:
            self.json({"error": message})
        return FAILED

    def error_text(self, error: DialpactError) -> str:
        if isinstance(error, Fault):
            return texts.fault_text(error, self.language)
        known, kinds = texts.catalogue(self.language), type(error).__mro__
        if (said := f"forked.{getattr(error, 'key', '')}") in known:
            return self.text(said, **getattr(error, "values", {}))
        headline = next((known[key] for kind in kinds if (key := f"error.{kind.__name__}") in known), "")
        return f"{headline}: {error}" if headline else str(error)

    def text(self, key: str, **values: object) -> str:
        return texts.text(key, self.language, **values)

    def note(self, message: str) -> None:
        """About the answer, not part of it."""
        self.stderr.print(message)

    def json(self, answer: object) -> None:
        typer.echo(msgspec.json.format(msgspec.json.encode(answer), indent=2))

    def answer(self, answer: object, message: str) -> None:
        """``answer`` for programs, ``message`` for people."""
        if self.as_json:
            self.json(answer)
        else:
            typer.echo(message)

    def table(
        self,
        columns: Sequence[str],
        rows: Sequence[Sequence[object]],
        answer: object,
        said: Mapping[str, str] | None = None,
    ) -> None:
        """``columns`` are keys of the table ``column`` of the catalogue, or of headings that are ``said``.

        Ids are cut, and what is too wide for a table is cards (``cli/table.py``); ``answer`` has all in full.
        """
        if self.as_json:
            self.json(answer)
            return
        if not rows:
            self.note(self.text("say.nothing"))
            return
        from dialpact.cli import table

        headings = [
            said[column] if said and column in said else self.text(f"column.{column}") for column in columns
        ]
        cells = [[table.short_ids(table.visible(self.cell(value))) for value in row] for row in rows]
        width = self.width
        if table.fits(headings, cells, width):
            self._boxed(headings, cells, width)
            return
        for line in table.cards(headings, cells, width):
            typer.echo(line)

    @cached_property
    def width(self) -> int:
        """Columns that an answer for people may take."""
        from dialpact.cli import table

        if not self.machine.terminal():
            return table.FITS
        return max(shutil.get_terminal_size((table.FITS, 0)).columns, table.NARROWEST)

    def _boxed(self, headings: Sequence[str], cells: Sequence[Sequence[str]], width: int) -> None:
        from rich import box
        from rich.console import Console
        from rich.table import Table

        boxed = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
        for heading in headings:
            boxed.add_column(heading, no_wrap=True)
        for row in cells:
            boxed.add_row(*row)
        Console(file=sys.stdout, markup=False, emoji=False, highlight=False, width=width).print(boxed)

    def facts(self, lines: Sequence[tuple[str, object]]) -> None:
        """One thing a line, for people; what is empty is left out."""
        from dialpact.cli.table import visible

        for column, value in lines:
            if cell := "\n".join(map(visible, self.cell(value).split("\n"))):
                typer.echo(f"{self.text(f'column.{column}')}: {cell}")

    def cell(self, value: object) -> str:
        """As people read it: times in their own zone, those in UTC in Asia/Shanghai; lists with commas."""
        match value:
            case None:
                return ""
            case bool():
                return self.text("say.yes" if value else "say.no")
            case datetime():
                return shown_time(value)
            case date():
                return value.isoformat()
            case float():
                return f"{value:.1f}"
            case tuple() | list():
                return ", ".join(map(str, value))
        return str(value)

    def warn_of_shadow(self) -> None:
        """Whoever reads a verdict must know that nobody is held to it."""
        if self.config.policy.mode == "shadow":
            self.note(self.text("say.shadow"))

    def more(self, page: Page[Any]) -> None:
        """Says that a list goes on behind this part of it, and how to see the rest."""
        if page.next:
            self.note(self.text("say.more-after", limit=len(page.rows), cursor=page.next))
