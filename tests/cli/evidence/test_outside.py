"""What outsiders say of a package's calls, and each way to make them seem to say it: both verifiers agree."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dialpact.application.evidence import check, verify
from dialpact.application.evidence.outside import Outsiders
from dialpact.cli.command_context import Machine
from dialpact.compliance.clock import instant
from dialpact.compliance.ledger import cosignature, note
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.ledger.cosignature import Witness
from dialpact.compliance.ledger.note import Verifier
from dialpact.store.sqlite import Store
from tests.cli.conftest import Home
from tests.cli.evidence.conftest import no_pdf
from tests.cli.evidence.packages import (
    Files,
    Findings,
    called,
    export,
    files,
    recorded,
    resigned,
    signer,
)
from tests.cli.test_ledger_timestamp import CONF, EXACT, Authority
from tests.outsiders import Cosigner, FakeWitness, StockWitness

HEAD = "ledger/checkpoint.note"
NOW = datetime.now(UTC)


def ours(package: Path, key: str, outsiders: Outsiders) -> Findings:
    found = check.examine(package, Verifier.parse(key), outsiders=outsiders)
    return {(one.code, one.where) for one in found.findings}


def theirs(package: Path, key: str, *more: str) -> tuple[Findings, list[str]]:
    """The stand-alone script as a stranger runs it: findings, and what outsiders say."""
    done = subprocess.run(
        [sys.executable, verify.__file__, package, key, *more], capture_output=True, text=True, timeout=60
    )
    assert done.returncode in (0, 3), done.stderr
    lines = done.stdout.splitlines()
    said = [line for line in lines if " at the latest at " in line or " LATE: " in line]
    found = [line.partition(": ") for line in lines if line not in said]
    kept = {(code, eval(where)) for code, _, where in found if code in check.CODES}
    return kept, said


class Case:
    """A package of one call with an older checkpoint before it and after it, and its witnesses."""

    def __init__(self, home: Home, call: str, package: Path, witnesses: list[Cosigner]) -> None:
        self.home, self.call, self.package, self.witnesses = home, call, package, witnesses
        self.signer = signer(home)
        self.whole = files(package)
        record = next(name for name in self.whole if name.endswith("-decision.json") and "records" in name)
        self.decided = instant(json.loads(self.whole[record])["row"]["decided_at"])

    def made(self, changed: Files) -> Path:
        file = self.home.path / "made.zip"
        file.write_bytes(resigned(self.whole | changed, self.signer))
        return file

    def both(self, package: Path, *given: Cosigner, quorum: int | None = None) -> Findings:
        named = cosignature.distinct([one.vkey for one in given])
        asked = Outsiders(named, len(named) if quorum is None else quorum)
        more = [f"--witness={one.vkey}" for one in given]
        more += [] if quorum is None else [f"--quorum={quorum}"]
        found, _ = theirs(package, self.signer.vkey, *more)
        assert ours(package, self.signer.vkey, asked) == found
        return found

    def verified(self, package: Path, *given: str, code: int = 0) -> Any:
        key = ("--key", self.signer.vkey)
        return self.home("evidence", "verify", str(package), *key, *given, code=code)

    def noted(self) -> list[str]:
        """Checkpoints in it, the smallest first, its own last."""
        return [*sorted(name for name in self.whole if name.startswith("ledger/older/")), HEAD]

    def plain(self, name: str) -> str:
        """A checkpoint without its witnesses' lines."""
        body, signatures = note.split(self.whole[name].decode())
        mine = [note.line(one) for one in signatures if one.name == self.signer.name]
        return f"{body}\n{''.join(mine)}"

    def lines(self, name: str, *lines: str) -> Files:
        return {name: cosignature.put_under(self.plain(name), lines).encode()}


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    with pytest.MonkeyPatch.context() as patch:
        path = tmp_path_factory.mktemp("witnessed")
        patch.chdir(path)
        patch.delenv("DIALPACT_CONFIG", raising=False)
        home = Home(path)
        home.machine = Machine(pdf=no_pdf)
        home.run("init")
        one, other = FakeWitness(), FakeWitness()
        other.cosigner = Cosigner("other.example/w2")
        other.answer = other.cosign
        with one.answering(), other.answering():
            text = home.config.read_text("utf-8")
            lines = ", ".join(f'"{each.cosigner.vkey} {each.url}"' for each in (one, other))
            home.config.write_text(text.replace("witnesses = []", f"witnesses = [{lines}]"), "utf-8")
            home.run("dnc", "add", "13700137000", "--scope", "all", "--source", "x")
            home.run("ledger", "checkpoint")
            call = called(home, datetime.now(UTC))
            recorded(home, call, "a")
            home.run("ledger", "checkpoint")
            home.run("dnc", "add", "13900139000", "--scope", "all", "--source", "x")
            package = export(home, "--call", call, "--reason", "12321")
            yield Case(home, call, package, [one.cosigner, other.cosigner])


