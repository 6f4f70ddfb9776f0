"""What the registers' commands have in common: what was done, and entries with their history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec.structs import fields

from dialpact.cli.session import DONE, FAILED, Session
from dialpact.compliance.model import Value
from dialpact.compliance.registers import number as numbers
from dialpact.compliance.registers.fault import Fault
from dialpact.store.sqlite import Store
from dialpact.store.sqlite import registers as store_registers


def key(entry: Value) -> str:
    return str(getattr(entry, "id", "") or getattr(entry, "number", ""))


def done(session: Session, register: str, outcome: str, entry: Value) -> None:
    """``outcome``: added, updated, already, removed."""
    session.answer(
        {"register": register, "result": outcome, "entry": entry},
        session.text(f"done.{outcome}", register=session.text(f"register.{register}"), entry=key(entry)),
    )


def listed(session: Session, kind: type[Value], entries: Sequence[Value]) -> None:
    names = [field.name for field in fields(kind)]
    rows = [[getattr(entry, name) for name in names] for entry in entries]
    session.table(names, rows, entries)


async def shown(
    session: Session,
    store: Store,
    register: str,
    wanted: str,
    kind: type[Value],
    entries: Sequence[Value],
    **more: Any,
) -> int:
    """Entries and history of one key; exit 1 if there never was anything. ``more``: for the JSON."""
    history = await store_registers.history(store, register, wanted)
    if not entries and not history:
        raise Fault("not-registered", entry=wanted)
    if session.as_json:
        session.json({"key": wanted, "entries": entries, "history": history, **more})
        return DONE if entries else FAILED
    listed(session, kind, entries)
    if history:
        session.note(session.text("say.history"))
    rows: list[list[Any]] = [
        [change["at"], change["by"], change["action"], msgspec.json.encode(change["detail"]).decode()]
        for change in history
    ]
    if rows:
        session.table(("at", "by", "action", "detail"), rows, None)
    return DONE if entries else FAILED


async def warn_unknown(session: Session, store: Store, *, business: str = "", industry: str = "") -> None:
    missing = await store_registers.unknown(store, business=business, industry=industry)
    if missing:
        session.note(session.text("say.unknown", names=", ".join(missing)))


def callee(text: str) -> str:
    """A filter or an argument as the register's key; nothing stays nothing."""
    return numbers.callee(text) if text.strip() else ""
