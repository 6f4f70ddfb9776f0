"""Wazo's outgoing calls with Dialpact's file beside its own, on a real Asterisk."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dialpact.application.pbx.adapter import Found
from dialpact.application.pbx.wazo import HOOK, WAZO
from tests.lab import hooked
from tests.lab.bootstrap import Installation
from tests.lab.pbx import Pbx
from tests.lab.recipes import Lab

pytestmark = [pytest.mark.lab, pytest.mark.timeout(120)]

FOUND = Found("wazo", "25.17", "test")
USER = "6f1e5c1e-0000-4000-8000-000000001008"  # of the fragment


def _included(pbx: Pbx, text: str) -> str:
    """As Wazo's extensions.conf includes a whole folder, where something lies already."""
    extra = pbx.home / "etc" / "extensions_extra.d"
    extra.mkdir()
    (extra / "00-wazo.conf").write_text("; Wazo's own\n", "ascii")
    return f"{text}\n#include extensions_extra.d/*.conf\n"


@pytest.fixture(scope="module")
def lab(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with hooked.lab_with(installation, tmp_path_factory.mktemp("wazo"), WAZO, FOUND, _included) as lab:
        yield lab


async def test_a_call_that_may_not_be_made(lab: Lab) -> None:
    assert await hooked.refused(lab, "*71") == ["no-consent"]


async def test_a_campaign_that_would_shift_what_follows(lab: Lab) -> None:
    await hooked.a_campaign_with_commas(lab, "*71")


async def test_a_call_that_may(lab: Lab) -> None:
    await hooked.allowed(lab, "*71", USER)


async def test_what_the_carrier_is_sent(lab: Lab) -> None:
    number = next(lab.numbers)
    assert await hooked.canonical(lab, "*710", number) == number


async def test_fail_over(lab: Lab) -> None:
    await hooked.fails_over(lab, "*71", USER)


async def test_a_blind_transfer(lab: Lab) -> None:
    await hooked.transferred_outside(lab, "*72")


async def test_the_opt_out_key(lab: Lab) -> None:
    await hooked.opted_out(lab, "*71")


async def test_an_emergency_call(lab: Lab) -> None:
    await hooked.emergency(lab, "*71")


async def test_without_a_recording(lab: Lab) -> None:
    await hooked.not_bridged(lab, "*71")


async def test_the_installations_own_proof(lab: Lab) -> None:
    """Which of its trunks Wazo tries first, its database knows: whichever it is, the call is refused."""
    told = await hooked.proven(lab, WAZO, FOUND, hooked.wishes_for(lab.pbx))
    assert told == {"[to-extern] _X.": "proven"}


async def test_the_hooks_file_is_gone(lab: Lab) -> None:
    there = lab.pbx.home / "etc" / HOOK
    kept = there.read_bytes()
    there.unlink()
    lab.pbx.cli("dialplan reload")
    try:
        await hooked.without_the_hook(lab, "*71")
    finally:
        there.write_bytes(kept)
        lab.pbx.cli("dialplan reload")
