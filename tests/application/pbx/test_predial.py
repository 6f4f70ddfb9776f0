"""FreePBX and Issabel: what is found, written, refused; and that all of it comes out again."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from dialpact.application.doctor import dialplan
from dialpact.application.pbx import original
from dialpact.application.pbx.adapter import Adapter, CdrPlace, Copied, Wishes
from dialpact.application.pbx.freepbx import FreePbx
from dialpact.application.pbx.host import Host
from dialpact.application.pbx.install import apply, choose, look
from dialpact.application.pbx.issabel import Issabel
from dialpact.application.pbx.known import ADAPTERS
from dialpact.application.pbx.manifest import Backup
from dialpact.application.pbx.uninstall import uninstall
from dialpact.compliance.registers.fault import Fault
from tests.application.pbx.fake import everything

FRAGMENTS = Path(__file__).parents[2] / "lab" / "pbx_fragments"
MODULE = "var/www/html/admin/modules/framework/module.xml"
PBXES: list[tuple[Adapter, str, str, str]] = [
    (FreePbx(), "freepbx-16", "16.0.40.7", "16"),
    (FreePbx(), "freepbx-17", "17.0.19.23", "17"),
    (Issabel(), "issabel-5", "2.11.0.27", "4"),
    (Issabel(), "issabel-5", "2.12.0.3", "5"),
]
WISHES = Wishes(
    trunks={"PJSIP/carrier": "carrier", "PJSIP/carrier2": "second"},
    campaign="spring",
    ami_secret="a-long-secret",
)
CUSTOM = "; his own\n[from-internal-custom]\nexten => 7000,1,Answer()\n"


def machine(folder: Path, name: str, version: str) -> Host:
    etc = folder / "etc" / "asterisk"
    etc.mkdir(parents=True)
    for file in (FRAGMENTS / name).glob("*.conf"):
        shutil.copy(file, etc / file.name)
    (etc / "extensions_custom.conf").write_text(CUSTOM, "ascii")
    (etc / "globals_custom.conf").touch()
    (etc / "manager_custom.conf").write_text("", "ascii")
    configured = "issabelpbx.conf" if name.startswith("issabel") else "freepbx.conf"
    (folder / "etc" / configured).write_text("<?php\n$amp_conf['CDRDBNAME'] = 'cdrs';\n", "ascii")
    module = folder / MODULE
    module.parent.mkdir(parents=True)
    module.write_text(f"<module>\n<rawname>framework</rawname>\n<version>{version}</version>\n</module>\n")
    return Host(folder, etc)


@pytest.fixture
def freepbx(tmp_path: Path) -> Host:
    return machine(tmp_path / "root", "freepbx-17", "17.0.19.23")


def changes(host: Host, wishes: Wishes = WISHES) -> dict[str, str]:
    """Text by file's name, of what is put between fences."""
    adapter, found = choose(host, ADAPTERS)
    told: dict[str, str] = {}
    for change in adapter.changes(host, found, wishes):
        block = change.block if isinstance(change, Copied) else change
        if text := getattr(block, "text", ""):
            told[Path(block.path).name] = text  # type: ignore[union-attr]
    return told


@pytest.mark.parametrize(("adapter", "name", "version", "major"), PBXES)
def test_it_is_found_and_written_and_comes_out_again(
    tmp_path: Path, adapter: Adapter, name: str, version: str, major: str
) -> None:
    host = machine(tmp_path / "root", name, version)
    before = everything(host.etc)
    chosen, found = choose(host, ADAPTERS)
    assert (chosen, found.name, found.major) == (adapter, adapter.name, major)
    assert found.seen_in == f"/{MODULE}"
    backup = Backup(tmp_path / "backup")
    apply(host, look(host, adapter, found, WISHES, backup), backup)
    custom = (host.etc / "extensions_custom.conf").read_text()
    assert custom.endswith(CUSTOM)
    assert "\n[macro-dialout-trunk-predial-hook]\nexten => s,1,Gosub(dialpact-trunk,s,1)\n" in custom
    assert ("MacroExit()" in custom) == (major != "17")
    assert look(host, adapter, found, WISHES, backup).nothing
    assert dialplan.asked_by_adapter(dialplan.files(host.etc))  # so doctor does not say that nothing asks
    uninstall(host, ADAPTERS, backup)
    assert everything(host.etc) == before


