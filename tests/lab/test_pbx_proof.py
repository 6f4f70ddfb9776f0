"""Wazo's, MikoPBX's and VICIdial's routes are proven on a real Asterisk, as `doctor --call` does it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pytest

from dialpact.application.pbx.adapter import Adapter, Found
from dialpact.application.pbx.host import Host, Ran
from dialpact.application.pbx.mikopbx import MIKOPBX
from dialpact.application.pbx.prove import Proof, prove
from dialpact.application.pbx.vicidial import VICIDIAL
from dialpact.application.pbx.wazo import WAZO
from dialpact.cli.command_context import CommandContext
from tests.lab import hooked, test_pbx_mikopbx, test_pbx_vicidial, test_pbx_wazo
from tests.lab.bootstrap import Installation
from tests.lab.pbx import Pbx
from tests.lab.recipes import Lab
from tests.lab.softphone import SoftCarrier
from tests.lab.test_pbx_vicidial import Vici
from tests.lab.vicidial import CallLog

vici = test_pbx_vicidial.vici  # its fixture
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


async def proof_of(lab: Lab, adapter: Adapter, found: Found, host: Host | None = None) -> Proof:
    session = CommandContext(lab.site.config, False, "en")
    wishes = hooked.wishes_for(lab.pbx)
    return await prove(host or running(lab), adapter, found, wishes, session.config, session.looking())


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


@pytest.mark.lab
async def test_a_refusal_that_sets_what_the_pbx_reports_is_one(vici: Vici) -> None:
    """VICIdial's own word for it is a DIALSTATUS, and nothing was dialled."""
    vici.lab.pbx.cli("module load res_clioriginate.so")
    host = running(vici.lab)

    def run(words: Sequence[str], given: bytes = b"", env: Mapping[str, str] | None = None) -> Ran:
        return (host.run if words[0] == "asterisk" else vici.tables.run)(words, given, env)

    async with CallLog(vici.port).serving():
        told = await proof_of(vici.lab, VICIDIAL, test_pbx_vicidial.FOUND, replace(host, run=run))
    assert {one.route.name: one.result for one in told.routes} == {
        "TELECOM _9X.": "proven",
        "SECOND _8X.": "proven",
    }
