"""Keys that change, logs that begin anew, and the operator's own keeper as the witness's client."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from dialpact.application.ledger import signing, witnesses
from dialpact.application.supervised import handing
from dialpact.application.supervision import overview
from dialpact.application.supervision.desk import Desk
from dialpact.application.supervision.post import post
from dialpact.compliance.config import WitnessConfig
from dialpact.compliance.ledger import keys, note, rotation
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.ledger.heads import LedgerForked
from dialpact.compliance.supervision import cosignature, new_key
from dialpact.compliance.supervision.refusal import Refusal
from tests.supervision.conftest import Joined
from tests.supervision.log import Log, sent, status
from tests.supervision.site import Supervisor, Watched
from tests.supervision.test_pages import asked


async def test_a_key_that_was_rotated_is_followed(desk: Desk, supervisor: Supervisor, joined: Joined) -> None:
    one = await joined("one")
    await one.checkpoint()
    old = keys.load(one.config)
    for _ in range(2):
        async with one.context() as context:
            await signing.rotate(context, one.config, reason="yearly", lost=False)
    await one.checkpoint()
    operator = await desk.store.operators.get("one")
    assert operator.vkey == one.vkey
    assert old.vkey in operator.earlier
    log = Log(old, 40)
    assert await status(supervisor, log.body(0, 39)) == 403, "the old key signs nothing any more"


async def test_a_key_that_was_lost_takes_a_person(desk: Desk, supervisor: Supervisor, joined: Joined) -> None:
    one = await joined("one")
    await one.checkpoint()
    async with one.context() as context:
        await signing.rotate(context, one.config, reason="the host burnt down", lost=True)
    for _ in range(2):
        with pytest.raises(Refusal, match="not-vouched"):
            await one.checkpoint()
    await desk.store.operators.replace_key(
        "one", one.vkey, "dialpact/one", by="chen", reason="told by letter", at=desk.now()
    )
    assert "12321.test" in await one.checkpoint()


async def test_a_stolen_old_key_names_no_successor_without_the_log(
    desk: Desk, supervisor: Supervisor, joined: Joined
) -> None:
    one = await joined("one")
    await one.checkpoint()
    async with one.context() as context:
        leaf = await context.store.supervised.act("x", "y", "z", {}, by="li", at=one.clock.now())
        text = await handing.cosigned(context, one.config)
        entry = await handing.entry_proof(context, leaf, Checkpoint.parse(note.split(text)[0]), text)
    stolen, thief = keys.load(one.config), keys.signer_of(keys.generate(), "dialpact/one")
    word = rotation.rotation(stolen, thief, "mine now")
    head = Checkpoint.parse(note.split(text)[0])
    told = new_key.NewKey(
        format=new_key.FORMAT,
        rotations=(word,),
        entry=msgspec.structs.replace(entry, checkpoint=thief.sign(head.body())),
        old=head.size,
        proof=(),
    )
    with pytest.raises(Refusal, match="not-in-log"):
        await post(f"{supervisor.url}/rotation", msgspec.json.encode(told), 4096, 20)
    assert (await desk.store.operators.get("one")).vkey == stolen.vkey


async def test_a_log_that_begins_anew_is_another_one_and_takes_a_person(
    desk: Desk, supervisor: Supervisor, joined: Joined
) -> None:
    """After a backup was restored the operator says so himself, for ever, and an officer takes note of it."""
    one = await joined("one")
    await one.call()
    await one.checkpoint()
    before = await desk.store.heads.newest("one", 10)
    fresh = keys.signer_of(keys.generate(), "dialpact/one/r-0a1b2c3d")
    log = Log(fresh, 5)
    assert await status(supervisor, log.body(0, 3)) == 404
    await desk.store.operators.replace_key(
        "one", fresh.vkey, fresh.name, by="chen", reason="restored, told by letter", at=desk.now()
    )
    await sent(supervisor, log.body(0, 3))
    assert [head.size for head in await desk.store.heads.newest("one", 10)] == [3]
    rows = await desk.store.read(lambda db: db.execute("SELECT log, size FROM head").fetchall())
    kept = {(row["log"], row["size"]) for row in rows}
    assert {("dialpact/one", head.size) for head in before} <= kept, "what was cosigned before stays"
    (standing,) = (await overview.overview(desk)).operators
    (earlier,) = standing.earlier_logs
    assert (earlier.log, earlier.size) == ("dialpact/one", before[0].size), (
        "and is shown, whatever comes after"
    )
    page = (await asked(desk, "/operators/one")).body.decode()
    assert f"<code>{earlier.log}</code>" in page


async def test_it_is_a_witness_like_any_other_to_an_operator_s_keeper(
    desk: Desk, supervisor: Supervisor, joined: Joined, tmp_path: Path
) -> None:
    """``[ledger] witnesses``: a restored backup finds there what it has forgotten, and signs nothing."""
    one = await joined("one")
    outside = WitnessConfig(url=supervisor.url, vkey=cosignature.witness_of(supervisor.signer.verifier).vkey)
    ledger = msgspec.structs.replace(one.config.ledger, witnesses=(outside,))
    one.config = msgspec.structs.replace(one.config, ledger=ledger)
    await one.call()
    async with one.context() as context:
        await signing.checkpoint(context, one.config)
        (state,) = await witnesses.submit(context, one.config)
    assert state.word == "cosigned"
    one.sql(f"VACUUM INTO '{tmp_path / 'backup.db'}'")
    await one.call()
    async with one.context() as context:
        await signing.checkpoint(context, one.config)
        (state,) = await witnesses.submit(context, one.config)
    assert state.word == "cosigned"
    restored = Watched.beside(one, tmp_path / "restored", tmp_path / "backup.db")
    await restored.call()
    async with restored.context() as context:
        with pytest.raises(LedgerForked):
            await signing.checkpoint(context, restored.config)