def test_a_package_carries_its_witnesses_words(case: Case) -> None:
    assert case.both(case.package, *case.witnesses) == set()
    given = [f"--witness={one.vkey}" for one in case.witnesses]
    verdict = case.verified(case.package, *given)["package"]
    (seen,) = verdict["seen"]
    assert seen["call"] == case.call and seen["by"] == ["other.example/w2", "witness.example/w1"]
    latest, unseen = instant(seen["latest"]), instant(seen["unseen"])
    assert unseen <= latest <= datetime.now(UTC) < latest + timedelta(minutes=5)
    said = case.home.run("evidence", "verify", str(case.package), "--key", case.signer.vkey, *given)
    assert "at the latest at" in said.output and "not in what they had seen" in said.output
    _, told = theirs(case.package, case.signer.vkey, *given)
    assert told == [
        f"{case.call}: witnessed at the latest at {latest:%FT%TZ}, not in what they saw at {unseen:%FT%TZ}"
    ]
    # Who names none is told nothing, and who knows only one of them believes that one.
    assert case.verified(case.package)["package"]["seen"] == []
    assert case.both(case.package, case.witnesses[0]) == set()


def test_the_quorum_decides_which_time(case: Case) -> None:
    """The quorum-th earliest: of so many one at least is right."""
    older, after = case.noted()[0], case.noted()[1:]
    one, other = case.witnesses
    base = int(time.time())
    changed = case.lines(
        older, one.line(case.plain(older), base - 100), other.line(case.plain(older), base - 90)
    )
    for name in after:
        changed |= case.lines(name, one.line(case.plain(name), base), other.line(case.plain(name), base + 40))
    made = case.made(changed)
    for quorum, latest, unseen in ((1, base, base - 90), (2, base + 40, base - 100)):
        given = [f"--witness={each.vkey}" for each in case.witnesses]
        verdict = case.verified(made, *given, f"--quorum={quorum}")["package"]
        (seen,) = verdict["seen"]
        assert instant(seen["latest"]).timestamp() == latest
        assert instant(seen["unseen"]).timestamp() == unseen
        _, told = theirs(made, case.signer.vkey, *given, f"--quorum={quorum}")
        assert f"{datetime.fromtimestamp(latest, UTC):%FT%TZ}" in told[0]
        assert f"{datetime.fromtimestamp(unseen, UTC):%FT%TZ}" in told[0]


def test_a_cosignature_by_another_key_of_its_name(case: Case) -> None:
    """The operator makes one himself: it is another key, so nobody asks it, and it counts for nothing."""
    known = case.witnesses[0]
    mine = Cosigner(known.witness.name)
    changed: Files = {}
    for name in case.noted():
        changed |= case.lines(name, mine.line(case.plain(name)))
    assert case.both(case.made(changed), known) == {("quorum", case.call)}


def test_a_cosignature_of_another_checkpoint(case: Case) -> None:
    """Replayed: the true witness's line of an older one stands under a newer one."""
    one, (first, *rest) = case.witnesses[0], case.noted()
    (true,) = cosignature.read(case.whole[first].decode(), [one.witness]).by
    changed = {}
    for name in rest:
        changed |= case.lines(name, true.line)
    assert case.both(case.made(changed), one) == {
        ("quorum", case.call),
        *(("witness", name) for name in rest),
    }


