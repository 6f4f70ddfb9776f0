"""Each past attempt judged as the gate would have judged it, in the order of time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import NamedTuple

from msgspec.structs import replace

from dialpact.compliance import policy
from dialpact.compliance.fact_requirements import FactRequirements
from dialpact.compliance.facts_as_of import known_then
from dialpact.compliance.history import History
from dialpact.compliance.judge import Judge
from dialpact.compliance.model import Business, CallAttempt, Campaign, Facts, Finding
from dialpact.compliance.outbound import Dialled
from dialpact.compliance.reasons import ORDER, Reason
from dialpact.store.ports import Store

# What can be judged from a CDR and a profile alone.
FREE = frozenset({"number", "days", "hours", "attempts", "range_dialling"})
# Three are no section of a profile: number and campaign always hold, gate is the judge's own word.
RULES = ("number", "campaign", *policy.RULES)
TOGETHER = 200  # attempts a transaction: some ten milliseconds, during which the gate would wait


Put = tuple[Dialled, CallAttempt, datetime]


class Trialled(NamedTuple):
    """What would have become of a past attempt: blocked by ``failures``, put through without any."""

    past: Dialled
    at: datetime
    attempt: CallAttempt
    failures: tuple[Finding, ...]

    @property
    def reasons(self) -> list[Reason]:
        """As in :class:`dialpact.compliance.model.Decision`."""
        return sorted(
            {finding.code for finding in self.failures if finding.code}, key=lambda code: ORDER[code]
        )


class Trial:
    """``store`` None: the registers are not looked at, and each campaign is taken to be marketing."""

    def __init__(self, judge: Judge, rules: frozenset[str], store: Store | None) -> None:
        self._judge = judge
        self._rules = rules | {"gate"}
        self._store = store
        self._history = History(judge.policy)
        # Counts and neighbours come from the file: today's decisions are not asked for them.
        asked = judge.asked
        self._asked = FactRequirements(
            holders=asked.holders, opt_outs_age=asked.opt_outs_age, registrations=asked.registrations
        )

    async def outcomes(self, past: Iterable[Dialled]) -> AsyncIterator[Trialled]:
        """``past`` in the order of time. What is long is done off the event loop, a batch at a time."""
        waiting = iter(past)
        while batch := await asyncio.to_thread(self._batch, waiting):
            facts = await self._facts([(attempt, at) for _, attempt, at in batch])
            for outcome in await asyncio.to_thread(self._outcomes, batch, facts):
                yield outcome

    def _batch(self, waiting: Iterator[Dialled]) -> list[Put]:
        return [
            (one, self._attempt(one), datetime.fromtimestamp(one.at, UTC))
            for one in islice(waiting, TOGETHER)
        ]

    def _outcomes(self, batch: list[Put], found: list[Facts]) -> list[Trialled]:
        return [
            Trialled(one, at, attempt, self._judged(attempt, facts, at))
            for (one, attempt, at), facts in zip(batch, found, strict=True)
        ]

    def _attempt(self, one: Dialled) -> CallAttempt:
        return self._judge.attempt(one.number, one.campaign, one.caller_id, agent=one.agent, trunk=one.trunk)

    async def _facts(self, put: list[tuple[CallAttempt, datetime]]) -> list[Facts]:
        if self._store is not None:
            found = await self._store.facts_as_of.of(put, self._asked)
            return [known_then(each, at) for each, (_, at) in zip(found, put, strict=True)]
        return [_assumed(attempt) for attempt, _ in put]

    def _judged(self, attempt: CallAttempt, facts: Facts, at: datetime) -> tuple[Finding, ...]:
        business = facts.campaign.business if facts.campaign else None
        facts = replace(
            facts,
            attempts=self._history.tallies(attempt, business),
            neighbours=self._history.neighbours(attempt, at),
        )
        # The findings are all that counts here; Judge.decide would also search for the time of a retry, which
        # takes as long as all the rest. Only for a trunk that does not exist it has a word of its own.
        findings = policy.evaluate(attempt, facts, self._judge.policy, at, recorder_required=False)
        if attempt.trunk not in self._judge.trunks and not any(f.result == "fail" for f in findings):
            findings = self._judge.decide(attempt, facts, at, recorder_required=False).findings
        failures = tuple(f for f in findings if f.result == "fail" and f.rule in self._rules)
        self._history.add(attempt, business, at, through=not failures)
        return failures


def _assumed(attempt: CallAttempt) -> Facts:
    """Of one business that calls for marketing, the purpose that most rules bind."""
    return Facts(
        campaign=Campaign(id=attempt.campaign, business="", industry="", purpose="marketing"),
        business=Business(id="", name="", actor="own-business"),
        trunk_known=True,
    )
