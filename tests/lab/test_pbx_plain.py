"""Installed into a real Asterisk whose dialplan is its administrator's: proven, lost, gone round, undone."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from dialpact.application.actor import Actor, Door
from dialpact.application.context import Context
from dialpact.application.doctor import finding as doctor_site
from dialpact.application.doctor import installed
from dialpact.application.pbx.adapter import Wishes
from dialpact.application.pbx.host import Host, Ran
from dialpact.application.pbx.install import apply, look
from dialpact.application.pbx.manifest import Backup
from dialpact.application.pbx.plain import Plain
from dialpact.application.pbx.prove import Proof, prove
from dialpact.application.pbx.uninstall import uninstall
from dialpact.application.pbx.wishes import wished
from dialpact.compliance import config as configuration
from dialpact.store.sqlite import Store
from tests.lab.clock import FileClock
from tests.lab.pbx import Pbx
from tests.lab.site import Site, load_samples
from tests.lab.softphone import SoftCarrier

ADAPTER = Plain()
# Of an administrator, with his one line and his Dial as docs/pbx-plain.md says.
DIALPLAN = """\
[general]
static = yes

[outbound]
exten => _1XXXXXXXXXX,1,Gosub(call,s,1(${EXTEN}))
exten => _[19]XX,1,Gosub(call,s,1(${EXTEN}))
exten => 110,1,Gosub(call,s,1(${EXTEN}))
[call]
exten => s,1,Gosub(dialpact-outbound,s,1(${ARG1},autumn-loans,,carrier))
 same => n,Dial(PJSIP/${DIALPACT_NUMBER}@carrier,60,iU(dialpact-answered))
 same => n,Hangup()
[second]
exten => _0X.,1,Gosub(dialpact-outbound,s,1(${EXTEN},autumn-loans,,carrier2))
 same => n,Dial(PJSIP/${DIALPACT_NUMBER}@carrier2,60,iU(dialpact-answered))
 same => n,Hangup()
[forgot]
exten => _9X.,1,Dial(PJSIP/${EXTEN}@carrier2,60)
"""


@pytest.fixture(scope="module")
def lab_options() -> dict[str, Any]:
    return {}


@pytest.fixture(scope="module")
def site(pbx: Pbx) -> Iterator[Site]:
    """Gate and listener run; Asterisk knows nothing of them yet."""
    etc = pbx.home / "etc"
    (etc / "extensions.conf").write_text(DIALPLAN, "utf-8")
    pbx.cli("dialplan reload")
    pbx.cli("module load res_clioriginate.so")  # as every Asterisk that loads what there is
    with Site(pbx) as here:
        load_samples(here)
        here.start("gate")
        yield here


@pytest.fixture
def host(pbx: Pbx) -> Host:
    """Its programs run in the lab's chroot."""

    def run(words: Sequence[str], given: bytes = b"", env: Mapping[str, str] | None = None) -> Ran:
        done = subprocess.run(
            pbx.installation.command(*words), capture_output=True, text=True, timeout=60, check=False
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return Host(Path("/"), pbx.home / "etc", run)


@pytest.fixture
async def context(site: Site) -> AsyncIterator[Context]:
    async with await Store.open(site.database) as store:
        yield Context(store, Actor(name="chen", door=Door.SHELL), FileClock(site.clock))


def files(etc: Path) -> dict[str, tuple[bytes, int]]:
    return {path.name: (path.read_bytes(), path.stat().st_mode) for path in etc.iterdir()}


def wishes(site: Site) -> Wishes:
    return wished(configuration.load(site.config))


async def proof(host: Host, site: Site, context: Context) -> Proof:
    found = ADAPTER.recognise(host)
    assert found is not None
    return await prove(host, ADAPTER, found, wishes(site), configuration.load(site.config), context)


async def doctor(host: Host, site: Site, context: Context, backup: Backup, calls: bool = False) -> set[str]:
    here = doctor_site.Site(configuration.load(site.config), context.now(), context.now().date(), host.etc)
    looked = installed.InstalledPbx(host, backup, [ADAPTER], context, calls)
    return {item.key async for item in installed.examined(here, looked)}


def results(told: Proof) -> dict[str, str]:
    return {one.route.name: f"{one.result} {one.why}".strip() for one in told.routes}


@pytest.mark.lab
async def test_installed_proven_lost_and_taken_out_again(
    pbx: Pbx, site: Site, host: Host, context: Context
) -> None:
    before, backup = files(host.etc), Backup(site.folder / "pbx-backup")
    found = ADAPTER.recognise(host)
    assert found is not None
    assert int(found.major) >= 18
    (nothing,) = {one.result for one in (await proof(host, site, context)).routes} - {"goes-round"}
    assert nothing == "not-proven"

    plan = look(host, ADAPTER, found, wishes(site), backup)
    done = apply(host, plan, backup)
    assert [one for one in done.reloaded if not one.done] == []
    site.start("listener")
    site.ready()
    assert look(host, ADAPTER, found, wishes(site), backup).nothing
    async with SoftCarrier(pbx) as carrier, SoftCarrier(pbx, trunk="carrier2") as second:
        told = await proof(host, site, context)
        assert results(told) == {
            "[outbound] _1XXXXXXXXXX → carrier": "proven",
            "[outbound] _[19]XX → carrier": "proven",
            "[outbound] 110 → carrier": "not-proven emergency",
            "[second] _0X. → carrier2": "proven",
            "[forgot] _9X. → carrier2": "goes-round dial-unasked",
        }
        assert not told.holds
        (forgot,) = [one for one in told.routes if one.result == "goes-round"]
        assert forgot.number == ""  # it was not tried
        assert forgot.route.lines[0].startswith("Gosub(dialpact-outbound,")
        blocked = {one.number: one for one in (await context.store.calls.list()).rows}
        for one in told.routes:
            if one.result == "proven":
                assert (await context.store.calls.get(one.decision)) is not None
        assert {one.verdict for one in blocked.values()} == {"BLOCK"}

        seen = await doctor(host, site, context, backup)
        assert seen == {"pbx-files", "pbx-route", "pbx-route-round"}
        tried = await doctor(host, site, context, backup, calls=True)
        assert tried == {"pbx-files", "pbx-route-proven", "pbx-route-round", "pbx-route-emergency"}

        pbx.cli("dialplan remove extension s@call 1")
        decisions = len((await context.store.calls.list()).rows)
        lost = results(await proof(host, site, context))
        assert lost["[outbound] _1XXXXXXXXXX → carrier"] == "not-proven not-running"
        assert lost["[outbound] _[19]XX → carrier"] == "not-proven not-running"
        assert lost["[second] _0X. → carrier2"] == "proven"
        assert len((await context.store.calls.list()).rows) == decisions + 1
        pbx.cli("dialplan reload")

        # An interlock of another shape is no interlock: none of the routes is tried.
        pbx.cli("dialplan remove extension s@dialpact-answered 3")
        assert {
            one.result for one in (await proof(host, site, context)).routes if not one.route.goes_round
        } == {"not-proven"}
        pbx.cli("dialplan reload")

        site.stop("gate")
        silent = results(await proof(host, site, context))
        assert silent["[second] _0X. → carrier2"] == "not-proven no-decision"
        site.start("gate")
        assert carrier.legs == []
        assert second.legs == []

    removed = uninstall(host, [ADAPTER], backup)
    assert (removed.remarks, backup.folder.exists()) == ((), False)
    assert files(host.etc) == before
    assert "Context 'dialpact-" not in pbx.cli("dialplan show")
