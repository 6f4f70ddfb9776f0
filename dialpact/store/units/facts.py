"""What is known about an attempt: every register, every count, read in the decision's own transaction."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from functools import cache, partial

from msgspec import UNSET

from dialpact.compliance.clock import boot_id, instant, stamp
from dialpact.compliance.fact_requirements import FactRequirements
from dialpact.compliance.ledger.bound.difference import Named
from dialpact.compliance.model import (
    Batch,
    Business,
    CallAttempt,
    CallerId,
    Campaign,
    Consent,
    DncEntry,
    Facts,
    RecorderState,
    Registration,
    Script,
    Suspension,
    Tally,
)
from dialpact.compliance.ranges import LastDialled
from dialpact.compliance.trial import is_trial
from dialpact.store.units import linked
from dialpact.store.units.database import Connection, Row
from dialpact.store.units.registers.trial import Tried, tried
from dialpact.store.units.statements import statements

SQL = statements("facts")


class Registered:
    """What the registers say that is the same for every attempt of one unit of work, each entry read once: it
    holds the lock, and what follows from a decision changes none of this.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.campaign = cache(self._campaign)
        self.differing: frozenset[Named] = frozenset()  # of any register, once a campaign was read
        self.caller_id = cache(partial(_caller_id, connection))
        self.script = cache(partial(_script, connection))
        self.opt_outs_at = cache(partial(_opt_outs_at, connection))
        self._lease = cache(partial(SQL.lease, connection))
        self._batches: dict[int, Batch] = {}

    def _campaign(
        self, id: str, registrations: bool
    ) -> tuple[Campaign | None, Business | None, tuple[Registration, ...]]:
        """With its business, and with what both are registered as where that is asked."""
        ask = SQL.campaign_and_registrations if registrations else SQL.campaign_and_business
        row = ask(self._connection, id=id)
        if row is None:
            return None, None, ()
        if row[7]:
            self.differing = frozenset((register, key) for register, key in json.loads(row[7]))
        return (
            Campaign(id=row[0], business=row[1], industry=row[2], purpose=row[3], script=row[4]),
            Business(id=row[1], name=row[5], actor=row[6]),
            (*_registrations(row[8]), *_registrations(row[9])) if registrations else (),
        )

    def trial(self, campaign: str) -> Tried | None:
        """Read each time: a decision of the same unit may have used it up."""
        found = tried(self._connection, campaign)
        if found is not None and found.differing:
            self.differing = found.differing
        return found

    def batch(self, row: Row) -> Batch:
        """A batch of leads, made of its row once."""
        if (known := self._batches.get(row["id"])) is None:
            known = Batch(**{**dict(row), "imported_at": instant(row["imported_at"])})
            self._batches[known.id] = known
        return known

    def recorder(self, node: str) -> RecorderState:
        """The lease is read once; whether it has run out meanwhile is looked at each time."""
        return _recorder(self._lease(node=node))


def facts(
    connection: Connection,
    attempt: CallAttempt,
    asked: FactRequirements,
    now: datetime,
    live: bool,
    registered: Registered | None = None,
) -> Facts:
    """All that the rules look at, as of ``now``; ``live``: read the recorder lease. ``registered``: by the
    same unit of work.
    """
    registered = registered or Registered(connection)
    trial = registered.trial(attempt.campaign) if is_trial(attempt.campaign) else None
    if trial is None:
        campaign, business, registrations = registered.campaign(attempt.campaign, asked.registrations)
    else:
        campaign, business, registrations = trial.campaign, trial.business, ()
    digits = int(attempt.callee.e164[1:]) if attempt.callee.e164 else None
    names = attempt.trunks
    continues = linked.first_of(connection, attempt, now)
    return Facts(
        campaign=campaign,
        business=business,
        caller_id=registered.caller_id(attempt.caller_id),
        trunk_known=attempt.trunk in asked.holders,
        trunk_business=asked.holders.get(attempt.trunk, ""),
        trunk_holders={
            name: asked.holders[name] for name in names if len(names) > 1 and name in asked.holders
        },
        consents=_consents(connection, attempt.callee.e164, digits, campaign),
        opt_outs=_do_not_call(connection, attempt.callee.e164, digits),
        opt_outs_at=registered.opt_outs_at() if asked.opt_outs_age else None,
        leads=_leads(connection, registered, digits, campaign),
        script=registered.script(campaign.script) if campaign and campaign.script else None,
        attempts=_attempts(connection, attempt, campaign, asked, continues),
        neighbours=_neighbours(connection, attempt, digits, asked, now),
        suspensions=_suspensions(connection, attempt),
        recorder=registered.recorder(attempt.node) if live else None,
        registrations=registrations,
        continues=continues,
        trial=trial.trial if trial else UNSET,
    )


def _registrations(listed: str) -> Iterator[Registration]:
    for holder, id, kind, valid_from, valid_to, number in json.loads(listed):
        yield Registration(
            holder=holder,
            id=id,
            kind=kind,
            valid_from=date.fromisoformat(valid_from),
            valid_to=date.fromisoformat(valid_to) if valid_to else None,
            number=number,
        )


def _caller_id(connection: Connection, number: str) -> CallerId | None:
    row = SQL.caller_id(connection, number=number)
    if row is None:
        return None
    return CallerId(
        number=row["number"],
        business=row["business"],
        licence=row["licence"],
        carrier=row["carrier"],
        authenticated=bool(row["authenticated"]),
        trunks=tuple(json.loads(row["trunks"])),
        purposes=tuple(json.loads(row["purposes"])),
        valid_from=date.fromisoformat(row["valid_from"]),
        valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
        sent_as=tuple(json.loads(row["sent_as"])),
    )


