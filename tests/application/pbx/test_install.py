"""Installing and taking out again, with everything that may have happened in between."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from dialpact.application.pbx import fragment
from dialpact.application.pbx.adapter import Block, Found, NewFile, Wishes
from dialpact.application.pbx.difference import masked
from dialpact.application.pbx.host import Host
from dialpact.application.pbx.install import apply, choose, look
from dialpact.application.pbx.known import ADAPTERS
from dialpact.application.pbx.manifest import Backup
from dialpact.application.pbx.plain import Plain
from dialpact.application.pbx.plan import Plan
from dialpact.application.pbx.uninstall import Removed, uninstall
from dialpact.compliance.registers.fault import Fault
from tests.application.pbx.fake import CUSTOM, ENTRY, Fake, everything, obeys, table, world

WISHES = Wishes(ami_secret="a-long-secret")


@pytest.fixture
def pbx(tmp_path: Path) -> tuple[Host, Backup]:
    return world(tmp_path)


def plan(pbx: tuple[Host, Backup], adapter: Fake | None = None) -> Plan:
    adapter = adapter or Fake()
    found = adapter.recognise(pbx[0])
    assert found is not None
    return look(pbx[0], adapter, found, WISHES, pbx[1])


def install(pbx: tuple[Host, Backup], adapter: Fake | None = None) -> None:
    apply(pbx[0], plan(pbx, adapter), pbx[1])


def remove(pbx: tuple[Host, Backup]) -> Removed:
    return uninstall(pbx[0], [Fake()], pbx[1])


def keys(removed: Removed) -> list[str]:
    return sorted(one.key for one in removed.remarks)


def test_there_and_back_byte_for_byte(pbx: tuple[Host, Backup], tmp_path: Path) -> None:
    before = everything(tmp_path)
    install(pbx)
    etc = pbx[0].etc
    assert (etc / "custom.conf").stat().st_mode & 0o777 == 0o664
    assert (etc / "sub/deep/dialpact.conf").stat().st_mode & 0o777 == 0o640
    assert json.loads(table(pbx[0]).read_text("utf-8")) == {"1": "ask the gate\n" + ENTRY}
    assert plan(pbx).nothing
    again = everything(tmp_path)
    assert [name for name in again if name.endswith(".conf") and b"0.0" in again[name][0]] == []
    assert keys(remove(pbx)) == []
    assert everything(tmp_path) == before
    assert not pbx[1].folder.exists()


def test_the_pbx_regenerates_its_files_and_its_administrator_goes_on_working(
    pbx: tuple[Host, Backup], tmp_path: Path
) -> None:
    install(pbx)
    etc = pbx[0].etc
    (etc / "extensions.conf").write_text("[general]\n; generated anew\n", "utf-8")
    (etc / "custom.conf").write_bytes((etc / "custom.conf").read_bytes() + b"[his]\nexten => 1,1,NoOp()\n")
    (etc / "override.conf").unlink()
    (etc / "missing.conf").write_text("his own\n" + (etc / "missing.conf").read_text("utf-8"), "utf-8")
    rows = {"1": "ask the gate\n" + ENTRY + "his line\n"}
    table(pbx[0]).write_text(json.dumps(rows), "utf-8")
    assert keys(remove(pbx)) == ["changed", "changed", "row-changed", "vanished"]
    assert (etc / "extensions.conf").read_text("utf-8") == "[general]\n; generated anew\n"
    assert (etc / "custom.conf").read_bytes() == CUSTOM + b"\n[his]\nexten => 1,1,NoOp()\n"
    assert (etc / "missing.conf").read_text("utf-8") == "his own\n"
    assert not (etc / "override.conf").exists()
    assert json.loads(table(pbx[0]).read_text("utf-8")) == {"1": ENTRY + "his line\n"}
    assert b"dialpact" not in b"".join(one[0] for one in everything(tmp_path).values())


def test_a_second_installation_keeps_what_was_written_in_between(pbx: tuple[Host, Backup]) -> None:
    install(pbx)
    custom = pbx[0].etc / "custom.conf"
    custom.write_bytes(b"; his first line\n" + custom.read_bytes())
    assert not plan(pbx, Fake(text="exten => s,1,Gosub(dialpact-outbound,s,2)\n")).nothing
    install(pbx, Fake(text="exten => s,1,Gosub(dialpact-outbound,s,2)\n"))
    assert custom.read_bytes().count(b"; >>> dialpact") == 3
    assert keys(remove(pbx)) == []
    assert custom.read_bytes() == b"; his first line\n" + CUSTOM


def test_what_somebody_changed_in_a_file_of_ours_is_kept(pbx: tuple[Host, Backup], tmp_path: Path) -> None:
    before = everything(tmp_path)
    install(pbx)
    (pbx[0].etc / "dialpact.conf").write_bytes(b"ours\nhis\n")
    removed = remove(pbx)
    assert keys(removed) == ["aside"]
    assert Path(removed.remarks[0].values["kept"]).read_bytes() == b"ours\nhis\n"
    assert everything(tmp_path) == before


def test_what_changed_after_the_question_is_not_overwritten(pbx: tuple[Host, Backup]) -> None:
    seen = plan(pbx)
    (pbx[0].etc / "custom.conf").write_bytes(b"changed meanwhile\n")
    with pytest.raises(Fault, match="pbx changed"):
        apply(pbx[0], seen, pbx[1])
    assert (pbx[0].etc / "custom.conf").read_bytes() == b"changed meanwhile\n"
    assert pbx[1].look() is None


@pytest.mark.parametrize(
    "line",
    [
        "+secret = hunter2",
        "+OUT_3_SECRET = hunter2",
        " db2_password=hunter2",
        "-remote-secret => hunter2",
        " exten => s,1,Set(__X_PASSWORD=hunter2)",
        "+ same => n,Set(DB_PASSWD=hunter2,x=1)",
    ],
)
def test_nobodys_password_is_shown(line: str) -> None:
    assert "hunter2" not in masked(line, ())


def test_a_folder_that_is_exchanged_once_it_was_looked_at_is_not_read(
    pbx: tuple[Host, Backup], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lies above it is the daemon's user's, who may rename what is there."""
    install(pbx)
    folder = pbx[1].folder
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    said = (other / "manifest.json").read_text("utf-8")
    (other / "manifest.json").write_text(said.replace('"adapter": "fake"', '"adapter": "forged"'), "utf-8")
    assert "forged" in (other / "manifest.json").read_text("utf-8")
    real = os.fstat, os.lstat

    def exchanged() -> None:
        if other.exists():
            folder.rename(tmp_path / "away")
            other.rename(folder)

    def fstat(handle: int) -> os.stat_result:
        found = real[0](handle)
        exchanged()
        return found

    def lstat(self: Path) -> os.stat_result:
        found = real[1](self)
        if self == folder:
            exchanged()
        return found

    monkeypatch.setattr(os, "fstat", fstat)
    monkeypatch.setattr(Path, "lstat", lstat)
    known = pbx[1].look()
    assert known is not None and known.adapter == "fake"


