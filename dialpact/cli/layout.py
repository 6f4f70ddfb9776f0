"""What is said of a file's columns on the command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from dialpact.application import mappings
from dialpact.application.context import Context
from dialpact.application.imports import Imported
from dialpact.compliance.registers.columns import Given, mapping
from dialpact.compliance.registers.table import Format

Map = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="COLUMN=NAME", help="What the file calls a column; may be repeated."),
]
Saved = Annotated[
    str, typer.Option("--mapping", metavar="NAME", help="What a supplier calls its columns, as it was saved.")
]
SaveAs = Annotated[
    str, typer.Option("--save-mapping", metavar="NAME", help="Save this --map when the import is done.")
]
NumbersOnly = Annotated[
    bool,
    typer.Option("--numbers-only", help="The file has no header: one column of numbers, or area,number."),
]


class Layout:
    """What was said, and is to be kept when the import is done."""

    def __init__(
        self,
        map: list[str] | None = None,
        saved: str = "",
        save_as: str = "",
        *,
        numbers_only: bool = False,
        constants: Mapping[str, str | None] | None = None,
    ) -> None:
        """``constants``: None is nothing said. Fault for a --map that is none."""
        self._mapped = mapping(map or ())
        self._saved, self._save_as, self._numbers_only = saved, save_as, numbers_only
        self._constants = {name: text for name, text in (constants or {}).items() if text is not None}

    async def given(self, context: Context, form: Format[Any]) -> Given:
        """Before the import. Fault for what could not be saved after it."""
        found = await mappings.given(
            context,
            form,
            mapped=self._mapped,
            saved=self._saved,
            constants=self._constants,
            numbers_only=self._numbers_only,
        )
        if self._save_as:
            await mappings.savable(context, self._save_as, found.mapped)
        return found

    async def keep(self, context: Context, given: Given, done: Imported[Any]) -> None:
        """After the import."""
        if self._save_as and done.done:
            await mappings.save(context, self._save_as, given.mapped)


NO_LAYOUT = Layout()


def answer(done: Imported[Any]) -> dict[str, Any]:
    """How they were read, for programs; nothing where the file is as the register has it."""
    found: dict[str, Any] = {"columns": done.read_as, "left_out": done.left_out}
    return {name: value for name, value in found.items() if value}
