"""Mappings: what a supplier calls the columns of its files. One is saved with an import of such a file."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dialpact.compliance.registers.mapping import MAPPING, SupplierMapping
from dialpact.web.console.page import Asked
from dialpact.web.console.registers import plain
from dialpact.web.console.registers.declared import Column


def mapped(_: Asked[Any], row: SupplierMapping) -> tuple[str, ...]:
    """``number=电话``"""
    return tuple(f"{column}={name}" for column, name in row.mapped.items())


REGISTER = replace(
    plain.declared(MAPPING),
    columns=(Column(name="id"), Column(name="columns", look="list", value=mapped)),
    kept=(),
)
