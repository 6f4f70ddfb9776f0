"""What the tests of evidence packages share: recorded calls, the two verifiers, and ways to cheat."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import warnings
import wave
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from dialpact.application.evidence import check, container, verify
from dialpact.application.ledger.erasure import erase_over
from dialpact.application.policy import load_policy
from dialpact.compliance import config
from dialpact.compliance.carrier_leg import CarrierLeg
from dialpact.compliance.clock import Uptime
from dialpact.compliance.judge import Judge
from dialpact.compliance.ledger import keys
from dialpact.compliance.ledger.note import Signer, Verifier
from dialpact.compliance.recorded import Finished, NewRecording
from dialpact.store.sqlite import Store
from dialpact.store.units import clocks, decisions
from tests.cli.conftest import NUMBER, Home
from tests.compliance.store_values import ASKED, AT, attempt, decision

BY = ("--by", "chen")
Findings = set[tuple[str, str]]
Files = dict[str, bytes]


def spool(home: Home) -> Path:
    folder = home.path / "spool"
    if not folder.is_dir():
        folder.mkdir()
        text = home.config.read_text("utf-8").replace("/var/spool/asterisk/dialpact", str(folder))
        home.config.write_text(text, "utf-8")
    return folder


def work(home: Home, what: Callable[[Store], Any]) -> Any:
    async def run() -> Any:
        async with await Store.open(home.path / "dialpact.db") as store:
            return await what(store)

    return asyncio.run(run())


def called(home: Home, at: datetime = AT) -> str:
    """A decision with the facts that the registers have; its id."""

    async def run(store: Store) -> str:
        facts = (await store.calls.look(attempt(), ASKED, at, live=False)).facts
        made = msgspec.structs.replace(decision(), facts=facts, decided_at=at)
        await store.transact(lambda connection: decisions.record(connection, [made]))
        return made.id

    return str(work(home, run))


def judged(home: Home, at: datetime = AT, number: str = NUMBER) -> str:
    """A decision by the gate's own judge, under the configured rules; its id."""
    settings = config.load(home.config)
    judge = Judge(load_policy(settings), settings.trunks, settings.node.name)
    asked = judge.attempt(number, "renewal", "02787654321", agent="1001", trunk="carrier")

    async def run(store: Store) -> str:
        facts = (await store.calls.look(asked, judge.asked, at, live=False)).facts
        made = judge.decide(asked, facts, at, recorder_required=False)
        await store.transact(lambda connection: decisions.record(connection, [made]))
        return made.id

    return str(work(home, run))


def recorded(
    home: Home,
    call: str,
    name: str,
    *,
    ended: bool = True,
    state: str = "kept",
    after: float = 0,
    sound: str = "",
    part: str = "carrier",
) -> list[Path]:
    """A recording of the call, of three small files: mix, callee, agent."""
    paths = [spool(home) / f"{name}{side}.wav" for side in ("", "-callee", "-agent")]
    for level, path in enumerate(paths, 1):
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(bytes([0, level]) * 80)
    mix, callee, agent = (hashlib.sha256(path.read_bytes()).hexdigest() for path in paths)
    start, id = AT + timedelta(seconds=after), hashlib.md5(name.encode()).hexdigest()
    new = NewRecording(
        id=id,
        decision=call,
        node="pbx1",
        channel="PJSIP/carrier-1" if part == "carrier" else "PJSIP/agent1002-2",
        uniqueid="1.1" if part == "carrier" else "1.2",
        part=part,
        number=f"+86{NUMBER}",
        caller_id="02787654321",
        campaign="renewal",
        started_at=start,
        answered_at=start,
        format="wav",
        path=str(paths[0]),
        callee_path=str(paths[1]),
        agent_path=str(paths[2]),
    )
    end = Finished(
        id=id,
        state=state,
        ended_at=start + timedelta(seconds=2),
        bytes=204,
        seconds=2.0,
        talk_seconds=2.0,
        sha256=mix,
        callee_sha256=callee,
        callee_dbfs=-12.5,
        agent_sha256=agent,
        keep_until=date(2027, 11, 24),
        sound=sound,
    )

    async def run(store: Store) -> None:
        await store.recordings.start(new)
        if ended:
            await store.recordings.finish(end)

    work(home, run)
    return paths


