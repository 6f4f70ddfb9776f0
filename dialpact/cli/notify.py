"""Word to systemd over $NOTIFY_SOCKET: ready, alive, reloading, stopping. Without that variable, nothing.

Alive is said by the event loop that answers the calls, twice in each period that systemd allows: a loop that
hangs says nothing, and systemd ends the process and starts it anew.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time

READY, ALIVE, STOPPING = "READY=1", "WATCHDOG=1", "STOPPING=1"


def tell(word: str) -> None:
    """Never waits and never fails: a service manager that does not listen is no reason to block calls."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
        line.setblocking(False)
        try:
            line.sendto(word.encode("ascii"), address)
        except OSError:
            return


def reloading() -> str:
    """Ended by READY, whatever became of it."""
    return f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}"


def period() -> float:
    """Seconds between two words; 0 when systemd does not watch this process."""
    given = os.environ.get("WATCHDOG_USEC", "")
    if os.environ.get("WATCHDOG_PID") not in (None, "", str(os.getpid())):
        return 0.0
    return int(given) / 2_000_000 if given.isascii() and given.isdigit() else 0.0


async def stay_alive() -> None:
    """Until cancelled."""
    while seconds := period():
        tell(ALIVE)
        await asyncio.sleep(seconds)
