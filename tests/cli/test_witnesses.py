"""Witnesses: what is asked of them, what each answer becomes, and that nothing waits for one."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dialpact.application import http_client
from dialpact.application.ledger import held, stamps, witnesses
from dialpact.application.supervised import handing
from dialpact.cli import housekeeping
from dialpact.cli.command_context import CommandContext, Machine
from dialpact.cli.outsiders import Outsiders
from dialpact.compliance import config as configuration
from dialpact.compliance.clock import Uptime, stamp
from dialpact.compliance.errors import ConfigError, LedgerError
from dialpact.compliance.ledger import cosignature, merkle, note
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.ledger.cosignature import Witness
from tests.cli.conftest import Home
from tests.outsiders import Cosigner, FakeWitness, Said, StockWitness


def vkey_of(home: Home) -> str:
    return str(home("ledger", "key")["verifier_key"])


def name(home: Home, *given: FakeWitness | StockWitness) -> None:
    """Into the configuration."""
    lines = ", ".join(
        f'{{ url = "{one.url}", vkey = "{one.cosigner.vkey if isinstance(one, FakeWitness) else one.vkey}" }}'
        for one in given
    )
    text = home.config.read_text("utf-8")
    assert "witnesses = []" in text
    home.config.write_text(text.replace("witnesses = []", f"witnesses = [{lines}]"), "utf-8")


def log_something(home: Home, times: int = 1) -> None:
    for _ in range(times):
        home.run("dnc", "add", "13800138000", "--scope", "all", "--source", "x")


def incidents(home: Home) -> list[str]:
    return [one["kind"] for one in home("incidents", "list") if one["kind"].startswith("witness-")]


@pytest.fixture
def fake(home: Home) -> Iterator[FakeWitness]:
    with FakeWitness().answering() as one:
        name(home, one)
        yield one


def test_a_stock_witness_cosigns_one_checkpoint_after_the_other(home: Home, tmp_path: Path) -> None:
    stock = StockWitness(tmp_path / "stock", vkey_of(home))
    name(home, stock)
    witness = Witness.parse(stock.vkey)
    with stock.serving():
        for _ in range(4):
            log_something(home, 3)
            text = home("ledger", "checkpoint")["note"]
            (seen,) = cosignature.read(text, [witness]).by
            assert abs(seen.at - datetime.now(UTC).timestamp()) < 60
        home.file("c.note", text)
        assert home("ledger", "verify", "--checkpoint", "c.note")["findings"] == 0
    assert home("status", code=3)["remarks"] == []
    # What it says of itself agrees.
    assert str(Checkpoint.parse(note.split(text)[0]).size) in stock("status")


def test_a_whole_machine_that_was_put_back_is_found_by_a_stock_witness(home: Home, tmp_path: Path) -> None:
    """Database, key and what remembers the last head are of one backup: only outsiders can tell."""
    stock = StockWitness(tmp_path / "stock", vkey_of(home))
    name(home, stock)
    with stock.serving():
        log_something(home)
        home.run("ledger", "checkpoint")
        before = tmp_path / "backup"
        shutil.copytree(home.path, before, ignore=shutil.ignore_patterns("stock", "backup"))
        log_something(home, 2)
        text = home("ledger", "checkpoint")["note"]
        for file in before.iterdir():
            shutil.copy(file, home.path / file.name)
        for times in (1, 8):  # another log of this name: a smaller one, and a larger one
            log_something(home, times)
            forks = home("ledger", "checkpoint", code=3)["forks"]
            size = Checkpoint.parse(note.split(text)[0]).size
            assert [(fork["where"], fork["size"]) for fork in forks] == [(stock.url, size)]


def other_size(size: int) -> Said:
    return Said(409, f"{size}\n".encode(), "text/x.tlog.size")


Answer = Callable[[FakeWitness, str], Said]


def stranger(fake: FakeWitness, body: str) -> Said:
    return Said(200, Cosigner().line(body.partition("\n\n")[2]).encode())


def its_name_alone(fake: FakeWitness, body: str) -> Said:
    return Said(200, Cosigner(fake.cosigner.witness.name).line(body.partition("\n\n")[2]).encode())


def another_checkpoint(fake: FakeWitness, body: str) -> Said:
    lines = body.partition("\n\n")[2].split("\n")
    lines[1] = str(int(lines[1]) + 1)
    return Said(200, fake.cosigner.line("\n".join(lines)).encode())


def no_time(fake: FakeWitness, body: str) -> Said:
    return Said(200, fake.cosigner.line(body.partition("\n\n")[2], at=0).encode())


REFUSED: dict[str, tuple[Answer, str]] = {
    "another log": (lambda fake, body: Said(422), "conflict"),
    "a larger one": (lambda fake, body: other_size(10**9), "ahead"),
    "unknown log": (lambda fake, body: Said(404), "unknown-log"),
    "unknown key": (lambda fake, body: Said(403), "unknown-key"),
    "malformed": (lambda fake, body: Said(400), "malformed"),
    "too large": (lambda fake, body: Said(413), "malformed"),
    "broken": (lambda fake, body: Said(500, b"sorry"), "failed"),
    "elsewhere": (lambda fake, body: Said(302), "failed"),
    "no size": (lambda fake, body: Said(409, b"1\n"), "failed"),
    "a size in another form": (lambda fake, body: other_size(1)._replace(body=b"01\n"), "failed"),
    "none in our digits": (lambda fake, body: other_size(1)._replace(body="１\n".encode()), "failed"),
    "garbage": (lambda fake, body: Said(200, b"\xff\x00garbage"), "failed"),
    "a page": (lambda fake, body: Said(200, b"<html>"), "failed"),
    "huge": (lambda fake, body: Said(200, b"\xe2\x80\x94 " + b"a" * (1 << 17)), "away"),
    "another key": (stranger, "forged"),
    "another key of its name": (its_name_alone, "forged"),
    "another checkpoint": (another_checkpoint, "forged"),
    "no time": (no_time, "forged"),
}


@pytest.mark.parametrize("how", REFUSED)
def test_what_is_no_cosignature_is_not_kept(home: Home, fake: FakeWitness, how: str) -> None:
    answer, word = REFUSED[how]
    fake.answer = lambda body: answer(fake, body)
    log_something(home)
    disputed = word in ("conflict", "ahead")
    said = home("ledger", "checkpoint", code=3 if disputed else 0)
    assert [one["word"] for one in said["witnesses"]] == [word]
    assert "—" in said["note"] and said["note"].count("\n—") == 1
    assert incidents(home) == (["witness-conflict"] if disputed else [])
    connection = sqlite3.connect(home.path / "dialpact.db")
    assert connection.execute("SELECT count(*) FROM cosignature").fetchone() == (0,)
    connection.close()
    # The next turn asks again, and gets it.
    fake.answer = fake.cosign
    assert home("ledger", "checkpoint")["witnesses"][0]["word"] == "cosigned"


def test_the_proof_begins_where_the_witness_is(home: Home, fake: FakeWitness) -> None:
    roots: dict[int, bytes] = {}
    held = [0]

    def answer(body: str) -> Said:
        head, _, text = body.partition("\n\n")
        old, *proof = head.split("\n")
        checkpoint = Checkpoint.parse(note.split(text)[0])
        if old != f"old {held[0]}":
            return other_size(held[0])
        import base64

        steps = [base64.b64decode(step) for step in proof]
        if held[0]:
            root = roots[held[0]]
            assert merkle.verify_consistency(held[0], checkpoint.size, root, checkpoint.root, steps)
        else:
            assert not proof
        held[0], roots[checkpoint.size] = checkpoint.size, checkpoint.root
        return fake.cosign(body)

    fake.answer = answer
    for times in (1, 5, 9):
        log_something(home, times)
        assert home("ledger", "checkpoint")["witnesses"][0]["word"] == "cosigned"
    # It is behind what we think, as after a loss of its database to an older copy.
    held[0] = min(roots)
    log_something(home, 2)
    assert home("ledger", "checkpoint")["witnesses"][0]["word"] == "cosigned"
    asked = len(fake.asked)
    home.run("ledger", "checkpoint")  # it has cosigned this one
    assert len(fake.asked) == asked


def test_a_witness_that_names_another_size_each_time_is_given_up(home: Home, fake: FakeWitness) -> None:
    log_something(home, 9)
    sizes = iter(range(1, 9))
    fake.answer = lambda body: other_size(next(sizes))
    assert home("ledger", "checkpoint")["witnesses"][0]["word"] == "failed"
    assert len(fake.asked) == witnesses.TRIES


def test_who_drips_or_is_silent_holds_nobody_up(
    home: Home, fake: FakeWitness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(witnesses, "SECONDS", 0.2)  # (no setting: nobody waits longer)
    log_something(home)
    fake.answer = lambda body: Said(200)
    assert home("ledger", "checkpoint")["witnesses"][0]["word"] == "away"


def test_one_that_is_away_does_not_keep_another_from_cosigning(home: Home, fake: FakeWitness) -> None:
    text = home.config.read_text("utf-8")
    gone = Cosigner("gone.example/w1")
    more = f'witnesses = ["{gone.vkey} http://127.0.0.1:1", '
    home.config.write_text(text.replace("witnesses = [", more), "utf-8")
    log_something(home)
    said = home("ledger", "checkpoint")
    assert [one["word"] for one in said["witnesses"]] == ["away", "cosigned"]
    assert said["note"].count("\n—") == 2


class Hands:
    """A wall clock and an uptime that are set by hand."""

    def __init__(self) -> None:
        self.minutes = 0.0

    def now(self) -> datetime:
        return datetime(2026, 11, 25, 2, tzinfo=UTC) + timedelta(minutes=self.minutes)

    def uptime(self) -> Uptime:
        return Uptime("b1", timedelta(minutes=self.minutes + 5))


@pytest.mark.parametrize(("answer", "kind"), [(Said(403), "witness-refuses"), (None, "witness-away")])
def test_an_hour_of_it_is_one_incident(
    home: Home, fake: FakeWitness, answer: Said | None, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands = Hands()
    home.machine = Machine(clock=hands, uptime=hands.uptime)
    if answer:
        fake.answer = lambda body: answer
    else:
        monkeypatch.setattr(http_client, "_request", lambda *_: b"")  # what it never gets it does not answer
        monkeypatch.setattr(witnesses, "SECONDS", 0.05)
    log_something(home)
    for minutes, expected in ((0, 0), (50, 0), (61, 1), (200, 1)):
        hands.minutes = minutes
        log_something(home)
        home.run("ledger", "checkpoint")
        assert incidents(home) == [kind] * expected
    codes = [one["code"] for one in home("status", code=3)["remarks"]]
    assert codes == [kind]
    if answer:
        fake.answer = fake.cosign
        log_something(home)
        home.run("ledger", "checkpoint")
        assert home("status", code=3)["remarks"] == []
        fake.answer = lambda body: answer
        for minutes, expected in ((300, 1), (361, 2)):  # another failure is another incident
            hands.minutes = minutes
            log_something(home)
            home.run("ledger", "checkpoint")
            assert incidents(home) == [kind] * expected


async def test_the_keeper_asks_after_it_has_signed_and_its_end_waits_for_nobody(
    home: Home, fake: FakeWitness
) -> None:
    stop = asyncio.Event()
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()

    def silent(body: str) -> Said:
        loop.call_soon_threadsafe(asked.set)
        return Said(200)

    fake.answer = silent
    session = CommandContext(home.config, False, "en")
    running = asyncio.create_task(housekeeping.keep(session, stop))
    async with asyncio.timeout(8):  # less than a witness is given
        await asked.wait()
        stop.set()
        await running
    connection = sqlite3.connect(home.path / "dialpact.db")
    assert connection.execute("SELECT count(*) FROM checkpoint").fetchone()[0] >= 1
    connection.close()


@pytest.mark.parametrize(
    "line",
    [
        '[{{ url = "{url}", vkey = "{vkey}" }}]',
        '["{vkey} {url}"]',
        '["{url} {vkey}"]',
        '["{vkey}+{url}"]',
    ],
)
def test_forms_in_which_a_witness_is_named(home: Home, line: str) -> None:
    vkey, url = Cosigner().vkey, "https://witness.example/a"
    text = home.config.read_text("utf-8")
    home.config.write_text(
        text.replace("witnesses = []", "witnesses = " + line.format(url=url, vkey=vkey)), "utf-8"
    )
    (found,) = configuration.load(home.config).ledger.named
    assert (found.url, found.vkey) == (url, vkey)


def test_what_names_no_witness(home: Home) -> None:
    cosigner, log = Cosigner(), vkey_of(home)
    twice = f'["{cosigner.vkey} http://a", "{cosigner.named("other/w2").vkey} http://b"]'
    text = home.config.read_text("utf-8")
    for line, why in (
        ('["x"]', "not a verifier key"),
        (f'["{log} http://a"]', "another kind"),
        (f'["{cosigner.vkey} http://a?b"]', "address"),
        (f'["{cosigner.vkey} http://user@a"]', "address"),
        (f'["{cosigner.vkey.replace("w1+", "w2+")} http://a"]', "id"),
        (twice, "one key twice"),
    ):
        home.config.write_text(text.replace("witnesses = []", f"witnesses = {line}"), "utf-8")
        with pytest.raises(ConfigError, match=why):
            configuration.load(home.config)


async def test_what_a_witness_shows_is_a_head_to_compare_with(home: Home, fake: FakeWitness) -> None:
    text = (await asyncio.to_thread(home, "ledger", "checkpoint"))["note"]
    session = CommandContext(home.config, False, "en")
    async with session.store() as store:
        for shown, expected in (
            (Said(200, text.encode()), [(fake.url, text)]),
            (Said(404), []),
            (Said(200, text.replace("dialpact/", "other/", 1).encode()), []),
            (Said(200, b"\xff"), []),
        ):
            fake.shown = shown
            assert list(await held.by_witnesses(session.config, store)) == expected


def doctor(home: Home) -> dict[str, str]:
    """Of witnesses and timestamps: code and result."""
    checks = home("asterisk", "doctor", "--asterisk-etc", "etc", code=3)["checks"]
    return {one["code"]: one["result"] for one in checks if one["check"] in ("witnesses", "stamps")}


def test_the_doctor_says_how_it_stands(home: Home, fake: FakeWitness) -> None:
    assert doctor(home) == {"witness-unasked": "warn"}
    log_something(home)
    home.run("ledger", "checkpoint")
    assert doctor(home) == {"witness": "ok"}
    for answer, code, result, exits in (
        (Said(403), "witness-refuses", "warn", 0),
        (Said(422), "witness-conflict", "fail", 3),
    ):
        fake.answer = lambda body, answer=answer: answer  # type: ignore[misc]
        log_something(home)
        home.run("ledger", "checkpoint", code=exits)
        assert doctor(home) == {code: result}
    text = home.config.read_text("utf-8")
    home.config.write_text(text.replace('tsa = ""', 'tsa = "http://127.0.0.1:1/"'), "utf-8")
    assert doctor(home) == {"witness-conflict": "fail", "stamp-never": "warn"}
    at = datetime.now(UTC)
    for hours, code, result in ((1, "stamp", "ok"), (4, "stamp-old", "warn")):
        stamped(home, at - timedelta(hours=hours))
        assert doctor(home)[code] == result


def stamped(home: Home, at: datetime) -> None:
    connection = sqlite3.connect(home.path / "dialpact.db")
    connection.execute("DROP TRIGGER IF EXISTS checkpoint_stamp_stays")
    connection.execute("DELETE FROM checkpoint_stamp")
    row = (1, stamp(at), "", b"")
    connection.execute("INSERT INTO checkpoint_stamp (size, at, note, answer) VALUES (?, ?, ?, ?)", row)
    connection.commit()
    connection.close()


async def test_an_authority_that_is_away_keeps_no_checkpoint_from_the_supervisor(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else he would see a gap for as long as somebody else is down."""
    told = asyncio.Event()

    async def away(*_: object) -> None:
        raise LedgerError("no answer")

    async def cosigned(*_: object) -> None:
        told.set()

    monkeypatch.setattr(stamps, "keep", away)
    monkeypatch.setattr(handing, "cosigned", cosigned)
    supervised = '[supervision]\nurl = "https://supervisor.example"\nvkey = "x"\n'
    await asyncio.to_thread(home.config.write_text, home.config.read_text("utf-8") + supervised, "utf-8")
    outsiders = Outsiders(CommandContext(home.config, False, "en"))
    outsiders.begin()
    async with asyncio.timeout(20):
        await told.wait()
    await outsiders.close()
