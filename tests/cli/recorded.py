"""Recordings on a shelf: real wav files with their rows, and a host whose clocks a test sets."""

from __future__ import annotations

import asyncio
import hashlib
import io
import sqlite3
import wave
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from dialpact.cli.command_context import Machine
from dialpact.compliance.clock import Uptime
from dialpact.compliance.recorded import Finished, NewRecording
from dialpact.store.sqlite import Store
from dialpact.store.units import clocks, decisions
from tests.compliance.store_values import AT, attempt, decision

if TYPE_CHECKING:
    from tests.cli.conftest import Home

SIDES = ("", "-callee", "-agent")
LAST = date(2027, 11, 24)  # AT and the twelve months of cn-hubei-2018
OVER = datetime(2027, 11, 25, 12, tzinfo=UTC)  # when that day is over everywhere
DAY = timedelta(days=1)


class Host:
    """Its wall clock and its uptime. Started an hour before AT."""

    def __init__(self, wall: datetime = AT, up: timedelta = timedelta(hours=1), boot: str = "first") -> None:
        self.wall, self.up, self.boot = wall, up, boot

    def now(self) -> datetime:
        return self.wall

    def uptime(self) -> Uptime:
        return Uptime(self.boot, self.up)

    @property
    def machine(self) -> Machine:
        return Machine(clock=self, uptime=self.uptime)

    def runs(self, span: timedelta) -> None:
        self.wall, self.up = self.wall + span, self.up + span


class Shelf:
    """``home`` with a recordings' folder of its own, on ``host``."""

    def __init__(self, home: Home, host: Host) -> None:
        self.home, self.host = home, host
        self.database = home.path / "dialpact.db"
        self.folder = home.path / "spool"
        self.folder.mkdir()
        text = home.config.read_text("utf-8").replace("/var/spool/asterisk/dialpact", str(self.folder))
        home.config.write_text(text, "utf-8")

    def put(
        self,
        name: str = "a",
        *,
        number: str = "+8613800138000",
        ended: datetime = AT,
        until: date | None = LAST,
        state: str = "kept",
        sound: str = "",
        **decided: Any,
    ) -> str:
        """One with three files below its day. The id of the recording, 32 hex digits. ``decided``: of its
        decision.
        """
        id = hashlib.md5(name.encode()).hexdigest()
        made = msgspec.structs.replace(decision(attempt(number)), decided_at=ended, **decided)
        day = self.folder / ended.strftime("%Y/%m/%d")
        day.mkdir(parents=True, exist_ok=True)
        files = {side: day / f"{name}{side}.wav" for side in SIDES}
        for side, path in files.items():
            path.write_bytes(wav(name + side))
        new = NewRecording(
            id=id,
            decision=made.id,
            node="pbx1",
            channel="PJSIP/carrier-1",
            uniqueid=name,
            number=number,
            caller_id="02787654321",
            campaign="renewal",
            started_at=ended,
            format="wav",
            path=str(files[""]),
            callee_path=str(files["-callee"]),
            agent_path=str(files["-agent"]),
        )
        hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in files.values()]
        end = Finished(
            id=id,
            state=state,
            ended_at=ended,
            bytes=files[""].stat().st_size,
            seconds=0.1,
            sha256=hashes[0],
            callee_sha256=hashes[1],
            agent_sha256=hashes[2],
            keep_until=until,
            sound=sound,
        )

        async def write(store: Store) -> None:
            await store.transact(lambda connection: decisions.record(connection, [made]))
            await store.recordings.start(new)
            await store.recordings.finish(end)

        self.within(write)
        return id

    def within(self, work: Callable[[Store], Any]) -> Any:
        async def run() -> Any:
            async with await Store.open(self.database) as store:
                return await work(store)

        return asyncio.run(run())

    def reads_clock(self) -> None:
        """As housekeeping does every ten minutes."""

        async def take(store: Store) -> None:
            await store.transact(
                lambda connection: clocks.take(connection, self.host.now(), self.host.uptime(), "keeper")
            )

        self.within(take)

    def lives_until(self, at: datetime, every: timedelta = 30 * DAY) -> None:
        """The host runs, and its clock is right."""
        self.reads_clock()
        while self.host.wall < at:
            self.host.runs(min(every, at - self.host.wall))
            self.reads_clock()

    def files(self, name: str = "a") -> set[str]:
        """Which of its three files are there, by side."""
        return {path.stem.removeprefix(name) for path in self.folder.rglob(f"{name}*.wav")}

    def path(self, name: str = "a", side: str = "") -> Path:
        (found,) = self.folder.rglob(f"{name}{side}.wav")
        return found

    def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Whoever has the file may also do this."""
        with closing(sqlite3.connect(self.database)) as connection, connection:
            return connection.execute(statement, values).fetchall()

    def history(self, id: str) -> list[str]:
        """What was done about it, as the log has it with a leaf in the ledger."""
        found = self.sql(
            "SELECT action FROM register_change JOIN ledger ON ledger.kind = 'register-change'"
            " AND ledger.key = CAST(register_change.seq AS TEXT)"
            " WHERE register = 'recording' AND register_change.key = ? ORDER BY register_change.seq",
            id,
        )
        return [action for (action,) in found]

    def purge(self, *more: str, code: int = 0) -> dict[str, str]:
        """What it says of each recording: id to state, or to the problem."""
        answer = self.home("recordings", "purge", "--by", "chen", *more, code=code)
        return {item["id"]: item["problem"] or item["state"] for item in answer["recordings"]}

    def refusals(self) -> list[str]:
        return [row["detail"] for row in self.home("incidents", "list", "--kind", "disposal-refused")]


def wav(name: str) -> bytes:
    """A tenth of a second of it, another for each name."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(hashlib.sha256(name.encode()).digest() * 50)
    return file.getvalue()
