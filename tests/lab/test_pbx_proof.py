"""Wazo's and MikoPBX's routes are proven on a real Asterisk, as `dialpact asterisk doctor --call` does it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pytest

from dialpact.application.pbx.adapter import Adapter, Found
from dialpact.application.pbx.host import Host, Ran
from dialpact.application.pbx.mikopbx import MIKOPBX
from dialpact.application.pbx.prove import Proof, prove
from dialpact.application.pbx.wazo import WAZO
from dialpact.cli.command_context import CommandContext
from tests.lab import hooked, test_pbx_mikopbx, test_pbx_wazo
from tests.lab.bootstrap import Installation
from tests.lab.pbx import Pbx
from tests.lab.recipes import Lab
from tests.lab.softphone import SoftCarrier

Prepare = Callable[[Pbx, str], str]
PBXES: list[tuple[Adapter, Found, Prepare, dict[str, str]]] = [
    (WAZO, test_pbx_wazo.FOUND, test_pbx_wazo._included, {"[to-extern] _X.": "proven"}),
    (
        MIKOPBX,
        test_pbx_mikopbx.FOUND,
        lambda _, text: text,
        {
            "SIP-TRUNK-1-1-outgoing": "proven",
            "SIP-TRUNK-2-2-outgoing": "not-proven behind",  # the first trunk has refused before
            "SIP-TRUNK-1-3-outgoing": "not-proven emergency",
        },
    ),
]


def running(lab: Lab) -> Host:
    """The lab's folder, with the programs of its chroot."""

    def run(words: Sequence[str], given: bytes = b"", env: Mapping[str, str] | None = None) -> Ran:
        console = [
            f"{lab.pbx.home}/etc/asterisk.conf" if word.endswith("/asterisk.conf") else word for word in words
        ]
        done = subprocess.run(
            lab.pbx.installation.command(*console), capture_output=True, text=True, timeout=60, check=False
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return replace(hooked.host_of(lab.pbx), run=run)


async def proof_of(lab: Lab, adapter: Adapter, found: Found) -> Proof:
    session = CommandContext(lab.site.config, False, "en")
    wishes = hooked.wishes_for(lab.pbx)
    return await prove(running(lab), adapter, found, wishes, session.config, session.looking())


@pytest.mark.lab
@pytest.mark.parametrize(("adapter", "found", "prepare", "wanted"), PBXES, ids=["wazo", "mikopbx"])
async def test_each_route(
    installation: Installation,
    tmp_path_factory: pytest.TempPathFactory,
    adapter: Adapter,
    found: Found,
    prepare: Prepare,
    wanted: dict[str, str],
) -> None:
    folder = tmp_path_factory.mktemp(adapter.name)
    with hooked.lab_with(installation, folder, adapter, found, prepare) as lab:
        lab.pbx.cli("module load res_clioriginate.so")  # as every Asterisk that loads what there is
        async with SoftCarrier(lab.pbx) as carrier:
            told = await proof_of(lab, adapter, found)
            assert carrier.legs == []
        assert {one.route.name: f"{one.result} {one.why}".strip() for one in told.routes} == wanted
        assert told.holds
