"""The registers as a person looks through them: each part of a list looks at so many entries, no more."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from operator import itemgetter
from typing import Any, TypeVar

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.model import Business, CallerId, Consent, DncEntry, Registration, Script
from dialpact.compliance.registers.campaign import CampaignEntry
from dialpact.compliance.registers.change import Sealed
from dialpact.compliance.registers.leads import Delivered
from dialpact.compliance.registers.suspension import SuspensionEntry
from dialpact.store.ports.browsing import ANYTHING, BatchState, ConsentState, Imports, Validity, Within
from dialpact.store.ports.page import Page
from dialpact.store.units.database import Connection, Database, rows
from dialpact.store.units.paging import NEWEST, cursor_of, keys_of
from dialpact.store.units.registers.caller_id import caller_id_of
from dialpact.store.units.registers.campaign import campaign_of
from dialpact.store.units.registers.change import digits, of_number
from dialpact.store.units.registers.consent import consent_of
from dialpact.store.units.registers.do_not_call import opt_out_of
from dialpact.store.units.registers.leads import delivered_of
from dialpact.store.units.registers.registration import registration_of
from dialpact.store.units.registers.script import script_of
from dialpact.store.units.registers.suspension import suspension_of
from dialpact.store.units.statements import statements

SQL = statements("browsing")
LOOKED = 20_000  # entries a part of a list: some 20 ms
IMPORTS = 50  # of caller IDs, the newest ones, that are searched for an entry that they name,
SEARCHED = 4_000_000  # characters of them: some 20 ms
T = TypeVar("T")
Bounds = Mapping[str, str | int]


class Browsing:
    """:class:`dialpact.store.ports.browsing.Browsing`. ``looked``: entries a part."""

    def __init__(self, database: Database, looked: int = LOOKED) -> None:
        self._database, self._looked = database, looked

    async def businesses(
        self, *, find: str = "", within: Within = ANYTHING, after: str = "", most: int
    ) -> Page[Business]:
        given = {"find": find, **_within(within, "businesses")}
        return await self._part("businesses", given, lambda row: Business(**row), {"id": ""}, after, most)

    async def campaigns(
        self,
        *,
        find: str = "",
        business: str = "",
        purpose: str = "",
        within: Within = ANYTHING,
        after: str = "",
        most: int,
    ) -> Page[CampaignEntry]:
        limits = _within(within, "businesses") | _within_campaigns(within)
        given = {"find": find, "business": business, "purpose": purpose, **limits}
        return await self._part("campaigns", given, campaign_of, {"id": ""}, after, most)

    async def caller_ids(
        self,
        *,
        find: str = "",
        business: str = "",
        state: Validity = "",
        today: date,
        after: str = "",
        most: int,
    ) -> Page[CallerId]:
        given = {"find": find, "business": business, "state": state, "today": today.isoformat()}
        return await self._part("caller_ids", given, caller_id_of, {"number": ""}, after, most)

    async def scripts(
        self, *, find: str = "", within: Within = ANYTHING, after: str = "", most: int
    ) -> Page[Script]:
        given = {"find": find, **_within(within, "businesses"), **_within_campaigns(within)}
        return await self._part("scripts", given, script_of, {"id": ""}, after, most)

    async def consents(
        self,
        *,
        number: str = "",
        business: str = "",
        industry: str = "",
        state: ConsentState = "",
        now: datetime,
        after: str = "",
        most: int,
    ) -> Page[Consent]:
        given = {"business": business, "industry": industry, "state": state, "now": stamp(now)}
        first: Bounds = {"number": digits(number), "business": "", "industry": "", "granted_at": ""}
        until = of_number(number)
        return await self._part("consents", given, consent_of, first, after, most, until)

    async def opt_outs(
        self, *, number: str = "", scope: str = "", value: str = "", after: str = "", most: int
    ) -> Page[DncEntry]:
        first: Bounds = {"number": digits(number), "scope": "", "value": ""}
        given = {"scope": scope, "value": value}
        until = of_number(number)
        return await self._part("opt_outs", given, opt_out_of, first, after, most, until)

    async def batches(
        self,
        *,
        find: str = "",
        number: str = "",
        campaign: str = "",
        state: BatchState = "",
        after: str = "",
        most: int,
    ) -> Page[Delivered]:
        given, first = {"find": find, "campaign": campaign, "state": state}, {"id": NEWEST}
        if not number:
            return await self._part("batches", given, delivered_of, first, after, most)
        of = {"number": digits(number)}
        return await self._part("batches_with", given, delivered_of, first, after, most, of)

    async def suspensions(
        self,
        *,
        kind: str = "",
        find: str = "",
        lifted: bool = False,
        within: Within = ANYTHING,
        after: str = "",
        most: int,
    ) -> Page[SuspensionEntry]:
        limits = _within(within, "businesses") | _within_campaigns(within)
        limits |= {"everything": within == ANYTHING, "agents": json.dumps(within.agents)}
        given = {"kind": kind, "find": find, "lifted": lifted, **limits}
        return await self._part("suspensions", given, suspension_of, {"seq": NEWEST}, after, most)

    async def registrations(
        self,
        *,
        find: str = "",
        holder: str = "",
        kind: str = "",
        state: Validity = "",
        today: date,
        after: str = "",
        most: int,
    ) -> Page[Registration]:
        given = {"find": find, "holder": holder, "kind": kind, "state": state, "today": today.isoformat()}
        first = {"holder": "", "id": "", "kind": "", "valid_from": ""}
        return await self._part("registrations", given, registration_of, first, after, most)

    async def script_versions(self, id: str) -> list[Script]:
        found = await self._database.read(lambda connection: rows(SQL.script_versions(connection, id=id)))
        return [script_of(row) for row in found]

    async def script_text(self, id: str, version: int) -> str | None:
        row = await self._database.read(
            lambda connection: SQL.script_text(connection, id=id, version=version)
        )
        return str(row["text"]) if row else None

    async def acts(self, register: str, key: str, *, after: str = "", most: int) -> Page[Sealed]:
        first: Bounds = {"seq": NEWEST}
        begin = (keys_of(after, first) if after else first)["seq"]

        def work(connection: Connection) -> Page[Sealed]:
            ask = partial(SQL.acts, connection, register=register, key=key)
            found = [_sealed(row) for row in rows(ask(after=begin, most=most + 1))]
            shown = found[:most]
            return Page(shown, cursor_of([shown[-1].seq]) if len(found) > most else "")

        return await self._database.read(work)

    async def imports_of(self, register: str, key: str) -> Imports:
        def work(connection: Connection) -> Imports:
            if register == "caller-id":
                seqs, whole = _searched(
                    rows(SQL.newest_imports(connection, register=register, most=IMPORTS + 1))
                )
                found = rows(SQL.imports_naming(connection, seqs=json.dumps(seqs), number=key))
                return Imports(tuple(map(_sealed, found)), whole)
            acts: list[dict[str, Any]] = []
            if ask := {"consent": SQL.entered_consents, "dnc": SQL.entered_opt_outs}.get(register):
                for at in {row["created_at"] for row in rows(ask(connection, number=digits(key)))}:
                    acts += rows(SQL.import_at(connection, register=register, at=at))
            return Imports(tuple(sorted(map(_sealed, acts), key=lambda act: act.seq, reverse=True)), True)

        return await self._database.read(work)

    async def act(self, leaf: int) -> Sealed | None:
        def work(connection: Connection) -> Sealed | None:
            row = SQL.act_of_leaf(connection, leaf=leaf)
            return _sealed(dict(row)) if row else None

        return await self._database.read(work)

    async def leaves_of_said(self, number: str) -> list[int | None]:
        found = await self._database.read(
            lambda connection: rows(SQL.leaves_of_said(connection, number=digits(number)))
        )
        return [row["leaf"] for row in sorted(found, key=itemgetter("seq"))]

    async def differs(self, register: str, key: str) -> bool:
        found = await self._database.read(
            lambda connection: SQL.differs(connection, register=register, key=key)
        )
        return found is not None

    async def _part(
        self,
        name: str,
        given: Mapping[str, object],
        entry: Callable[[dict[str, Any]], T],
        first: Bounds,
        after: str,
        most: int,
        bounds: Mapping[str, object] | None = None,
    ) -> Page[T]:
        """``bounds``: what the statement of the look's end is given as well."""
        begin = keys_of(after, first) if after else first
        begins = {f"after_{column}": value for column, value in begin.items()}
        reach = {**begins, **(bounds or {}), "looked": self._looked}

        def work(connection: Connection) -> Page[T]:
            found = rows(getattr(SQL, name)(connection, **given, **reach, most=most + 1))
            last: Mapping[str, Any] | None = found[most - 1] if len(found) > most else None
            next = last or getattr(SQL, f"{name}_end")(connection, **reach)
            cursor = cursor_of([next[column] for column in first]) if next else ""
            return Page([entry(row) for row in found[:most]], cursor)

        return await self._database.read(work)


def _searched(newest: Sequence[Mapping[str, Any]]) -> tuple[list[int], bool]:
    """Which imports are searched, the newest first, and whether these are all."""
    seqs: list[int] = []
    size = 0
    for row in newest[:IMPORTS]:
        if size >= SEARCHED:
            break
        seqs.append(row["seq"])
        size += row["size"]
    return seqs, len(seqs) == len(newest)


def _within(within: Within, name: str) -> dict[str, object]:
    return {"all": not within.businesses, name: json.dumps(within.businesses)}


def _within_campaigns(within: Within) -> dict[str, object]:
    return {"all_campaigns": not within.campaigns, "campaigns": json.dumps(within.campaigns)}


def _sealed(row: dict[str, Any]) -> Sealed:
    return Sealed(**{**row, "at": instant(row["at"]), "detail": json.loads(row["detail"])})