def witnessed(home: Home, call: str, **told: Any) -> None:
    """The carrier's leg of the call of :func:`recorded`."""
    leg = CarrierLeg(
        **{
            "decision": call,
            "node": "pbx1",
            "channel": "PJSIP/carrier-1",
            "uniqueid": "1.1",
            "linkedid": "1.0",
            "sip_call_id": "c0ffee@pbx",
            "dialled_at": AT,
            "ringing_at": AT,
            "answered_at": AT,
            "ended_at": AT + timedelta(seconds=2),
            "dial_status": "ANSWER",
            "hangup_cause": 16,
            "sent_from": "02787654321",
            **told,
        }
    )
    work(home, lambda store: store.carrier_legs.write(leg))


def dispose(home: Home, name: str) -> None:
    """A year of uptime later, the recording's time is over and its files go."""
    id, late = hashlib.md5(name.encode()).hexdigest(), timedelta(days=400)

    async def run(store: Store) -> None:
        for passed in (timedelta(), late):
            uptime = Uptime("boot", passed)
            await store.transact(
                lambda connection, up=uptime: clocks.take(connection, AT + up.up, up, "gate")  # type: ignore[misc]
            )
        assert await store.disposals.record(id, date(2027, 11, 24), by="chen", at=AT + late)

    work(home, run)
    for path in spool(home).glob(f"{name}*.wav"):
        path.unlink()


def erase(home: Home) -> None:
    """The content of every call that is not needed."""
    long_ago, today = (lambda _: date(2026, 12, 1)), date(2028, 1, 1)
    at = datetime(2028, 1, 1, tzinfo=UTC)
    work(home, partial(erase_over, last_day=long_ago, today=today, by="chen", reason="time over", at=at))


def export(home: Home, *arguments: str, code: int = 0) -> Path:
    home.run("evidence", "export", *arguments, "-o", "package.zip", *BY, code=code)
    return home.path / "package.zip"


def signer(home: Home) -> Signer:
    return keys.load(config.load(home.config))


def files(package: Path) -> Files:
    with package.open("rb") as opened:
        return {name: member.content or b"" for name, member in container.read(opened)}


def packed(members: Mapping[str, bytes]) -> bytes:
    """In the container's one form, by another hand: takes every name, also twice, and any number of files."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Duplicate name")
        for name, data in sorted(members.items()):
            entry = zipfile.ZipInfo(name)
            entry.create_system, entry.external_attr = 3, 0o100600 << 16
            made.writestr(entry, data)
    whole, place = bytearray(target.getvalue()), made.start_dir
    for entry in made.infolist():  # zipfile says that a name is UTF-8 only where it is not ASCII
        whole[entry.header_offset + 7] |= 8
        whole[place + 9] |= 8
        place += 46 + len(entry.filename.encode())
    return bytes(whole)


def resigned(members: Files, by: Signer, **manifest: object) -> bytes:
    """What whoever has the key could make: manifest and signature fit the files."""
    listed = [
        {"path": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in sorted(members.items())
        if name not in ("manifest.json", "manifest.sig")
    ]
    text = json.dumps(json.loads(members["manifest.json"]) | {"files": listed} | manifest).encode()
    said = f"dialpact-evidence/1\nmanifest.json {hashlib.sha256(text).hexdigest()} {len(text)}\n"
    return packed(members | {"manifest.json": text, "manifest.sig": by.sign(said).encode()})


def ours(package: Path, key: str, held: str = "") -> Findings:
    return set(map(tuple, check.examine(package, Verifier.parse(key) if key else None, held).findings))  # type: ignore[arg-type]


def theirs(package: Path, key: str, history: bytes = b"") -> Findings:
    """The stand-alone script's findings."""
    verify.found.clear()
    verify.notes.clear()
    verify.attempt("form", "package", verify.examine, package, key, None, history)
    return set(verify.found)
