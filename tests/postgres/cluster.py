"""A primary and a standby that it waits for, with nobody who decides for them: ``with running() as cluster``.

Both are copies of one cluster, so the second follows from its first start. Each names the other as the one to
wait for, as a standby that was made of a primary's copy does: promoted, it waits for the one that is gone.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from tests.patience import WAIT
from tests.postgres import keeper
from tests.postgres.ground import Ground
from tests.postgres.server import ADMIN, ROLE, Server

NAMES = ("a", "b")


class Cluster:
    """``primary`` and ``standby`` are roles: they change places at `promote`, and `nodes` do not."""

    def __init__(self, ground: Ground, settings: Mapping[str, str] | None = None) -> None:
        self.nodes = [
            Server(ground, name, {"cluster_name": name, "wal_keep_size": "64MB", **(settings or {})})
            for name in NAMES
        ]
        self.primary, self.standby = self.nodes
        self._ground = ground

    def url(self, database: str = "postgres", user: str = ROLE, attributes: str = "read-write") -> str:
        """Of both hosts. ``attributes``: which of them is wanted."""
        return address(self.nodes, database, user, attributes)

    def start(self) -> None:
        """Returns when commits wait for the standby."""
        for node in self.nodes:
            node.create()
        self.primary.start()
        self.follow()

    def follow(self) -> None:
        """The standby, which has a copy of the primary's data, streams from it, and is waited for."""
        # What is not streaming yet can not be waited for: first it is one of none.
        self.synchronous("")
        signal = self.standby.data / "standby.signal"
        signal.touch()
        self._ground.own(signal)
        self.standby.configure(
            primary_conninfo=f"host=127.0.0.1 port={self.primary.port} user={ADMIN} "
            f"application_name={_name(self.standby)}",
            synchronous_standby_names=_name(self.primary),
        )
        self.standby.start()
        self.synchronous(_name(self.standby))
        self.wait_in_sync()

    def synchronous(self, names: str) -> None:
        """Whom the primary's commits wait for (``synchronous_standby_names``); empty: nobody."""
        self.primary.configure(synchronous_standby_names=names)
        self.primary.reload()

    def wait_in_sync(self) -> None:
        """Until the standby has all that the primary has, and is waited for."""
        look = (
            "SELECT sync_state, pg_current_wal_flush_lsn() <= replay_lsn FROM pg_stat_replication "
            f"WHERE application_name = '{_name(self.standby)}'"
        )
        until(lambda: self.primary.sql(look) == "sync|t", "the standby is not in sync")

    def promote(self) -> None:
        """The standby becomes the primary. The one that was stays as it is: dead, frozen or writable."""
        self.standby.sql("SELECT pg_promote()")
        self.primary, self.standby = self.standby, self.primary

    def rebuild(self) -> None:
        """The standby, whatever it was, starts anew from a copy of the primary."""
        self.standby.kill()
        keeper.clear(self.standby.data)
        words: list[str | Path] = [
            *(self.primary.tool("pg_basebackup"), "-D", self.standby.data, "--checkpoint=fast"),
            *("-h", self.primary.socket, "-p", str(self.primary.port), "-U", ADMIN, "--no-sync"),
        ]
        self._ground.run(words, self.primary.environment)
        self.follow()

    def kill(self) -> None:
        for node in self.nodes:
            node.kill()


def address(servers: Sequence[Server], database: str, user: str, attributes: str) -> str:
    hosts = ",".join(f"127.0.0.1:{server.port}" for server in servers)
    return f"postgresql://{user}@{hosts}/{database}?target_session_attrs={attributes}"


def _name(node: Server) -> str:
    return node.settings["cluster_name"]


def until(holds: Callable[[], bool], otherwise: str, seconds: float = WAIT) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.01)


@contextlib.contextmanager
def running(settings: Mapping[str, str] | None = None) -> Iterator[Cluster]:
    """``settings``: of both, over those of all tests."""
    with Ground() as ground:
        cluster = Cluster(ground, settings)
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.kill()