def _consents(
    connection: Connection, e164: str, digits: int | None, campaign: Campaign | None
) -> tuple[Consent, ...]:
    if digits is None or campaign is None:
        return ()
    return tuple(
        Consent(
            number=e164,
            business=business,
            industry=industry,
            granted_at=instant(granted),
            expires_at=_instant(expires),
            evidence=evidence,
            withdrawn_at=_instant(withdrawn),
            evidence_sha256=digest,
            wording=wording,
        )
        for business, industry, granted, expires, evidence, withdrawn, digest, wording in _sorted(
            SQL.consents(connection, number=digits, business=campaign.business), "granted_at", "industry"
        )
    )


def _do_not_call(connection: Connection, e164: str, digits: int | None) -> tuple[DncEntry, ...]:
    if digits is None:
        return ()
    return tuple(
        DncEntry(number=e164, scope=scope, value=value, requested_at=instant(requested), source=source)
        for scope, value, requested, source in _sorted(
            SQL.do_not_call(connection, number=digits), "scope", "value"
        )
    )


def _opt_outs_at(connection: Connection) -> datetime | None:
    return _instant(SQL.opt_outs_at(connection)[0])


def _leads(
    connection: Connection, registered: Registered, digits: int | None, campaign: Campaign | None
) -> tuple[Batch, ...]:
    if digits is None or campaign is None:
        return ()
    return tuple(map(registered.batch, SQL.leads(connection, number=digits, campaign=campaign.id)))


def _script(connection: Connection, id: str) -> Script | None:
    row = SQL.script(connection, id=id)
    if row is None:
        return None
    return Script(
        id=row["id"],
        version=row["version"],
        sha256=row["sha256"],
        approved_by=row["approved_by"],
        approved_at=_instant(row["approved_at"]),
        expires_at=_instant(row["expires_at"]),
        checked=tuple(json.loads(row["checked"])),
    )


def _attempts(
    connection: Connection,
    attempt: CallAttempt,
    campaign: Campaign | None,
    asked: FactRequirements,
    continues: str,
) -> tuple[Tally, ...]:
    """Other ways of one call are one attempt, which its first decision stands for."""
    number = attempt.callee.e164
    if campaign is None or not number:
        return ()
    found = []
    for per, limit in asked.caps:
        if per == "callee":
            row = SQL.nth_at_callee(
                connection, number=number, business=campaign.business, first=continues, skip=limit - 1
            )
        else:
            row = SQL.nth_over_caller_id(
                connection, caller_id=attempt.caller_id, first=continues, skip=limit - 1
            )
        found.append(Tally(per=per, limit=limit, nth=instant(row[0]) if row else None))
    return tuple(found)


def over_caller_id(connection: Connection, caller_id: str, asked: FactRequirements) -> dict[int, Tally]:
    """Of the caps on a caller ID's attempts, by their limits, for a call that is no other way of another."""
    found = {}
    for per, limit in asked.caps:
        if per == "caller-id":
            row = SQL.nth_over_caller_id(connection, caller_id=caller_id, first="", skip=limit - 1)
            found[limit] = Tally(per=per, limit=limit, nth=instant(row[0]) if row else None)
    return found


def _neighbours(
    connection: Connection,
    attempt: CallAttempt,
    digits: int | None,
    asked: FactRequirements,
    now: datetime,
) -> tuple[int, ...]:
    """Distances of other numbers. (E.164 numbers of one length sort as text as they do as numbers.)"""
    if digits is None or not asked.reach:
        return ()
    found = SQL.neighbours(connection, **_near(attempt, digits, asked, now))
    return tuple(sorted(distance for (number,) in found if (distance := int(number[1:]) - digits)))


def last_dialled(
    connection: Connection, attempt: CallAttempt, asked: FactRequirements, now: datetime
) -> list[LastDialled]:
    """Those that ``_neighbours`` finds."""
    if not attempt.callee.e164 or not asked.reach:
        return []
    digits = int(attempt.callee.e164[1:])
    found = SQL.last_dialled(connection, **_near(attempt, digits, asked, now))
    return [
        LastDialled(distance, instant(at)) for number, at in found if (distance := int(number[1:]) - digits)
    ]


def _near(attempt: CallAttempt, digits: int, asked: FactRequirements, now: datetime) -> dict[str, str]:
    return {
        "campaign": attempt.campaign,
        "first": f"+{digits - asked.reach}",
        "last": f"+{digits + asked.reach}",
        "since": stamp(now - asked.window),
    }


def _suspensions(connection: Connection, attempt: CallAttempt) -> tuple[Suspension, ...]:
    found = SQL.suspensions(
        connection, agent=attempt.agent, campaign=attempt.campaign, caller_id=attempt.caller_id
    )
    return tuple(Suspension(**{**dict(row), "since": instant(row["since"])}) for row in found)


def _recorder(row: Row | None) -> RecorderState:
    if row is None:
        return RecorderState(ready=False, why="no listener has reported on this node yet")
    if not row["ready"]:
        return RecorderState(ready=False, why=row["why"])
    if row["boot_id"] != boot_id() or row["expires_ns"] <= time.monotonic_ns():
        return RecorderState(ready=False, why="the listener has not reported in time")
    return RecorderState(ready=True)


def _sorted(found: Iterable[Row], *columns: str) -> list[Row]:
    rows = list(found)
    if len(rows) > 1:
        rows.sort(key=lambda row: [row[column] for column in columns])
    return rows


def _instant(text: str | None) -> datetime | None:
    return instant(text) if text else None
