"""What the first page shows, made once of each look for all who may see the same."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

from dialpact.application import complaints
from dialpact.application.doctor.finding import DoctorFinding
from dialpact.application.health import Look
from dialpact.application.incidents import kinds
from dialpact.application.now import Now, Watch
from dialpact.compliance.registers.account import Role
from dialpact.compliance.texts import Language, incident_text
from dialpact.compliance.veil import Veil
from dialpact.presentation import finding as words
from dialpact.store.ports.complaints import Waiting
from dialpact.store.ports.listings import Wanted
from dialpact.web.console import rendering, within
from dialpact.web.console.call_row import row
from dialpact.web.console.complaints.whose import theirs
from dialpact.web.console.page import Asked
from dialpact.web.console.within import limits
from dialpact.web.site import Site

K = TypeVar("K")
V = TypeVar("V")
TEMPLATE = "now/now.html"
PARTS = ("duties", "figures", "calls", "standing")
STANDING_SECONDS = 6.0  # a gate that is silent takes two of them, a disk that hangs one
KEPT = 64  # kinds of who looks
BADGES = {"ok": "ok", "warn": "open", "fail": "bad", "skip": "plain"}
HIDDEN = Veil()
_ROW = re.compile(r'<tr id="([a-z]-[\w-]+)">.*?</tr>', re.DOTALL)  # (no text has a tag in it)
KINDS = frozenset(kinds())


class Part(NamedTuple):
    """HTML of a part of the page: ``rows`` of its tables by their ids, and ``frame``, with an empty row in
    the place of each. So of a long list only what is new goes over the wire.
    """

    frame: str
    rows: dict[str, str]


def part_of(html: str) -> Part:
    rows: dict[str, str] = {}

    def apart(found: re.Match[str]) -> str:
        rows[found[1]] = found[0]
        return f'<tr data-row="{found[1]}"></tr>'

    return Part(_ROW.sub(apart, html), rows)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """``now`` is None where the store did not answer: ``why``. ``look``: likewise, at how all stands.

    ``veil``: over the numbers of its calls. ``complaints``: that are not answered.
    """

    now: Now | None = None
    why: str = ""
    look: Look | None = None
    veil: Veil = HIDDEN
    complaints: Waiting | None = None


class Board:
    """Of one site."""

    def __init__(self) -> None:
        self.watching: Counter[str] = Counter()  # streams, by account
        self._seen: dict[tuple[Wanted, Role], Seen] = {}
        self._made: dict[tuple[Wanted, Role, Language], tuple[Seen, dict[str, Part]]] = {}
        self._making = asyncio.Lock()

    @staticmethod
    def of(site: Site) -> Board:
        return _BOARDS.setdefault(site.watch, Board())

    async def look(self, asked: Asked[Any]) -> Seen:
        """Shared by all who see the same. StoreError."""
        found, look = await asyncio.gather(
            asked.site.watch.now(asked.context, limits(asked.account)), self.standing(asked)
        )
        key = limits(asked.account), asked.account.role
        async with self._making:
            last = self._seen.pop(key, None)
            if last is None or last.now is not found or last.look is not look:
                shown = {one.entry.caller_id for one in (*found.under_way, *found.newest)}
                last = Seen(
                    now=found,
                    look=look,
                    veil=await within.veil(asked, (), shown),
                    complaints=await complaints.waiting(asked.context, theirs(asked.account)),
                )
            _keep(self._seen, key, last)
        return last

    async def standing(self, asked: Asked[Any]) -> Look | None:
        """None: it is not known."""
        if asked.site.health is None:
            return None
        try:
            async with asyncio.timeout(STANDING_SECONDS):
                return await asked.site.health.look()
        except TimeoutError:
            return None

    async def parts(self, seen: Seen, asked: Asked[Any]) -> dict[str, Part]:
        key = limits(asked.account), asked.account.role, asked.language
        async with self._making:
            made = self._made.pop(key, None)
            if made is None or made[0] is not seen:
                made = seen, await asyncio.to_thread(_rendered, self.values(seen, asked), asked.language)
            _keep(self._made, key, made)
        return made[1]

    def values(self, seen: Seen, asked: Asked[Any]) -> dict[str, Any]:
        """What the template is filled with."""
        supervisor = asked.account.role is Role.SUPERVISOR
        found = seen.now
        veil = seen.veil
        return {
            "seen": found,
            "why": seen.why,
            "at": found.at if found else seen.look.at if seen.look else asked.site.clock.now(),
            "under_way": [row(one.entry, veil, one) for one in found.under_way] if found else [],
            "newest": [row(one.entry, veil, one) for one in found.newest] if found else [],
            "last_minute": found.minutes[-2] if found else None,
            "incidents": [
                (one, incident_text(one.kind, asked.language), one.kind in KINDS)
                for one in (found.incidents if found else ())
            ],
            "ready": not seen.look.problems if seen.look else None,
            "duties": _duties(seen.look, asked.language, supervisor) if seen.look else [],
            "standing": _standing(seen.look, asked.language, supervisor) if seen.look else [],
            "free": _free(seen.look) if seen.look and not supervisor else [],
            "complaints": seen.complaints,
            "suspended": _suspended(seen.look) if not supervisor else 0,
            "shadow": asked.site.rules().mode == "shadow",
            "hears": asked.account.role is not Role.ADMINISTRATOR,
            "role": asked.account.role,
            "zone": asked.zone,
        }


def _keep(kept: dict[K, V], key: K, value: V) -> None:
    """The last of them; who has not asked for the longest is forgotten."""
    kept[key] = value
    while len(kept) > KEPT:
        del kept[next(iter(kept))]


def plot(found: Now) -> dict[str, list[float | int | None]]:
    """For the plot: Unix times, and decisions of each minute that is over."""
    over = found.minutes[:-1]
    return {
        "at": [one.at.timestamp() for one in over],
        "allowed": [one.allowed for one in over],
        "blocked": [one.blocked for one in over],
    }


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


def _rendered(values: dict[str, Any], language: Language) -> dict[str, Part]:
    return {part: part_of(rendering.page(TEMPLATE, part, language, values)) for part in PARTS}


_BOARDS: WeakKeyDictionary[Watch, Board] = WeakKeyDictionary()
