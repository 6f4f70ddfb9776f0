"""Asterisk's side of classic AGI: starts the script with pipes, as res_agi does, and answers its commands."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dialpact.testing.agi_commands import MAX_LINE, AgiChannel
from dialpact.testing.agi_header import Ringing, header
from dialpact.testing.asterisk import PATIENCE, USUAL, Told, check, silent

ROOT = Path(__file__).parents[2]  # where the product's packages lie
GATE_SCRIPT = (sys.executable, "-m", "agi.script")
# What res_agi tells every script of where things are (Debian's folders).
ASTERISK = {
    "AST_CONFIG_DIR": "/etc/asterisk",
    "AST_CONFIG_FILE": "/etc/asterisk/asterisk.conf",
    "AST_MODULE_DIR": "/usr/lib/asterisk/modules",
    "AST_SPOOL_DIR": "/var/spool/asterisk",
    "AST_MONITOR_DIR": "/var/spool/asterisk/monitor",
    "AST_VAR_DIR": "/var/lib/asterisk",
    "AST_DATA_DIR": "/usr/share/asterisk",
    "AST_LOG_DIR": "/var/log/asterisk",
    "AST_AGI_DIR": "/usr/share/asterisk/agi-bin",
    "AST_KEY_DIR": "/usr/share/asterisk/keys",
    "AST_RUN_DIR": "/var/run/asterisk",
}


@dataclass
class ToldByScript(Told):
    """``exit`` status and what the script wrote to stderr, where no number may be."""

    exit: int = 0
    stderr: str = ""


@dataclass(frozen=True)
class FakeProcess:
    """``gate``: where Dialpact's own script finds it (HOST:PORT). Knobs as those of ``FakeAsterisk``.

    ``script``: another command, the words that start it; the call's arguments come after them.
    """

    gate: str = ""
    raw: bytes | None = None
    hang_up_after: int | None = None  # closes the pipes, after the SIGHUP that Asterisk sends
    sighup: bool = True
    sighup_at: int | None = None  # the caller hangs up, this Asterisk goes on: a SIGHUP ahead of the reply
    expect: Sequence[str] = USUAL
    environment: Mapping[str, str] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)
    script: Sequence[str] = GATE_SCRIPT
    encoding: str = "ascii"
    patience: float = PATIENCE

    async def dial(self, number: str = "13800138000", campaign: str = "spring", **call: Any) -> ToldByScript:
        """One run of the script to its end. ``call``: the other fields of :class:`Ringing`."""
        ringing = Ringing(number=number, campaign=campaign, **call)
        gate = {"DIALPACT_GATE": self.gate} if self.gate else {}
        process = await asyncio.create_subprocess_exec(
            *self.script,
            *ringing.arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=ROOT if self.script == GATE_SCRIPT else None,
            env={"PATH": os.defpath, **ASTERISK, **gate, **self.environment},
        )
        told = ToldByScript(AgiChannel(ringing.caller_id, **self.about))
        assert process.stderr is not None
        # Read from the start: a script that has much to say would otherwise stop when the pipe is full.
        errors = asyncio.create_task(process.stderr.read())
        try:
            async with asyncio.timeout(self.patience):
                await self._session(process, told, header(ringing, fast=False))
                told.stderr = (await errors).decode("utf-8", "replace")
                told.exit = await process.wait()
        except TimeoutError:
            raise TimeoutError(silent(told, self.patience)) from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
            errors.cancel()
            await asyncio.wait([errors])
        check(told, self.expect)
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
            told.commands.append(line[:-1].decode(self.encoding))
            told.hung_up = self.hang_up_after == len(told.commands)
            if self.sighup_at == len(told.commands):
                process.send_signal(signal.SIGHUP)
            if not told.hung_up:
                process.stdin.write(told.channel.execute(line[:-1]))
        if told.hung_up and self.sighup and process.returncode is None:
            process.send_signal(signal.SIGHUP)
        process.stdin.close()
