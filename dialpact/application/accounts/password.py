"""The hash of a password: argon2id, over a keyed hash of it, so that who has the database alone can try
nothing. The only module that uses argon2.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache, cached_property
from typing import NamedTuple

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from dialpact.application.accounts.keys import Keys
from dialpact.compliance.registers.factor import Factor, Kind

USE = "password"


class Cost(NamedTuple):
    """What a guess costs. OWASP's password storage cheat sheet wants 46 MiB with one pass."""

    passes: int = 2
    kib: int = 46 * 1024


COST = Cost()


class Passwords:
    """One is worked out at a time, so that whoever tries many takes no memory from the gate."""

    def __init__(self, keys: Keys, cost: Cost = COST) -> None:
        self._keys = keys
        self._hasher = PasswordHasher(time_cost=cost.passes, memory_cost=cost.kib, parallelism=1)

    async def made(self, account: str, password: str) -> Factor:
        """ConfigError where the secret can not be read."""
        mac = self._keys.mac(USE, account, password)
        loop = asyncio.get_running_loop()
        data = await loop.run_in_executor(_one_at_a_time(), self._hasher.hash, mac)
        return Factor(kind=Kind.PASSWORD, data=data)

    async def matches(self, account: str, kept: Factor | None, password: str) -> bool:
        """``kept`` None: there is none; that takes as long. ConfigError."""
        mac = self._keys.mac(USE, account, password)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(_one_at_a_time(), self._verified, kept, mac)

    def _verified(self, kept: Factor | None, mac: str) -> bool:
        try:
            self._hasher.verify(kept.data if kept else self._nobodys, mac)
        except (VerificationError, InvalidHashError):
            return False
        return kept is not None

    @cached_property
    def _nobodys(self) -> str:
        return self._hasher.hash("nobody's")


@cache
def _one_at_a_time() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="argon2")