def test_no_link_leads_out_of_asterisks_folder(pbx: tuple[Host, Backup], tmp_path: Path) -> None:
    custom, outside = pbx[0].etc / "custom.conf", tmp_path / "passwd"
    outside.write_bytes(b"root\n")
    custom.unlink()
    custom.symlink_to(outside)
    with pytest.raises(Fault, match="pbx outside"):
        plan(pbx)
    custom.unlink()
    (pbx[0].etc / "real.conf").write_bytes(CUSTOM)
    custom.symlink_to("real.conf")
    seen = plan(pbx)
    custom.unlink()
    (pbx[0].etc / "sub").symlink_to(tmp_path)  # between the question and the answer
    custom.symlink_to("real.conf")
    with pytest.raises((Fault, OSError)):
        apply(pbx[0], seen, pbx[1])
    assert not (tmp_path / "deep").exists()
    assert outside.read_bytes() == b"root\n"


def test_a_backup_that_others_may_write_to_is_not_trusted(pbx: tuple[Host, Backup]) -> None:
    install(pbx)
    pbx[1].folder.chmod(0o770)
    with pytest.raises(Fault, match="pbx backup open"):
        remove(pbx)
    pbx[1].folder.chmod(0o700)
    kept = next(one for one in pbx[1].folder.iterdir() if len(one.name) == 64)
    kept.write_bytes(b"another\n")
    with pytest.raises(Fault, match="pbx backup"):
        remove(pbx)


