"""Outsiders in a test: a stock witness as a process of its own, and one that answers as a test wants."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dialpact.compliance.ledger import note
from dialpact.compliance.ledger.cosignature import Witness
from dialpact.compliance.ledger.note import Signature
from tests.patience import WAIT


class Cosigner:
    """A witness's key, in the test's hands."""

    def __init__(self, name: str = "witness.example/w1") -> None:
        self._key = Ed25519PrivateKey.generate()
        self.witness = Witness(name, self._key.public_key().public_bytes_raw())
        self.vkey = self.witness.vkey

    def named(self, name: str) -> Cosigner:
        """The same key by another name."""
        other = Cosigner(name)
        other._key, other.witness = self._key, Witness(name, self.witness.public)
        other.vkey = other.witness.vkey
        return other

    def line(self, text: str, at: int | None = None) -> str:
        """Under this note, or body."""
        body = note.split(text)[0] if "\n\n" in text else text
        at = int(time.time()) if at is None else at
        signed = self._key.sign(f"cosignature/v1\ntime {at}\n{body}".encode())
        return note.line(Signature(self.witness.name, self.witness.key_id, at.to_bytes(8, "big") + signed))


class Said(NamedTuple):
    status: int
    body: bytes = b""
    kind: str = "text/plain"


class FakeWitness:
    """``answer``: to the body of each POST. ``shown``: to a GET. What came is in ``asked``."""

    def __init__(self) -> None:
        self.cosigner = Cosigner()
        self.asked: list[str] = []
        self.shown = Said(404)
        self.answer: Callable[[str], Said] = self.cosign
        self.drip = threading.Event()  # set: an answer that drips ends
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                outer.asked.append(body)
                self._say(outer.answer(body) if self.path == "/add-checkpoint" else Said(404))

            def do_GET(self) -> None:
                self._say(outer.shown)

            def _say(self, said: Said) -> None:
                self.send_response(said.status)
                self.send_header("Content-Type", said.kind)
                self.end_headers()
                with contextlib.suppress(OSError):
                    if said.status == 200 and not said.body:
                        while not outer.drip.wait(0.01):
                            self.wfile.write(b"a")
                    self.wfile.write(said.body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def cosign(self, body: str) -> Said:
        return Said(200, self.cosigner.line(body.partition("\n\n")[2]).encode())

    @contextlib.contextmanager
    def answering(self) -> Iterator[FakeWitness]:
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            self.drip.set()
            self._server.shutdown()
            thread.join(WAIT)
            self._server.server_close()


class StockWitness:
    """aics-witness of PyPI, as a process of its own. ``vkey``: its key."""

    def __init__(self, folder: Path, vkey: str) -> None:
        """``vkey``: the log's."""
        folder.mkdir()
        self._config = folder / "witness.json"
        self.vkey = self("init", "--name", "stock.example/w1").split()[-1]
        self("add-log", "--origin", vkey.partition("+")[0], "--vkey", vkey)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"

    def __call__(self, *command: str) -> str:
        done = subprocess.run(self._program(*command), capture_output=True, text=True, timeout=WAIT)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _program(self, command: str, *rest: str) -> list[str]:
        return [sys.executable, "-m", "aics_witness", command, "--config", str(self._config), *rest]

    @contextlib.contextmanager
    def serving(self) -> Iterator[StockWitness]:
        program = self._program("serve", "--listen", f"127.0.0.1:{self._port}")
        child = subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            self._wait(child)
            yield self
        finally:
            child.terminate()
            child.communicate(timeout=WAIT)

    def _wait(self, child: subprocess.Popen[bytes]) -> None:
        until = time.monotonic() + WAIT
        while True:
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=WAIT):
                    return
            except OSError:
                assert child.poll() is None, "the witness has ended"
                assert time.monotonic() < until, "the witness does not answer"
                time.sleep(0.02)
