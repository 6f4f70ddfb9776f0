"""What is said of a file's columns: with the command, and saved under a supplier's name.

A saved mapping is an act like any other of a register: it stands in the log with who made it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dialpact.application import plain_registers
from dialpact.application.context import Context
from dialpact.application.entry import Entered
from dialpact.compliance.registers.cell import identifier
from dialpact.compliance.registers.columns import Given, canonical
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.mapping import KINDS, MAPPING, SupplierMapping
from dialpact.compliance.registers.number_parts import PARTS
from dialpact.compliance.registers.table import Format


async def given(
    context: Context,
    form: Format[Any],
    *,
    mapped: Mapping[str, str],
    saved: str = "",
    constants: Mapping[str, str] | None = None,
    numbers_only: bool = False,
) -> Given:
    """``mapped`` goes before what is ``saved`` under a name; of that only the columns of this ``form`` count.

    Fault when nothing is saved under that name.
    """
    mapped = canonical(mapped, [form.kind])
    known: dict[str, str] = {}
    if saved:
        found = await context.store.entries.get(MAPPING, identifier(saved, "mapping"))
        if found is None:
            raise Fault("not-registered", entry=saved)
        columns = {*form.columns, *form.others, *PARTS}
        known = {column: name for column, name in found.mapped.items() if column in columns}
    return Given(mapped={**known, **mapped}, constants=dict(constants or {}), numbers_only=numbers_only)


async def savable(context: Context, name: str, mapped: Mapping[str, str]) -> None:
    """Before an import that saves its mapping when it is done. Fault when it could not be saved then."""
    if not mapped:
        raise Fault("nothing-mapped")
    new = MAPPING.read(name, canonical(mapped, KINDS))
    before = await context.store.entries.get(MAPPING, new.id)
    if before not in (None, new):
        raise Fault("taken", register=MAPPING.noun, entry=new.id)


async def save(context: Context, name: str, mapped: Mapping[str, str]) -> Entered[SupplierMapping]:
    """Fault when the name is taken by another one: that is removed first, with a reason."""
    if not mapped:
        raise Fault("nothing-mapped")
    return await plain_registers.add(context, MAPPING, name, canonical(mapped, KINDS))
