"""Every reason for which a call must not be let out, told to the gate in words, and at once."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest

from ami_listener.recording.access import Identity
from ami_listener.timings import Timings
from dialpact.compliance.errors import StoreError
from dialpact.testing.ami import FakeAmi
from tests.ami_listener.pace import timed
from tests.ami_listener.scene import NUMBER, Scene, ringing, until


@pytest.fixture
def unstarted(timings: Timings, ami: FakeAmi, directory: Path, tmp_path: Path) -> Scene:
    return Scene(tmp_path / "dialpact", ami.port, directory, timings=timings)


async def test_ready(scene: Scene) -> None:
    assert await scene.lease() == (True, "")


async def test_the_lease_lives_three_seconds_and_is_renewed(scene: Scene) -> None:
    async def expiry() -> int:
        row = await scene.store.transact(
            lambda connection: connection.execute("SELECT expires_ns FROM recorder_lease").fetchone()
        )
        return int(row[0])

    first = await expiry()
    assert 0 < first - time.monotonic_ns() <= scene.timings.lease.life * 1e9
    scene.listener.lease.wake()

    async def renewed() -> bool:
        return await expiry() > first

    await until(renewed)


async def test_an_asterisk_that_is_still_starting(ami: FakeAmi, unstarted: Scene) -> None:
    ami.booted = False
    async with unstarted as scene:
        await scene.not_ready("still starting")
        ami.boot()
        await scene.ready()


async def test_a_user_who_may_not_record(ami: FakeAmi, unstarted: Scene) -> None:
    ami.write = {"call"}
    async with unstarted as scene:
        assert "MixMonitor" in await scene.not_ready("write = system")


async def test_a_user_who_may_not_set_the_interlock(ami: FakeAmi, unstarted: Scene) -> None:
    ami.write = {"system"}
    async with unstarted as scene:
        await scene.not_ready("write = call")


@timed(listener={"patience": 0.1})
async def test_rights_that_were_mended_are_seen(ami: FakeAmi, unstarted: Scene) -> None:
    ami.write = {"call"}
    async with unstarted as scene:
        await scene.not_ready("write = system")
        ami.write = {"system", "call"}
        await scene.ready()


async def test_a_wrong_password(ami: FakeAmi, unstarted: Scene) -> None:
    ami.secret = "changed"
    async with unstarted as scene:
        await scene.not_ready("refuses user dialpact")
        assert sum(sent["Action"] == "Login" for sent in ami.actions) <= 3, "it backs off"


async def test_no_secret(ami: FakeAmi, unstarted: Scene, tmp_path: Path) -> None:
    (tmp_path / "dialpact" / "ami.secret").unlink()
    async with unstarted as scene:
        await scene.not_ready("secret_file")


async def test_no_asterisk(ami: FakeAmi, unstarted: Scene) -> None:
    await ami.stop()
    async with unstarted as scene:
        await scene.not_ready("no manager at")
        await ami.start()
        await scene.ready()


@pytest.mark.parametrize("fault", ["drop", "stop", "shut_down"])
async def test_the_lease_goes_with_the_connection_at_once(scene: Scene, ami: FakeAmi, fault: str) -> None:
    began = time.monotonic()
    done = getattr(ami, fault)()
    if asyncio.iscoroutine(done):
        await done
    await scene.not_ready("no connection", timeout=1)
    assert time.monotonic() - began < 0.5


@timed(link={"pong": 0.2})
async def test_a_half_open_link(scene: Scene, ami: FakeAmi) -> None:
    ami.freeze()
    await scene.not_ready("ping", timeout=4)


async def test_no_directory(scene: Scene, directory: Path) -> None:
    directory.rmdir()
    await scene.not_ready("is not a directory")
    directory.mkdir()
    await scene.ready()


async def test_a_link_is_as_good_as_what_it_leads_to(scene: Scene, directory: Path, tmp_path: Path) -> None:
    directory.rename(tmp_path / "elsewhere")
    directory.symlink_to(tmp_path / "elsewhere")
    await scene.ready()
    (tmp_path / "elsewhere").rename(tmp_path / "gone")
    await scene.not_ready("is not a directory")


async def test_a_directory_that_asterisk_may_not_write(scene: Scene, directory: Path) -> None:
    """The fake runs as root, so its user is put in its place."""
    scene.listener.lease.who = Identity(uid=os.getuid() + 4711)
    directory.chmod(0o755)
    assert f"user id {os.getuid() + 4711}" in await scene.not_ready("may not write")


async def test_an_asterisk_of_unknown_user(scene: Scene) -> None:
    scene.listener.lease.who = None
    await scene.not_ready("cannot tell which user")


async def test_a_file_in_the_way(scene: Scene, directory: Path) -> None:
    (directory / scene.clock.now().strftime("%Y")).write_text("")
    await scene.not_ready("in the way")


@timed(lease={"disk": 0.05})
async def test_a_disk_that_hangs_is_not_waited_for(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = os.statvfs
    monkeypatch.setattr(os, "statvfs", lambda path: time.sleep(0.5) or asked(path))
    await scene.not_ready("does not answer")


@timed(lease={"penalty": 0.3})
async def test_a_failure_that_no_check_foresaw(scene: Scene) -> None:
    scene.listener.lease.failed()
    await scene.not_ready("a recording failed")
    await scene.ready()


async def test_a_store_that_is_down_ends_nothing(scene: Scene, ami: FakeAmi) -> None:
    """The lease runs out by itself; a call that is up is kept, and written when the store is back."""
    _, leg = await ringing(scene, ami)
    scene.faulty.fails("*", StoreError("database is locked"))
    leg.pick_up()  # its row is there, so this needs no store
    await until(lambda: "DIALPACT_RECORDING" in leg.variables)
    leg.let_through()
    leg.enter_bridge()
    leg.speak(0.2)
    leg.hang_up()
    bypass = ami.dial(NUMBER)
    await until(lambda: len(scene.listener.outbox) >= 2)
    scene.faulty.mends()
    (row,) = await scene.recorded("kept")
    assert row["answered_at"]
    await scene.incident("no-decision")
    bypass.hang_up()
    await scene.ready()


@timed(legs={"store": 0.2})
async def test_a_leg_that_can_not_be_judged_is_cut(scene: Scene, ami: FakeAmi) -> None:
    """It could not be recorded either."""
    ami.forbid("MixMonitor")
    scene.faulty.fails("carrier_legs.allowed", StoreError("database is locked"))
    leg = ami.dial(NUMBER, await scene.allow())
    await ami.seen("Hangup", Channel=leg.name)
    await scene.incident("store-unavailable")


async def test_a_listener_that_is_stopped_withdraws_its_lease(scene: Scene) -> None:
    await scene.stop()
    assert await scene.lease() == (False, "the listener was stopped")


async def test_a_listener_that_is_killed_withdraws_it_too(scene: Scene) -> None:
    await scene.kill()
    assert (await scene.lease())[0] is False


async def test_the_reason_is_logged_once(scene: Scene, directory: Path) -> None:
    import structlog

    with structlog.testing.capture_logs() as logs:
        directory.rmdir()
        await scene.not_ready("not a directory")
        for _ in range(5):
            scene.listener.lease.wake()
            await asyncio.sleep(0.02)
    assert [line["event"] for line in logs].count("recorder lease") == 1


@timed(lease={"unwritten": 0.2})
async def test_what_waits_too_long_to_be_written(scene: Scene) -> None:
    let = asyncio.Event()

    async def slow() -> None:
        await let.wait()

    scene.listener.outbox.put("something", slow)
    assert "1 writes are waiting" in await scene.not_ready("writes are waiting")
    let.set()
    await scene.ready()
