"""The log as tiles, read and proven by a client that is not ours (aics-tlog of PyPI)."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import aics_tlog
import pytest

from dialpact.compliance.ledger import cosignature, keys, merkle
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.store.sqlite import Store
from tests.cli.conftest import Home
from tests.outsiders import Cosigner
from tests.web.asking import Asker, asking


def grow(database: Path, leaves: int) -> None:
    """So many more clock readings."""

    def insert(connection: sqlite3.Connection) -> None:
        connection.executemany(
            "INSERT INTO clock_reading (at, boot_id, uptime_us, by)"
            " VALUES ('2026-11-25T02:00:00.000000Z', 'b1', ?, 'test')",
            [(place,) for place in range(leaves)],
        )

    async def run() -> None:
        async with await Store.open(database) as store:
            await store.transact(insert)

    asyncio.run(run())


class Log:
    def __init__(self, home: Home) -> None:
        self.home, self.database = home, home.path / "dialpact.db"

    def sign(self) -> Checkpoint:
        return aics_checked(self.home("ledger", "checkpoint")["note"], self.home)

    def size(self) -> int:
        connection = sqlite3.connect(self.database)
        try:
            return int(connection.execute("SELECT count(*) FROM ledger").fetchone()[0])
        finally:
            connection.close()


def aics_checked(text: str, home: Home) -> Checkpoint:
    """A stranger's verifier agrees to the signature, and reads what we read."""
    vkey = aics_tlog.parse_vkey(keys.load_public(home.path / "ledger.pub").vkey)
    checked = aics_tlog.verify_checkpoint(aics_tlog.parse_note(text), vkey)
    assert checked.ok, checked
    body = text.rpartition("\n\n")[0] + "\n"
    return Checkpoint.parse(body)


@pytest.fixture
def log(home: Home) -> Log:
    made = Log(home)
    grow(made.database, 700 - made.size())
    return made


@pytest.fixture
async def asker(log: Log) -> AsyncIterator[Asker]:
    async with asking(log.database) as asker:
        yield asker


def reader(asker: Asker) -> aics_tlog.HttpTileReader:
    return aics_tlog.HttpTileReader([f"http://127.0.0.1:{asker.port}/"])


async def test_a_stranger_proves_every_tile_and_entry(log: Log, asker: Asker) -> None:
    signed = await asyncio.to_thread(log.sign)
    answer = await asker.get("/checkpoint")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "max-age=2" in answer.headers["cache-control"]
    assert aics_checked(answer.body.decode(), log.home) == signed
    audit = await asyncio.to_thread(aics_tlog.audit_tiles, reader(asker), signed.size, signed.root)
    assert (audit.tiles, audit.bundles) == (4, 3)
    proven = aics_tlog.VerifiedTileReader(reader(asker), signed.size, signed.root)

    def prove(index: int) -> None:
        proof = aics_tlog.inclusion_proof_from_tiles(proven, index, signed.size)
        shown = log.home("ledger", "show", str(index))
        leaf = base64.b64decode(shown["hash"])
        assert merkle.verify_inclusion(leaf, index, signed.size, proof, signed.root)
        salted = base64.b64decode(shown["salt"]) + shown["record"].encode()
        assert proven.entry(index) == hashlib.sha256(salted).digest()

    for index in (0, 255, 256, 511, 512, signed.size - 1):
        await asyncio.to_thread(prove, index)


async def test_a_stranger_proves_that_one_checkpoint_continues_another(log: Log, asker: Asker) -> None:
    before = await asyncio.to_thread(log.sign)
    await asyncio.to_thread(grow, log.database, 400)
    now = await asyncio.to_thread(log.sign)
    proven = aics_tlog.VerifiedTileReader(reader(asker), now.size, now.root)
    proof = await asyncio.to_thread(aics_tlog.consistency_proof_from_tiles, proven, before.size, now.size)
    assert aics_tlog.verify_consistency(before.size, now.size, before.root, now.root, proof)


async def test_the_third_level(home: Home) -> None:
    log = Log(home)
    await asyncio.to_thread(grow, log.database, 65_800 - log.size())
    signed = await asyncio.to_thread(log.sign)
    async with asking(log.database) as asker:
        audit = aics_tlog.audit_tiles
        await asyncio.to_thread(audit, reader(asker), signed.size, signed.root, entries=False)
        assert len((await asker.get("/tile/2/000.p/1")).body) == 32
        assert (await asker.get("/tile/3/000.p/1")).status == 404


