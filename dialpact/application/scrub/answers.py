"""What ``dialpact check`` would say of each number of a list: by the same judge, which is asked once about
what is the same.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import structlog
from msgspec.structs import replace

from dialpact.application.check import in_a_range, judged
from dialpact.application.scrub.request import ScrubRequest
from dialpact.compliance import masking
from dialpact.compliance.clock import instant
from dialpact.compliance.errors import DialpactError
from dialpact.compliance.judge import Judge
from dialpact.compliance.ledger.bound.difference import people
from dialpact.compliance.model import AND, Callee
from dialpact.compliance.policy import attempts, consent
from dialpact.compliance.policy.remembering import Remembering
from dialpact.compliance.policy.retry import HORIZON
from dialpact.compliance.reasons import Reason
from dialpact.store.ports.lists import NOTHING, ListSnapshot, Own, OwnConsent

LONGEST = 200  # characters of what is logged
MOST = 8192  # answers that are kept
OVER = "over"  # of an instant that is

log = structlog.get_logger()


class Answer(NamedTuple):
    """As of what ``check`` says."""

    verdict: str
    reasons: tuple[Reason, ...]
    retry_at: datetime | None
    holds_until: datetime | None


class _Known(NamedTuple):
    """``reach``: how far ahead anything was looked at for it; None: without an end. ``shared``: it is
    everybody's who is the same to the rules.
    """

    answer: Answer
    reach: datetime | None
    shared: bool


class Answers:
    """Of one snapshot and one instant."""

    def __init__(
        self, judge: Judge, snapshot: ListSnapshot, request: ScrubRequest, now: datetime, *, batch: int = 0
    ) -> None:
        """``batch``: of leads, whose scrub this is: it is judged as if that were done."""
        remembering = Remembering(judge.policy)
        self._judge, self._now = judge.with_evaluate(remembering.evaluate), now
        self._sees = remembering.sees
        self._attempt = judge.attempt(
            "", request.campaign, request.caller_id, agent=request.agent, trunk=request.trunk
        )
        self._trunk = request.trunk or self._attempt.trunk
        self._facts = snapshot.about(self._attempt, judge.asked, now, scrubbed=batch)
        self._forked = judge.stops_on_fork and request.at is None and self._facts.forked
        self._restored = request.at is None and self._facts.restored
        # Whether a number can be dialled on each of several trunks is a matter of its digits.
        self._each = AND in self._attempt.trunk
        self._odd = people(self._facts.differing)  # what is known of them is not what the log says
        self._known: dict[Hashable, _Known] = {}
        self._since = now - attempts.longest(judge.policy.profiles)

    def callee(self, number: str) -> Callee:
        """Who is called when ``number`` is dialled."""
        return self._judge.callee(number, self._trunk)

    @property
    def regions(self) -> Sequence[str]:
        return self._judge.policy.regions

    def own(self, callees: Sequence[Callee]) -> Mapping[str, Own]:
        """What is known of each, by their numbers."""
        return self._facts.of({callee.e164 for callee in callees if callee.e164})

    def of(self, callee: Callee, own: Own = NOTHING) -> Answer:
        """``own``: what is known of the number, if there is one. Where the rules or what is known of it fail,
        the gate blocks that call and no other.
        """
        try:
            return self._answer(callee, own)
        except DialpactError:  # of the store: so would all others
            raise
        except Exception as error:
            why = masking.text(f"{type(error).__name__}: {error}", LONGEST)
            log.error("could not be judged", error=why)
            broken = self._judge.broken(replace(self._attempt, callee=callee), self._now)
            return Answer(broken.verdict, broken.reasons, None, self._now)

    def _answer(self, callee: Callee, own: Own) -> Answer:
        if self._each or callee.e164 in self._odd:
            return self._judged(callee, own).answer
        if (lasting := self._lasting(own)) is not None:
            endless, ends = lasting
            known = self._same(callee, endless)
            if known.reach is not None and known.reach < ends:
                return known.answer
        return self._same(callee, own).answer

    def _same(self, callee: Callee, own: Own) -> _Known:
        key = self._sees(callee), self._seen(own)
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= MOST:
                self._known.clear()
            known = self._judged(callee, own)
            if known.shared:
                self._known[key] = known
        return known

    def _lasting(self, own: Own) -> tuple[Own, datetime] | None:
        """As if no consent ended, and when the first one does: what looks no further ahead is the same.
        None where none is to end.
        """
        ends = [at for one in own.consents if one.expires_at and (at := instant(one.expires_at)) > self._now]
        if not ends:
            return None
        endless = [
            one._replace(expires_at=None) if one.expires_at and instant(one.expires_at) > self._now else one
            for one in own.consents
        ]
        return own._replace(consents=tuple(endless)), min(ends)

    def _seen(self, own: Own) -> Hashable:
        """What the rules see of it from now on, and not the instants of which they only see that they are
        over, or which of two came first: each person has his own, and they would be asked of each.
        """
        opt_outs, consents, leads, nth, neighbours = own
        counting = tuple([one if one and instant(one) > self._since else None for one in nth])
        opted_out = tuple([one[:2] for one in opt_outs])
        if not consents:
            return opted_out, leads, counting, neighbours
        refused = [instant(one.requested_at) for one in opt_outs]
        withdrawn = [instant(one.withdrawn_at) for one in consents if one.withdrawn_at]
        agreed = tuple([self._agreed(one, refused, withdrawn) for one in consents])
        return opted_out, agreed, leads, counting, neighbours

    def _agreed(
        self, one: OwnConsent, refused: Sequence[datetime], withdrawn: Sequence[datetime]
    ) -> Hashable:
        at = instant(one.granted_at)
        return (
            one.business,
            one.industry,
            consent.agreed(at, self._now, self._judge.policy.profiles),
            self._ahead(one.expires_at),
            self._ahead(one.withdrawn_at),
            bool(one.evidence_sha256),
            tuple([at > other for other in refused]),
            tuple([at > other for other in withdrawn]),
        )

    def _ahead(self, at: str | None) -> str | None:
        return at and (at if instant(at) > self._now else OVER)

    def _judged(self, callee: Callee, own: Own) -> _Known:
        facts = self._facts
        decision = judged(
            self._judge,
            replace(self._attempt, callee=callee),
            facts.facts(callee.e164, own),
            self._now,
            differing=facts.differing,
            forked=self._forked,
            restored=self._restored,
        )
        # When a range that is being dialled ends is a matter of the calls close by.
        ranges = in_a_range(decision)
        dialled = facts.last_dialled(callee.e164) if ranges else None
        until, again = self._judge.holds_until(decision, dialled), decision.retry_at
        reach = until
        if until and any(finding.retry_at for finding in decision.findings):
            reach = max(until, again or self._now + HORIZON)
        answer = Answer(decision.verdict, decision.reasons, again, until)
        return _Known(answer, reach, not ranges)
