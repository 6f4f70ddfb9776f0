"""What systemd is told (sd_notify(3)): started, alive, reloading, stopping. Nothing where nobody asked."""

from __future__ import annotations

import contextlib
import os
import socket
import time


def tell(*lines: str) -> None:
    """Never waits and never fails: a service manager that does not listen is no reason not to work."""
    path = os.environ.get("NOTIFY_SOCKET", "")
    if not path.startswith(("/", "@")):
        return
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        sender.sendto("\n".join(lines).encode(), f"\0{path[1:]}" if path.startswith("@") else path)


def reloading() -> None:
    """Before a reload; ``tell("READY=1")`` ends it, whatever became of it."""
    tell("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")
