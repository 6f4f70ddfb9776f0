"""A recording's sound: only what was recorded, noted before it is heard, and nothing after it was touched."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from dialpact.application import hearing, recording_files
from dialpact.application.actor import Actor, Door, Right
from dialpact.application.context import Context
from dialpact.application.hearing import Side
from dialpact.application.recording_files import OpenFile
from dialpact.compliance.errors import NotPermitted, RecordingError, StoreBusy
from dialpact.compliance.recorded import Finished, NewRecording
from dialpact.compliance.registers.fault import Fault
from dialpact.store.sqlite import Store, create
from dialpact.store.units import decisions
from tests.compliance.store_values import AT, NUMBER, Still
from tests.store.test_listings import call

SOUND = bytes(range(256)) * 4096  # a mebibyte
SHA256 = hashlib.sha256(SOUND).hexdigest()
ID = "ab" * 16
KEY = Actor(name="api:crm", door=Door.API, rights=frozenset({Right.EVIDENCE}))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    create(tmp_path / "a.db")
    (tmp_path / "spool").mkdir()
    for name in ("mix", "callee"):
        (tmp_path / "spool" / f"{name}.wav").write_bytes(SOUND)
    async with await Store.open(tmp_path / "a.db") as store:
        made = call(1)
        await store.transact(lambda connection: decisions.record(connection, [made]))
        await store.recordings.start(
            NewRecording(
                id=ID,
                decision=made.id,
                node="n",
                channel="c",
                uniqueid="u",
                number=NUMBER,
                caller_id="1",
                campaign="x",
                started_at=AT,
                format="wav",
                path=str(tmp_path / "spool" / "mix.wav"),
                callee_path=str(tmp_path / "spool" / "callee.wav"),
                agent_path=str(tmp_path / "spool" / "agent.wav"),
            )
        )
        yield store


def context(store: Store, actor: Actor = KEY) -> Context:
    return Context(store, actor, Still())


async def finish(store: Store) -> None:
    end = Finished(id=ID, state="kept", ended_at=AT, sha256=SHA256, callee_sha256=SHA256)
    await store.recordings.finish(end)


async def heard(store: Store, side: Side = "mix") -> OpenFile:
    asking = context(store)
    kept = await hearing.find(asking, ID, side)
    await hearing.whole(asking, kept)
    return await hearing.opened(asking, kept, store.path.parent / "spool")


def by_hand(store: Store, script: str) -> None:
    with contextlib.closing(sqlite3.connect(store.path)) as db:
        db.executescript(script)


async def told(store: Store) -> list[tuple[str, str]]:
    return [(one.kind, one.detail) for one in (await store.incidents.list()).rows]


async def test_the_bytes_that_are_asked_for_and_the_act_before_them(store: Store) -> None:
    await finish(store)
    asking = context(store)
    kept = await hearing.find(asking, ID, "callee")
    file = await hearing.opened(asking, kept, store.path.parent / "spool")
    await hearing.note(asking, kept, file, 10, 600_009)
    (act,) = [one for one in await store.changes.of("recording", ID) if one.action == "heard"]
    assert act.by == "api:crm"
    place = {"first": 10, "last": 600_009, "bytes": len(SOUND)}
    assert act.detail == {"side": "callee", "sha256": SHA256, **place}
    assert (await store.ledger.list()).rows[-1].kind == "register-change"
    found = [piece async for piece in hearing.pieces(file, 10, 600_009)]
    assert b"".join(found) == SOUND[10:600_010] and len(found) > 2
    file.close()
    assert await told(store) == []


async def test_it_needs_its_right(store: Store) -> None:
    only_calls = Actor(name="api:crm", door=Door.API, rights=frozenset({Right.CALLS}))
    with pytest.raises(NotPermitted):
        await hearing.find(context(store, only_calls), ID, "mix")


async def test_another_business_has_none_such(store: Store) -> None:
    await finish(store)
    with pytest.raises(Fault) as found:
        await hearing.find(context(store), ID, "mix", ["rival"])
    assert found.value.key == "not-registered"
    assert (await hearing.find(context(store), ID, "mix", ["acme"])).sha256 == SHA256


async def test_one_that_is_being_made_and_a_side_without_a_file(store: Store) -> None:
    with pytest.raises(Fault) as found:
        await heard(store)
    assert found.value.key == "recording-not-over"
    await finish(store)
    with pytest.raises(Fault) as found:
        await heard(store, "agent")
    assert found.value.key == "no-recording-file"


def _changed(file: Path) -> None:
    with file.open("r+b") as out:
        out.write(b"x")


def _longer(file: Path) -> None:
    with file.open("ab") as out:
        out.write(b"x")


def _link(file: Path) -> None:
    file.rename(file.with_suffix(".old"))
    file.symlink_to(file.with_suffix(".old"))


def _fifo(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


@pytest.mark.parametrize(
    ("happens", "key", "problem"),
    [
        (_changed, "recording-changed", "changed"),
        (_longer, "recording-changed", "changed"),
        (_link, "recording-changed", "changed"),
        (_fifo, "recording-changed", "changed"),
        (Path.unlink, "recording-missing", "missing"),
    ],
)
async def test_what_is_not_what_was_recorded_is_told_and_not_heard(
    store: Store, happens: Callable[[Path], None], key: str, problem: str
) -> None:
    await finish(store)
    happens(store.path.parent / "spool" / "mix.wav")
    for _ in range(2):
        with pytest.raises(Fault) as found:
            await heard(store)
        assert found.value.key == key
    assert await told(store) == [("recording-changed", f"recording {ID}, mix: {problem}")]  # once
    (await heard(store, "callee")).close()


async def test_a_row_that_is_not_what_the_ledger_has_is_believed_nothing(store: Store) -> None:
    await finish(store)
    file = store.path.parent / "spool" / "mix.wav"
    file.write_bytes(b"forged")
    forged = hashlib.sha256(b"forged").hexdigest()
    by_hand(store, f"DROP TRIGGER recording_end_is_final; UPDATE recording SET sha256 = '{forged}';")
    with pytest.raises(Fault) as found:
        await heard(store)
    assert found.value.key == "recording-flawed"
    assert await told(store) == [("recording-changed", f"recording {ID}, mix: not-its-leaf")]


async def test_one_that_is_disposed_of_meanwhile_is_not_heard(store: Store) -> None:
    await finish(store)
    asking = context(store)
    kept = await hearing.find(asking, ID, "mix")
    file = await hearing.opened(asking, kept, store.path.parent / "spool")
    by_hand(store, "DROP TRIGGER recording_is_disposed_of_by_a_disposal")
    by_hand(store, "UPDATE recording SET disposed_at = 'x'")
    with pytest.raises(Fault) as found:
        await hearing.note(asking, kept, file, 0, 1)
    assert found.value.key == "recording-disposed"
    file.close()


async def test_one_whose_file_went_with_its_disposal_is_no_incident(store: Store) -> None:
    await finish(store)
    asking = context(store)
    kept = await hearing.find(asking, ID, "mix")
    by_hand(store, "DROP TRIGGER recording_is_disposed_of_by_a_disposal")
    by_hand(store, "UPDATE recording SET disposed_at = '2027-12-01T00:00:00.000000Z'")
    (store.path.parent / "spool" / "mix.wav").unlink()
    with pytest.raises(Fault) as found:
        await hearing.opened(asking, kept, store.path.parent / "spool")
    assert found.value.key == "recording-disposed"
    assert await told(store) == []


@pytest.mark.parametrize("happens", [_changed, _longer, Path.unlink, lambda file: os.truncate(file, 10)])
async def test_it_ends_where_the_file_is_touched(store: Store, happens: Callable[[Path], None]) -> None:
    await finish(store)
    file = await heard(store)
    pieces = hearing.pieces(file, 0, len(SOUND) - 1)
    assert await anext(pieces) == SOUND[: hearing.PIECE]
    happens(store.path.parent / "spool" / "mix.wav")
    with pytest.raises(RecordingError):
        await anext(pieces)
    file.close()
    file.close()


async def test_so_many_at_once(store: Store) -> None:
    await finish(store)
    held = [await heard(store) for _ in range(hearing.MOST_HEARD)]
    with pytest.raises(StoreBusy):
        await heard(store)
    held.pop().close()
    (await heard(store)).close()
    for file in held:
        file.close()


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_file_is_closed_with_the_last_who_holds_it(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(SOUND)
    before = open_files()
    found = recording_files.opened(tmp_path / "a", SHA256, tmp_path)
    assert isinstance(found, OpenFile) and found.size == len(SOUND)
    del found
    changed = recording_files.opened(tmp_path / "a", "0" * 64, tmp_path)
    assert not isinstance(changed, OpenFile) and changed.problem == "changed"
    assert open_files() == before
