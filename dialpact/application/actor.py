"""Who does something, by which door he came in, and what he may do."""

from __future__ import annotations

from enum import StrEnum

from dialpact.compliance.errors import NotPermitted
from dialpact.compliance.model import Value


class Door(StrEnum):
    SHELL = "shell"  # whoever has a shell on the host and may read the configuration
    PAGE = "page"
    API = "api"
    DAEMON = "daemon"  # gate, listener, and what they do by themselves


class Right(StrEnum):
    """What an actor may do. One word for a room of the work, not for a single command."""

    CHECK = "check"  # ask what the gate would say
    CALLS = "calls"  # see calls, incidents and figures
    EVIDENCE = "evidence"  # take packages and recordings out, and reports
    OPT_OUT = "opt-out"  # enter a person's no
    CONSENT = "consent"
    LEADS = "leads"
    REGISTERS = "registers"  # businesses, campaigns, caller IDs, scripts, complaints, suspensions, plain ones
    COMPLAINTS = "complaints"  # enter a complaint
    SCRIPTS = "scripts"  # enter a script, which a person then approves
    RETENTION = "retention"  # holds, longer times, disposal
    LEDGER = "ledger"  # keys, checkpoints, erasure
    WEBHOOKS = "webhooks"  # send again what a receiver was not told
    APPROVE = "approve"  # be one of the two officers that an act takes
    OPERATE = "operate"  # reload, doctor, what the daemons are
    ACCESS = "access"  # who may ask by the API, and what


EVERYTHING = frozenset(Right)


class Actor(Value, frozen=True, kw_only=True):
    """``name`` goes into the log of every change."""

    name: str
    door: Door
    rights: frozenset[Right] = EVERYTHING

    def need(self, right: Right) -> None:
        """Raises NotPermitted."""
        if right not in self.rights:
            raise NotPermitted(f"{self.name}: {right}")

    def need_person(self) -> None:
        """For what lets calls through that were not: no program does it by itself. Raises NotPermitted."""
        if self.door is Door.API:
            raise NotPermitted(f"{self.name}: for a person alone")

    def need_account(self) -> None:
        """For what two people do: only where each has an account of his own are they told apart. Raises
        NotPermitted.
        """
        if self.door is not Door.PAGE:
            raise NotPermitted(f"{self.name}: at a page alone, where there are accounts")

    def need_no_second(self) -> None:
        """For what takes two at a page (``application/approvals``). Raises NotPermitted."""
        if self.door is Door.PAGE:
            raise NotPermitted(f"{self.name}: another officer has to confirm it")
