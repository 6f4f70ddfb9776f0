"""MikoPBX's outgoing routes with Dialpact's lines at the end of its dialplan, on a real Asterisk."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dialpact.application.pbx.adapter import Found
from dialpact.application.pbx.mikopbx import MIKOPBX
from tests.lab import hooked
from tests.lab.bootstrap import Installation
from tests.lab.recipes import Lab

pytestmark = [pytest.mark.lab, pytest.mark.timeout(120)]

MODULE = "DEF_DIAL_COMMAND PJSIP/13912345678@carrier"  # what a module of MikoPBX dials instead
FOUND = Found("mikopbx", "2026.1.187", "test")


@pytest.fixture(scope="module")
def lab(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with hooked.lab_with(installation, tmp_path_factory.mktemp("mikopbx"), MIKOPBX, FOUND) as lab:
        yield lab


async def test_a_call_that_may_not_be_made(lab: Lab) -> None:
    assert await hooked.refused(lab, "*71") == ["no-consent"]


async def test_a_campaign_that_would_shift_what_follows(lab: Lab) -> None:
    await hooked.a_campaign_with_commas(lab, "*71")


async def test_a_call_that_may(lab: Lab) -> None:
    """And MikoPBX's own record of the answer is written."""
    before = lab.pbx.log().count("AgiData: dial_answer")
    await hooked.allowed(lab, "*71", "agent1001")
    assert lab.pbx.log().count("AgiData: dial_answer") > before
    assert "Executing [s@dialpact-mikopbx-answered" in lab.pbx.log()


async def test_what_the_carrier_is_sent(lab: Lab) -> None:
    """MikoPBX has put together what it dials before the hook: only a new one has the canonical number."""
    number = next(lab.numbers)
    assert await hooked.canonical(lab, "*710", number) == number


async def test_another_number_than_the_one_that_was_asked_about_is_not_dialled(lab: Lab) -> None:
    """A module of MikoPBX may have put something else in the place of what is dialled."""
    before = len(lab.site.dialpact("calls", "list"))
    lab.pbx.cli(f"dialplan set global {MODULE}")
    try:
        await hooked.unasked(lab, "*71")
        assert len(lab.site.dialpact("calls", "list")) == before + 1  # the refusal is on record
    finally:
        lab.pbx.cli('dialplan set global DEF_DIAL_COMMAND ""')


async def test_fail_over(lab: Lab) -> None:
    await hooked.fails_over(lab, "*71", "agent1001")


async def test_a_blind_transfer(lab: Lab) -> None:
    await hooked.transferred_outside(lab, "*72")


async def test_the_opt_out_key(lab: Lab) -> None:
    await hooked.opted_out(lab, "*71")


async def test_an_emergency_call(lab: Lab) -> None:
    await hooked.emergency(lab, "*71")


async def test_an_emergency_call_that_a_module_would_dial_otherwise(lab: Lab) -> None:
    """It goes out as what the person dialled."""
    lab.pbx.cli(f"dialplan set global {MODULE}")
    try:
        await hooked.emergency(lab, "*71")
    finally:
        lab.pbx.cli('dialplan set global DEF_DIAL_COMMAND ""')


async def test_without_a_recording(lab: Lab) -> None:
    await hooked.not_bridged(lab, "*71")


async def test_the_installations_own_proof(lab: Lab) -> None:
    assert await hooked.proven(lab, MIKOPBX, FOUND, hooked.wishes_for(lab.pbx)) == {
        "SIP-TRUNK-1-1-outgoing": "proven",
        "SIP-TRUNK-2-2-outgoing": "not-proven behind",  # the first one's route takes the same numbers
        "SIP-TRUNK-1-3-outgoing": "not-proven emergency",
    }


async def test_the_hook_is_gone(lab: Lab) -> None:
    """As after a MikoPBX has written its file anew and knows of nothing to append."""
    there = lab.pbx.home / "etc" / "extensions.conf"
    kept = there.read_text("utf-8")
    there.write_text(kept.replace("[all-outgoing-custom]", "[gone]"), "utf-8")
    lab.pbx.cli("dialplan reload")
    try:
        await hooked.without_the_hook(lab, "*71")
    finally:
        there.write_text(kept, "utf-8")
        lab.pbx.cli("dialplan reload")
