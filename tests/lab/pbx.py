"""A real Asterisk of its own folder and ports, on the loopback only."""

from __future__ import annotations

import asyncio
import atexit
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.lab.bootstrap import Installation, LabError, locate
from tests.lab.home import Home
from tests.lab.ports import PortBlock

START_TIMEOUT = 60.0
STOP_TIMEOUT = 5.0


class Pbx:
    """One Asterisk. ``with Pbx(...) as pbx`` starts it, and at the end stops it and removes its folder.

    ``home`` is the same absolute path for Asterisk, in its chroot, and for the host's processes, so that both
    name a recording alike. ``dialplan``, ``manager`` and ``features`` files are copied and included after the
    lab's own. ``variables`` become dialplan globals, ``pjsip`` more of pjsip.conf; ``@gate_port@`` in them is
    ``ports.gate`` (home.py).
    Between ``stop`` (or ``kill``) and ``start`` the files stay.
    """

    def __init__(
        self,
        dialplan: Sequence[Path] = (),
        manager: Sequence[Path] = (),
        features: Sequence[Path] = (),
        variables: Mapping[str, str] | None = None,
        installation: Installation | None = None,
        pjsip: str = "",
    ) -> None:
        self.installation = installation or locate()
        self.ports = PortBlock()
        self._closing: list[Callable[[], None]] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._home = Home(self.installation)
        self._home.configure(
            self.ports,
            variables or {},
            {"extensions.conf": dialplan, "manager.conf": manager, "features.conf": features},
            pjsip,
        )
        atexit.register(self.close)

    @property
    def home(self) -> Path:
        """The lab's folder."""
        return self._home.path

    @property
    def recordings(self) -> Path:
        """The folder that Asterisk may record into."""
        return self.home / "recordings"

    @property
    def pid(self) -> int | None:
        """Asterisk's process id; None when it does not run."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Start Asterisk and wait until it has fully booted."""
        self._launch()
        self.wait_booted()

    def stop(self) -> None:
        """Stop Asterisk as a service manager would; its calls are hung up."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill Asterisk as a crash would."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Stop and start."""
        self.stop()
        self.start()

    def freeze(self) -> None:
        """Let Asterisk hang until ``thaw``: its sockets stay open and nobody answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """End a ``freeze``."""
        self._signal(signal.SIGCONT)

    def cli(self, command: str, timeout: float = 10.0) -> str:
        """Run a console command and return what it prints."""
        words = self.installation.command("asterisk", "-C", f"{self.home}/etc/asterisk.conf", "-rx", command)
        done = subprocess.run(
            words, capture_output=True, text=True, errors="replace", timeout=timeout, check=False
        )
        if done.returncode:
            raise LabError(f"asterisk -rx {command!r}: {done.stdout}{done.stderr}")
        return done.stdout

    def log(self) -> str:
        """Return everything Asterisk has logged so far, verbose messages included."""
        return "".join(
            path.read_text(errors="replace")
            for path in (self.home / "console", self.home / "log/full")
            if path.exists()
        )

    async def logged(self, pattern: str, timeout: float = 20.0) -> re.Match[str]:
        """Wait until the log has a match of the regular expression ``pattern``, and return it."""
        deadline = time.monotonic() + timeout
        while not (found := re.search(pattern, self.log(), re.MULTILINE)):
            if time.monotonic() > deadline:
                raise TimeoutError(f"not logged within {timeout} s: {pattern}")
            await asyncio.sleep(0.02)
        return found

    def on_close(self, action: Callable[[], None]) -> None:
        """Have ``action`` (ending a phone or a carrier) done before the lab goes; it may be done already."""
        self._closing.append(action)

    def closed(self, action: Callable[[], None]) -> None:
        """What ``on_close`` was told of is done: an hour of calls must not be kept until the end."""
        if action in self._closing:
            self._closing.remove(action)

    def close(self) -> None:
        """Stop Asterisk, its phones and carriers, and remove all that the lab made."""
        atexit.unregister(self.close)
        while self._closing:
            self._closing.pop()()
        self._end(signal.SIGTERM)
        self._home.remove()
        self.ports.close()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        try:
            # Launched from this thread: the death signal comes when the *thread* that launched ends.
            self._launch()
            await asyncio.to_thread(self.wait_booted)
        except BaseException:
            self.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self.close)

    def _launch(self) -> None:
        if self.pid:
            raise LabError("Asterisk runs already")
        words = ("asterisk", "-f", "-C", f"{self.home}/etc/asterisk.conf")
        with (self.home / "console").open("ab") as console:
            self._process = subprocess.Popen(
                self.installation.command(*words, service=True),
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                start_new_session=True,
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(self.home)},
            )

    def wait_booted(self) -> None:
        """Return when Asterisk has fully booted."""
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline and self.pid:
            try:
                if "fully booted" in self.cli("core waitfullybooted", timeout=START_TIMEOUT):
                    return
            except (LabError, subprocess.TimeoutExpired):
                time.sleep(0.02)  # no control socket yet, and nothing that would tell when
        raise LabError(f"Asterisk did not start:\n{self.log()}")

    def _signal(self, number: signal.Signals) -> None:
        if self.pid:
            os.killpg(self.pid, number)

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        self.thaw()
        self._signal(number)
        try:
            self._process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self._process.wait()
