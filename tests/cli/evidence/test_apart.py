"""A stranger's package is verified in a process of its own: the same verdict, and bounds that hold."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dialpact.application.evidence import apart, check
from dialpact.application.evidence.apart import Apart, ExamineAsked, ExaminedApart, NotExamined
from dialpact.compliance.ledger.note import Signer, Verifier
from tests.cli.evidence.conftest import Packaged
from tests.cli.evidence.packages import files, packed, resigned
from tests.cli.evidence.test_zipped_anew import under, zipped
from tests.patience import WAIT

ZEROS = 400 << 20  # bytes: less than a MB of zip


async def examined(data: bytes, desk: Apart | None = None, **asked: Any) -> ExaminedApart:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        return await (desk or Apart()).examine(file, ExamineAsked(**asked))


async def test_its_verdict_is_that_of_the_command(packaged: Packaged) -> None:
    told = await examined(packaged.data, key=packaged.key)
    assert told.verdict == check.examine(packaged.package, Verifier.parse(packaged.key))
    assert (told.findings, told.all_files) == (0, len(files(packaged.package)))
    assert told.origin == packaged.signer.name


def test_a_key_at_a_terminal_does_not_reach_it() -> None:
    """Its group is its own: who started it passes on what ends it."""
    command = [sys.executable, "-I", "-B", "-m", apart.MODULE, "0"]
    running = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        os.waitid(os.P_PID, running.pid, os.WEXITED | os.WNOWAIT)  # (what has ended is still of its group)
        assert os.getpgid(running.pid) == running.pid
    finally:
        running.wait(WAIT)


async def test_what_each_file_is_and_what_proves_it(packaged: Packaged) -> None:
    told = await examined(packaged.data, key=packaged.key)
    call = f"calls/{packaged.call}"
    seen = {one.path: (one.kind, one.proven) for one in told.files}
    assert seen["manifest.json"] == ("manifest", "signature")
    assert seen[f"{call}/decision.json"] == ("decision", "hash")
    assert seen[f"{call}/recordings/a.wav"] == ("sound", "hash")
    assert seen[f"{call}/consent.json"] == ("list", "records")
    assert seen["report.zh.html"] == ("report", "records")
    assert seen["README.md"] == ("readme", "list")
    assert {kind for kind, proven in seen.values() if proven == "ledger"} == {"proofs", "record", "older"}
    assert not [path for path, (kind, _) in seen.items() if kind == "other"]
    beside = {one.path: one.beside for one in told.files}
    assert beside[f"{call}/consent.json"] == ("now",) and beside["report.en.html"] == ("words",)


async def test_of_a_changed_file_nothing_is_said_to_be_proven(packaged: Packaged) -> None:
    inside = files(packaged.package)
    name = f"calls/{packaged.call}/consent.json"
    told = await examined(packed(inside | {name: inside[name] + b" "}), key=packaged.key)
    (first, *rest) = told.files
    assert (first.path, first.proven, first.flaws) == (name, "nothing", ("changed",))
    assert all(one.proven != "nothing" for one in rest)


async def test_without_a_signature_that_holds_nothing_is(packaged: Packaged) -> None:
    inside = files(packaged.package)
    told = await examined(packed(inside | {"manifest.sig": b"none"}), key=packaged.key)
    assert {one.proven for one in told.files} == {"nothing"}


async def test_without_a_key_it_is_intact_at_most(packaged: Packaged) -> None:
    told = await examined(packaged.data)
    assert told.verdict is not None and told.verdict.intact and told.verdict.key == packaged.key


async def test_by_another_key_than_the_one_that_was_got_elsewhere(packaged: Packaged) -> None:
    other = Signer("dialpact/pbx1", Ed25519PrivateKey.generate())
    told = await examined(packaged.data, key=other.vkey)
    assert told.verdict is not None and not told.verdict.valid
    assert {one.proven for one in told.files} == {"nothing"}


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a\nb", "a\x1b[2J", "con\u202efdp.exe"])
async def test_names_that_lead_out_are_no_package(packaged: Packaged, name: str) -> None:
    told = await examined(zipped([*files(packaged.package).items(), (name, b"x")]), key=packaged.key)
    assert told.verdict is not None
    assert [found.code for found in told.verdict.findings] == ["container"]


@pytest.mark.alone  # it computes when nobody else does, and there is an end to its time
async def test_a_bomb_is_read_in_bounded_memory(packaged: Packaged) -> None:
    """As a recording it is only hashed: a findings' list, in 300 MB for all."""
    name = f"calls/{packaged.call}/recordings/z.wav"
    bomb = zipped([*files(packaged.package).items(), (name, bytes(ZEROS))])
    assert len(bomb) < 2 << 20
    told = await examined(bomb, key=packaged.key, memory=300 << 20)
    assert told.verdict is not None
    assert ("foreign", name) in {tuple(found) for found in told.verdict.findings}


