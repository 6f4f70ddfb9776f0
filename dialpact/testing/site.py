"""A Dialpact of the test's own: configuration, clock, registers and database, and the gate if asked for.

The database lies in memory where the host has a folder for that (Linux: /dev/shm), recordings lie on disk.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import structs

from agi.service import serving
from dialpact.application.policy import load_policy
from dialpact.compliance import config as configuration
from dialpact.compliance.addresses import is_loopback
from dialpact.compliance.clock import Clock
from dialpact.compliance.config import Config
from dialpact.compliance.ledger import keys
from dialpact.compliance.profile import Policy
from dialpact.compliance.registers.api_key import new_secret
from dialpact.store.sqlite import Store, create
from dialpact.testing.registers import Registers

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
DEADLINE_MS = 2500  # the most there is: a busy test machine is no reason to block
FOR_EVER = 10**8  # seconds
SECRET = "hush"  # noqa: S105 - the fake's
DOWN = "the test says so"


class Site:
    """``config`` is the user's in all that matters to a decision (trunks, profiles, mode, node, calendars).

    Its database, recordings, ports and secret are the test's own: nothing of the host is touched.
    """

    def __init__(self, config: Config, policy: Policy, clock: Clock) -> None:
        self.config, self.policy, self.clock = config, policy, clock
        self.registers = Registers(config, policy, clock)

    @contextlib.asynccontextmanager
    async def gate(self) -> AsyncIterator[tuple[str, int]]:
        """The product's own gate, in this process; gives host and port."""
        async with (
            self.store() as store,
            serving(self.config, self.policy, store, self.clock) as address,
        ):
            yield address

    @contextlib.asynccontextmanager
    async def store(self) -> AsyncIterator[Store]:
        async with await Store.open(self.config.database) as store:
            yield store

    async def recorder(self, *, ready: bool) -> None:
        """Says that calls could be recorded, or that they could not, as the listener would say it."""
        async with self.store() as store:
            await store.recorder_leases.renew(
                self.config.node.name,
                ready=ready,
                why="" if ready else DOWN,
                seconds=FOR_EVER,
                at=self.clock.now(),
            )


@contextlib.contextmanager
def made(given: Config | str | Path | None, clock: Clock, folder: Path) -> Iterator[Site]:
    """A site with empty registers. ``given``: a configuration or its file; None: one trunk, ``carrier``, and
    the profile ``cn-hubei-2018``. ``folder``: for secret and recordings.

    Raises ConfigError, ProfileError, CalendarError, AreaError: what is wrong with the user's own files.
    """
    if given is None:
        given = Config(trunks={"carrier": configuration.Trunk(endpoint="carrier")}, origin=str(folder / "x"))
    original = given if isinstance(given, Config) else configuration.load(given)
    policy = load_policy(original)
    memory = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="dialpact-", dir=memory) as where:
        secret, spool = folder / "ami.secret", folder / "recordings"
        if not configuration.SAFE_PATH.fullmatch(str(spool)):  # pytest's folder has the user's name in it
            spool = Path(where) / "recordings"
        secret.write_text(SECRET)
        spool.mkdir()
        keys.write_new(Path(where) / "api.secret", new_secret(), 0o600)
        config = structs.replace(
            original,
            store=configuration.StoreConfig(url=f"sqlite:{where}/test.db"),
            gate=structs.replace(original.gate, listen="127.0.0.1:0", deadline_ms=DEADLINE_MS),
            ami=configuration.AmiConfig(secret_file=str(secret)),
            recording=structs.replace(original.recording, directory=str(spool), min_free_mb=1),
            ledger=configuration.LedgerConfig(
                key_file=f"{where}/ledger.key", on_fork=original.ledger.on_fork
            ),
            api=structs.replace(
                original.api,
                secret_file=f"{where}/api.secret",
                folder=f"{where}/api-files",
                consent_evidence=f"{where}/consent-evidence",
            ),
            # A receiver of webhooks that is no test's own hears nothing of a test.
            webhooks={
                name: hook
                for name, hook in original.webhooks.items()
                if is_loopback(urlsplit(hook.url).hostname or "")
            },
        )
        create(config.database)
        yield Site(config, policy, clock)
