"""``dialpact recordings settle``: what became of a call whose end nobody saw."""

from __future__ import annotations

from typing import Annotated

import typer

from dialpact.cli.flag import By
from dialpact.cli.session import Session
from dialpact.compliance.registers.cell import free_text
from dialpact.store.sqlite import recordings, retention


async def settle(
    session: Session,
    id: Annotated[str, typer.Argument(help="The recording's id.")],
    *,
    answered: Annotated[
        bool, typer.Option("--answered/--unanswered", help="By the carrier's bill, or by the sound.")
    ],
    reason: Annotated[str, typer.Option("--reason", help="How it is known, for the log.")],
    by: By,
) -> None:
    """Say what became of a call whose end nobody saw. It is kept as long as before, whatever is said."""
    wanted, why = id.strip().lower(), free_text(reason, "reason")
    async with session.store() as store:
        outcome = await retention.settle(store, wanted, answered, reason=why, by=by, at=session.clock.now())
        (row,) = await recordings.list_recordings(store, id=wanted)
    said = session.text(
        "say.settled-answered" if row["settled"] == "answered" else "say.settled-unanswered",
        entry=wanted,
        until=row["keep_until"] or "-",
    )
    session.answer({"register": "recording", "result": outcome, "entry": row}, said)