@pytest.mark.alone  # it computes when nobody else does, and there is an end to its time
async def test_a_list_that_becomes_large_in_memory_has_no_verdict(packaged: Packaged) -> None:
    """16 MB of JSON make hundreds of MB of objects: the bound says so, and no more."""
    lists = json.dumps([[]] * (5 << 20), separators=(",", ":")).encode()
    inside = files(packaged.package) | {f"calls/{packaged.call}/consent.json": lists}
    made = resigned(inside, packaged.signer)
    with pytest.raises(NotExamined) as caught:
        await examined(made, key=packaged.key, memory=300 << 20)
    assert caught.value.why == "memory"


@pytest.mark.alone  # it computes when nobody else does, and there is an end to its time
async def test_its_processor_time_ends(packaged: Packaged) -> None:
    name = f"calls/{packaged.call}/recordings/z.wav"
    bomb = zipped(under("", {name: bytes(ZEROS), "manifest.json": b"{}"}))
    with pytest.raises(NotExamined) as caught:
        await examined(bomb, cpu_seconds=1)
    assert caught.value.why == "time"


async def test_its_whole_time_ends_and_so_does_the_process(
    packaged: Packaged, monkeypatch: pytest.MonkeyPatch
) -> None:
    running: list[asyncio.subprocess.Process] = []
    start = asyncio.create_subprocess_exec

    async def kept(*given: Any, **named: Any) -> asyncio.subprocess.Process:
        running.append(await start("sleep", "60", **named))
        return running[-1]

    monkeypatch.setattr(apart.asyncio, "create_subprocess_exec", kept)
    with pytest.raises(NotExamined) as caught:
        await examined(packaged.data, Apart(seconds=1.0))
    assert caught.value.why == "time"
    assert running[0].returncode is not None


async def test_it_is_given_the_file_and_nothing_else_of_this_host(
    packaged: Packaged, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, Any] = {}
    start = asyncio.create_subprocess_exec

    async def kept(*command: str, **named: Any) -> asyncio.subprocess.Process:
        given.update(named, command=command)
        return await start(*command, **named)

    monkeypatch.setattr(apart.asyncio, "create_subprocess_exec", kept)
    assert (await examined(packaged.data, key=packaged.key)).verdict is not None
    assert given["env"] == {"LC_ALL": "C.UTF-8"} and given["cwd"] == "/"
    assert len(given["pass_fds"]) == 1 and "-I" in given["command"]
    assert packaged.key not in " ".join(given["command"])


async def test_few_at_once_and_who_waits_too_long_is_told(packaged: Packaged) -> None:
    desk = Apart(at_once=1, turn_seconds=0.01)
    async with desk._in_turn():
        with pytest.raises(NotExamined) as caught:
            await examined(packaged.data, desk)
    assert caught.value.why == "busy"
    assert (await examined(packaged.data, desk)).verdict is not None


async def test_what_is_no_zip(packaged: Packaged) -> None:
    for data in (b"", b"PK\3\4", packaged.data[:-1], bytes(1000)):
        told = await examined(data, key=packaged.key)
        assert told.verdict is not None
        assert [found.code for found in told.verdict.findings] == ["container"]
