"""Who may open which pages of the ledger."""

from __future__ import annotations

from dialpact.compliance.registers.account import Role

READERS = frozenset({Role.ADMINISTRATOR, Role.OFFICER, Role.AUDITOR})
KEEPERS = frozenset({Role.ADMINISTRATOR, Role.OFFICER})
PACKAGERS = frozenset({Role.OFFICER, Role.AUDITOR})
ROWS = 50
