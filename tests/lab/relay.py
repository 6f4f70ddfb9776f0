"""A TCP relay between two of the lab's processes: the cable that a test cuts, or that goes silent."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator


class Relay:
    """``127.0.0.1:port`` stands for ``127.0.0.1:target`` while the cable is whole.

    ``close`` returns when no socket and no thread of it is left.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._ends: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._whole = True
        self._flowing = threading.Event()
        self._flowing.set()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._start(self._accept)

    def cut(self) -> None:
        """Ends every connection and refuses new ones."""
        with self._lock:
            self._whole = False
            for end in self._ends:
                _shut(end)

    def mend(self) -> None:
        self._whole = True
        self._flowing.set()

    def silence(self) -> None:
        """Keeps every connection and moves nothing: a link that is half open."""
        self._flowing.clear()

    def close(self) -> None:
        """Ends all of it."""
        self._flowing.set()
        _shut(self._listening)  # a thread that waits in accept goes on waiting when it is only closed
        self._threads[0].join()
        self._listening.close()
        self.cut()
        for thread in self._threads:
            thread.join()

    def _start(self, work: Callable[..., None], *of: socket.socket) -> None:
        self._threads.append(threading.Thread(target=work, args=of, daemon=True))
        self._threads[-1].start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._start(self._connect, self._listening.accept()[0])

    def _connect(self, near: socket.socket) -> None:
        with near, contextlib.suppress(OSError), contextlib.ExitStack() as both:
            if not self._whole:
                return
            far = both.enter_context(socket.create_connection(("127.0.0.1", self._target)))
            both.enter_context(self._held(near, far))
            back = threading.Thread(target=self._move, args=(far, near), daemon=True)
            back.start()
            self._move(near, far)
            back.join()

    @contextlib.contextmanager
    def _held(self, *ends: socket.socket) -> Iterator[None]:
        """For as long as a connection can be cut; it is not begun when the cable was cut just now."""
        with self._lock:
            if not self._whole:
                raise ConnectionError
            self._ends.update(ends)
        try:
            yield
        finally:
            with self._lock:
                self._ends.difference_update(ends)

    def _move(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self._flowing.wait()
                sink.sendall(data)
        for end in (source, sink):
            _shut(end)


def _shut(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
