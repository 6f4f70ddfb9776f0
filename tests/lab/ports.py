"""Ports for one lab, so that several run side by side on one machine."""

from __future__ import annotations

import socket

FIRST, LAST, SIZE = 10000, 32000, 1000  # below the kernel's ephemeral ports (32768 and up)
TAKEN = 700  # from there on, for phones and carriers


class PortBlock:
    """A block of ports that no other lab uses: whoever holds its first port as a bound TCP socket owns it.

    A dead process's block is free at once, as the kernel closes the socket.
    """

    def __init__(self) -> None:
        self._claim, self.first = self._take_block()
        self.sip, self.ami, self.gate = (self.first + offset for offset in (1, 2, 3))
        self.carrier, self.carrier2 = self.first + 4, self.first + 5
        self.agents = {f"agent{1001 + n}": self.first + 6 + n for n in range(3)}  # where softphones are
        self.http = self.first + 10
        # Wide: who is late to stop sends to a port that the next call would otherwise be given at once.
        self.rtp = (self.first + 100, self.first + 699)
        self._next = TAKEN

    @staticmethod
    def _take_block() -> tuple[socket.socket, int]:
        for first in range(FIRST, LAST, SIZE):
            claim = socket.socket()
            try:
                claim.bind(("127.0.0.1", first))
            except OSError:
                claim.close()
                continue
            return claim, first
        raise OSError("no free block of ports for a lab")

    def take(self, count: int = 1) -> int:
        """Return the first, even one of ``count`` ports, free for UDP and TCP, for a phone or a carrier."""
        for _ in range(SIZE):
            port = self.first + self._next
            self._next += count + count % 2
            if self._next + count + 1 > SIZE:
                self._next = TAKEN
            if all(_free(port + offset) for offset in range(count)):
                return port
        raise OSError("no free port left in this lab's block")

    def close(self) -> None:
        """Give the block back."""
        self._claim.close()


def _free(port: int) -> bool:
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("0.0.0.0", port))
            except OSError:
                return False
    return True
