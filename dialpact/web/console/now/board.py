"""What the first page shows, made once of each look for all who may see the same."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from dialpact.application import listings
from dialpact.application.doctor.finding import DoctorFinding
from dialpact.application.health import Look
from dialpact.application.now import LiveCall, Now, Watch
from dialpact.compliance.registers.account import Account, Role
from dialpact.compliance.texts import Language, incident_text
from dialpact.compliance.veil import Veil
from dialpact.presentation import finding as words
from dialpact.store.ports.listings import Wanted
from dialpact.web.console import rendering
from dialpact.web.console.page import Asked
from dialpact.web.site import Site

TEMPLATE = "now/now.html"
PARTS = ("duties", "figures", "calls", "standing")
STANDING_SECONDS = 6.0  # a gate that is silent takes two of them, a disk that hangs one
KEPT = 64  # kinds of who looks
OPEN = ("failed", "unseen", "missing")  # states of recordings that want a person
BADGES = {"ok": "ok", "warn": "open", "fail": "bad", "skip": "plain"}


def limits(account: Account) -> Wanted:
    """Whose calls an account may see."""
    return Wanted(businesses=account.businesses, campaigns=account.campaigns, agents=account.agents)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """``now`` is None where the store did not answer: ``why``. ``look``: likewise, at how all stands.

    ``own``: those of the caller IDs that are, or were, registered.
    """

    now: Now | None = None
    why: str = ""
    look: Look | None = None
    own: frozenset[str] = frozenset()


class Board:
    """Of one site."""

    def __init__(self) -> None:
        self.watching = 0
        self._made: dict[tuple[Wanted, Role, Language], tuple[Seen, dict[str, str]]] = {}
        self._making = asyncio.Lock()

    @staticmethod
    def of(site: Site) -> Board:
        return _BOARDS.setdefault(site.watch, Board())

    async def look(self, asked: Asked[Any]) -> Seen:
        """StoreError."""
        found, look = await asyncio.gather(
            asked.site.watch.now(asked.context, limits(asked.account)), self.standing(asked)
        )
        own: frozenset[str] = frozenset()
        if asked.account.role is Role.SUPERVISOR:
            shown = {one.entry.caller_id for one in (*found.under_way, *found.newest)}
            own = await listings.ours(asked.context, shown - {""})
        return Seen(now=found, look=look, own=own)

    async def standing(self, asked: Asked[Any]) -> Look | None:
        """None: it is not known."""
        if asked.site.health is None:
            return None
        try:
            async with asyncio.timeout(STANDING_SECONDS):
                return await asked.site.health.look()
        except TimeoutError:
            return None

    async def parts(self, seen: Seen, asked: Asked[Any]) -> dict[str, str]:
        """HTML of each of the page's parts."""
        key = limits(asked.account), asked.account.role, asked.language
        async with self._making:
            made = self._made.pop(key, None)
            if made is None or made[0].now is not seen.now or made[0].look is not seen.look or seen.why:
                made = seen, await asyncio.to_thread(_rendered, self.values(seen, asked), asked.language)
            self._made[key] = made
            while len(self._made) > KEPT:
                del self._made[next(iter(self._made))]
        return made[1]

    def values(self, seen: Seen, asked: Asked[Any]) -> dict[str, Any]:
        """What the template is filled with."""
        supervisor = asked.account.role is Role.SUPERVISOR
        found = seen.now
        veil = Veil((), seen.own, full=not supervisor)
        return {
            "seen": found,
            "why": seen.why,
            "at": found.at if found else seen.look.at if seen.look else asked.site.clock.now(),
            "under_way": [_row(one, veil) for one in found.under_way] if found else [],
            "newest": [_row(one, veil) for one in found.newest] if found else [],
            "last_minute": found.minutes[-2] if found else None,
            "incidents": [
                (one, incident_text(one.kind, asked.language)) for one in (found.incidents if found else ())
            ],
            "ready": not seen.look.problems if seen.look else None,
            "duties": _duties(seen.look, asked.language, supervisor) if seen.look else [],
            "standing": _standing(seen.look, asked.language, supervisor) if seen.look else [],
            "free": _free(seen.look) if seen.look and not supervisor else [],
            "suspended": _suspended(seen.look) if not supervisor else 0,
            "shadow": asked.site.rules().mode == "shadow",
            "hears": asked.account.role is not Role.ADMINISTRATOR,
            "role": asked.account.role,
            "zone": asked.zone,
        }


def plot(found: Now) -> dict[str, list[float | int | None]]:
    """For the plot: Unix times, and decisions of each minute."""
    return {
        "at": [one.at.timestamp() for one in found.minutes],
        "allowed": [one.allowed for one in found.minutes],
        "blocked": [one.blocked for one in found.minutes],
    }


@dataclass(frozen=True, kw_only=True)
class Row:
    """A call, as whoever looks may see it."""

    id: str
    at: datetime
    number: str
    caller_id: str
    campaign: str
    agent: str
    verdict: str
    shadow: bool
    reasons: tuple[str, ...]
    outcome: str
    talk_seconds: float | None
    recording: str
    recording_id: str
    recording_open: bool


def _row(call: LiveCall, veil: Veil) -> Row:
    entry = call.entry
    mine = veil.about((entry.number, entry.given))
    return Row(
        id=entry.id,
        at=entry.decided_at,
        number=mine.number(entry.number or entry.given),
        caller_id=mine.caller_id(entry.caller_id),
        campaign=mine.text(entry.campaign),
        agent=mine.text(entry.agent),
        verdict=entry.verdict,
        shadow=entry.mode == "shadow",
        reasons=entry.reasons,
        outcome=entry.outcome,
        talk_seconds=entry.talk_seconds,
        recording=call.recording,
        recording_id=call.recording_id,
        recording_open=call.recording in OPEN,
    )


@dataclass(frozen=True, kw_only=True)
class Item:
    """What was found of one thing; ``badge``: how it is shown."""

    name: str
    badge: str
    result: str
    text: str
    advice: str


def _items(found: Sequence[tuple[str, DoctorFinding]], language: Language, brief: bool) -> list[Item]:
    """``brief``: without the particulars, which are of the whole installation."""
    return [
        Item(
            name=words.check_name(name, language),
            badge=BADGES[item.result],
            result=item.result,
            text="" if brief else words.said(item, language),
            advice="" if brief else words.advice(item, language),
        )
        for name, item in found
    ]


def _duties(look: Look, language: Language, brief: bool) -> list[Item]:
    """What is not as it should be; first what stops calls."""
    wrong = [(name, item) for name, item in look.standing if item.result in ("warn", "fail")]
    return _items(sorted(wrong, key=lambda one: one[1].result != "fail"), language, brief)


def _standing(look: Look, language: Language, brief: bool) -> list[Item]:
    return _items(look.standing, language, brief)


def _free(look: Look) -> list[tuple[str, int]]:
    """Megabytes that are free, by what is kept there."""
    found = (("now.free-recordings", look.free_recordings), ("now.free-database", look.free_database))
    return [(key, free >> 20) for key, free in found if free is not None]


def _suspended(look: Look | None) -> int:
    return len(look.figures.health.suspensions) if look and look.figures else 0


def _rendered(values: dict[str, Any], language: Language) -> dict[str, str]:
    return {part: rendering.page(TEMPLATE, part, language, values) for part in PARTS}


_BOARDS: WeakKeyDictionary[Watch, Board] = WeakKeyDictionary()
