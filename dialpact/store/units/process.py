"""Which process something in the store belongs to, and whether that one lives: what it has left is nobody's.

A lock on a file would say so as well, but need a file beside the database that another user may write.
"""

from __future__ import annotations

import os
from pathlib import Path

from dialpact.compliance.clock import boot_id


def this() -> str:
    """As no other process is called: boot, namespace of processes, id, and when it began."""
    return f"{boot_id()} {_namespace()} {os.getpid()} {_began(os.getpid())}"


def lives(owner: str) -> bool:
    """``owner``: as it called itself; empty: it has given up. One of another namespace can not be seen: it
    may live until the host starts anew.
    """
    if not owner:
        return False
    boot, namespace, pid, began = owner.split()
    if boot != boot_id():
        return False
    if namespace != _namespace():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's, which /proc may hide
        return _began(int(pid)) in (began, "")
    return _began(int(pid)) == began


def _began(pid: int) -> str:
    """In ticks since the start of the host. ``ended``: nobody has asked how yet; empty: it is hidden."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "ended" if fields[0] in "ZX" else fields[19]


def _namespace() -> str:
    return str(Path("/proc/self/ns/pid").readlink())
