"""``dialpact-agi``: the gate for dialplans that start a classic AGI process. Same arguments, same answers.

A thin relay to the running gate, since its start-up time is each call's delay: it hands on what Asterisk
sent, to the letter, and carries out only the commands that the gate is known to use. It never answers by
itself but to block. The only module that uses pyst2, whose traps are
met here: it logs caller numbers to stderr, quotes nothing, and turns a lost caller into a ValueError.

The gate's address: ``$DIALPACT_GATE``, else ``[gate] listen`` of ``$DIALPACT_CONFIG`` or
``/etc/dialpact/dialpact.toml``, else 127.0.0.1:4573.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
from types import ModuleType

from agi import variables


def _stand_in(name: str, **content: object) -> ModuleType:
    module = ModuleType(name)
    vars(module).update(content)
    return module


# What pyst2 imports only to print what is not printed here, and to know Python 3: a quarter of the start.
_SPARED = {
    one.__name__: one
    for one in (_stand_in("pprint", pformat=repr), _stand_in("six", PY3=True))
    if one.__name__ not in sys.modules
}
sys.modules.update(_SPARED)
try:
    from asterisk.agi import AGI, AGIException
finally:
    for spared in _SPARED:
        del sys.modules[spared]

CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 3.0  # the gate's own deadline is shorter
MAX_LINE = 8_192
MAX_HEADER = 16_384


class _Quiet:
    """pyst2's stderr: it would write every number there."""

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        pass


class _Tap:
    """pyst2's stdin: keeps the header's lines as they came, bounds them, and ends at the end of input."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._buffer = b""
        self.header: list[bytes] = []
        self.last = b""
        self._in_header = True

    def readline(self) -> bytes:
        while b"\n" not in self._buffer:
            data = os.read(self._descriptor, MAX_LINE) if len(self._buffer) < MAX_LINE else b""
            if not data:  # end of input, or a line too long: pyst2 would loop or misread
                raise EOFError("Asterisk closed the session")
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        line += b"\n"
        self.last = line
        if self._in_header:
            self._in_header = line != b"\n"
            self.header.append(line)
            if sum(map(len, self.header)) > MAX_HEADER:
                raise EOFError("the header is too long")
        # pyst2 decodes strictly and takes a value "hangup" for a hang-up; the gate gets the bytes themselves.
        return line if not self._in_header and line != b"\n" else line.decode("utf-8", "replace").encode()

    def pushed_out(self) -> bytes:
        """What has arrived behind the header before anything was asked: a forged header's end pushed it out.

        Asterisk writes each header line at once, so what a line holds beyond such an end is here by now.
        """
        if not self._buffer and select.select([self._descriptor], [], [], 0)[0]:
            self._buffer = os.read(self._descriptor, MAX_LINE)
        return self._buffer


def gate_address() -> tuple[str, int]:
    """Where the running gate listens. A broken setting gives the default, and the call its block."""
    listen = os.environ.get("DIALPACT_GATE", "")
    if not listen:
        listen = _listen_of(os.environ.get("DIALPACT_CONFIG") or "/etc/dialpact/dialpact.toml")
    host, _, port = listen.rpartition(":")
    if not port.isascii() or not port.isdigit():
        return "127.0.0.1", 4573
    return {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "[::]": "::1"}.get(host, host.strip("[]")), int(port)  # noqa: S104


def _listen_of(file: str) -> str:
    try:
        import tomllib

        with open(file, "rb") as stream:  # noqa: PTH123 - pathlib costs 10 ms
            return str(tomllib.load(stream)["gate"]["listen"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""


def _block(agi: AGI, route: str) -> None:
    for command in variables.BLOCKED if route == variables.ROUTE else (variables.taken(False),):
        agi.execute(command)


def _ask(agi: AGI, tap: _Tap, command: str) -> bytes:
    """Asterisk's answer as it came. Text of a forged header in its place is for the gate to judge."""
    tap.last = b""
    try:
        agi.execute(command)
    except (AGIException, ValueError):
        if not tap.last:  # hung up before anything was read
            raise
    return tap.last


def _relay(agi: AGI, tap: _Tap, gate: socket.socket, route: str) -> None:
    """Plays Asterisk towards the gate until the gate closes. OSError when the PBX has no verdict yet."""
    network = b"agi_network: yes\nagi_network_script: %s\n" % route.encode()
    gate.sendall(network + b"".join(tap.header) + tap.pushed_out())
    calling = route == variables.ROUTE
    last = variables.SET_VERDICT if calling else variables.SET_OPTOUT
    before = variables.BEFORE_VERDICT if calling else variables.BEFORE_OPTOUT
    verdict = ""
    try:
        with gate.makefile("rb") as lines:
            while line := lines.readline(MAX_LINE):
                command = line.decode("ascii").removesuffix("\n")
                if last.fullmatch(command):
                    verdict = command
                elif not any(known.fullmatch(command) for known in before):
                    raise ValueError("the gate sent a command that it does not use")
                gate.sendall(_ask(agi, tap, command))
    except OSError:
        if not (verdict.endswith("=BLOCK") if calling else verdict):
            raise
    if not verdict:
        raise ConnectionAbortedError("it closed without a verdict")


def main() -> int:
    """Exit status 0 when the PBX was told something, 1 otherwise (it then has no verdict: not allowed)."""
    tap, route = _Tap(sys.stdin.fileno()), variables.route(sys.argv[1:])
    try:
        agi = AGI(stdin=tap, stdout=sys.stdout, stderr=_Quiet())
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # Asterisk's sign of a hang-up; the next reply shows it
        try:
            with socket.create_connection(gate_address(), CONNECT_SECONDS) as gate:
                gate.settimeout(ANSWER_SECONDS)
                _relay(agi, tap, gate, route)
        except (OSError, OverflowError, UnicodeError) as error:  # the last two: no address at all
            # The error's own text may quote what was sent: a number. That of the system does not.
            why = getattr(error, "strerror", None) or type(error).__name__
            sys.stderr.write(f"dialpact-agi: the gate can not be asked: {why}\n")
            _block(agi, route)
    except (AGIException, ValueError, EOFError, OSError) as error:
        sys.stderr.write(f"dialpact-agi: {type(error).__name__}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
