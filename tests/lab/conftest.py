"""The lab as fixtures. What cannot be set up fails the test: a lab that is skipped proves nothing.

A test module brings its own dialplan by overriding ``lab_options`` (keyword arguments for ``Pbx``).
"""

from __future__ import annotations

import contextlib
import gc
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ami_listener.scene import Scene
from tests.lab import gated
from tests.lab.behaviour import BUSY, EARLY_MEDIA, HANGS_UP, NO_ANSWER, SILENT
from tests.lab.bootstrap import Installation, bootstrap
from tests.lab.carrier import Carrier
from tests.lab.pbx import Pbx
from tests.lab.phone import Phone
from tests.lab.relay import Relay
from tests.lab.site import Site, load_samples

STUB = Path(__file__).with_name("stub.conf")
# The last two digits choose what the callee does; all others answer after 0.2 s and talk.
RULES = {
    ".*01": BUSY,
    ".*02": NO_ANSWER,
    ".*03": EARLY_MEDIA,
    ".*04": SILENT,
    ".*05": HANGS_UP,
}


@pytest.fixture(scope="module", autouse=True)
def nothing_left_open() -> Iterator[None]:
    """Every socket that the lab opened for a module's tests is closed when they are over."""
    before = sockets()
    yield
    deadline = time.monotonic() + 5  # for a thread that has heard that it is over
    while left := sockets() - before:
        assert time.monotonic() < deadline, f"left open: {left}"
        gc.collect()
        time.sleep(0.02)


def sockets() -> set[str]:
    """This process's, by the kernel's numbers, which are never used again."""
    found = set()
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):  # the folder's own is gone
            found.add(str(entry.readlink()))
    return {name for name in found if name.startswith("socket:")}


@pytest.fixture(scope="session")
def installation() -> Installation:
    """Asterisk, installed if it was missing."""
    return bootstrap()


@pytest.fixture(scope="module")
def lab_options() -> dict[str, Any]:
    """Return what ``pbx`` is made with."""
    return {"dialplan": [STUB]}


@pytest.fixture(scope="module")
def gated_options(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """For ``lab_options`` of a module whose ``pbx`` has the dialplan of gated.py."""
    return gated.options(tmp_path_factory.mktemp("conf"))


@pytest.fixture(scope="module")
def pbx(installation: Installation, lab_options: dict[str, Any]) -> Iterator[Pbx]:
    """A running Asterisk for the module."""
    with Pbx(installation=installation, **lab_options) as running:
        yield running


@pytest.fixture(scope="module")
def carrier(pbx: Pbx) -> Iterator[Carrier]:
    """The carrier on the trunk ``carrier``; its log goes back to the start of the module."""
    with Carrier(pbx, rules=RULES) as answering:
        yield answering


@pytest.fixture
def phone(pbx: Pbx) -> Phone:
    """The phone of agent1001."""
    return Phone(pbx)


@pytest.fixture(scope="module")
def site(pbx: Pbx) -> Iterator[Site]:
    """The call centre of the demo, with gate and listener running, on a Tuesday at ten."""
    with Site(pbx) as running:
        load_samples(running)
        running.start("gate")
        running.start("listener")
        running.ready()
        yield running


@pytest.fixture
async def scene(pbx: Pbx, tmp_path: Path) -> AsyncIterator[Scene]:
    """The listener in this process, on a ``pbx`` with ``gated_options``; no call and no decision is left."""
    async with Scene(tmp_path / "dialpact", pbx.ports.ami, pbx.recordings) as scene:
        await scene.ready()
        yield scene
    gated.forget(pbx)
    pbx.cli("channel request hangup all")


@pytest.fixture
def ami(site: Site, pbx: Pbx) -> Iterator[Relay]:
    """The cable between the listener and Asterisk's manager port, for the time of a test."""
    relay = Relay(pbx.ports.ami)
    site.stop("listener")
    site.configure(ami=relay.port)
    site.start("listener")
    site.ready()
    yield relay
    site.stop("listener")
    relay.close()
    site.configure()
    site.start("listener")
