"""A supervisor and his operators in one process: each with a folder, a key, a database and doors."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import msgspec
from msgspec import structs

from dialpact.application.actor import Actor, Door
from dialpact.application.context import Context
from dialpact.application.supervised import handing
from dialpact.application.supervised.handing import HandedIn
from dialpact.application.supervision import operators
from dialpact.application.supervision.desk import Desk
from dialpact.compliance.clock import host_uptime
from dialpact.compliance.config import SupervisionConfig
from dialpact.compliance.ledger import keys
from dialpact.compliance.ledger.note import Signer, Verifier
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.supervision.config import SuperviseConfig
from dialpact.compliance.supervision.model import Operator
from dialpact.presentation.evidence_report import reports
from dialpact.store import supervision as engine
from dialpact.store.sqlite import Store
from dialpact.store.supervision import SupervisionStore
from dialpact.web.app import application
from dialpact.web.supervised import supervised
from dialpact.web.supervision.letters import letters
from tests.agi.office import NUMBER, Office, SetClock
from tests.web.asking import made, serving

MONTH = "2026-10"
SECONDS = 20


def report(month: str = MONTH, **changes: object) -> bytes:
    """As much of an inspection report as the supervisor reads."""
    last = {"2026-10": "31", "2026-09": "30", "2026-11": "30"}[month[:7]]
    made = {
        "made_at": "2026-11-03T02:00:00Z",
        "full": False,
        "complete": True,
        "period": {"first": f"{month}-01", "last": f"{month}-{last}"},
        "headings": [{"name": "filing", "verdict": "ok"}, {"name": "conduct", "verdict": "violation"}],
        "calls": {"attempts": 7},
    }
    return msgspec.json.encode(made | changes)


def no_paper(_: str) -> bytes:
    raise Fault("pdf-extra")


PAGES = partial(reports, "zh", no_paper)  # of a package: PDF takes seconds


class Supervisor:
    """``letters`` is the port of his letter box while :meth:`open` lasts."""

    def __init__(self, folder: Path, clock: SetClock) -> None:
        self.folder, self.clock = folder, clock
        folder.mkdir()
        self.signer: Signer = keys.signer_of(keys.generate(), "12321.test")
        self.config = SuperviseConfig(origin=str(folder / "supervise.toml"))
        self.config = structs.replace(
            self.config, complaints=structs.replace(self.config.complaints, seconds=SECONDS)
        )
        engine.create(self.config.database)
        self.letters = 0

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Desk]:
        async with await SupervisionStore.open(self.config.database) as store:
            desk = Desk(store, self.config, self.signer, self.clock, "chen")
            async with serving(letters(desk)) as self.letters:
                yield desk

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.letters}"


class Watched(Office):
    """An operator who is supervised. ``name`` is his node's, and of his log."""

    def __init__(self, folder: Path, name: str, clock: SetClock) -> None:
        folder.mkdir()
        super().__init__(folder)
        self.folder, self.name, self.clock = folder, name, clock
        self.config = structs.replace(self.config, node=structs.replace(self.config.node, name=name))
        self.judge.node = name
        self.sql("UPDATE recorder_lease SET node = ?", name)
        keys.write_new(folder / "ledger.key", keys.generate(), 0o600)
        self.port = 0

    @classmethod
    def beside(cls, one: Watched, folder: Path, database: Path) -> Watched:
        """The same operator by another database: key, secret and configuration are the same."""
        made = cls.__new__(cls)
        made.__dict__.update(one.__dict__)
        folder.mkdir()
        for name in ("ledger.key", "supervision.secret"):
            shutil.copy(one.folder / name, folder / name)
        made.folder, made.database = folder, folder / "dialpact.db"
        shutil.copy(database, made.database)
        made.config = structs.replace(one.config, origin=str(folder / "dialpact.toml"))
        return made

    @property
    def vkey(self) -> str:
        return keys.load(self.config).vkey

    async def join(self, desk: Desk, supervisor: Supervisor, *, reports_from: str = MONTH) -> Operator:
        """Registered there, and told of it."""
        new = await operators.add(
            desk,
            self.name,
            name=f"{self.name} 公司",
            key=Verifier.parse(self.vkey),
            reports_from=reports_from,
        )
        keys.write_new(self.folder / "supervision.secret", new.secret.hex().encode(), 0o600)
        ours = SupervisionConfig(url=supervisor.url, vkey=supervisor.signer.vkey)
        self.config = structs.replace(self.config, supervision=ours)
        return new

    @asynccontextmanager
    async def context(self) -> AsyncIterator[Context]:
        async with await Store.open(self.database, 10_000) as store:
            yield Context(store, Actor(name="li", door=Door.SHELL), self.clock, host_uptime)

    async def call(self, number: str = NUMBER) -> str:
        """Decided by the real gate; the verdict."""
        async with self.gate() as gate:
            decided = await gate.decide(self.attempt(number), asyncio.get_running_loop().time() + SECONDS)
        return decided.verdict

    async def checkpoint(self) -> str:
        async with self.context() as context:
            return await handing.cosigned(context, self.config)

    async def hand_in(self, month: str = MONTH, content: bytes = b"") -> HandedIn:
        async with self.context() as context:
            return await handing.hand_in(context, self.config, month, content or report(month))

    @asynccontextmanager
    async def web(self, desk: Desk) -> AsyncIterator[int]:
        """His `dialpact web`, of which the supervisor is told: its port."""
        parts = made(self.config, self.clock)
        async with parts.opened(), serving(application(parts.site, (supervised(PAGES),))) as self.port:
            await operators.move(desk, self.name, f"http://127.0.0.1:{self.port}", reason="test")
            yield self.port
