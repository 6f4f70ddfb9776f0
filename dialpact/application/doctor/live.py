"""The dialplan of the running Asterisk, by an AMI user of the doctor's own, who needs `reporting` alone."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from dialpact.compliance.config import Config
from dialpact.compliance.dialplan import listing
from dialpact.compliance.dialplan.plan import Plan
from dialpact.compliance.errors import DialpactError

SECONDS = 15.0  # 20,000 steps take less than two
MOST = 1_000  # variables that are asked for
_VARIABLE = re.compile(r"\$\{([A-Za-z0-9_]{1,80})(?=[}:])")
_ALWAYS = ("DIALPACT_GATE", "DIALPACT_AGI", "TRANSFER_CONTEXT", "FORWARD_CONTEXT")

Row = tuple[str, str, str, str, str]


class ManagerAnswer(Protocol):
    """What Asterisk said to an action; ``rows`` are the messages of a list."""

    @property
    def success(self) -> bool: ...
    @property
    def message(self) -> str: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def rows(self) -> Sequence[Mapping[str, str]]: ...


class Manager(Protocol):
    """A logged-in session of the AMI. ``ignored``: messages that had a flaw."""

    ignored: int

    async def act(self, action: str, *, limit: float = ..., **headers: str) -> ManagerAnswer:
        """Raises DialpactError when there is no answer within ``limit`` seconds."""

    async def close(self) -> None: ...


Opening = Callable[[Config], Awaitable[Manager]]  # as the doctor's own user


class ToldDialplan(NamedTuple):
    """``unread``: rows with control characters in them, which can not be told from others.

    ``missing``: steps of the files that do not run. ``more``: what runs, and is not in the files.
    """

    unread: int
    missing: int
    more: int


async def dialplan(config: Config, files: Plan, opening: Opening) -> tuple[Plan, ToldDialplan]:
    """Raises DialpactError: no session, no answer, an unreadable secret."""
    session = await opening(config)
    try:
        answer = await session.act("ShowDialPlan", limit=SECONDS)
        if not answer.success:
            raise DialpactError(f"ShowDialPlan: {answer.message}")
        variables = {}
        for name in _named(answer.rows):
            value = (await session.act("Getvar", Variable=name)).headers.get("Value", "")
            if value:
                variables[name] = value
        unread = session.ignored
    finally:
        await session.close()
    plan = listing.read(answer.rows, variables, files)
    written, running = _of(files), _rows(answer.rows)
    return plan, ToldDialplan(unread, len(written - running), len(running - written))


def _named(rows: Sequence[Mapping[str, str]]) -> list[str]:
    """The plain names of variables in it: a function, which Getvar would run, is none."""
    names = dict.fromkeys(_ALWAYS)
    for row in rows:
        names |= dict.fromkeys(_VARIABLE.findall(row.get("AppData", "")))
    return list(names)[:MOST]


def _of(plan: Plan) -> set[Row]:
    return {
        (step.context, extension.pattern, str(step.priority), step.app, step.data)
        for context in plan.contexts.values()
        for extension in context.extensions.values()
        for step in extension.steps.values()
    }


def _rows(rows: Sequence[Mapping[str, str]]) -> set[Row]:
    """Of extensions.conf: AEL and others have a registrar of their own."""
    return {
        (
            row["Context"],
            row.get("Extension", ""),
            row["Priority"],
            row.get("Application", "").strip().lower(),
            row.get("AppData", "").strip(),
        )
        for row in rows
        if row.get("Registrar") == "pbx_config" and row.get("Priority", "").isdigit()
    }