def test_a_custom_file_that_windows_wrote_is_installed_into_again(freepbx: Host) -> None:
    """With a mark of its encoding before its first line, behind which ours come."""
    custom = freepbx.etc / "extensions_custom.conf"
    custom.write_bytes(b"\xef\xbb\xbf" + custom.read_bytes())
    before, backup = everything(freepbx.etc), Backup(freepbx.root.parent / "backup")
    adapter, found = choose(freepbx, ADAPTERS)
    apply(freepbx, look(freepbx, adapter, found, WISHES, backup), backup)
    assert custom.read_bytes().startswith(b"\xef\xbb\xbf; >>> dialpact ")
    assert look(freepbx, adapter, found, WISHES, backup).nothing
    with custom.open("ab") as file:
        file.write(b"; his\n")
    assert look(freepbx, adapter, found, WISHES, backup)
    uninstall(freepbx, ADAPTERS, backup)
    after = everything(freepbx.etc)
    assert custom.read_bytes().endswith(b"; his\n") and b"dialpact-trunk" not in custom.read_bytes()
    assert after.keys() == before.keys()


def test_its_trunks_are_named_by_their_endpoint_or_by_hand(freepbx: Host) -> None:
    lines = changes(freepbx)["globals_custom.conf"].splitlines()
    assert lines == [
        "DIALPACT_GATE = 127.0.0.1:4573",
        "DIALPACT_CAMPAIGN = spring",
        "DIALPACT_TRUNK_1 = carrier",
        "DIALPACT_TRUNK_2 = second",
    ]
    for word in ("OUT_2", "carrier2"):
        chosen = replace(WISHES, chosen={word: "third"})
        assert "DIALPACT_TRUNK_2 = third" in changes(freepbx, chosen)["globals_custom.conf"]
    with pytest.raises(Fault, match="pbx trunk several"):
        changes(freepbx, replace(WISHES, shared=frozenset({"PJSIP/carrier2"})))


def test_its_routes_and_those_that_go_round(freepbx: Host) -> None:
    additional = freepbx.etc / "extensions_additional.conf"
    text = additional.read_text()
    additional.write_text(text + "[ext-did]\nexten => 02712345678,1,Goto(ext-trunk,1,1)\n")
    adapter, found = choose(freepbx, ADAPTERS)
    told = [
        (route.name.partition(" → ")[0], route.context, route.trunk, route.goes_round, route.strip)
        for route in adapter.routes(freepbx, found, replace(WISHES, trunks={"PJSIP/carrier": "carrier"}))
    ]
    assert told == [
        ("autumn-loans _1XXXXXXXXXX", "outrt-1", "carrier", "", 0),
        ("autumn-loans _1XXXXXXXXXX", "outrt-1", "", "", 0),  # its second trunk has no name
        ("autumn-loans _[19]XX", "outrt-1", "carrier", "", 0),
        ("autumn-loans _[19]XX", "outrt-1", "", "", 0),
        ("far _00.", "outrt-2", "", "enum", 2),
        ("far _00.", "outrt-2", "", "dundi", 2),
        ("far _00.", "outrt-2", "", "fixed", 2),
        ("[ext-did] 02712345678", "ext-did", "carrier", "direct", 0),
    ]
    assert len(adapter.routes(freepbx, found, WISHES)) == 6  # a second trunk that is known needs no call
    assert adapter.cdr(freepbx, found) == CdrPlace("mysql", "cdrs.cdr", "/var/spool/asterisk/monitor")


def test_a_trunk_that_is_switched_off_is_no_way_out(freepbx: Host) -> None:
    additional = freepbx.etc / "extensions_additional.conf"
    additional.write_text(additional.read_text().replace("OUTDISABLE_3 = off", "OUTDISABLE_3 = on"))
    adapter, found = choose(freepbx, ADAPTERS)
    assert "enum" not in [route.goes_round for route in adapter.routes(freepbx, found, WISHES)]