def test_one_installation_at_a_time(pbx: tuple[Host, Backup]) -> None:
    seen = plan(pbx)
    with pbx[1].held(), pytest.raises(Fault, match="pbx busy"):
        apply(pbx[0], seen, Backup(pbx[1].folder))


@pytest.mark.parametrize(
    "value", ["a;b", "a\n[general]\n#include /etc/shadow", "a,b", "${SHELL(x)}", "a\x00b", "", "x" * 81]
)
def test_what_is_hostile_in_a_configuration_is_never_written(value: str) -> None:
    with pytest.raises(Fault, match="pbx value"):
        fragment.plain(value, "the route")
    if value:
        with pytest.raises(Fault, match="pbx value"):
            fragment.filled("exten => s,1,NoOp(@NAME@)\n", {"NAME": value})


@pytest.mark.parametrize("path", ["etc/x", "/etc/asterisk/../shadow", "/etc/asterisk/a\nb", "/etc/passwd"])
def test_a_path_that_leads_elsewhere_is_refused(pbx: tuple[Host, Backup], path: str) -> None:
    class Elsewhere(Fake):
        def changes(self, host: Host, found: Found, wishes: Wishes) -> list[NewFile | Block]:  # type: ignore[override]
            return [NewFile(path, b"x\n")]

    with pytest.raises(Fault):
        plan(pbx, Elsewhere())


def test_which_pbx_it_is(pbx: tuple[Host, Backup]) -> None:
    host = pbx[0]
    other = replace(Fake(), name="other")
    assert choose(host, [Plain(), Fake()])[0].name == "fake"
    assert choose(host, [Plain(), Fake()], "plain")[0].name == "plain"
    with pytest.raises(Fault, match=r"fake 1\.2.*other 1\.2"):
        choose(host, [Plain(), Fake(), other])
    with pytest.raises(Fault, match="pbx unknown"):
        choose(host, [Plain()], "fake")
    (host.etc / "custom.conf").unlink()
    assert choose(host, [Plain(), Fake()])[0].name == "plain"
    with pytest.raises(Fault, match="pbx not there"):
        choose(host, [Plain(), Fake()], "fake")
    (host.etc / "extensions.conf").unlink()
    with pytest.raises(Fault, match="pbx none"):
        choose(host, [Plain(), Fake()])
    assert len({adapter.name for adapter in ADAPTERS}) == len(ADAPTERS)


def test_another_pbx_s_installation_is_not_written_over(pbx: tuple[Host, Backup]) -> None:
    install(pbx)
    found = Plain().recognise(pbx[0])
    assert found is not None
    with pytest.raises(Fault, match="pbx other"):
        look(pbx[0], Plain(), found, WISHES, pbx[1])


def test_a_reload_that_fails_is_done_again(pbx: tuple[Host, Backup]) -> None:
    from dialpact.application.pbx.host import Ran

    failing = replace(pbx[0], run=lambda words, given=b"", env=None: Ran(1, "", "no"))
    done = apply(failing, look(failing, Fake(), Found("fake", "1", "x"), WISHES, pbx[1]), pbx[1])
    assert [one.why for one in done.reloaded] == ["no"]
    assert not plan(pbx).nothing
    install(pbx)
    assert plan(pbx).nothing


def test_nobody_else_s_file_descriptors(pbx: tuple[Host, Backup]) -> None:
    before = set(os.listdir("/proc/self/fd"))  # noqa: PTH208
    install(pbx)
    remove(pbx)
    assert set(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
    assert obeys(["x"]).code == 0