async def test_what_is_there_is_there_for_ever_and_nothing_unsigned_is(log: Log, asker: Asker) -> None:
    for path in ("/checkpoint", "/tile/0/000", "/tile/0/002.p/1", "/tile/entries/000"):
        answer = await asker.get(path)
        assert (answer.status, answer.headers["cache-control"]) == (404, "no-store"), path
    signed = await asyncio.to_thread(log.sign)
    width = signed.size % 256
    await asyncio.to_thread(grow, log.database, 300)
    full = await asker.get("/tile/0/000")
    assert len(full.body) == 8192 and "immutable" in full.headers["cache-control"]
    assert full.headers["content-type"] == "application/octet-stream"
    part = await asker.get(f"/tile/0/002.p/{width}")
    assert len(part.body) == 32 * width
    assert (await asker.get(f"/tile/0/002.p/{width + 1}")).status == 404  # there, and not signed yet
    assert (await asker.get("/tile/1/000.p/3")).status == 404
    await asyncio.to_thread(log.sign)
    assert (await asker.get(f"/tile/0/002.p/{width}")).body == part.body  # for whoever holds the old head
    assert (await asker.get("/tile/0/002")).body.startswith(part.body)
    assert len((await asker.get("/tile/1/000.p/3")).body) == 96
    assert (await asker.get("/tile/0/000", "HEAD")).body == b""


@pytest.mark.parametrize(
    "path",
    [
        *("0", "0/", "0/0", "0/00", "0/0000", "00/000", "64/000", "a/000", "0/x000/000", "0/x0/000"),
        *("0/000.p/0", "0/000.p/256", "0/000.p/01", "0/000.p/", "0/000.p", "0/000/", "0/-01", "0/000.p/1/"),
        *("entries", "entries/0", "entries/000.p/300", "0/999", "0/x999/x999/x999/x999/x999/999", "63/000"),
        *("0/%EF%BC%90%EF%BC%90%EF%BC%90", "0/../0/000", "0/000%0A", "0/x999/" * 9 + "000"),
    ],
)
async def test_other_paths_are_none(log: Log, asker: Asker, path: str) -> None:
    await asyncio.to_thread(log.sign)
    assert (await asker.get(f"/tile/{path}")).status == 404
    assert (await asker.get("/tile/0/000", "POST")).status == 405


async def test_an_erased_record_has_no_entry_and_its_leaf_stays(log: Log, asker: Asker) -> None:
    signed = await asyncio.to_thread(log.sign)
    connection = sqlite3.connect(log.database)
    for (name,) in connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'ledger'"
    ).fetchall():  # (a clock reading is never erased; a call's record would be)
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute("UPDATE ledger SET salt = NULL WHERE leaf_index = 300")
    connection.commit()
    assert (await asker.get("/tile/entries/001")).status == 404
    assert (await asker.get("/tile/entries/000")).status == 200
    audit = aics_tlog.audit_tiles
    await asyncio.to_thread(audit, reader(asker), signed.size, signed.root, entries=False)
    # One that was changed is not handed out as an entry that leads elsewhere.
    connection.execute("DROP TRIGGER clock_reading_is_final")
    connection.execute("UPDATE clock_reading SET uptime_us = 5 WHERE seq = 20")
    connection.commit()
    connection.close()
    assert (await asker.get("/tile/entries/000")).status == 500


async def test_a_database_that_can_not_be_read_is_said(tmp_path: Path) -> None:
    async with asking(tmp_path / "none.db") as asker:
        for path in ("/checkpoint", "/tile/0/000"):
            assert (await asker.get(path)).status == 503


async def test_the_checkpoint_has_its_witnesses_lines(log: Log, asker: Asker) -> None:
    signed = await asyncio.to_thread(log.home, "ledger", "checkpoint")
    text, one, other = signed["note"], Cosigner(), Cosigner("other.example/w1")
    size = Checkpoint.parse(text.rpartition("\n\n")[0] + "\n").size
    stranger = one.line(text.replace("\n7", "\n8", 1))  # (of another checkpoint: it is not handed out)
    connection = sqlite3.connect(log.database)
    for cosigner, line in ((one, one.line(text)), (other, stranger)):
        row = (size, cosigner.vkey, 1_800_000_000, line)
        connection.execute("INSERT INTO cosignature (size, vkey, at, line) VALUES (?, ?, ?, ?)", row)
    connection.commit()
    connection.close()
    shown = (await asker.get("/checkpoint")).body.decode()
    assert shown.startswith(text) and shown.count("\n—") == 2
    assert [each.witness.vkey for each in cosignature.read(shown, [one.witness]).by] == [one.vkey]
    # A newer one that nobody has cosigned yet is not shown before it: a client wants its quorum.
    await asyncio.to_thread(grow, log.database, 3)
    newer = (await asyncio.to_thread(log.home, "ledger", "checkpoint"))["note"]
    assert newer != text
    assert (await asker.get("/checkpoint")).body.decode() == shown
