"""Who may what with recordings: no administrator anything, a supervisor those of his own."""

from __future__ import annotations

from typing import Any

from dialpact.compliance.registers.account import Role
from dialpact.store.ports.recording_search import Whose
from dialpact.web.console.page import Asked

# Each state, and the badge that it has.
KINDS = {
    "kept": "ok",
    "unanswered": "plain",
    "unseen": "open",
    "failed": "bad",
    "running": "plain",
    "starting": "plain",
    "disposed": "plain",
}
READERS = frozenset({Role.OFFICER, Role.SUPERVISOR, Role.AUDITOR})
KEEPERS = frozenset({Role.OFFICER})
# Reasons and acts are in people's words, with whatever numbers they wrote.
ACTS_SHOWN = frozenset({Role.OFFICER, Role.AUDITOR})


def whose(asked: Asked[Any]) -> Whose:
    one = asked.account
    return Whose(businesses=one.businesses, campaigns=one.campaigns, agents=one.agents)
