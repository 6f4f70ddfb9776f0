"""The witness: what it cosigns, what it never does, and what it keeps of a fork."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import msgspec
import pytest

from dialpact.application import http_client
from dialpact.application.ledger import signing
from dialpact.application.supervised import handing
from dialpact.application.supervision import overview
from dialpact.application.supervision.desk import Desk
from dialpact.application.supervision.post import Conflict, post
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import keys, merkle, note, witnessing
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.supervision import cosignature, witness
from dialpact.compliance.supervision.refusal import Refusal
from dialpact.store.supervision import SupervisionStore
from tests.agi.office import SetClock
from tests.supervision.conftest import Joined
from tests.supervision.log import Log, of, sent, status
from tests.supervision.site import Supervisor


async def test_what_continues_is_cosigned(desk: Desk, supervisor: Supervisor, joined: Joined) -> None:
    log = of(await joined("one"), 70)
    old = 0
    for size in (1, 2, 7, 8, 64, 70):
        line = await sent(supervisor, log.body(old, size))
        at = cosignature.seen_at(log.head(size) + line, supervisor.signer.verifier)
        assert at == int(supervisor.clock.now().timestamp())
        old = size
    assert await sent(supervisor, log.body(70, 70)), "the same head again"


async def test_the_statuses_are_those_of_the_standard(
    desk: Desk, supervisor: Supervisor, joined: Joined
) -> None:
    one = await joined("one")
    log, other = of(one, 20), of(one, 20, salt=b"x")
    await sent(supervisor, log.body(0, 10))
    with pytest.raises(Conflict) as conflict:
        await sent(supervisor, log.body(0, 12))
    assert conflict.value.size == 10
    assert await status(supervisor, log.body(8, 12)) == 409
    assert await status(supervisor, other.body(10, 10)) == 422, "same size, another root"
    assert await status(supervisor, witnessing.request(10, [], log.head(12))) == 422, "no proof"
    assert await status(supervisor, other.body(10, 12)) == 422
    assert await status(supervisor, witnessing.request(13, [], log.head(12))) == 400
    stranger = Log(keys.signer_of(keys.generate(), "dialpact/nobody"), 3)
    assert await status(supervisor, stranger.body(0, 3)) == 404
    thief = Log(keys.signer_of(keys.generate(), "dialpact/one"), 12)
    assert await status(supervisor, thief.body(10, 12)) == 403


@pytest.mark.parametrize(
    "change",
    [
        (b"old 10\n", b"old 010\n"),
        (b"old 10\n", b"old +10\n"),
        (b"old 10\n", b"old \xef\xbc\x91\xef\xbc\x90\n"),
        (b"old 10\n", b"old 1_0\n"),
        (b"old 10\n", b"old 10 \n"),
        (b"old 10\n", b"Old 10\n"),
        (b"\n\n", b"\n"),
        (b"=\n", b"\n"),
        (b"\n\n", b"\n" + b"A" * 44 + b"\n\n"),
    ],
)
async def test_only_one_form_is_read(
    desk: Desk, supervisor: Supervisor, joined: Joined, change: tuple[bytes, bytes]
) -> None:
    log = of(await joined("one"), 12)
    await sent(supervisor, log.body(0, 10))
    good = log.body(10, 12)
    assert await status(supervisor, good.replace(*change, 1)) in (400, 422)
    assert await status(supervisor, good) == 200


async def test_too_much_is_not_read(desk: Desk, supervisor: Supervisor, joined: Joined) -> None:
    assert await status(supervisor, b"old 0\n\n" + b"x" * (1 << 20)) == 413


async def test_two_heads_that_do_not_fit_are_never_both_cosigned(
    desk: Desk, supervisor: Supervisor, joined: Joined
) -> None:
    """Also when they come at once, to two processes that share the database."""
    one = await joined("one")
    logs = [of(one, 12, salt=bytes([number])) for number in range(16)]
    async with supervisor_twice(supervisor) as second:
        answers = await asyncio.gather(
            *(status(box, log.body(0, 12)) for log, box in zip(logs, [supervisor, second] * 8, strict=True))
        )
    assert sorted(set(answers)) in ([200, 409], [200, 409, 422])
    assert answers.count(200) == 1
    assert len(await desk.store.heads.newest("one", 10)) == 1


def supervisor_twice(supervisor: Supervisor) -> _Second:
    return _Second(supervisor)


class _Second:
    """The same supervisor, in another process: his database is opened once more."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._again = Supervisor.__new__(Supervisor)
        self._again.__dict__.update(supervisor.__dict__)
        self._opened = self._again.open()

    async def __aenter__(self) -> Supervisor:
        await self._opened.__aenter__()
        return self._again

    async def __aexit__(self, *_: object) -> None:
        await self._opened.__aexit__(None, None, None)


