"""Registers filled by chance, judges and lists for them: all that a rule looks at differs between numbers."""

from __future__ import annotations

import contextlib
import itertools
import random
import sqlite3
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from dialpact.compliance import calendars, profile
from dialpact.compliance.clock import stamp
from dialpact.compliance.config import Trunk
from dialpact.compliance.held import NOT_SCRUBBED
from dialpact.compliance.judge import Judge
from dialpact.compliance.profile import Policy, Profile
from dialpact.compliance.sections import Attempts, Cap
from dialpact.store.sqlite import create
from tests import registers

START = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)  # a Tuesday morning in China
CALLER_ID = "02788880007"
CHINA = 86
MOBILES = [f"138{place:03}{place * 7919 % 10**5:05}" for place in range(50)]
FIXED = ["02787654321", "01082345678", "0571 8765 4321"]
RUN = [str(13900001000 + place) for place in range(26)]  # of which most were dialled today
SPREAD = [str(13700001000 + place * 3) for place in range(0, 60, 2)]
ABROAD = [
    *("+12122345678", "+12192345678", "+15122345678", "+18002345678", "+13052345678", "+12192345679"),
    *("+15122345679", "+15122345680", "+12122345679", "+13122345678", "+13122345679", "+15122345681"),
    *(f"+1512234{place:04}" for place in range(5, 25)),
    *(f"+1312234{place:04}" for place in range(5, 25)),
    *(f"+331423456{place:02}" for place in range(8)),
    *(f"+614123456{place:02}" for place in range(5)),
    *(f"+618923456{place:02}" for place in range(3)),
]
NONE = ["110", "95588", "12321", "nonsense", "", "1380013800", "87654321", "+999 123", "13800138000;x"]
MANY = (*MOBILES, *FIXED, *RUN[::5], *SPREAD[::7], *ABROAD, *NONE, MOBILES[0])
PROFILES: Sequence[tuple[str, ...]] = [
    ("cn-hubei-2018",),
    ("cn-miit-2020-81",),
    ("cn-hubei-2018", "cn-miit-2020-81"),
    ("us-federal",),
    ("us-federal", "us-tx"),
    ("fr",),
    ("au",),
]


def e164(number: str) -> int:
    """Of one of these that is a number."""
    digits = "".join(filter(str.isdigit, number))
    return int(digits) if number.startswith("+") else int(f"{CHINA}{digits.removeprefix('0')}")


PEOPLE = [e164(number) for number in (*MOBILES, *FIXED, *RUN, *SPREAD, *ABROAD)]


