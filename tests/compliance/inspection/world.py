"""A small installation made by the product's own functions, and its report."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from dialpact.compliance import calendars, profile
from dialpact.compliance.inspection.figures import Inspection
from dialpact.compliance.inspection.period import period
from dialpact.compliance.inspection.question import Question
from dialpact.compliance.inspection.report import made
from dialpact.compliance.judge import new_id
from dialpact.compliance.model import (
    Business,
    CallAttempt,
    Callee,
    CallerId,
    Campaign,
    Consent,
    Decision,
    DncEntry,
    Facts,
    Finding,
    PolicyVersion,
)
from dialpact.compliance.profile import Policy
from dialpact.compliance.reasons import Reason
from dialpact.compliance.recorded import Finished, NewRecording
from dialpact.store.ports.decisions import Undelivered
from dialpact.store.sqlite import Store, create
from dialpact.store.units import decisions

SHANGHAI = profile.load("cn-hubei-2018").zone
HUBEI = Policy((profile.load("cn-hubei-2018"),), calendars.load())
NOON_BEFORE = datetime(2026, 11, 1, 4, tzinfo=UTC)
NUMBER = "+8613800138000"
CALLER_ID = "02787654321"


def local(text: str) -> datetime:
    """``2026-11-24 10:00`` in Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


def number(place: int) -> str:
    return f"+861390000{place:04}"


