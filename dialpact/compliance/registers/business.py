"""A business: who calls, and in which capacity."""

from __future__ import annotations

from dialpact.compliance.model import CAPACITIES, Business
from dialpact.compliance.registers.cell import choice, free_text, identifier


def business(id: str, name: str, actor: str) -> Business:
    return Business(
        id=identifier(id, "id"), name=free_text(name, "name"), actor=choice(actor, "actor", CAPACITIES)
    )
