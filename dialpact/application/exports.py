"""A register as the file that its import takes. It is full of people's numbers, so:

1. it needs the right to take evidence out, and is an act in the register's log, with who, why, what was asked
   for, how many rows and the file's SHA-256;
2. that stands in the log before the file has its name, or a byte of it is printed;
3. its owner alone may read it.

What an import would make to count again is left out and counted: a consent that was withdrawn.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any, cast

from dialpact.application import new_file
from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.progress import Progress, unwatched
from dialpact.application.resting import restless
from dialpact.application.sheets.written import written
from dialpact.compliance.model import Consent, Value
from dialpact.compliance.registers.cell import any_identifier
from dialpact.compliance.registers.column_names import heading
from dialpact.compliance.registers.formats import IMPORTED
from dialpact.compliance.texts import Language
from dialpact.store.ports.page import Page

TOGETHER = 5000  # rows that are read at once
KEPT = 1 << 20  # bytes in memory; more go to a temporary file


class Asked(Value, frozen=True, kw_only=True):
    """Which entries; what is empty is not asked for. ``batch``: of leads, and needed there."""

    register: str
    scope: str = ""
    value: str = ""
    business: str = ""
    industry: str = ""
    batch: int = 0


class Exported(Value, frozen=True, kw_only=True):
    """``withdrawn``: consents that were left out, as an import would make them count again."""

    register: str
    rows: int
    withdrawn: int
    bytes: int
    sha256: str


async def to_file(
    context: Context, asked: Asked, target: Path, *, reason: str = "", force: bool = False
) -> Exported:
    """A workbook if its name ends in ``.xlsx``, else CSV. Fault ``exists``, unless with ``force``, and for a
    batch that is not there or was withdrawn.
    """
    context.actor.need(Right.EVIDENCE)
    await asyncio.to_thread(new_file.check, target, force=force)
    with new_file.beside(target) as (temporary, file):
        done = await write(context, asked, file, target.name)
        await asyncio.to_thread(new_file.durable, file)
        await note(context, asked, done, target.name, reason)
        await asyncio.to_thread(new_file.give_name, temporary, target, force=force)
    return done


@asynccontextmanager
async def to_read(
    context: Context, asked: Asked, *, reason: str = ""
) -> AsyncIterator[tuple[Exported, IO[bytes]]]:
    """The same without a name: what was written, at its beginning."""
    context.actor.need(Right.EVIDENCE)
    with tempfile.SpooledTemporaryFile(KEPT) as file:
        done = await write(context, asked, file, "")
        await note(context, asked, done, "", reason)
        file.seek(0)
        yield done, file


def template(register: str, language: Language) -> dict[str, str]:
    """Of an empty file to fill in: the name of each column, in this language; any of them is read."""
    return {name: heading(register, name) if language == "zh" else name for name in header(register)}


def header(register: str) -> Sequence[str]:
    """The columns of its file, those included that a file may leave out."""
    form = IMPORTED[register]
    return (*form.columns, *form.optional)


class _Hashed(io.RawIOBase):
    """What is written to it goes on to ``file``, and into a SHA-256."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._digest, self.size = file, hashlib.sha256(), 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self._digest.update(data)
        self.size += len(data)
        return self._file.write(data)

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


async def write(
    context: Context,
    asked: Asked,
    file: IO[bytes],
    name: str,
    *,
    progress: Progress = unwatched,
    rest: Callable[[], None] = restless,
) -> Exported:
    """Only that: nobody is to get it before :func:`note`. ``name``: its ending says of what kind it is.
    ``rest``: called for each row, on the thread that writes.
    """
    context.actor.need(Right.EVIDENCE)

    out, rows, withdrawn, after = _Hashed(file), 0, 0, ""
    row = IMPORTED[asked.register].write
    assert row is not None
    cells = partial(_cells, row, rest)
    made = await asyncio.to_thread(written, cast(IO[bytes], out), name, header(asked.register))
    while True:
        page = await _page(context, asked, after)
        kept = [one for one in page.rows if not (isinstance(one, Consent) and one.withdrawn_at)]
        await asyncio.to_thread(made.add, map(cells, kept))
        rows, withdrawn = rows + len(kept), withdrawn + len(page.rows) - len(kept)
        progress(rows, None)
        if not page.next:
            break
        after = page.next
    await asyncio.to_thread(made.end)
    return Exported(
        register=asked.register, rows=rows, withdrawn=withdrawn, bytes=out.size, sha256=out.sha256
    )


def _cells(row: Callable[[Any], Sequence[str]], rest: Callable[[], None], one: Any) -> Sequence[str]:
    rest()
    return row(one)


async def _page(context: Context, asked: Asked, after: str) -> Page[Any]:
    """In the order in which the register is listed, so nothing comes twice."""
    store, business = context.store, any_identifier(asked.business, "business")
    match asked.register:
        case "dnc":
            return await store.dnc.list(scope=asked.scope, value=asked.value, after=after, most=TOGETHER)
        case "consent":
            industry = any_identifier(asked.industry, "industry")
            return await store.consents.list(business=business, industry=industry, after=after, most=TOGETHER)
        case "caller-id":
            return await store.caller_ids.list(business=business, after=after, most=TOGETHER)
        case _:
            return await store.leads.numbers(asked.batch, after=after, most=TOGETHER)


async def note(context: Context, asked: Asked, done: Exported, file: str, reason: str) -> None:
    """The act, in the log when this returns. One transaction of the store, and nothing after it."""
    context.actor.need(Right.EVIDENCE)
    wanted = {name: getattr(asked, name) for name in asked.__struct_fields__ if name != "register"}
    detail = {
        "asked": {name: value for name, value in wanted.items() if value},
        "file": file,
        "sha256": done.sha256,
        "rows": done.rows,
        "reason": reason,
    }
    key = str(asked.batch) if asked.batch else file or "-"
    await context.store.changes.note(asked.register, "export", key, detail, by=context.by, at=context.now())
