"""SIPp as a process: one scenario, its own ports, its message trace."""

from __future__ import annotations

import asyncio
import itertools
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping

from tests.lab.pbx import Pbx
from tests.lab.trace import Message, read

_serial = itertools.count(1)
NUDGE = "MESSAGE"  # the request by which the lab tells a running scenario to hang up
POLL = 0.01
SWITCHES = ("-nostdin", "-trace_msg", "-trace_err", "-aa")


class Sipp:
    """A SIPp that runs ``scenario`` (XML) on ``address:port`` until its calls are done or ``close``.

    ``options``: further ones of its command line, or others than the usual.
    """

    def __init__(
        self,
        pbx: Pbx,
        name: str,
        scenario: str,
        address: str,
        port: int,
        calls: int | None = None,
        options: Mapping[str, object] | None = None,
    ) -> None:
        self.address, self.port = address, port
        self.folder = pbx.home / "sip" / f"{name}-{next(_serial)}"
        self.folder.mkdir(parents=True)
        self._trace = self.folder / "messages"
        (self.folder / "scenario.xml").write_text(scenario)
        given: dict[str, object] = {
            "-sf": "scenario.xml",
            "-i": address,
            "-p": port,
            "-mi": address,
            "-mp": pbx.ports.take(4),
            "-cp": pbx.ports.take(),
            "-message_file": self._trace,
            "-error_file": self.folder / "errors",
            "-timeout": 600,
        } | dict(options or {})
        if calls is not None:
            given["-m"] = calls
        words = [str(word) for option in given.items() for word in option]
        with (self.folder / "screen").open("wb") as screen:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig=KILL", "sipp", f"127.0.0.1:{pbx.ports.sip}", *words, *SWITCHES],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=screen,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        pbx.on_close(self.close)

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process.poll() is None

    def messages(self) -> list[Message]:
        """Return all messages sent and received so far."""
        return read(self._trace)

    async def until(self, true: Callable[[], bool], timeout: float, what: str) -> None:
        """Wait until ``true()``; TimeoutError names ``what``, with SIPp's own complaints."""
        deadline = time.monotonic() + timeout
        while not true():
            if time.monotonic() > deadline or (not self.running and not true()):
                raise TimeoutError(f"{what}: not within {timeout} s\n{self.complaints()}")
            await asyncio.sleep(POLL)  # SIPp tells nobody but its files

    async def ended(self, timeout: float) -> None:
        """Wait until SIPp has ended by itself."""
        await self.until(lambda: not self.running, timeout, "the end of the call")

    def complaints(self) -> str:
        """Return SIPp's error log and the end of its screen."""
        files = (self.folder / "errors", self.folder / "screen")
        return "\n".join(file.read_text(errors="replace")[-2000:] for file in files if file.exists())

    def nudge(self, call_id: str) -> None:
        """Tell the scenario of ``call_id`` to hang up."""
        text = (
            f"{NUDGE} sip:lab@{self.address} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {self.address}:9;branch=z9hG4bKnudge\r\n"
            f"From: <sip:lab@lab>;tag=lab\r\nTo: <sip:lab@lab>\r\nCall-ID: {call_id}\r\nCSeq: 1 {NUDGE}\r\n"
            "Content-Length: 0\r\n\r\n"
        )
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(text.encode(), (self.address, self.port))

    def close(self) -> None:
        """End the process."""
        if self.running:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(1)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
