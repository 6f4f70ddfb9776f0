"""May Asterisk write its recordings where it is told to, and is there room? Asked before a call is let out.

Asterisk says ``Success`` to a MixMonitor whose file it can not open, so its rights are worked out here: which
user it is, from the kernel's table of sockets (its end of the AMI connection belongs to it, also when it
lives in a chroot with another ``passwd``), and what the directory's mode gives that user. ACLs are
not looked at.
"""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import socket
import stat
from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

import msgspec

from ami_listener.recording.files import free_mb

Address = tuple[str, int]


class Identity(msgspec.Struct, frozen=True):
    """The user that Asterisk runs as, with the groups that are known of it."""

    uid: int
    gids: frozenset[int] = frozenset()


def owner_of(ours: Address, theirs: Address, tables: Collection[str] = ("tcp", "tcp6")) -> int | None:
    """The user id behind the other end of a local connection; None when that end is not on this host."""
    wanted = (_plain(theirs), _plain(ours))
    for table in tables:
        try:
            lines = Path("/proc/net", table).read_text("ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            columns = line.split()
            if len(columns) > 7 and (_parse(columns[1]), _parse(columns[2])) == wanted:
                return int(columns[7])
    return None


def _plain(address: Address) -> tuple[IPv4Address | IPv6Address, int]:
    host = ip_address(address[0].partition("%")[0])
    mapped = host.ipv4_mapped if isinstance(host, IPv6Address) else None
    return mapped or host, address[1]


def _parse(text: str) -> tuple[IPv4Address | IPv6Address, int]:
    """``0100007F:13C6``: words of 32 bits in the host's order."""
    host, _, port = text.partition(":")
    raw = bytes.fromhex(host)
    ordered = b"".join(
        socket.htonl(int.from_bytes(raw[n : n + 4])).to_bytes(4) for n in range(0, len(raw), 4)
    )
    return _plain((str(ip_address(ordered)), int(port, 16)))


def identify(ours: Address, theirs: Address, run_user: str, run_group: str) -> Identity | None:
    """Who Asterisk is, from the socket, else from what asterisk.conf names; None when neither tells."""
    uid = owner_of(ours, theirs)
    if uid is None:
        try:
            uid = pwd.getpwnam(run_user).pw_uid if run_user else None
        except KeyError:
            uid = None
    if uid is None:
        return None
    gids: set[int] = set()
    with contextlib.suppress(KeyError, OSError):  # a container's user, unknown here
        user = pwd.getpwuid(uid)
        gids.update(os.getgrouplist(user.pw_name, user.pw_gid))
    if run_group:
        with contextlib.suppress(KeyError):
            gids.add(grp.getgrnam(run_group).gr_gid)
    return Identity(uid, frozenset(gids))


def may_write(found: os.stat_result, who: Identity) -> bool:
    """Whether mode and ownership let ``who`` make files in a directory (write and search)."""
    if who.uid == 0:
        return True
    wanted = stat.S_IWOTH | stat.S_IXOTH
    if found.st_uid == who.uid:
        return (found.st_mode >> 6) & wanted == wanted
    if found.st_gid in who.gids:
        return (found.st_mode >> 3) & wanted == wanted
    return found.st_mode & wanted == wanted


def why_not(directory: Path, today: Path, who: Identity | None, min_free_mb: int) -> str:
    """Why Asterisk could not record below ``directory`` now, in an operator's words; empty when it could.

    ``today``: the day's folder; the deepest part of it that exists is where Asterisk would have to write.
    """
    if who is None:
        return "cannot tell which user Asterisk runs as: it must run on this host, in the same network"
    try:
        if not directory.is_dir():  # a link to one, on a larger disk, is one
            return f"{directory} is not a directory"
        place = next(path for path in (today, *today.parents) if path.exists() or path == directory)
        if not place.is_dir():
            return f"{place} is in the way of the recordings"
        # All the way down: a folder of today that can be written to does not help tomorrow.
        for path in (place, *(parent for parent in place.parents if parent.is_relative_to(directory))):
            if not may_write(path.stat(), who):
                return f"Asterisk (user id {who.uid}) may not write to {path}"
        for path in directory.parents:
            if not _may_search(path.stat(), who):
                return f"Asterisk (user id {who.uid}) may not enter {path}"
        if not os.access(place, os.R_OK | os.X_OK):
            return f"the listener may not read {place}"
        if os.statvfs(place).f_flag & os.ST_RDONLY:
            return f"{place} is on a file system that is mounted read-only"
        free = free_mb(place)
    except OSError as error:
        return f"{directory}: {error.strerror or error}"
    if free < min_free_mb:
        return f"only {free} MB free for recordings in {place}, {min_free_mb} MB are required"
    return ""


def _may_search(found: os.stat_result, who: Identity) -> bool:
    if who.uid == 0:
        return True
    shift = 6 if found.st_uid == who.uid else 3 if found.st_gid in who.gids else 0
    return bool((found.st_mode >> shift) & stat.S_IXOTH)
