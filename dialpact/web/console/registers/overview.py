"""``/registers``: which there are. Nothing is counted: a register may have ten million entries."""

from __future__ import annotations

from typing import Any

from dialpact.web.console.page import Asked, Page, Shown
from dialpact.web.console.registers.declared import EVERYBODY
from dialpact.web.console.registers.names import registers
from dialpact.web.console.registers.shown import title_of


async def show(asked: Asked[Any]) -> Shown:
    role, found = asked.account.role, []
    for register in registers():
        if role in register.readers:
            path = register.path
        elif register.add and role in register.add.roles:
            path = f"{register.path}/add"
        else:
            continue
        found.append((path, *title_of(asked.language, register)))
    return Shown(template="registers/overview.html", values={"registers": found})


PAGES = (
    Page(
        method="GET",
        path="/registers",
        action="registers.overview",
        roles=EVERYBODY,
        handle=show,
        nav="nav.registers",
    ),
)
