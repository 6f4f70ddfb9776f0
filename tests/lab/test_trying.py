"""`dialpact asterisk try` on the real Asterisk, on a Saturday: the first refused and recorded calls."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.lab.carrier import Carrier
from tests.lab.pbx import Pbx
from tests.lab.phone import Phone
from tests.lab.site import Site, load_samples, product

pytestmark = pytest.mark.lab

SATURDAY = datetime.fromisoformat("2026-11-28T20:00:00+08:00")
NUMBER = "13800138000"
TRY = ("asterisk", "try", NUMBER, "--context", "agents", "--trunk", "carrier", "--confirm", NUMBER)


@pytest.fixture(scope="module")
def lab_options() -> dict[str, Any]:
    return product()


@pytest.fixture(scope="module")
def site(pbx: Pbx, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """With the lab's own `asterisk -rx` on the PATH."""
    folder: Path = tmp_path_factory.mktemp("bin")
    program = folder / "asterisk"
    words = pbx.installation.command("asterisk", "-C", f"{pbx.home}/etc/asterisk.conf")
    program.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
    program.chmod(0o755)
    with pytest.MonkeyPatch.context() as patched, Site(pbx, SATURDAY) as running:
        patched.setenv("PATH", str(folder), prepend=":")
        load_samples(running)
        running.start("gate")
        running.start("listener")
        running.ready()
        yield running


async def test_the_first_refused_and_the_first_recorded_call(
    site: Site, carrier: Carrier, phone: Phone
) -> None:
    before = len(carrier.invites())
    said = await asyncio.to_thread(site.dialpact, *TRY, code=None)
    steps = [step["step"] for step in said["steps"]]
    assert said["ok"], said["steps"][-1]
    assert steps == ["confirmed", "refused", "allowed", "dialled", "answered", "recorded", "proven"]
    (invite,) = carrier.invites()[before:]
    assert invite.number == NUMBER
    refused, allowed = (
        next(s for s in said["steps"] if s["step"] == name) for name in ("refused", "allowed")
    )
    assert refused["reasons"][0] == "invalid-number"
    calls = site.dialpact("calls", "list", "--campaign", said["campaign"])
    assert [(one["id"], one["verdict"]) for one in calls] == [
        (allowed["decision"], "ALLOW"),
        (refused["decision"], "BLOCK"),
    ]
    kept = site.dialpact("recordings", "list")[0]
    assert (kept["decision"], kept["campaign"]) == (allowed["decision"], said["campaign"])
    assert kept["agent_dbfs"] is not None, "the sound that the tester heard"

    # Beside it every call is judged as ever, also one to the very same number.
    result = await phone.call(NUMBER, campaign="autumn-loans", caller_id="02788880007")
    assert not result.answered
    assert "not-a-working-day" in site.last_call()["reasons"]

    # Who names the trial on a call of his own gets nobody by it: it was good for one, and not on his channel.
    site.pbx.cli(f"dialplan set global DIALPACT_TRIAL {said['trial']}")
    try:
        for number in (NUMBER, "13800138333"):
            assert not (await phone.call(number, campaign="autumn-loans", caller_id="02788880007")).answered
            last = site.last_call()
            assert (last["campaign"], last["verdict"]) == (said["campaign"], "BLOCK")
            assert "actor-not-permitted" in last["reasons"]
    finally:
        site.pbx.cli("dialplan set global DIALPACT_TRIAL ")
    assert len(carrier.invites()) == before + 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--confirm", "13900139000"), "not confirmed"),
        (("--context", "nowhere"), "no extension"),
        (("--trunk", "other"), "no trunk"),
    ],
)
def test_what_can_not_be_tried_is_said_and_nobody_is_called(
    site: Site, carrier: Carrier, words: tuple[str, ...], said: str
) -> None:
    before = len(carrier.invites())
    told = site.dialpact(*TRY, *words, code=1)
    assert said in told["error"]
    assert len(carrier.invites()) == before


def test_a_gate_that_is_down_is_told(site: Site, carrier: Carrier) -> None:
    before = len(carrier.invites())
    site.stop("gate")
    try:
        told = site.dialpact(*TRY, code=3)
    finally:
        site.start("gate")
    assert (told["steps"][-1]["step"], told["steps"][-1]["why"]) == ("refused", "no-decision")
    assert len(carrier.invites()) == before