async def test_a_restored_backup_forks_and_both_heads_are_kept(
    desk: Desk, supervisor: Supervisor, joined: Joined, tmp_path: Path
) -> None:
    """With the key and all backups: what was cosigned stays, and the second history is evidence."""
    one = await joined("one")
    await one.call()
    await one.checkpoint()
    backup = tmp_path / "backup.db"
    one.sql(f"VACUUM INTO '{backup}'")
    await one.call()
    await one.call()
    await one.checkpoint()
    for leftover in one.folder.glob("dialpact.db*"):
        leftover.unlink()
    shutil.copy(backup, one.database)
    await one.call()
    with pytest.raises(LedgerError, match="backup"):
        await one.checkpoint()
    seen = await desk.store.heads.strays("one", 10)
    assert [stray.why for stray in seen] in ([], ["behind"])
    last = await desk.store.heads.last("one")
    assert last is not None
    leaves = [bytes(leaf) for (leaf,) in one.sql("SELECT leaf FROM ledger ORDER BY leaf_index")]
    signer = keys.load(one.config)
    while len(leaves) < last.size:  # he makes as many as the witness has
        leaves.append(merkle.leaf_hash(b"anything"))
    body = Checkpoint(signer.name, last.size, merkle.over(leaves)(0, last.size)).body()
    assert await status(supervisor, witnessing.request(last.size, [], signer.sign(body))) == 422
    (fork,) = await desk.store.heads.forks("one", 10)
    heads = [Checkpoint.parse(note.verify(text, [signer.verifier])) for text in (fork.one, fork.other)]
    assert heads[0].size == heads[1].size == last.size
    assert heads[0].root != heads[1].root
    (standing,) = (await overview.overview(desk)).operators
    assert standing.wrong[0] == "forked"


async def test_a_wrong_proof_by_anybody_is_no_fork(
    desk: Desk, supervisor: Supervisor, joined: Joined
) -> None:
    """Checkpoints are public: whoever has one can send it with a proof that does not hold."""
    log = of(await joined("one"), 12)
    await sent(supervisor, log.body(0, 10))
    assert await status(supervisor, witnessing.request(10, [b"\0" * 32], log.head(12))) == 422
    assert not await desk.store.heads.forks("one", 10)
    assert [stray.size for stray in await desk.store.heads.strays("one", 10)] == [12]
    await sent(supervisor, log.body(10, 12))
    assert not await desk.store.heads.strays("one", 10), "it was shown"


async def test_two_histories_that_were_never_cosigned_are_a_fork_too(
    desk: Desk, supervisor: Supervisor, joined: Joined
) -> None:
    one = await joined("one")
    log, other, third = of(one, 20), of(one, 20, salt=b"x"), of(one, 20, salt=b"y")
    await sent(supervisor, log.body(0, 10))
    for each in (other, third):
        assert await status(supervisor, witnessing.request(10, [], each.head(15))) == 422
    (fork,) = await desk.store.heads.forks("one", 10)
    assert (fork.one, fork.other) == (other.head(15), third.head(15))


async def test_others_signatures_are_not_kept(desk: Desk, supervisor: Supervisor, joined: Joined) -> None:
    log = of(await joined("one"), 3)
    noise = keys.signer_of(keys.generate(), "noise")
    body, gap, own = log.head(3).partition("\n\n")
    junk = noise.sign(f"{body}\n").partition("\n\n")[2]
    await sent(supervisor, witnessing.request(0, [], f"{body}{gap}{junk}{own}"))
    head = await desk.store.heads.last("one")
    assert head is not None and head.note == log.head(3)


async def test_a_gap_is_on_record(
    desk: Desk, supervisor: Supervisor, joined: Joined, clock: SetClock
) -> None:
    log = of(await joined("one"), 3)
    await sent(supervisor, log.body(0, 1))
    clock.set("2026-11-24 10:59:00")
    await sent(supervisor, log.body(1, 2))
    clock.set("2026-11-24 14:00:00")
    (standing,) = (await overview.overview(desk)).operators
    assert (standing.log, standing.open_gap is not None, standing.gaps) == ("late", True, ())
    await sent(supervisor, log.body(2, 2))
    (standing,) = (await overview.overview(desk)).operators
    assert (standing.log, standing.open_gap) == ("fresh", None)
    (gap,) = standing.gaps
    assert gap.until is not None and (gap.until - gap.since).total_seconds() == 3 * 3600 + 60


