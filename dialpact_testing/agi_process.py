"""Asterisk's side of classic AGI: starts the script with pipes, as res_agi does, and answers its commands."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dialpact_testing.agi_commands import MAX_LINE, Channel
from dialpact_testing.agi_header import Ringing, header
from dialpact_testing.asterisk import PATIENCE, USUAL, FakeAsterisk, Told

ROOT = Path(__file__).parents[2]


@dataclass
class ToldByScript(Told):
    """``exit`` status and what the script wrote to stderr, where no number may be."""

    exit: int = 0
    stderr: str = ""


@dataclass(frozen=True)
class FakeProcess:
    """``gate``: where the script finds it (HOST:PORT). Knobs as those of ``FakeAsterisk``."""

    gate: str
    raw: bytes | None = None
    hang_up_after: int | None = None  # closes the pipes, after the SIGHUP that Asterisk sends
    sighup: bool = True
    sighup_at: int | None = None  # the caller hangs up, this Asterisk goes on: a SIGHUP ahead of the reply
    expect: Sequence[str] = USUAL
    environment: dict[str, str] = field(default_factory=dict)
    about: dict[str, str] = field(default_factory=dict)

    async def dial(self, number: str = "13800138000", campaign: str = "spring", **call: Any) -> ToldByScript:
        ringing = Ringing(number=number, campaign=campaign, **call)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "agi.script", *ringing.arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=ROOT,
            env={"PATH": os.defpath, "DIALPACT_GATE": self.gate, **self.environment},
        )
        told = ToldByScript(Channel(ringing.caller_id, **self.about))
        try:
            async with asyncio.timeout(PATIENCE):
                await self._session(process, told, header(ringing, fast=False))
                assert process.stderr is not None
                told.stderr = (await process.stderr.read()).decode()
                told.exit = await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        FakeAsterisk("", 0, expect=self.expect).check(told)
        return told

    async def _session(self, process: asyncio.subprocess.Process, told: Told, text: bytes) -> None:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(text if self.raw is None else self.raw)
        told.hung_up = self.hang_up_after == 0
        while not told.hung_up:
            try:
                line = await process.stdout.readuntil(b"\n")
            except asyncio.IncompleteReadError as ended:
                told.left = ended.partial
                break
            assert len(line) <= MAX_LINE
            told.commands.append(line[:-1].decode("ascii"))
            told.hung_up = self.hang_up_after == len(told.commands)
            if self.sighup_at == len(told.commands):
                process.send_signal(signal.SIGHUP)
            if not told.hung_up:
                process.stdin.write(told.channel.execute(line[:-1]))
        if told.hung_up and self.sighup and process.returncode is None:
            process.send_signal(signal.SIGHUP)
        process.stdin.close()