def test_a_notification_is_overridden_by_ours_and_then_its_own_steps(freepbx: Host) -> None:
    text = changes(freepbx)["extensions_override_freepbx.conf"]
    ours, _, theirs = text.partition("[dialpact-obroute-email]\n")
    assert ours.index("Gosub(dialpact-answered,s,1)") < ours.index("Goto(dialpact-obroute-email,s,1)")
    generated = (freepbx.etc / "extensions_additional.conf").read_text()
    steps = generated[generated.index("[sub-send-obroute-email]") :].split(";--== end")[0].splitlines()[2:]
    assert theirs.splitlines() == [step for step in steps if step]


def test_an_upgrade_that_changes_what_was_copied_is_seen(freepbx: Host) -> None:
    adapter, found = choose(freepbx, ADAPTERS)
    (copied,) = [c for c in adapter.changes(freepbx, found, WISHES) if isinstance(c, Copied)]
    name, context = Path(copied.path).name, copied.context
    assert original.checksum(original.lines(freepbx, name, context)) == copied.sha256
    additional = freepbx.etc / "extensions_additional.conf"
    additional.write_text(additional.read_text().replace("${HOTDESKEXTEN},", "${HOTDESKEXTEN},${NEW},"))
    assert original.checksum(original.lines(freepbx, name, context)) != copied.sha256


@pytest.mark.parametrize("file", ["extensions_custom.conf", "extensions_additional.conf"])
def test_a_hook_of_the_sites_own_is_not_taken_over(freepbx: Host, file: str) -> None:
    with (freepbx.etc / file).open("a") as conf:
        conf.write("\n[macro-dialout-trunk-predial-hook]\nexten => s,1,Set(X=1)\n same => n,Return()\n")
    with pytest.raises(Fault, match="pbx hook taken") as raised:
        changes(freepbx)
    assert file in raised.value.detail["place"]


def test_so_is_its_own_override(freepbx: Host) -> None:
    (freepbx.etc / "extensions_override_freepbx.conf").write_text(
        "[sub-send-obroute-email]\nexten => s,1,Return()\n"
    )
    with pytest.raises(Fault, match="pbx hook taken"):
        changes(freepbx)


def test_a_u_of_its_own_in_the_trunks_options(freepbx: Host) -> None:
    additional = freepbx.etc / "extensions_additional.conf"
    text = additional.read_text().replace("TRUNK_OPTIONS = T\n", "TRUNK_OPTIONS = TU(sub-mine)\n")
    additional.write_text(text)
    with pytest.raises(Fault, match="pbx own u"):
        changes(freepbx)


@pytest.mark.parametrize("line", ["Goto(sub-send-obroute-email,s,1)", "NoOp(a\\;b)"])
def test_a_step_that_can_not_be_copied(freepbx: Host, line: str) -> None:
    additional = freepbx.etc / "extensions_additional.conf"
    text = additional.read_text().replace("Noop(email notifications disabled..exiting.)", line)
    additional.write_text(text)
    with pytest.raises(Fault, match="pbx copied"):
        changes(freepbx)


@pytest.mark.parametrize(
    ("name", "version"), [("freepbx-17", "18.0.1"), ("issabel-5", "2.13.0.1"), ("freepbx-17", "x")]
)
def test_a_version_that_nobody_looked_at(tmp_path: Path, name: str, version: str) -> None:
    host = machine(tmp_path, name, version)
    with pytest.raises(Fault, match="pbx version unknown"):
        changes(host)


def test_lines_of_no_section_stay_where_they_are(freepbx: Host) -> None:
    """Ours go behind them: before, they would fall into our last context."""
    (freepbx.etc / "extensions_custom.conf").write_text("exten => 1,1,NoOp()\n" + CUSTOM, "ascii")
    adapter, found = choose(freepbx, ADAPTERS)
    backup = Backup(freepbx.root.parent / "backup")
    apply(freepbx, look(freepbx, adapter, found, WISHES, backup), backup)
    assert (freepbx.etc / "extensions_custom.conf").read_text().startswith("exten => 1,1,NoOp()\n")