@pytest.mark.parametrize("how", ["bit", "time", "short", "no time"])
def test_a_cosignature_that_was_changed(case: Case, how: str) -> None:
    one = case.witnesses[0]
    changed = {}
    for name in case.noted()[1:]:
        line = one.line(case.plain(name), 0 if how == "no time" else None)
        signature = note.split(cosignature.put_under(case.plain(name), [line]))[1][-1]
        raw = bytearray(signature.signature)
        match how:
            case "bit":
                raw[-1] ^= 1
            case "time":
                raw[7] ^= 1  # a second earlier or later
            case "short":
                raw.pop()
        changed |= case.lines(name, note.line(signature._replace(signature=bytes(raw))))
    found = case.both(case.made(changed), one)
    assert ("witness", HEAD) in found and ("quorum", case.call) in found


def test_too_few_have_seen_it(case: Case) -> None:
    stranger = Cosigner("third.example/w3")
    assert case.both(case.package, *case.witnesses, stranger) == {("quorum", case.call)}
    assert case.both(case.package, *case.witnesses, stranger, quorum=2) == set()
    # All of them have seen the ledger, but only before the call was in it.
    less: Files = {}
    for name in case.noted()[1:]:
        less |= case.lines(name)
    assert case.both(case.made(less), *case.witnesses, quorum=1) == {("quorum", case.call)}


