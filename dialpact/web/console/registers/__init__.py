"""The registers: what an officer enters, takes away, approves, and everything that was ever done to it."""

from __future__ import annotations

from dialpact.web.console.page import AnyPage
from dialpact.web.console.registers import carrier_list, overview, proofs, script
from dialpact.web.console.registers.names import registers
from dialpact.web.console.registers.pages import pages_of

PAGES: tuple[AnyPage, ...] = (
    *overview.PAGES,
    *(page for register in registers() for page in pages_of(register)),
    *carrier_list.PAGES,
    *proofs.PAGES,
    *script.PAGES,
)