class World:
    def __init__(self, store: Any, policy: Policy = HUBEI, name: Callable[[], str] = new_id) -> None:
        """``name`` gives a decision its id. ``store``: of any engine."""
        self.store, self.policy, self._name = store, policy, name
        self._serial = itertools.count(1)

    @classmethod
    async def made(cls, path: Path, policy: Policy = HUBEI) -> World:
        create(path / "a.db")
        world = cls(await Store.open(path / "a.db"), policy)
        await world.furnish()
        return world

    async def furnish(self) -> None:
        by: dict[str, Any] = {"by": "chen", "at": NOON_BEFORE}
        for id in ("acme", "other"):
            await self.store.businesses.add(Business(id=id, name=id.title(), actor="own-business"), **by)
        for id, purpose in (("renewal", "marketing"), ("repair", "service")):
            await self.store.campaigns.add(
                Campaign(id=id, business="acme", industry="loans", purpose=purpose), **by
            )
        await self.caller_id(CALLER_ID)

    async def caller_id(self, number: str, **fields: Any) -> None:
        entry = {
            "business": "acme",
            "licence": "L-1",
            "carrier": "CT",
            "authenticated": True,
            "trunks": ("*",),
            "purposes": ("*",),
            "valid_from": date(2026, 1, 1),
            "valid_to": None,
        }
        new = CallerId(number=number, **{**entry, **fields})
        await self.store.caller_ids.put(new, by="chen", at=NOON_BEFORE)

    async def call(
        self,
        at: datetime | str,
        *reasons: Reason,
        to: str = NUMBER,
        campaign: str = "renewal",
        purpose: str = "marketing",
        industry: str = "loans",
        business: str = "acme",
        caller_id: str = CALLER_ID,
        trunk: str = "carrier",
        shadow: bool = False,
        undelivered: bool = False,
        policy: tuple[PolicyVersion, ...] | None = None,
    ) -> str:
        """A decision: allowed without reasons. ``purpose`` None: of a campaign that nobody knows."""
        moment = local(at) if isinstance(at, str) else at
        findings = [Finding(rule="number", result="pass")]
        findings += [Finding(rule="x", result="fail", code=reason) for reason in reasons]
        of = Campaign(id=campaign, business=business, industry=industry, purpose=purpose)  # type: ignore[arg-type]
        made = Decision(
            id=self._name(),
            decided_at=moment,
            attempt=CallAttempt(
                callee=Callee(given=to, e164=to, national=to[3:], kind="mobile", region="CN"),
                campaign=campaign,
                caller_id=caller_id,
                trunk=trunk,
                node="pbx1",
            ),
            facts=Facts(campaign=of if purpose else None),
            findings=tuple(findings),
            dial=to[3:] if not reasons or shadow else "",
            policy=self.policy.versions if policy is None else policy,
            mode="shadow" if shadow else "enforce",
        )
        await self.store.transact(lambda connection: decisions.record(connection, [made]))
        if undelivered:
            await self.store.decisions.undelivered([Undelivered(made.id, moment, Reason.DEADLINE)])
        return made.id

    async def recorded(
        self,
        call: str,
        at: datetime | str,
        *,
        talk: float = 60,
        seconds: float | None = None,
        state: str = "kept",
        sha256: str | None = "a" * 64,
        answered: bool = True,
        ended: bool = True,
    ) -> str:
        begun = local(at) if isinstance(at, str) else at
        id = f"{next(self._serial):032x}"
        new = NewRecording(
            id=id,
            decision=call,
            node="pbx1",
            channel="PJSIP/carrier-1",
            uniqueid=id,
            number=NUMBER,
            caller_id=CALLER_ID,
            campaign="renewal",
            started_at=begun,
            answered_at=begun + timedelta(seconds=5) if answered else None,
            format="wav",
            path=f"/r/{id}.wav",
            callee_path=f"/r/{id}c.wav",
            agent_path=f"/r/{id}a.wav",
        )
        await self.store.recordings.start(new)
        if ended:
            end = Finished(
                id=id,
                state=state,
                ended_at=begun + timedelta(seconds=5 + talk),
                seconds=talk if seconds is None else seconds,
                talk_seconds=talk if answered else None,
                sha256=sha256,
                keep_until=date(2027, 11, 24),
            )
            await self.store.recordings.finish(end)
        return id

    async def answered(self, at: str, **of: Any) -> str:
        call = await self.call(at, **of)
        await self.recorded(call, at)
        return call

    async def incident(self, kind: str, call: str = "", at: str = "2026-11-24 11:00") -> None:
        await self.store.incidents.add(at=local(at), node="pbx1", kind=kind, decision=call)

    async def opt_out(
        self, at: str, scope: str = "all", value: str = "", *, to: str = NUMBER, said: str = ""
    ) -> None:
        entry = DncEntry(
            number=to,
            scope=scope,
            value=value,
            requested_at=local(said or at),
            source="x",  # type: ignore[arg-type]
        )
        await self.store.dnc.add(entry, by="chen", at=local(at))

    async def agree(self, since: str, until: str = "", *, to: str = NUMBER, **fields: Any) -> None:
        new = Consent(
            number=to,
            business="acme",
            industry="loans",
            granted_at=local(since),
            expires_at=local(until) if until else None,
            evidence="form",
            **fields,
        )
        await self.store.consents.add(new, by="chen", at=local(since))

    async def sql(self, statement: str, *values: object) -> list[Any]:
        """Around the product's functions: as somebody with the database in his hands would."""
        return await self.store.transact(lambda connection: connection.execute(statement, values).fetchall())

    async def report(
        self,
        first: str = "2026-11-24",
        last: str = "2026-11-24",
        *,
        now: str = "2026-12-01 10:00",
        holders: dict[str, str] | None = None,
        **more: Any,
    ) -> Inspection:
        zone = self.policy.profiles[0].zone
        question = Question(
            period=period(date.fromisoformat(first), date.fromisoformat(last), zone),
            policy=self.policy,
            holders={"carrier": ""} if holders is None else holders,
            now=local(now),
            **{"mode": "enforce", "node": "pbx1", "by": "chen", **more},
        )
        return await self.store.inspections.snapshot(question.period, lambda source: made(source, question))


def finding(report: Inspection, key: str) -> Any:
    """The values of the finding ``key``; None when there is none."""
    found = [one for heading in report.headings for one in heading.findings if one.key == key]
    return dict(found[0].values) if found else None


def verdict(report: Inspection, name: str) -> str:
    return next(heading.verdict for heading in report.headings if heading.name == name)


def nonzero(value: msgspec.Struct, *names: str) -> dict[str, Any]:
    return {name: getattr(value, name) for name in names if getattr(value, name)}


def slots(found: Sequence[Any]) -> dict[str, tuple[int, int, int, int]]:
    """Those in which anything was asked for."""
    return {
        slot.at: figures
        for slot in found
        if any(figures := (slot.passed, slot.blocked, slot.shadow, slot.undelivered))
    }
