"""Wazo's and MikoPBX's adapters on a machine's files: what is written, said of each way out, and undone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dialpact.application.doctor import dialplan
from dialpact.application.pbx.adapter import Adapter, Wishes
from dialpact.application.pbx.host import Host
from dialpact.application.pbx.install import apply, look
from dialpact.application.pbx.known import ADAPTERS
from dialpact.application.pbx.manifest import Backup
from dialpact.application.pbx.mikopbx import MIKOPBX
from dialpact.application.pbx.mikopbx import dialplan as appended
from dialpact.application.pbx.uninstall import uninstall
from dialpact.application.pbx.wazo import WAZO
from dialpact.compliance.registers.fault import Fault

FRAGMENTS = Path(__file__).parents[2] / "lab" / "pbx_fragments"
WISHES = Wishes(
    campaign="autumn-loans",
    trunks={"PJSIP/carrier": "carrier", "PJSIP/carrier2": "second", "IAX2/far": "far"},
    ami_secret="0123456789abcdef",
)


def machine(root: Path, name: str, version: str) -> Host:
    etc = root / "etc" / "asterisk"
    (etc / "extensions_extra.d").mkdir(parents=True)
    (root / "etc" / "inc").mkdir()
    (root / "usr" / "share" / "wazo").mkdir(parents=True)
    text = (FRAGMENTS / name / "extensions.conf").read_text("utf-8")
    (etc / "extensions.conf").write_text(
        f"[globals]\n\n{text}\n#include extensions_extra.d/*.conf\n", "utf-8"
    )
    (etc / "features.conf").write_text("[general]\n\n[applicationmap]\n\n[featuremap]\n", "utf-8")
    (etc / "manager.conf").write_text("[general]\nenabled = yes\n", "utf-8")
    if name == "wazo":
        (root / "usr" / "share" / "wazo" / "WAZO-VERSION").write_text(f"{version}\n", "ascii")
    else:
        (root / "etc" / "version").write_text(f"{version}\n", "ascii")
        (root / "etc" / "inc" / "mikopbx-settings.json").write_text("{}", "ascii")
    return Host(root, etc)


@pytest.mark.parametrize(
    ("adapter", "name", "version"), [(WAZO, "wazo", "25.17"), (MIKOPBX, "mikopbx", "2026.1.187")]
)
def test_in_and_out_again(tmp_path: Path, adapter: Adapter, name: str, version: str) -> None:
    host, backup = machine(tmp_path / "root", name, version), Backup(tmp_path / "backup")
    before = {path: path.read_bytes() for path in host.etc.rglob("*") if path.is_file()}
    found = adapter.recognise(host)
    assert found and (found.name, found.version) == (name, version)
    apply(host, look(host, adapter, found, WISHES, backup), backup)
    assert {path: path.read_bytes() for path in host.etc.rglob("*") if path.is_file()} != before
    assert not any(one.changes for one in look(host, adapter, found, WISHES, backup).files)
    uninstall(host, ADAPTERS, backup)
    assert {path: path.read_bytes() for path in host.etc.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("adapter", "name", "version"),
    [
        (WAZO, "wazo", "19.17"),
        (WAZO, "wazo", "phoenix"),
        (MIKOPBX, "mikopbx", "2021.4.1"),
        (MIKOPBX, "mikopbx", "x"),
    ],
)
def test_a_version_that_was_never_looked_at(
    tmp_path: Path, adapter: Adapter, name: str, version: str
) -> None:
    host = machine(tmp_path, name, version)
    found = adapter.recognise(host)
    assert found
    with pytest.raises(Fault, match="version"):
        adapter.changes(host, found, WISHES)


def test_neither_is_there(tmp_path: Path) -> None:
    assert WAZO.recognise(machine(tmp_path / "a", "mikopbx", "2026.1.1")) is None
    assert MIKOPBX.recognise(machine(tmp_path / "b", "wazo", "25.17")) is None


def test_wazos_ways_out_are_those_of_the_running_dialplan(tmp_path: Path) -> None:
    host = machine(tmp_path, "wazo", "25.17")
    found = WAZO.recognise(host)
    assert found
    assert WAZO.routes(host, found, WISHES) == []
    running = replace(host, running=dialplan.files(host.etc))
    one = replace(WISHES, trunks={"PJSIP/carrier": "carrier"})
    assert [(r.context, r.pattern, r.trunk) for r in WAZO.routes(running, found, one)] == [
        ("to-extern", "_X.", "carrier")
    ]
    assert [r.trunk for r in WAZO.routes(running, found, WISHES)] == [""]  # which of three, nobody can tell


def test_mikopbxs_routes_with_their_numbers(tmp_path: Path) -> None:
    host = machine(tmp_path, "mikopbx", "2026.1.187")
    found = MIKOPBX.recognise(host)
    assert found
    assert [(r.name, r.pattern, r.trunk, r.endpoint) for r in MIKOPBX.routes(host, found, WISHES)] == [
        ("SIP-TRUNK-1-1-outgoing", "_1XXXXXXXXXX", "carrier", "PJSIP/carrier"),
        ("SIP-TRUNK-2-2-outgoing", "_1XXXXXXXXXX", "second", "PJSIP/carrier2"),
        ("SIP-TRUNK-1-3-outgoing", "_110", "carrier", "PJSIP/carrier"),
    ]


def test_a_trunk_of_two_names_is_never_guessed() -> None:
    text = appended(replace(WISHES, shared=frozenset({"PJSIP/carrier2"})))
    assert "Return(carrier)" in text and "Return(second)" not in text
    assert "Return(not-in-dialpact-toml)" in text
    chosen = replace(WISHES, shared=frozenset({"PJSIP/carrier2"}), chosen={"carrier2": "second"})
    assert '"${ARG2}" = "carrier2"]?Return(second)' in appended(chosen)


@pytest.mark.parametrize("name", ["a)", "a,b", 'a"', "${SHELL(id)}", "a b", "a\nb", "a]"])
def test_a_name_that_can_not_stand_in_a_dialplan(name: str) -> None:
    with pytest.raises(Fault):
        appended(replace(WISHES, trunks={"PJSIP/carrier": name}))
    with pytest.raises(Fault):
        appended(replace(WISHES, trunks={f"PJSIP/{name}": "carrier"}))
    with pytest.raises(Fault):
        appended(replace(WISHES, campaign=name))


def test_a_gate_on_another_host() -> None:
    assert "[globals](+)\nDIALPACT_GATE=10.0.0.5:4573\n" in appended(replace(WISHES, gate="10.0.0.5:4573"))
    assert "DIALPACT_GATE" not in appended(WISHES)
