"""A rotation that is cut off between any two of its steps: what is left is whole, and goes on by itself."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import inspect
import os
import threading
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dialpact.application.ledger import rotation
from dialpact.application.ledger.audit import Audit
from dialpact.compliance.config import Config, Trunk
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import keys
from dialpact.store.sqlite import Store, create
from dialpact.store.sqlite.snapshot import opened
from dialpact.store.units.checkpoints import Checkpoints
from dialpact.store.units.registers import change
from tests.compliance.store_values import AT

WHO = {"by": "chen", "reason": "yearly"}


class PowerCutError(BaseException):
    pass


@pytest.fixture
def config(tmp_path: Path) -> Config:
    keys.write_new(tmp_path / "ledger.key", keys.generate(), 0o600)
    return Config(trunks={"t": Trunk(endpoint="PJSIP/t")}, origin=str(tmp_path / "dialpact.toml"))


@pytest.fixture
async def store(config: Config) -> AsyncIterator[Store]:
    create(config.database)
    async with await Store.open(config.database) as store:
        await store.incidents.add(at=AT, node="n", kind="k")
        await store.checkpoints.sign(keys.load(config), AT)
        keys.publish(keys.path_of(config), keys.load(config))
        yield store


def cut(monkeypatch: pytest.MonkeyPatch, place: Any, name: str, after: int = 0, before: bool = True) -> None:
    """The ``after``-th call from now on does not return, and does not happen if ``before``."""
    real: Callable[..., Any] = getattr(place, name)
    left = after

    def broken(*given: Any, **named: Any) -> Any:
        nonlocal left
        left -= 1
        if left >= 0:
            return real(*given, **named)
        if not before:
            real(*given, **named)
        raise PowerCutError

    async def broken_later(*given: Any, **named: Any) -> Any:
        if not before:
            await real(*given, **named)
        raise PowerCutError

    monkeypatch.setattr(place, name, broken_later if inspect.iscoroutinefunction(real) else broken)


STEPS: list[tuple[str, Any, str, int, bool, bool]] = [
    ("before the new key is written", keys, "write_new", 0, True, False),
    ("the new key is written", keys, "write_new", 0, False, False),
    ("the old key has its second name", keys, "keep_old", 0, False, False),
    ("before the commit", change, "log", 0, False, False),
    ("after the commit", Checkpoints, "rotate", 0, False, True),
    ("before the rename", Path, "replace", 0, True, True),
    ("after the rename", Path, "replace", 0, False, True),
    ("before the public key is written", keys, "publish", 0, True, True),
    ("half of the public key", keys, "write_new", 1, False, True),
    ("before the first checkpoint", Checkpoints, "sign", 0, True, True),
]


@pytest.mark.parametrize(
    ("where", "place", "name", "after", "before", "new"), STEPS, ids=[s[0] for s in STEPS]
)
async def test_a_crash(
    where: str,
    place: Any,
    name: str,
    after: int,
    before: bool,
    new: bool,
    config: Config,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old = keys.load(config)
    with monkeypatch.context() as patch:
        cut(patch, place, name, after, before)
        with pytest.raises(PowerCutError):
            await rotation.rotate(config, store, at=AT, **WHO)
    # What every daemon and command does next.
    signer = await rotation.resume(config, store)
    assert (signer.vkey != old.vkey) is new
    await store.incidents.add(at=AT, node="n", kind="k")
    await store.checkpoints.sign(signer, AT + timedelta(hours=1))
    assert keys.load_public(config.path("ledger.pub")) == signer.verifier
    if new:
        with pytest.raises(LedgerError):
            await store.checkpoints.sign(old, AT + timedelta(hours=2))
        kept = config.path(f"ledger.key.old-{old.key_id.hex()}")
        assert keys.load_file(kept, old.name).vkey == old.vkey
    # And the next rotation is none the worse for it.
    done = await rotation.rotate(config, store, at=AT + timedelta(hours=3), **WHO)
    assert done.old == signer.vkey
    assert not config.path("ledger.key.new").exists()
    for trusted in (old.verifier, keys.load(config).verifier):
        audit = Audit([trusted])
        with opened(config.database) as snapshot:
            for _ in audit.run(snapshot):
                pass
        assert audit.found.listed == []


async def test_the_next_rotation_finishes_the_one_before(
    config: Config, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        cut(patch, Path, "replace")
        with pytest.raises(PowerCutError):
            await rotation.rotate(config, store, at=AT, **WHO)
    named = keys.load_file(config.path("ledger.key.new"), keys.name_of(config))
    done = await rotation.rotate(config, store, at=AT + timedelta(hours=1), **WHO)
    assert done.old == named.vkey


async def test_one_rotation_at_a_time(config: Config, store: Store) -> None:
    other = os.open(config.database.parent, os.O_RDONLY)  # as another process holds it
    try:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(LedgerError, match="under way"):
            await rotation.rotate(config, store, at=AT, **WHO)
    finally:
        os.close(other)
    await rotation.rotate(config, store, at=AT, **WHO)


async def test_an_old_key_s_name_is_never_taken_by_another_file(config: Config, store: Store) -> None:
    old = keys.load(config)
    config.path(f"ledger.key.old-{old.key_id.hex()}").write_text("mine")
    with pytest.raises(LedgerError, match="another file"):
        await rotation.rotate(config, store, at=AT, **WHO)
    assert keys.load(config).vkey == old.vkey


async def test_a_new_key_that_the_log_does_not_name_is_left_alone(config: Config, store: Store) -> None:
    keys.write_new(config.path("ledger.key.new"), keys.generate(), 0o600)
    old = keys.load(config)
    assert (await rotation.resume(config, store)).vkey == old.vkey
    assert config.path("ledger.key.new").exists()


async def test_a_key_that_took_the_place_of_the_one_in_force_is_not_published(
    config: Config, store: Store
) -> None:
    file = keys.path_of(config)
    await store.checkpoints.sign(await rotation.resume(config, store), AT)
    public = keys.public_path(file).read_text("utf-8")
    file.write_bytes(keys.generate())
    stranger = await rotation.resume(config, store)
    assert keys.public_path(file).read_text("utf-8") == public
    with pytest.raises(LedgerError, match="not the key that signed before"):
        await store.checkpoints.sign(stranger, AT)


async def test_a_public_key_that_can_not_be_written_stops_no_signing(config: Config, store: Store) -> None:
    public = config.path("ledger.pub")
    public.unlink()
    public.mkdir()  # (root writes into a folder that is closed to others)
    assert (await rotation.resume(config, store)).vkey == keys.load(config).vkey


async def test_a_disk_that_hangs_holds_nobody_else(config: Config, store: Store) -> None:
    """A pipe that nobody writes to, in the place of the public key: the loop goes on, and lets it go."""
    public = config.path("ledger.pub")
    public.unlink()
    os.mkfifo(public)
    too_late = threading.Timer(10, lambda: public.open("wb").close())
    too_late.start()
    resumed = asyncio.create_task(rotation.resume(config, store))
    while not resumed.done():
        with contextlib.suppress(OSError):  # (nobody reads yet)
            os.close(os.open(public, os.O_WRONLY | os.O_NONBLOCK))
            break
        await asyncio.sleep(0.01)
    assert too_late.is_alive()
    too_late.cancel()
    signer = await resumed
    assert keys.load_public(public) == signer.verifier


async def test_the_mode_of_the_new_key_is_right_from_the_first_byte(config: Config, store: Store) -> None:
    before = os.umask(0)
    try:
        await rotation.rotate(config, store, at=AT, **WHO)
    finally:
        os.umask(before)
    assert keys.path_of(config).stat().st_mode & 0o777 == 0o600
    assert config.path("ledger.pub").stat().st_mode & 0o777 == 0o644
