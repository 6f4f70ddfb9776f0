"""Mappings: what a supplier calls the columns of its files. One is saved with an import of such a file."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dialpact.application import mappings
from dialpact.compliance.registers.mapping import MAPPING, SupplierMapping
from dialpact.web.console.page import Asked
from dialpact.web.console.registers import plain
from dialpact.web.console.registers.declared import Column, Done


def mapped(_: Asked[Any], row: SupplierMapping) -> tuple[str, ...]:
    """``number=电话``"""
    return tuple(f"{column}={name}" for column, name in row.mapped.items())


async def add(asked: Asked[Any]) -> Done:
    named = {column: name for column in MAPPING.cells if (name := getattr(asked.form, column).strip())}
    done = await mappings.save(asked.context, asked.form.id, named)
    return Done(key=done.entry.id, said=f"registers-said.{done.outcome}")


_PLAIN = plain.declared(MAPPING)
assert _PLAIN.add is not None
REGISTER = replace(
    _PLAIN,
    columns=(Column(name="id"), Column(name="columns", look="list", value=mapped)),
    add=replace(_PLAIN.add, do=add),
)
