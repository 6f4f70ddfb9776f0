"""Attempt and facts to decision: the one way, for the gate, for ``dialpact check`` and for a replay."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Self

from dialpact.compliance import numbers, policy, ranges, zones
from dialpact.compliance.config import Trunk
from dialpact.compliance.fact_requirements import fact_requirements
from dialpact.compliance.model import AND, CallAttempt, Callee, Decision, Facts, Finding, Mode
from dialpact.compliance.numbers import metadata
from dialpact.compliance.profile import Policy
from dialpact.compliance.randomness import Randomness
from dialpact.compliance.reasons import Reason
from dialpact.compliance.trial import is_trial

_DIALLABLE = re.compile(r"[0-9+]{1,32}")
MAX_TEXT = 80  # of campaign, agent, trunk, caller ID as they arrive: registered ones are shorter
MAX_TRUNKS = 4  # that one attempt may name: each of them may ring the callee
TOO_LATE = "the store did not answer in time"
BROKEN = "internal error"
UNBOUND = "not what the log says"
FORKED = "the ledger does not continue what was signed: `dialpact ledger resume`"
RESTORED = (
    "a backup was restored, and nobody has said what becomes of what is missing: `dialpact store acknowledge`"
)
_IDS = Randomness(16)


def bounded(text: str, most: int = MAX_TEXT) -> str:
    """``text`` with every character visible and not too long. What is cut can match no register entry.

    >>> bounded("a\\nb")
    'a\\\\x0ab'
    """
    seen = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text[: most + 1])
    return seen if len(seen) <= most else seen[:most] + "…"


class Judge:
    """Applies a policy to attempts over the configured trunks. Pure where it is given the decision's ``id``:
    the clock is an argument.
    """

    def __init__(
        self,
        rules: Policy,
        trunks: Mapping[str, Trunk],
        node: str,
        mode: Mode = "enforce",
        *,
        stops_on_fork: bool = False,
    ) -> None:
        """``stops_on_fork``: nothing is allowed while the log may not be signed."""
        self.policy = rules
        self.trunks = dict(trunks)
        self.node = node
        self.mode = mode
        self.stops_on_fork = stops_on_fork
        self._number_metadata = " + ".join(filter(None, (metadata.VERSION, rules.areas_version)))
        sections = (profile.range_dialling for profile in rules.profiles)
        self._ranges = tuple(section for section in sections if section)
        self._holding = policy.Holding(rules)
        self.asked = fact_requirements(rules, {name: trunk.business for name, trunk in trunks.items()})
        self._evaluate: Callable[..., tuple[Finding, ...]] = policy.evaluate
        # A trial call is held to its rules in every mode: in shadow anybody could be called by that name.
        self._of_trials = (
            None if rules.set_aside else Judge(rules.of_trials, trunks, node, stops_on_fork=stops_on_fork)
        )

    def _for(self, attempt: CallAttempt) -> Judge:
        """The judge of such attempts."""
        return self._of_trials if self._of_trials and is_trial(attempt.campaign) else self

    def with_evaluate(self, evaluate: Callable[..., tuple[Finding, ...]]) -> Self:
        """The same judge, whose rules are asked by ``evaluate``, which finds what the engine's would."""
        other = copy.copy(self)
        other._evaluate = evaluate
        return other

    def attempt(
        self,
        number: str,
        campaign: str,
        caller_id: str,
        *,
        agent: str = "",
        trunk: str = "",
        channel: str = "",
        uniqueid: str = "",
        attack: str = "",
    ) -> CallAttempt:
        """Normalises and bounds what came from outside."""
        if not trunk and len(self.trunks) == 1:
            trunk = next(iter(self.trunks))
        return CallAttempt(
            callee=self.callee(number, trunk),
            campaign=bounded(campaign),
            caller_id=bounded(caller_id),
            agent=bounded(agent),
            trunk=bounded(trunk, MAX_TEXT * MAX_TRUNKS if AND in trunk else MAX_TEXT),
            node=self.node,
            channel=bounded(channel, 128),
            uniqueid=bounded(uniqueid, 64),
            attack=bounded(attack, 128),
        )

    def callee(self, number: str, trunk: str) -> Callee:
        """Who is called when ``number`` is dialled over this trunk, or over any of several."""
        # A local number is another one in each town, so several trunks must be of one.
        towns = {known.area_code if (known := self.trunks.get(name)) else "" for name in trunk.split(AND)}
        return numbers.parse(
            number,
            regions=self.policy.regions,
            area_code=towns.pop() if len(towns) == 1 else "",
            areas=self.policy.areas,
        )

    def decide(
        self,
        attempt: CallAttempt,
        facts: Facts,
        now: datetime,
        *,
        recorder_required: bool = True,
        id: str = "",
    ) -> Decision:
        """Every rule of every profile is evaluated; the number to dial is there only if all pass.

        The decision keeps the facts but for whom else the campaign dialled: that is counted.
        """
        if (other := self._for(attempt)) is not self:
            return other.decide(attempt, facts, now, recorder_required=recorder_required, id=id)
        facts = ranges.counted(facts, self._ranges)
        if attempt.attack:  # nothing else that a hostile session says is worth judging
            findings: tuple[Finding, ...] = (
                Finding(
                    rule="session",
                    result="fail",
                    code=Reason.INVALID_NUMBER,
                    detail={"key": "attack", "what": attempt.attack},
                ),
            )
        else:
            findings = self._evaluate(attempt, facts, self.policy, now, recorder_required=recorder_required)
        if not self.policy.effective(now):  # a clock that was lost: no rule would bind
            findings += (_failure(Reason.GATE_ERROR, "the clock shows a day before any rule took effect"),)
        failed = any(finding.result == "fail" for finding in findings)
        # No rule of the profile looks at what can be dialled on a trunk.
        if not failed and (why := self._undiallable(attempt)):
            findings += (_failure(Reason.GATE_ERROR, why),)
            failed = True
        return Decision(
            id=id or new_id(),
            decided_at=now,
            attempt=attempt,
            facts=facts,
            findings=findings,
            retry_at=self._retry_at(attempt, facts, now, findings) if failed else None,
            dial=self._dial(attempt, failed),
            policy=self.policy.versions,
            calendar=self.policy.calendar_version,
            tz=zones.version(),
            number_metadata=self._number_metadata,
            mode=self.mode,
            retention=self.policy.terms,
        )

    def _retry_at(
        self, attempt: CallAttempt, facts: Facts, now: datetime, findings: Sequence[Finding]
    ) -> datetime | None:
        return policy.retry_at(attempt, facts, self.policy, now, findings, evaluate=self._evaluate)

    def holds_until(
        self, decision: Decision, dialled: Sequence[ranges.LastDialled] | None = None
    ) -> datetime | None:
        """The first instant at which time alone changes verdict or reasons (UTC); None: it never does.

        Registers, counts and the recorder are taken as they are in the decision's facts. ``dialled``: where a
        range is being dialled, when each number close by was dialled last; without that, and for a block of
        ours after a failure, the answer is promised for no time: the instant is its own.
        """
        if (other := self._for(decision.attempt)) is not self:
            return other.holds_until(decision, dialled)
        if any(finding.rule == "session" for finding in decision.findings):
            return None if self.policy.effective(decision.decided_at) else decision.decided_at
        if all(finding.rule == "gate" for finding in decision.findings):
            lasting = decision.findings[0].detail.get("why", "").startswith((UNBOUND, FORKED, RESTORED))
            return None if lasting else decision.decided_at
        attempt, facts, now = decision.attempt, decision.facts, decision.decided_at
        return self._holding.until(attempt, facts, now, decision.findings, dialled)

    def too_late(self, attempt: CallAttempt, now: datetime, *, id: str = "") -> Decision:
        """The block of an attempt whose deadline has passed."""
        return self.block(attempt, now, Reason.DEADLINE, TOO_LATE, id=id)

    def forked(self, attempt: CallAttempt, now: datetime, *, id: str = "") -> Decision:
        """The block of an attempt while the log may not be signed, where the operator wants that."""
        return self.block(attempt, now, Reason.GATE_ERROR, FORKED, id=id)

    def restored(self, attempt: CallAttempt, now: datetime, *, id: str = "") -> Decision:
        """The block of an attempt since a backup was restored, until an officer has acknowledged it: nobody
        knows who has opted out since.
        """
        return self.block(attempt, now, Reason.GATE_ERROR, RESTORED, id=id)

    def broken(self, attempt: CallAttempt, now: datetime, *, id: str = "") -> Decision:
        """The block of an attempt on which the rules, its facts or its row fail."""
        return self.block(attempt, now, Reason.GATE_ERROR, BROKEN, id=id)

    def unbound(
        self, attempt: CallAttempt, now: datetime, names: Sequence[tuple[str, str]], *, id: str = ""
    ) -> Decision:
        """The block of an attempt that entries of registers would be judged by which are not what the log
        says: ``names``, register and key of each.
        """
        told = ", ".join(f"{register} {key}" for register, key in names)
        return self.block(attempt, now, Reason.GATE_ERROR, f"{UNBOUND}: {told}", id=id)

    def block(self, attempt: CallAttempt, now: datetime, code: Reason, why: str, *, id: str = "") -> Decision:
        """A block for a failure of ours, when the rules could not be asked."""
        if (other := self._for(attempt)) is not self:
            return other.block(attempt, now, code, why, id=id)
        return Decision(
            id=id or new_id(),
            decided_at=now,
            attempt=attempt,
            facts=Facts(),
            findings=(_failure(code, why),),
            dial=self._dial(attempt, True),
            policy=self.policy.versions,
            calendar=self.policy.calendar_version,
            tz=zones.version(),
            number_metadata=self._number_metadata,
            mode=self.mode,
            retention=self.policy.terms,
        )

    def _dial(self, attempt: CallAttempt, failed: bool) -> str:
        """What the trunk is to dial. Shadow blocks nothing that can be dialled; forged text can not."""
        trunk = self.trunks.get(attempt.trunks[0])
        if not failed:
            return numbers.dial_string(attempt.callee, trunk.dial_format) if trunk else ""
        # Nor is a campaign's call to the police put through in any mode.
        if self.mode == "enforce" or attempt.attack or attempt.callee.problem == "emergency-number":
            return ""
        if attempt.callee.e164:
            return numbers.dial_string(attempt.callee, trunk.dial_format if trunk else "national")
        if not _DIALLABLE.fullmatch(attempt.callee.given):
            return ""
        return numbers.shape(trunk.dial_format if trunk else "national").around(attempt.callee.given)

    def _undiallable(self, attempt: CallAttempt) -> str:
        """Why there is nothing that could be dialled on every trunk that the attempt names."""
        names = attempt.trunks
        if unknown := [name for name in names if name not in self.trunks]:
            return f"no trunk {unknown[0]!r} is configured"
        if len(names) > MAX_TRUNKS:
            return f"more than {MAX_TRUNKS} trunks are named"
        # DIALPACT_NUMBER is one number: what is dialled on each of them.
        wanted = {numbers.dial_string(attempt.callee, self.trunks[name].dial_format) for name in names}
        return "" if len(wanted) == 1 else f"the trunks {' and '.join(names)} want the number in other forms"


def _failure(code: Reason, why: str) -> Finding:
    return Finding(rule="gate", result="fail", code=code, detail={"key": "failure", "why": why})


def new_id() -> str:
    """128 random bits, 32 hex digits: it names files and channel variables, and can not be guessed."""
    return _IDS.take().hex()
