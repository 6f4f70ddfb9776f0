"""``python -m tests.golden.made FOLDER``: an installation as the code of the day leaves it.

``before/`` was made by this, with the code as it was before the rooms were divided (its commit follows the
one that moved the modules under ``dialpact/``). Do not make it anew to please a test: it stands for the
databases, packages and checkpoints that are out there.
"""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from dialpact.compliance.carrier_leg import CarrierLeg
from dialpact.compliance.recorded import Finished, NewRecording
from dialpact.compliance.soundtrack import Silence, Soundtrack
from dialpact.store.sqlite import Store
from dialpact.store.units import decisions
from tests.cli.recorded import wav
from tests.compliance.store_values import ASKED, AT, attempt, decision
from tests.golden.house import House, begin, dump, empty

SIDES = ("", "-callee", "-agent")
HEARD = Soundtrack(
    since="2026-11-24T02:00:00.000000Z",
    index=((0.0, 0.0), (10.0, 10.0)),
    late=4.0,
    silent={"callee": (Silence(begin=3.0, end=9.0, reason="lost", heard_in="b" * 32, heard_from=5.5),)},
    unsent=((51.0, 66.0, 14.9),),
    distorted="19.7 s of 7.9 s",
)
REGISTERS = """
business add acme --name 某某公司 --actor own-business --by wang
script add pitch --file pitch.txt --by wang
script approve pitch --by chen
campaign add renewal --business acme --industry 保险 --purpose marketing --script pitch --by wang
caller-id add 02787654321 --business acme --licence L-1 --carrier 电信 --authenticated \
--valid-from 2026-01-01 --trunk carrier --purpose marketing --by wang
leads import leads.csv --campaign renewal --partner 某某银行 --contract K-1 --basis consent --by wang
consent add 13800138000 --business acme --industry 保险 --evidence form-7 --granted-at 2026-01-05 --by wang
dnc add 13800138001 --scope all --source letter --by wang
"""
CALLS = """
complaint add 13800138000 --at 2026-11-24T10:05:00+08:00 --note 午休时来电 --by chen
suspension add agent 1001 --reason "complaint 1" --by chen
recordings hold --callee 13800138000 --reason "court case 12" --by chen
ledger checkpoint -o older.note
ledger rotate --by chen --reason yearly
dnc add 13800138002 --scope business --value acme --source phone --by wang
evidence export --callee 13800138000 --reason 12321 --by chen -o package.zip
ledger checkpoint -o newer.note
"""


def work(house: House, what: Callable[[Store], Any]) -> Any:
    async def run() -> Any:
        async with await Store.open(house.path / "dialpact.db") as store:
            return await what(store)

    return asyncio.run(run())


def call(house: House, after: int, number: str = "+8613800138000", *, allowed: bool = True) -> str:
    """A decision with the facts that the registers have; its id."""
    at = AT + timedelta(minutes=after)
    asked = msgspec.structs.replace(attempt(number), agent="1001")

    async def run(store: Store) -> str:
        facts = (await store.calls.look(asked, ASKED, at, live=False)).facts
        id = hashlib.md5(f"call {after}".encode()).hexdigest()
        made = msgspec.structs.replace(decision(asked, allowed=allowed), id=id, facts=facts, decided_at=at)
        await store.transact(lambda connection: decisions.record(connection, [made]))
        return made.id

    return str(work(house, run))


def leg(house: House, decision: str, after: int) -> None:
    at = AT + timedelta(minutes=after)
    of = CarrierLeg(
        decision=decision,
        node="pbx1",
        channel="PJSIP/carrier-1",
        uniqueid=f"{after}.1",
        linkedid=f"{after}.0",
        sip_call_id="c0ffee@pbx",
        dialled_at=at,
        ringing_at=at + timedelta(seconds=2),
        answered_at=at + timedelta(seconds=9),
        ended_at=at + timedelta(seconds=11),
        dial_status="ANSWER",
        hangup_cause=16,
        sent_from="02787654321",
    )
    work(house, lambda store: store.carrier_legs.write(of))


