"""What is asked over a socket, or as a command: the gate, a listener beside an honest call, both verifiers.

Each is set up when it is first asked, and lives until the process ends.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import random
import re
import socket
import threading
from collections.abc import Coroutine
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import pytest
from typer.testing import CliRunner

from dialpact.cli.app import app
from dialpact.cli.command_context import Machine
from tests.agi.office import CALLER_ID, NUMBER, Office
from tests.cli.conftest import Home
from tests.cli.evidence.conftest import no_pdf
from tests.cli.evidence.packages import called, export, files, ours, recorded, signer, theirs
from tests.fuzz.engine import Target
from tests.fuzz.folders import folder
from tests.fuzz.readers import AGI, AGI_TOKENS

T = TypeVar("T")
SECONDS = 20.0
VERDICT = re.compile(rb"DIALPACT_VERDICT=([A-Z]*)")
SPOKEN = re.compile(rb"(GET (FULL )?VARIABLE |SET VARIABLE DIALPACT_|EXEC MSet )[^\x00-\x1f\x7f]*")


class Loop:
    """An event loop in a thread of its own, until ``stop``: what lives on it goes on between the inputs."""

    running: ClassVar[list[Loop]] = []

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.running.append(self)
        atexit.register(self.stop)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(SECONDS)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(SECONDS)


class LiveGate:
    """The whole gate behind its socket, with registers in which one call passes."""

    def __init__(self) -> None:
        self._loop = Loop()
        self.office = Office(folder("gate-"))
        self._loop.run(self._start())

    async def _start(self) -> None:
        self._server = self.office.server()
        await self._server.__aenter__()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run(work)

    def ask(self, data: bytes) -> bytes:
        """All that it says to ``data``; every question of its own is answered as Asterisk would."""
        told = b""
        with socket.create_connection((self.office.host, self.office.port), SECONDS) as line:
            line.sendall(data)
            try:
                while piece := line.recv(65_536):
                    told += piece
                    for command in piece.split(b"\n")[:-1]:
                        answer = f"200 result=1 ({CALLER_ID})\n" if b"FULL" in command else "200 result=1\n"
                        line.sendall(answer.encode())
            except (ConnectionError, TimeoutError) as error:
                assert not isinstance(error, TimeoutError), "neither answered nor closed"
        return told


@cache
def gate() -> LiveGate:
    return LiveGate()


def agi_gate(data: bytes) -> None:
    """ALLOW only for the one call that may be made, only for its number, and only with a row that says so."""
    # (a header without its end would only wait for the gate's patience of a second)
    told = gate().ask(data if b"\n\n" in data else data + b"\n\n")
    for command in told.split(b"\n")[:-1]:
        assert SPOKEN.fullmatch(command), command
    verdicts = VERDICT.findall(told)
    assert len(verdicts) <= 1 and set(verdicts) <= {b"ALLOW", b"BLOCK"}, told
    if verdicts == [b"ALLOW"]:
        number = re.search(rb"DIALPACT_NUMBER=([^,\n]*)", told)
        decision = re.search(rb"DIALPACT_ID=([0-9a-f]{32})", told)
        assert number and number[1].decode() == NUMBER and decision, told
        rows = gate().office.sql("SELECT verdict, dial FROM decision WHERE id = ?", decision[1].decode())
        assert rows == [("ALLOW", NUMBER)], rows


# Evidence


class Package:
    def __init__(self) -> None:
        path = folder("package-")
        before = Path.cwd()
        os.chdir(path)
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.delenv("DIALPACT_CONFIG", raising=False)
                home = Home(path)
                home.machine = Machine(pdf=no_pdf)
                assert CliRunner().invoke(app, ["init"]).exit_code == 0
                call = called(home)
                recorded(home, call, "a")
                self.file = export(home, "--call", call, "--reason", "fuzz")
                self.data, self.key = self.file.read_bytes(), signer(home).vkey
                self.members = files(self.file)
        finally:
            os.chdir(before)
        self.made = path / "made.zip"


@cache
def package() -> Package:
    return Package()


def evidence(data: bytes) -> None:
    """Both verifiers agree, neither falls over, and only what was made, byte for byte, passes."""
    known = package()
    known.made.write_bytes(data)
    one, other = ours(known.made, known.key), theirs(known.made, known.key)
    assert bool(one) == bool(other), (one, other)
    assert bool(one) == (data != known.data), "a changed byte, and verified all the same"


def near_the_form(dice: random.Random) -> bytes:
    """A few bytes changed in what makes it a zip, or in the lists, where they matter most."""
    data = bytearray(package().data)
    places = [found.start() for found in re.finditer(rb"PK|manifest|proofs|checkpoint", bytes(data))]
    for _ in range(dice.randrange(1, 3)):
        place = (dice.choice(places) + dice.randrange(60)) % len(data)
        data[place] = dice.choice((data[place] ^ (1 << dice.randrange(8)), dice.randrange(256)))
    return bytes(data)


class Lazily(list[bytes]):
    """Samples that take a while to make."""

    def __init__(self, make: Any) -> None:
        super().__init__()
        self._make = make

    def __iter__(self) -> Any:
        return iter(self._make())


LIVING = {
    target.name: target
    for target in (
        Target("agi-gate", [AGI], agi_gate, AGI_TOKENS, examples=250),
        Target(
            "evidence",
            Lazily(lambda: [package().data]),
            evidence,
            (b"PK\1\2", b"PK\5\6"),
            examples=120,
            built=near_the_form,
        ),
    )
}
