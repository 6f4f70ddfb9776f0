"""What the registers' commands have in common: what was done, and entries with their history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import fields

from dialpact.application.entry import ShownEntry
from dialpact.cli.command_context import DONE, FAILED, CommandContext
from dialpact.compliance.model import Value
from dialpact.compliance.registers.change import Change


def key(entry: Value) -> str:
    return str(getattr(entry, "id", "") or getattr(entry, "number", ""))


def done(session: CommandContext, register: str, outcome: str, entry: Value) -> None:
    """``outcome``: added, updated, already, removed."""
    session.answer(
        {"register": register, "result": outcome, "entry": entry},
        session.text(f"done.{outcome}", register=session.text(f"register.{register}"), entry=key(entry)),
    )


def listed(
    session: CommandContext,
    kind: type[Value],
    entries: Sequence[Value],
    said: Mapping[str, str] | None = None,
) -> None:
    """``said``: headings of fields that the catalogue does not know."""
    names = [field.name for field in fields(kind)]
    rows = [[getattr(entry, name) for name in names] for entry in entries]
    session.table(names, rows, entries, said)


def shown(
    session: CommandContext,
    kind: type[Value],
    found: ShownEntry[Any],
    said: Mapping[str, str] | None = None,
    **more: Any,
) -> int:
    """Entries and history of one key; exit 1 if there is none any more. ``more``: for the JSON."""
    entries, history = found.entries, found.history
    if session.as_json:
        session.json({"key": found.key, "entries": entries, "history": history, **more})
        return DONE if entries else FAILED
    listed(session, kind, entries, said)
    if history:
        session.note(session.text("say.history"))
        changes(session, history)
    return DONE if entries else FAILED


def changes(session: CommandContext, history: Sequence[Change]) -> None:
    """One line each: when, who, what, and what was written down with it."""
    rows = [[one.at, one.by, one.action, msgspec.json.encode(one.detail).decode()] for one in history]
    session.table(("at", "by", "action", "detail"), rows, history)


def warn_unknown(session: CommandContext, names: Sequence[str]) -> None:
    """Names that nothing is registered under."""
    if names:
        session.note(session.text("say.unknown", names=", ".join(names)))