def recording(
    house: House, decision: str, after: int, name: str, *, state: str = "kept", sound: str = ""
) -> None:
    """Three small files. Their paths are relative, so that the house may stand anywhere."""
    at = AT + timedelta(minutes=after, seconds=9)
    files = [f"spool/{name}{side}.wav" for side in SIDES]
    for file in files:
        house.file(file, wav(file))
    hashes = [hashlib.sha256((house.path / file).read_bytes()).hexdigest() for file in files]
    id = hashlib.md5(name.encode()).hexdigest()
    new = NewRecording(
        id=id,
        decision=decision,
        node="pbx1",
        channel="PJSIP/carrier-1",
        uniqueid=f"{after}.1",
        number="+8613800138000",
        caller_id="02787654321",
        campaign="renewal",
        started_at=at,
        answered_at=at,
        format="wav",
        path=files[0],
        callee_path=files[1],
        agent_path=files[2],
    )
    end = Finished(
        id=id,
        state=state,
        ended_at=at + timedelta(seconds=2),
        bytes=(house.path / files[0]).stat().st_size,
        seconds=2.0,
        talk_seconds=2.0,
        sha256=hashes[0],
        callee_sha256=hashes[1],
        callee_dbfs=-12.5,
        agent_sha256=hashes[2],
        keep_until=date(2027, 11, 24) if state == "kept" else None,
        sound=sound,
    )

    async def run(store: Store) -> None:
        await store.recordings.start(new)
        await store.recordings.finish(end)

    work(house, run)


def incident(house: House, day: int, kind: str, detail: str) -> None:
    at = datetime(2026, 11, day, 2, 30, tzinfo=UTC)
    told = {"at": at, "node": "pbx1", "kind": kind, "channel": "PJSIP/agent1001-00000000", "detail": detail}
    work(house, lambda store: store.incidents.add(**told))


def run(house: House, lines: str) -> None:
    for line in filter(None, lines.splitlines()):
        house.say(line)
    said = house.told()
    assert "= 1" not in said.splitlines() and "= 2" not in said.splitlines(), said


def fill(house: House) -> None:
    begin(house)
    (house.path / "spool").mkdir()
    house.set("/var/spool/asterisk/dialpact", f"{house.path}/spool")
    house.file("pitch.txt", "您好，这里是某某公司。\n请问现在方便吗？\n")
    house.file("leads.csv", "number\n13800138000\n13912345678\n")
    run(house, REGISTERS)
    leg(house, first := call(house, 0), 0)
    recording(house, first, 0, "a")
    recording(house, call(house, 5), 5, "b", sound=HEARD.encode())
    call(house, 7, "+8613800138001", allowed=False)
    recording(house, call(house, 9), 9, "c", state="failed")
    incident(
        house,
        23,
        "no-decision",
        "cut; by PJSIP/agent1001-00000000 linkedid=1795624418.1; dialled 13900139000",
    )
    incident(house, 24, "recording-muted", "")
    incident(house, 24, "of-another-version", "x")
    shutil.copy(house.path / "ledger.pub", house.path / "first.pub")
    run(house, CALLS)


def main(folder: Path) -> None:
    with empty(AT + timedelta(hours=1)) as house:
        fill(house)
        config = house.path / "dialpact.toml"
        config.write_text(config.read_text("utf-8").replace(str(house.path), "HOME"), "utf-8")
        (folder / "spool").mkdir(parents=True, exist_ok=True)
        (folder / "dialpact.sql").write_text(dump(house.path / "dialpact.db"), "utf-8")
        kept = ("dialpact.toml", "ledger.key*", "*.pub", "*.note", "package.zip", "spool/*.wav")
        for file in (file for pattern in kept for file in house.path.glob(pattern)):
            shutil.copyfile(file, folder / file.relative_to(house.path))


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute())