class World:
    """A database; ``chance`` decides what is in it."""

    def __init__(self, path: Path, seed: int) -> None:
        self.path, self.chance = path, random.Random(seed)
        create(path)
        registers.fill(path, caller_ids=[CALLER_ID], numbers=(), profiles=profile.names())
        with contextlib.closing(sqlite3.connect(path)) as db, db:
            registers.campaign(db, "service", "acme", "loans")
            db.execute("UPDATE campaign SET purpose = 'service' WHERE id = 'service'")
            registers.campaign(db, "theirs", "other", "cars")
            self._people(db)
            self._batches(db)
            self._calls(db)
            self._rest(db)

    def at(self, days: float) -> str:
        """Some time in so many days before, or after: one of a few, so that two people have the same."""
        return stamp(START + timedelta(days=days * self.chance.choice((-1, -0.6, -0.3, -0.1, 0.1))))

    def _people(self, db: sqlite3.Connection) -> None:
        pick = self.chance.choice
        for number in PEOPLE:
            for _ in range(pick((0, 0, 1, 1, 1, 2))):
                row = (
                    number,
                    pick(("acme", "acme", "acme", "other")),
                    pick(("loans", "loans", "loans", "cars")),
                    self.at(200),
                    pick((None, None, *map(self.at, (30, 7, 1, 0.5)))),
                    "form",
                    pick((None, None, None, self.at(50))),
                    registers.SINCE,
                    pick(("", "ab" * 32)),
                    "",
                )
                places = ", ".join("?" * len(row))
                db.execute(f"INSERT OR IGNORE INTO consent VALUES ({places})", row)
            for _ in range(pick((0, 0, 0, 1, 2))):
                scope = pick(("all", "industry", "business"))
                value = "" if scope == "all" else pick(("loans", "cars", "acme", "other"))
                row = (number, scope, value, self.at(200), "key", registers.SINCE)
                db.execute("INSERT OR IGNORE INTO do_not_call VALUES (?, ?, ?, ?, ?, ?)", row)

    def _batches(self, db: sqlite3.Connection) -> None:
        held = ("", "run=50", NOT_SCRUBBED, f"{NOT_SCRUBBED}, run=50", "")
        for place, (why, campaign) in enumerate(itertools.product(held, ("spring", "service")), 10):
            withdrawn = registers.SINCE if place > 17 else None
            db.execute(
                "INSERT INTO batch (id, campaign, partner, contract, basis, file, sha256, imported_at, "
                "imported_by, rows, held, withdrawn_at) "
                "VALUES (?, ?, 'p', 'k', 'b', 'f', ?, ?, 'li', 1, ?, ?)",
                (place, campaign, str(place), registers.SINCE, why, withdrawn),
            )
        for number in PEOPLE:
            few = self.chance.sample(range(10, 20), self.chance.randrange(3))
            for batch in self.chance.choice(((), (1, 2), (1, 2), (1, 2), few)):
                db.execute("INSERT INTO lead VALUES (?, ?)", (number, batch))

    def _calls(self, db: sqlite3.Connection) -> None:
        """Some numbers were called often lately; most of RUN, and each of SPREAD, today."""
        serial = itertools.count(1)
        often = self.chance.sample(PEOPLE, 12)
        called = [(number, self.at(3)) for number in often for _ in range(self.chance.randrange(9))]
        called += [(e164(number), self.at(0.5)) for number in (*RUN[:-2], *SPREAD)]
        for number, at in called:
            self.called(db, next(serial), number, at)

    def called(self, db: sqlite3.Connection, seq: int, number: int, at: str, campaign: str = "") -> None:
        """One call; of which campaign, caller ID and business is up to chance, unless it is said."""
        pick = self.chance.choice
        row: dict[str, Any] = {
            "seq": seq,
            "id": f"{seq:032x}",
            "node": "pbx1",
            "decided_at": at,
            "verdict": "ALLOW",
            "reasons": "[]",
            "number": f"+{number}",
            "given": "",
            "dial": "1",
            "caller_id": pick((CALLER_ID, "95xxx")),
            "campaign": campaign or pick(("spring", "spring", "spring", "service")),
            "business": pick(("acme", "acme", "acme", "other")),
            "agent": "",
            "trunk": "carrier",
            "channel": "",
            "uniqueid": "",
            "attack": "",
            "record": "{}",
            "mode": "enforce",
            "behind_us": 0,
            "continues": pick(("", "", "", "f" * 32)),
        }
        names = ", ".join(row)
        db.execute(f"INSERT INTO decision ({names}) VALUES (:{', :'.join(row)})", row)
        if not campaign and not self.chance.randrange(6):
            db.execute("INSERT INTO undelivered VALUES (?, ?, 'deadline')", (row["id"], at))

    def _rest(self, db: sqlite3.Connection) -> None:
        pick = self.chance.choice
        if pick((True, False, False)):
            db.execute(
                "INSERT INTO suspension (kind, key, since, by, cause, evidence) "
                "VALUES (?, ?, ?, 'li', 'c', '[]')",
                (*pick((("agent", "1001"), ("campaign", "service"))), registers.SINCE),
            )
        if pick((True, False)):
            db.execute(
                "INSERT INTO registration "
                "VALUES ('business', 'acme', 'us-tx-telephone-solicitation', '2026-01-01', ?, 'n', ?)",
                (pick((None, "2026-06-01", "2027-01-01")), registers.SINCE),
            )
        odd = (("dnc", f"+{PEOPLE[0]}"), ("consent", f"+{PEOPLE[1]}"), ("lead", f"1/+{PEOPLE[2]}"))
        few = (("leads", "1"), ("lead", "10"))
        for register, key in pick(((), (), odd, odd, few)):
            db.execute(
                "INSERT INTO register_difference VALUES (?, ?, 'row-changed', NULL, ?)",
                (register, key, registers.SINCE),
            )
        if not self.chance.randrange(6):
            db.execute("UPDATE ledger_log SET forked = 'it is'")

    def judge(self, profiles: Sequence[Profile]) -> Judge:
        pick = self.chance.choice
        area = "027" if profiles[0].id.startswith("cn") else ""
        trunks = {
            "carrier": Trunk(endpoint="carrier", area_code=pick(("", area))),
            "backup": Trunk(
                endpoint="backup",
                dial_format=pick(("national", "e164", "zero-mobile", "9{national}")),
                business=pick(("", "other")),
            ),
        }
        policy = Policy(tuple(profiles), calendars.load())
        return Judge(
            policy, trunks, "pbx1", pick(("enforce", "enforce", "shadow")), stops_on_fork=pick((True, False))
        )

    def varied(self, ships: Profile) -> Profile:
        """A copy of a profile that ships, with rules taken out and other limits: more of the calls pass."""
        pick = self.chance.choice
        caps = (Cap(per="callee", limit=2, hours=24), Cap(per="callee", limit=5, hours=100))
        caps += (Cap(per="caller-id", limit=pick((3, 500)), hours=1),)
        own: dict[str, Any] = {
            "attempts": Attempts(
                clause="c", source="s", effective_from=date(2018, 1, 1), purposes=("*",), caps=caps
            )
        }
        for name in ("leads", "resources", "caller_id", "script", "do_not_call", "consent", "actor"):
            if pick((True, False)):
                own[name] = None
        if ships.consent and "consent" not in own:
            own["consent"] = replace(
                ships.consent, valid_months=pick((0, 2, 4)), evidence_hash=pick((True, False))
            )
        return replace(ships, **own)

    def call(self) -> dict[str, str]:
        """Most of them such as could be made."""
        pick = self.chance.choice
        if self.chance.random() < 0.6:
            return {"campaign": "spring", "caller_id": CALLER_ID, "trunk": "carrier", "agent": ""}
        return {
            "campaign": pick(("spring", "spring", "spring", "service", "theirs", "nobody's")),
            "caller_id": pick((CALLER_ID, CALLER_ID, "95xxx")),
            "trunk": pick(("carrier", "carrier", "backup", "carrier&backup", "nowhere", "")),
            "agent": pick(("", "1001")),
        }