async def test_a_supervisor_without_his_database_says_so(supervisor: Supervisor) -> None:
    """A witness that has forgotten would cosign anything: it does not start anew by itself."""
    supervisor.config.database.unlink()
    with pytest.raises(Exception, match=r"supervise\.db"):
        await SupervisionStore.open(supervisor.config.database)


async def test_what_was_cosigned_last_is_shown_to_everybody(
    desk: Desk, supervisor: Supervisor, joined: Joined
) -> None:
    """By the hash of the log's name: a restored log finds there what it has forgotten."""
    log = of(await joined("one"), 12)
    await sent(supervisor, log.body(0, 10))
    path = witnessing.monitored("dialpact/one")
    reply = await http_client.ask(f"{supervisor.url}/{path}", seconds=20, most=8192)
    assert reply.status == 200 and reply.body.decode().startswith(log.head(10))
    assert cosignature.seen_at(reply.body.decode(), supervisor.signer.verifier)
    other = await http_client.ask(f"{supervisor.url}/{'0' * 64}/checkpoint", seconds=20, most=8192)
    assert other.status == 404


async def test_a_head_that_was_never_cosigned_is_explained_by_its_log(
    desk: Desk, supervisor: Supervisor, joined: Joined
) -> None:
    """It may be anybody's copy, sent to accuse: whoever has the log shows that it is a beginning of it."""
    one = await joined("one")
    await one.checkpoint()
    await one.call()
    async with one.context() as context:
        manual = (await signing.checkpoint(context, one.config)).note
    await one.call()
    await one.checkpoint()
    assert await status(supervisor, witnessing.request(0, [], manual)) == 409
    (stray,) = await desk.store.heads.strays("one", 10)
    assert stray.why == "behind"
    (standing,) = (await overview.overview(desk)).operators
    assert "not-shown" in standing.wrong
    await one.checkpoint()
    assert not await desk.store.heads.strays("one", 10)
    (standing,) = (await overview.overview(desk)).operators
    assert "not-shown" not in standing.wrong


async def test_the_head_of_nothing_accuses_nobody(desk: Desk, supervisor: Supervisor, joined: Joined) -> None:
    """Every log begins with it; whoever was given it can send it for ever. With a root it is another's."""
    log = of(await joined("one"), 3)
    await sent(supervisor, log.body(0, 0))
    await sent(supervisor, log.body(0, 3))
    assert await status(supervisor, log.body(0, 0)) == 409
    late = of(await joined("two"), 3)
    await sent(supervisor, late.body(0, 3))
    assert await status(supervisor, late.body(0, 0)) == 409
    for name in ("one", "two"):
        assert not await desk.store.heads.strays(name, 10)
    wrong = late.signer.sign(Checkpoint(late.signer.name, 0, bytes(32)).body())
    assert await status(supervisor, witnessing.request(0, [], wrong)) == 409
    assert [one.size for one in await desk.store.heads.strays("two", 10)] == [0]


async def test_a_head_of_another_history_is_not_explained(
    desk: Desk, supervisor: Supervisor, joined: Joined
) -> None:
    log, other = of(await joined("one"), 20), of(await joined("two"), 20, salt=b"x")
    foreign = Log(log.signer, 20, salt=b"x")
    await sent(supervisor, log.body(0, 10))
    assert await status(supervisor, witnessing.request(0, [], foreign.head(7))) == 409
    (stray,) = await desk.store.heads.strays("one", 10)
    proofs = [merkle.consistency_proof(merkle.over(leaves), 7, 10) for leaves in (log.leaves, foreign.leaves)]
    for proof in (*proofs, []):
        shown = witness.Shown(
            origin="dialpact/one",
            stray=witness.StrayHead(size=7, root=stray.root.hex()),
            size=10,
            proof=tuple(step.hex() for step in proof),
        )
        with pytest.raises(Refusal, match="not-continued"):
            await post(f"{supervisor.url}/explain", msgspec.json.encode(shown), 4096, 20)
    assert await desk.store.heads.strays("one", 10) == [stray]
    assert other.leaves == foreign.leaves


async def test_the_keeper_s_own_checkpoint_meanwhile_is_no_backup(
    desk: Desk, supervisor: Supervisor, joined: Joined
) -> None:
    """Two processes of one operator hand in at once: a larger head of the same log is not an accusation."""
    one = await joined("one")
    await one.checkpoint()
    turns: list[str] = []

    async def late(url: str, body: bytes, most: int, seconds: float) -> bytes:
        if url.endswith("/add-checkpoint") and not turns:
            turns.append(url)
            await one.call()
            await one.checkpoint()
        return await post(url, body, most, seconds)

    await one.call()
    async with one.context() as context:
        text = await handing.cosigned(context, one.config, send=late)
    last = await desk.store.heads.last("one")
    assert turns and last is not None and text.startswith(last.note)
