"""A person's no: to whose calls, and who said so. In a call both are the stored decision's word."""

from __future__ import annotations

from datetime import datetime

from dialpact.compliance.model import SCOPES, OptOut, OptOutWay, Scope, Value


class Called(Value, frozen=True, kw_only=True):
    """What a decision tells of the call in which somebody opts out. ``channel``: the caller's."""

    decision: str
    node: str
    number: str
    business: str
    industry: str
    agent: str
    channel: str

    def opt_out(self, *, how: OptOutWay, scope: Scope, channel: str, at: datetime) -> OptOut:
        """``channel``: of whoever pressed the key. The call of a campaign that nobody knows has no business
        to opt out of: then it is of all.
        """
        value = {"business": self.business, "industry": self.industry, "all": ""}[scope]
        return OptOut(
            at=at,
            number=self.number,
            scope=scope if value else "all",
            value=value,
            how=how,
            by=self._agent(channel) if how == "agent-key" else self.number,
            node=self.node,
            channel=channel,
            decision=self.decision,
        )

    def _agent(self, channel: str) -> str:
        """Who pressed the agent's key: on the phone that made the call its agent, else that other phone."""
        phone, caller = endpoint_of(channel), endpoint_of(self.channel)
        own = not phone or not caller or phone == caller
        return (self.agent if own else "") or phone


def scope_of(text: str) -> Scope:
    """A slip in the dialplan must not cost anybody his opt-out: what is no scope is all of them."""
    return next((known for known in SCOPES if known == text), "all")


def endpoint_of(channel: str) -> str:
    """``agent1002`` of ``PJSIP/agent1002-0000002a``, as ``CHANNEL(endpoint)`` has it; of a driver without
    endpoints its name as well (``DAHDI/1``).
    """
    technology, _, rest = channel.partition("/")
    name = rest.rpartition("-")[0] or rest
    return name if technology in ("PJSIP", "SIP", "IAX2") else f"{technology}/{name}".rstrip("/")