def test_one_key_under_two_names_is_one_witness(case: Case) -> None:
    one = case.witnesses[0]
    twin = one.named("twin.example/w9")
    changed: Files = {}
    for name in case.noted():
        changed |= case.lines(name, one.line(case.plain(name)), twin.line(case.plain(name)))
    made = case.made(changed)
    assert case.both(made, one, twin) == set()  # of two names one witness is asked for
    given = [f"--witness={one.vkey}", f"--witness={twin.vkey}", "--quorum=2"]
    assert "only 1" in case.verified(made, *given, code=1)["error"]
    more = [sys.executable, verify.__file__, made, case.signer.vkey, *given]
    done = subprocess.run(more, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "quorum" in done.stderr


def test_the_ledger_s_own_key_is_no_outsider(case: Case) -> None:
    own = Witness(case.signer.name, case.signer.verifier.public)
    asked = Outsiders([own], 1)
    found, _ = theirs(case.package, case.signer.vkey, f"--witness={own.vkey}")
    assert ours(case.package, case.signer.vkey, asked) == found
    assert ("witness", case.signer.name) in found


def test_seen_before_it_was_decided(case: Case) -> None:
    """A witness that helps: it dates back. What it says can not be."""
    one = case.witnesses[0]
    for minutes, wrong in ((4, False), (6, True)):
        at = int((case.decided - timedelta(minutes=minutes)).timestamp())
        changed: Files = {}
        for name in case.noted():
            changed |= case.lines(name, one.line(case.plain(name), at))
        expected = {("witness-time", case.call)} if wrong else set()
        assert case.both(case.made(changed), one) == expected


def test_put_in_after_it_claims_to_have_been_decided(case: Case) -> None:
    """A decision with an earlier time: the witness was shown the log since, and it was not in it."""
    one, (first, *rest) = case.witnesses[0], case.noted()
    for minutes, late in ((14, False), (16, True)):
        at = int((case.decided + timedelta(minutes=minutes)).timestamp())
        changed = case.lines(first, one.line(case.plain(first), at))
        for name in rest:
            changed |= case.lines(name, one.line(case.plain(name), at + 60))
        made = case.made(changed)
        assert case.both(made, one) == set()
        verdict = case.verified(made, f"--witness={one.vkey}")["package"]
        assert [seen["late"] for seen in verdict["seen"]] == [late]
        key = ("--key", case.signer.vkey, f"--witness={one.vkey}")
        assert ("afterwards" in case.home.run("evidence", "verify", str(made), *key).output) is late
        _, said = theirs(made, case.signer.vkey, f"--witness={one.vkey}")
        assert any("LATE" in line for line in said) is late


def test_a_larger_ledger_seen_before_a_smaller_one(case: Case) -> None:
    one, names = case.witnesses[0], case.noted()
    base = int(time.time())
    changed: Files = {}
    for back, name in enumerate(names):
        changed |= case.lines(name, one.line(case.plain(name), base - back))
    assert case.both(case.made(changed), one) == {("witness-time", name) for name in names[1:]}


def test_a_stock_witness_cosigns_a_package_s_own_checkpoint(home: Home, tmp_path: Path) -> None:
    home.machine = Machine(pdf=no_pdf)
    stock = StockWitness(tmp_path / "stock", str(home("ledger", "key")["verifier_key"]))
    text = home.config.read_text("utf-8")
    line = f'witnesses = ["{stock.vkey} {stock.url}"]'
    home.config.write_text(text.replace("witnesses = []", line), "utf-8")
    with stock.serving():
        call = called(home)
        package = export(home, "--call", call)
    witness = Witness.parse(stock.vkey)
    assert cosignature.read(files(package)[HEAD].decode(), [witness]).by
    found, said = theirs(package, signer(home).vkey, f"--witness={stock.vkey}", "--quorum=1")
    assert (found, len(said)) == (set(), 1)
    assert home("evidence", "verify", str(package), f"--witness={stock.vkey}", "--quorum=1")["valid"]


def test_an_old_verifier_passes_the_lines_over(case: Case) -> None:
    assert case.both(case.package) == set()
    with zipfile.ZipFile(case.package) as opened:
        assert b"witness.example" in opened.read(HEAD)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa"))


class Stamped:
    """A package whose call a timestamp covers; ``root``: the authority's certificate."""

    def __init__(self, home: Home, call: str, package: Path, authority: Authority) -> None:
        self.home, self.call, self.package = home, call, package
        self.root, self.stranger = authority.folder / "root.pem", authority.folder / "stranger.pem"
        self.signer, self.whole = signer(home), files(package)
        (self.answer,) = [name for name in self.whole if name.endswith(".tsr")]
        self.note = self.answer.replace(".tsr", ".note")

    def both(self, package: Path, root: Path | None) -> Findings:
        given = [] if root is None else [f"--tsa-ca={root}"]
        found, _ = theirs(package, self.signer.vkey, *given)
        assert ours(package, self.signer.vkey, Outsiders(roots=root.read_bytes() if root else b"")) == found
        return found

    def made(self, changed: dict[str, bytes | None]) -> Path:
        whole = {name: data for name, data in (self.whole | changed).items() if data is not None}
        file = self.home.path / "made.zip"
        file.write_bytes(resigned(whole, self.signer))
        return file


@pytest.fixture(scope="module")
def stamped(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Stamped:
    with pytest.MonkeyPatch.context() as patch:
        path = tmp_path_factory.mktemp("stamped")
        patch.chdir(path)
        patch.delenv("DIALPACT_CONFIG", raising=False)
        home = Home(path)
        home.machine = Machine(pdf=no_pdf)
        home.run("init")
        call = called(home)
        recorded(home, call, "a")
        (authority.folder / "c.cnf").write_text(CONF + EXACT)
        answered(home, authority)
        home.run("dnc", "add", "13900139000", "--scope", "all", "--source", "x")
        return Stamped(home, call, export(home, "--call", call), authority)


def answered(home: Home, authority: Authority) -> None:
    """The newest checkpoint is stamped and kept, as the keeper does."""
    from dialpact.compliance.ledger import timestamp
    from dialpact.compliance.ledger.heads import stated
    from dialpact.store.ports.witnesses import StoredStamp

    text = str(home("ledger", "checkpoint")["note"])
    answer = authority.answer(timestamp.ask(text).raw)

    async def run() -> None:
        async with await Store.open(home.path / "dialpact.db") as store:
            await store.witnesses.keep_stamp(StoredStamp(stated(text).size, text, answer), NOW)

    asyncio.run(run())


def test_a_package_carries_its_timestamp(stamped: Stamped) -> None:
    key = ("--key", stamped.signer.vkey)
    given = ["evidence", "verify", str(stamped.package), *key, f"--tsa-ca={stamped.root}"]
    verdict = stamped.home(*given)["package"]
    (seen,) = verdict["seen"]
    assert verdict["stamps"] == 1 and seen["call"] == stamped.call
    assert "by a timestamp" in stamped.home.run(*given).output
    assert stamped.both(stamped.package, stamped.root) == set()
    _, (said,) = theirs(stamped.package, stamped.signer.vkey, f"--tsa-ca={stamped.root}")
    assert seen["stamped"] in said, "to the microsecond, accuracy and fraction counted"
    # openssl alone says so too, of the two files as they are.
    folder = stamped.home.path / "unpacked"
    for name in (stamped.note, stamped.answer):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(stamped.whole[name])
    data = ("-data", folder / stamped.note, "-in", folder / stamped.answer, "-CAfile", stamped.root)
    subprocess.run(["openssl", "ts", "-verify", *data], check=True, capture_output=True)


def forked(stamped: Stamped) -> bytes:
    body = note.split(stamped.whole[stamped.note].decode())[0]
    head = Checkpoint.parse(body)
    return stamped.signer.sign(Checkpoint(head.origin, head.size, bytes(32)).body()).encode()


def test_a_timestamp_that_does_not_hold(stamped: Stamped) -> None:
    answer = bytearray(stamped.whole[stamped.answer])
    answer[-20] ^= 1
    for changed, root, expected in (
        ({}, stamped.stranger, {("stamp", stamped.answer)}),
        ({stamped.answer: bytes(answer)}, stamped.root, {("stamp", stamped.answer)}),
        ({stamped.answer: b""}, stamped.root, {("stamp", stamped.answer)}),
        # One that is of another checkpoint of this ledger.
        ({stamped.note: stamped.whole[HEAD]}, None, {("stamp", stamped.answer), ("foreign", stamped.note)}),
        # Signed by the operator, and no beginning of this ledger.
        ({stamped.note: forked(stamped)}, None, {("stamp", stamped.answer), ("foreign", stamped.note)}),
        ({stamped.note: None}, None, {("stamp", stamped.answer)}),
        ({stamped.answer: None}, None, {("foreign", stamped.note)}),
        ({"ledger/stamps/more.tsr": b"x"}, None, {("stamp", "ledger/stamps/more.tsr")}),
        ({"ledger/stamps/more.txt": b"x"}, None, {("foreign", "ledger/stamps/more.txt")}),
    ):
        found = stamped.both(stamped.made(changed), root)
        assert found >= expected, (list(changed), found)


async def test_the_keeper_stamps_every_hour(home: Home, authority: Authority) -> None:
    from dialpact.application.actor import Actor, Door
    from dialpact.application.context import Context
    from dialpact.application.ledger import stamps
    from dialpact.cli.command_context import CommandContext

    posted: list[Any] = []

    async def answer(url: str, body: bytes, **_: object) -> Any:
        from dialpact.application.http_client import Reply
        from dialpact.compliance.ledger import timestamp

        posted.append(url)
        return Reply(200, timestamp.RESPONSE, authority.answer(body))

    await asyncio.to_thread(home.run, "ledger", "checkpoint")
    text = home.config.read_text("utf-8")
    for ca, kept in (("stranger", 0), ("root", 1)):
        lines = f'tsa = "http://tsa.example/"\ntsa_ca = "{authority.folder / ca}.pem"'
        home.config.write_text(text.replace('tsa = ""\ntsa_ca = ""', lines), "utf-8")
        session = CommandContext(home.config, False, "en")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                stamps.http_client, "ask", answer
            )  # (an authority on the loopback is tested elsewhere)
            async with await Store.open(session.config.database) as store:
                context = Context(
                    store, Actor(name="x", door=Door.DAEMON), session.clock, session.machine.uptime
                )
                if kept:
                    assert await stamps.keep(context, session.config) is not None
                    assert await stamps.keep(context, session.config) is None  # an hour has not gone by
                else:
                    with pytest.raises(Exception, match="does not hold"):
                        await stamps.keep(context, session.config)
        connection = sqlite3.connect(home.path / "dialpact.db")
        assert connection.execute("SELECT count(*) FROM checkpoint_stamp").fetchone() == (kept,)
        connection.close()
    assert len(posted) == 2
