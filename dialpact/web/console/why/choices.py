"""What a question may name: campaigns, caller IDs, trunks; a bounded number of each, as suggestions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dialpact.application import caller_ids, campaigns
from dialpact.web.console.page import Asked

MOST = 200


@dataclass(frozen=True, kw_only=True)
class Choices:
    campaigns: tuple[str, ...]
    caller_ids: tuple[str, ...]
    agents: tuple[str, ...]
    trunks: tuple[str, ...]

    def trunks_with(self, trunk: str) -> list[str]:
        """Those that there are, and the one that was named."""
        return [*self.trunks, *([trunk] if trunk and trunk not in self.trunks else [])]


async def choices(asked: Asked[Any]) -> Choices:
    """Of what the account may see."""
    account, context = asked.account, asked.context
    trunks = tuple(asked.site.config.trunks)
    if not account.limited:
        named = await campaigns.listed(context, most=MOST)
        numbers = await caller_ids.listed(context, most=MOST)
        return Choices(
            campaigns=tuple(one.id for one in named.rows),
            caller_ids=tuple(one.number for one in numbers.rows),
            agents=(),
            trunks=trunks,
        )
    mine, senders = list(account.campaigns), list[str]()
    for business in account.businesses[:MOST]:
        if not account.campaigns:
            mine += [one.id for one in (await campaigns.listed(context, business=business, most=MOST)).rows]
        found = await caller_ids.listed(context, business=business, most=MOST)
        senders += [one.number for one in found.rows]
    return Choices(
        campaigns=tuple(mine[:MOST]),
        caller_ids=tuple(senders[:MOST]),
        agents=account.agents[:MOST],
        trunks=trunks,
    )
