"""What is chosen from in a form: values with their words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dialpact.application import plain_registers
from dialpact.application.context import Context
from dialpact.compliance.registers.mapping import MAPPING

CHOICES = 500  # at most
Pairs = list[tuple[str, str]]


def pairs(entries: Iterable[Any]) -> Pairs:
    """Entries by their ids."""
    return [(one.id, one.id) for one in entries]


async def saved(context: Context) -> Pairs:
    """The mappings: what suppliers call their columns."""
    return pairs((await plain_registers.listed(context, MAPPING, most=CHOICES)).rows)
