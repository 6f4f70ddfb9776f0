"""Two PostgreSQL under Debian's Patroni, who is primary in Debian's etcd: ``with running() as pair``.

Without systemd and beside whatever the machine runs. What is killed here stays down until the test starts it.
"""

from __future__ import annotations

import contextlib
import json
import platform
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.patience import WAIT
from tests.postgres import keeper
from tests.postgres.cluster import NAMES, address, until
from tests.postgres.ground import Ground
from tests.postgres.programs import ETCD, PATRONI
from tests.postgres.server import ADMIN, ROLE, SETTINGS, Server

SCOPE = "dialpact"
REPLICATOR = "replicator"
CLONING = 120.0  # seconds for a standby's first copy, or a rewind


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Patroni's, in seconds; the fastest that it takes as they stand together (2 x retry + loop <= ttl)."""

    ttl: int = 10
    loop_wait: int = 2
    retry_timeout: int = 3

    @property
    def longest(self) -> int:
        """Until another is primary: the lock runs out, the other looks, and asks etcd."""
        return self.ttl + self.loop_wait + self.retry_timeout


class Etcd:
    """One, on the loopback."""

    def __init__(self, ground: Ground) -> None:
        self.folder = ground.subfolder("etcd")
        self.port, self._peers = ground.port(), ground.port()
        self._ground = ground
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program, environment = self._ground.program(ETCD)
        here, peers = (f"http://127.0.0.1:{port}" for port in (self.port, self._peers))
        words: list[str | Path] = [
            *(program, "--name", "etcd", "--data-dir", self.folder / "data", "--logger", "zap"),
            *("--listen-client-urls", here, "--advertise-client-urls", here),
            *("--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers),
            *("--initial-cluster", f"etcd={peers}"),
        ]
        if platform.machine() == "aarch64":
            environment["ETCD_UNSUPPORTED_ARCH"] = "arm64"  # 3.4 wants to be told
        self._process = self._ground.start(words, environment, self.folder, self.folder / "log")
        until(lambda: _asked(f"{here}/health") is not None, "etcd does not answer")

    def kill(self) -> None:
        keeper.kill(self.folder)
        if self._process:
            self._process.wait(WAIT)


class Node:
    """A Patroni and its PostgreSQL. ``server``: that one, which only Patroni starts and stops."""

    def __init__(self, ground: Ground, name: str, etcd: Etcd, timing: Timing) -> None:
        self.name = name
        self.server = Server(ground, name)
        self._ground, self._etcd, self._timing = ground, etcd, timing
        self._rest = ground.port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Patroni, which does the rest."""
        file = self.server.folder / "patroni.json"
        file.write_text(json.dumps(self._configuration(), indent=1), "utf-8")
        self._ground.own(file)
        program, environment = self._ground.program(PATRONI)
        # It hands its environment on to what it starts.
        joined = _joined(environment, self.server.environment)
        self._process = self._ground.start(
            [*PATRONI.words(program), file], joined, self.server.folder, self.log
        )

    @property
    def log(self) -> Path:
        """Patroni's; the server's own lines stand in it as well."""
        return self.server.folder / "patroni.log"

    def kill(self) -> None:
        """Patroni, the postmaster and all its children at once, as the power goes."""
        keeper.kill(self.server.folder)
        if self._process:
            self._process.wait(WAIT)
            self._process = None

    def freeze(self) -> None:
        """All of it, as a machine that stands still."""
        keeper.freeze(self.server.folder)

    def thaw(self) -> None:
        keeper.thaw(self.server.folder)

    def role(self) -> str:
        """What its Patroni says: ``primary``, ``sync_standby``, ``replica``; empty: nothing, or no server."""
        said = self.asked("patroni")
        if not said or said.get("state") != "running":
            return ""
        role = "sync_standby" if said.get("sync_standby") else said["role"]
        return "primary" if role == "master" else role

    def asked(self, page: str) -> dict[str, Any] | None:
        """What its Patroni answers there; None: nothing."""
        return _asked(f"http://127.0.0.1:{self._rest}/{page}")

    def _configuration(self) -> dict[str, Any]:
        server, timing = self.server, self._timing
        parameters = {name: value for name, value in SETTINGS.items() if name != "listen_addresses"}
        return {
            "scope": SCOPE,
            "name": self.name,
            "restapi": {
                "listen": f"127.0.0.1:{self._rest}",
                "connect_address": f"127.0.0.1:{self._rest}",
            },
            "etcd3": {"host": f"127.0.0.1:{self._etcd.port}"},  # ("etcd" speaks a protocol that is off)
            "bootstrap": {
                "dcs": {
                    "ttl": timing.ttl,
                    "loop_wait": timing.loop_wait,
                    "retry_timeout": timing.retry_timeout,
                    "synchronous_mode": True,
                    "postgresql": {"use_pg_rewind": True, "parameters": {"max_connections": 60}},
                },
                "initdb": [{"encoding": "UTF8"}, {"locale": "C.UTF-8"}, {"lc-collate": "C"}, "no-sync"],
            },
            "postgresql": {
                "listen": f"127.0.0.1:{server.port}",
                "connect_address": f"127.0.0.1:{server.port}",
                "data_dir": str(server.data),
                "bin_dir": str(server.program.parent),
                "pgpass": str(server.folder / "pgpass"),
                "authentication": {
                    "superuser": {"username": ADMIN},
                    "replication": {"username": REPLICATOR},
                },
                "parameters": {**parameters, "unix_socket_directories": str(server.socket)},
                "pg_hba": [
                    "local all all trust",
                    "host all all 127.0.0.1/32 trust",
                    "host replication all 127.0.0.1/32 trust",
                ],
                "remove_data_directory_on_rewind_failure": True,
            },
            "watchdog": {"mode": "off"},
        }


class Pair:
    """``nodes``: either may be primary."""

    def __init__(self, ground: Ground, timing: Timing) -> None:
        self.timing = timing
        self.etcd = Etcd(ground)
        self.nodes = [Node(ground, name, self.etcd, timing) for name in NAMES]

    def start(self) -> None:
        """Returns when commits wait for the standby."""
        self.etcd.start()
        self.nodes[0].start()
        until(lambda: self.nodes[0].role() == "primary", "nobody is primary", CLONING)
        self.nodes[0].server.sql(f"CREATE ROLE {ROLE} LOGIN")
        self.nodes[1].start()
        self.wait_in_sync()

    def wait_in_sync(self) -> None:
        """Until one is primary, and the other the standby that its commits wait for."""
        wanted = ["primary", "sync_standby"]
        until(
            lambda: sorted(node.role() for node in self.nodes) == wanted, "no standby is waited for", CLONING
        )

    def primary(self) -> Node:
        """Who says so; fails where nobody does, or both do."""
        (node,) = [node for node in self.nodes if node.role() == "primary"]
        return node

    def url(self, database: str = "postgres", user: str = ROLE, attributes: str = "read-write") -> str:
        """Of both hosts. ``attributes``: which of them is wanted."""
        return address([node.server for node in self.nodes], database, user, attributes)

    def kill(self) -> None:
        for node in self.nodes:
            node.kill()
        self.etcd.kill()


def _asked(url: str) -> dict[str, Any] | None:
    """What a server says of itself, be it well or not; None: nothing."""
    try:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                said = answer.read()
        except urllib.error.HTTPError as refused:
            with refused:
                said = refused.read()
        return dict(json.loads(said))
    except (OSError, ValueError):
        return None


def _joined(one: Mapping[str, str], other: Mapping[str, str]) -> dict[str, str]:
    """The libraries of both."""
    paths = [found for found in (one.get("LD_LIBRARY_PATH"), other.get("LD_LIBRARY_PATH")) if found]
    return {**other, **one, **({"LD_LIBRARY_PATH": ":".join(dict.fromkeys(paths))} if paths else {})}


@contextlib.contextmanager
def running(timing: Timing | None = None) -> Iterator[Pair]:
    with Ground() as ground:
        pair = Pair(ground, timing or Timing())
        try:
            pair.start()
            yield pair
        except BaseException:
            for node in pair.nodes:  # what Patroni says is nowhere else, and goes with its folder
                if node.log.exists():
                    lines = node.log.read_text("utf-8", "replace").splitlines()[-40:]
                    print(f"--- Patroni {node.name}:", *lines, sep="\n", file=sys.stderr)
            raise
        finally:
            pair.kill()
