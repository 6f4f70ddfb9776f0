"""A person hears a recording: never without an act that says why, and not with an act a part."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from dialpact.application import hearing, listening
from dialpact.application.actor import Actor, Door, Right
from dialpact.application.context import Context
from dialpact.application.hearing import Side
from dialpact.application.listening import Looked
from dialpact.compliance.errors import NotPermitted, StoreBusy
from dialpact.compliance.registers.change import Change
from dialpact.compliance.registers.fault import Fault
from dialpact.store.ports.recording_search import Whose
from dialpact.store.sqlite import Store
from tests.application.test_hearing import ID, SHA256, SOUND, by_hand, finish, open_files, store, told
from tests.compliance.store_values import AT
from tests.patience import WAIT

assert store  # (a fixture)
CHEN = Actor(name="chen", door=Door.PAGE, rights=frozenset({Right.EVIDENCE, Right.CALLS}))


class Moved:
    """A clock that is set."""

    def __init__(self) -> None:
        self.at = AT

    def now(self) -> datetime:
        return self.at


class Ear:
    """Whoever listens, by a clock of his own."""

    def __init__(self, store: Store, actor: Actor = CHEN, clock: Moved | None = None) -> None:
        self.store, self.clock = store, clock or Moved()
        self.context = Context(store, actor, self.clock)
        self.folder, self.looked = store.path.parent / "spool", Looked()

    async def begin(
        self, side: Side = "mix", reason: str = "complaint 7", whose: Whose | None = None
    ) -> listening.Listening:
        return await listening.begin(
            self.context, ID, side, self.folder, reason=reason, whose=whose or Whose()
        )

    async def hears(self, side: Side = "mix", whose: Whose | None = None) -> str:
        """What stands against it; empty: he does."""
        try:
            kept, file = await listening.hear(
                self.context, ID, side, self.folder, self.looked, whose=whose or Whose()
            )
        except Fault as fault:
            return fault.key
        assert kept.sha256 == SHA256 and file.read(0, 10) == SOUND[:10]
        file.close()
        return ""

    async def acts(self) -> list[Change]:
        return [one for one in await self.store.changes.of("recording", ID) if one.action == "heard"]


@pytest.fixture
async def ear(store: Store) -> AsyncIterator[Ear]:
    await finish(store)
    yield Ear(store)


async def test_nothing_is_heard_before_the_act(ear: Ear) -> None:
    assert await ear.hears() == "not-listening"
    one = await ear.begin()
    assert await ear.hears() == ""
    (act,) = await ear.acts()
    assert act.by == "chen" and act.at == AT
    assert act.detail == {
        "side": "mix",
        "first": 0,
        "last": len(SOUND) - 1,
        "bytes": len(SOUND),
        "sha256": SHA256,
        "reason": "complaint 7",
        "until": "2026-11-24T02:30:00Z",
    }
    assert one.until == AT + timedelta(minutes=30)
    assert (await ear.store.ledger.list()).rows[-1].kind == "register-change"


async def test_a_hundred_parts_are_one_act_and_so_is_the_same_word_again(ear: Ear) -> None:
    first = await ear.begin()
    for _ in range(100):
        assert await ear.hears() == ""
    ear.clock.at += timedelta(minutes=5)
    assert await ear.begin() == first
    assert len(await ear.acts()) == 1
    await ear.begin(reason="another reason")
    assert [act.detail["reason"] for act in await ear.acts()] == ["complaint 7", "another reason"]


async def test_of_this_side_and_by_this_one_alone(ear: Ear) -> None:
    await ear.begin("callee")
    assert (await ear.hears("callee"), await ear.hears("mix")) == ("", "not-listening")
    li = Ear(ear.store, Actor(name="li", door=Door.PAGE, rights=CHEN.rights), ear.clock)
    assert await li.hears("callee") == "not-listening"
    found = await listening.under_way(ear.context, ID)
    assert list(found) == ["callee"] and found["callee"].reason == "complaint 7"


@pytest.mark.parametrize(
    ("moved", "stands"),
    [
        (timedelta(minutes=30, microseconds=-1), ""),
        (timedelta(minutes=30), "not-listening"),
        (timedelta(microseconds=-1), "not-listening"),  # a clock that was set back
    ],
)
async def test_until_its_time_is_over(ear: Ear, moved: timedelta, stands: str) -> None:
    await ear.begin()
    ear.clock.at += moved
    assert await ear.hears() == stands


@pytest.mark.parametrize("reason", ["", "  ", "a\x00b"])
async def test_a_reason_that_is_none_is_no_listening(ear: Ear, reason: str) -> None:
    with pytest.raises(Fault):
        await ear.begin(reason=reason)
    assert await ear.acts() == [] and await ear.hears() == "not-listening"


async def test_what_a_program_heard_part_by_part_lets_no_person_listen(ear: Ear) -> None:
    await ear.store.custody.heard(ID, {"side": "mix", "sha256": SHA256}, by="chen", at=AT)
    assert await ear.hears() == "not-listening"


async def test_an_act_that_the_ledger_does_not_have_lets_nobody_listen(ear: Ear) -> None:
    """Written by hand, its mark for the ledger taken away; and one that is in it, with a longer time."""
    detail = f'{{"side":"mix","sha256":"{SHA256}","until":"2099-01-01T00:00:00Z","reason":"r"}}'
    row = f"'2026-11-24T02:00:00.000000Z', 'chen', 'recording', 'heard', '{ID}', '{detail}'"
    by_hand(
        ear.store,
        f"INSERT INTO register_change (at, actor, register, action, key, detail) VALUES ({row});"
        "DELETE FROM unsealed;",
    )
    assert await ear.hears() == "not-listening"
    await ear.begin()
    assert await ear.hears() == ""
    by_hand(
        ear.store,
        "DROP TRIGGER register_change_is_final; UPDATE register_change SET "
        "detail = json_set(detail, '$.until', '2099-01-01T00:00:00Z') WHERE action = 'heard'",
    )
    assert await ear.hears() == "not-listening"


async def test_it_needs_its_right(ear: Ear) -> None:
    only_calls = Ear(ear.store, Actor(name="admin", door=Door.PAGE, rights=frozenset({Right.CALLS})))
    with pytest.raises(NotPermitted):
        await only_calls.begin()
    with pytest.raises(NotPermitted):
        await only_calls.hears()


@pytest.mark.parametrize(
    ("whose", "his"),
    [
        (Whose(businesses=("acme",)), True),
        (Whose(businesses=("rival",)), False),
        (Whose(campaigns=("of-acme",)), True),
        (Whose(campaigns=("of-rival",)), False),
        (Whose(agents=("1001",)), False),  # of a call that names no agent
    ],
)
async def test_of_another_s_call_there_is_none_such(ear: Ear, whose: Whose, his: bool) -> None:
    if his:
        await ear.begin(whose=whose)
        assert await ear.hears(whose=whose) == ""
        return
    with pytest.raises(Fault) as found:
        await ear.begin(whose=whose)
    assert found.value.key == "not-registered"
    await ear.begin()
    assert await ear.hears(whose=whose) == "not-registered"


async def test_what_can_not_be_heard_is_no_act_and_what_changes_is_heard_no_more(ear: Ear) -> None:
    mix = ear.folder / "mix.wav"
    await ear.begin()
    mix.write_bytes(b"forged")
    assert await ear.hears() == "recording-changed"
    with pytest.raises(Fault):
        await ear.begin(reason="another")
    assert len(await ear.acts()) == 1
    assert await told(ear.store) == [("recording-changed", f"recording {ID}, mix: changed")]


async def test_what_is_disposed_of_is_heard_no_more(ear: Ear) -> None:
    await ear.begin()
    by_hand(ear.store, "DROP TRIGGER recording_is_disposed_of_by_a_disposal")
    by_hand(ear.store, "UPDATE recording SET disposed_at = '2027-12-01T00:00:00.000000Z'")
    assert await ear.hears() == "recording-disposed"


# Once looked at


async def test_a_further_part_is_of_the_file_that_was_looked_at(ear: Ear) -> None:
    kept = await hearing.find(ear.context, ID, "mix")
    assert ear.looked.again(kept) is None
    file = await hearing.opened(ear.context, kept, ear.folder)
    ear.looked.keep(kept, file)
    file.close()
    for _ in range(3):
        further = ear.looked.again(kept)
        assert further is not None and further.read(5, 3) == SOUND[5:8]
        further.close()
    with (ear.folder / "mix.wav").open("r+b") as out:
        out.write(b"x")
    assert ear.looked.again(kept) is None


async def test_it_is_let_go_when_it_is_not_asked_for_and_when_there_are_too_many(ear: Ear) -> None:
    before = open_files()
    few, brief = Looked(most=1), Looked(seconds=0.01)
    files = {}
    for side in ("mix", "callee"):
        kept = replace(await hearing.find(ear.context, ID, side), sha256=side)  # type: ignore[arg-type]
        files[side] = kept
        whole = await hearing.find(ear.context, ID, side)  # type: ignore[arg-type]
        file = await hearing.opened(ear.context, whole, ear.folder)
        few.keep(kept, file)
        brief.keep(kept, file)
        file.close()
    assert few.again(files["mix"]) is None
    (further,) = filter(None, [few.again(files["callee"])])
    further.close()
    async with asyncio.timeout(WAIT):
        while open_files() > before + 1:
            await asyncio.sleep(0.005)
    assert brief.again(files["mix"]) is None


async def test_so_many_parts_at_once_and_no_more(ear: Ear) -> None:
    await ear.begin()
    held = []
    for _ in range(hearing.MOST_HEARD):
        held.append((await listening.hear(ear.context, ID, "mix", ear.folder, ear.looked))[1])
    with pytest.raises(StoreBusy):
        await listening.hear(ear.context, ID, "mix", ear.folder, ear.looked)
    for file in held:
        file.close()
    assert await ear.hears() == ""
