"""``asterisk install`` and ``uninstall`` in a shell: what they say, ask, and refuse."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialpact.cli import pbx
from tests.cli.conftest import Home

EXTENSIONS = """\
[general]
static = yes
[outbound]
exten => _1XXXXXXXXXX,1,Dial(PJSIP/${EXTEN}@carrier,60)
"""
MANAGER = "[general]\nenabled = no\n\n[admin]\nsecret = hunter2hunter2\nread = all\n"


@pytest.fixture
def etc(home: Home) -> Path:
    folder = home.path / "root/etc/asterisk"
    folder.mkdir(parents=True)
    (folder / "extensions.conf").write_text(EXTENSIONS, "utf-8")
    (folder / "manager.conf").write_text(MANAGER, "utf-8")
    (folder / "manager.conf").chmod(0o640)
    return folder


def files(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {path.name: (path.read_bytes(), path.stat().st_mode) for path in folder.iterdir()}


ROOT = ("--root", "root")


def test_there_and_back(home: Home, etc: Path) -> None:
    before = files(etc)
    secret = (home.path / "ami.secret").read_text("ascii").strip()
    shown = home.run("asterisk", "install", "--dry-run", *ROOT)
    assert files(etc) == before
    assert "+#include extensions_dialpact.conf" in shown.stdout
    assert "--- /etc/asterisk/extensions.conf" in shown.stdout

    home.run("asterisk", "install", *ROOT, code=1)  # nobody can be asked
    assert files(etc) == before
    done = home("asterisk", "install", "--yes", *ROOT)
    assert (done["pbx"], done["done"], done["proof"]) == ("plain", True, None)
    assert done["cdr"]["place"].endswith("/Master.csv")
    assert {one["path"]: one["change"] for one in done["changes"]} == {
        "/etc/asterisk/extensions_dialpact.conf": "new",
        "/etc/asterisk/features_dialpact.conf": "new",
        "/etc/asterisk/manager_dialpact.conf": "new",
        "/etc/asterisk/extensions.conf": "changed",
        "/etc/asterisk/features.conf": "new",
        "/etc/asterisk/manager.conf": "changed",
    }
    for word in (secret, "hunter2hunter2"):
        assert word not in shown.output
        assert word not in str(done)
    assert f"secret = {secret}\n" in (etc / "manager_dialpact.conf").read_text("utf-8")
    assert (etc / "manager_dialpact.conf").stat().st_mode & 0o777 == 0o640
    assert (etc / "manager.conf").read_text("utf-8").count("enabled = yes") == 1

    again = home("asterisk", "install", "--yes", *ROOT)
    assert (again["nothing"], again["done"]) == (True, False)
    assert "Nothing to do" in home.run("asterisk", "install", *ROOT).stdout
    assert "无事可做" in home.run("asterisk", "install", "--lang", "zh", *ROOT).stdout

    home.run("asterisk", "uninstall", *ROOT, code=1)
    would = home("asterisk", "uninstall", "--dry-run", *ROOT)
    assert len(would["restored"]) == 6
    gone = home("asterisk", "uninstall", "--yes", *ROOT)
    assert (gone["done"], gone["remarks"]) == (True, [])
    assert files(etc) == before
    assert not (home.path / "pbx-backup").exists()
    assert "nothing is installed" in home("asterisk", "uninstall", "--yes", *ROOT, code=1)["error"]


def test_at_a_terminal_it_asks(home: Home, etc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, questions = files(etc), []
    monkeypatch.setattr(pbx, "at_a_terminal", lambda session: True)  # (no option says so)

    def no(question: str) -> bool:
        questions.append(question)
        return False

    monkeypatch.setattr(pbx.typer, "confirm", no)
    assert "Left as it is" in home.run("asterisk", "install", *ROOT, code=1).stdout
    assert (len(questions), files(etc)) == (1, before)


def test_what_is_not_here_is_said(home: Home, etc: Path) -> None:
    assert "no such PBX" in home("asterisk", "install", "--pbx", "elastix", *ROOT, code=1)["error"]
    assert "--trunk" in home("asterisk", "install", "--trunk", "x=nobody", *ROOT, code=1)["error"]
    assert "--campaign" in home("asterisk", "install", "--campaign", "a;b", *ROOT, code=1)["error"]
    (etc / "extensions.conf").unlink()
    assert "no PBX" in home("asterisk", "install", *ROOT, code=1)["error"]
    assert home("asterisk", "install", "--root", "nowhere", code=1)["error"]


@pytest.mark.parametrize("secret", ["a;b-12345678", "short", "with blank in it", 'quote"d-secret'])
def test_a_secret_that_manager_conf_would_misread_is_refused(home: Home, etc: Path, secret: str) -> None:
    (home.path / "ami.secret").write_text(secret, "utf-8")
    before = files(etc)
    refused = home("asterisk", "install", "--yes", *ROOT, code=1)["error"]
    assert "secret" in refused
    assert secret not in refused
    assert files(etc) == before


def test_modules_that_are_kept_out_are_named(home: Home, etc: Path) -> None:
    (etc / "modules.conf").write_text("[modules]\nautoload = yes\nnoload = app_stack.so\n", "utf-8")
    assert "load = app_stack.so" in home("asterisk", "install", "--yes", *ROOT, code=1)["error"]


def test_what_is_included_already_is_not_included_twice(home: Home, etc: Path) -> None:
    (etc / "extensions.conf").write_text(EXTENSIONS + '#include "extensions_dialpact.conf"\n', "utf-8")
    done = home("asterisk", "install", "--dry-run", *ROOT)
    assert "/etc/asterisk/extensions.conf" not in [one["path"] for one in done["changes"]]


def test_another_gate_s_address_gets_into_globals(home: Home, etc: Path) -> None:
    text = home.config.read_text("utf-8").replace('listen = "127.0.0.1:4573"', 'listen = "0.0.0.0:4600"')
    home.config.write_text(text, "utf-8")
    home.run("asterisk", "install", "--yes", *ROOT)
    assert "[globals]\nDIALPACT_GATE=127.0.0.1:4600\n" in (etc / "extensions.conf").read_text("utf-8")


def test_the_doctor_sees_what_became_of_it(home: Home, etc: Path) -> None:
    def found() -> dict[str, str]:
        checks = home("asterisk", "doctor", "--asterisk-etc", str(etc), code=3)["checks"]
        return {row["code"]: row["result"] for row in checks if row["check"] == "pbx"}

    assert found() == {}
    home.run("asterisk", "install", "--yes", "--asterisk-etc", str(etc), code=3)
    again = home("asterisk", "install", "--yes", "--asterisk-etc", str(etc), code=3)
    assert again["nothing"] and not again["proof"]["proven"]  # files are no proof, the second time neither
    codes = found()
    assert codes["pbx-files"] == "ok"
    # Nobody runs here: so nothing is proven, and the way round is named all the same.
    assert codes["pbx-route-round"] == "fail"
    assert codes["pbx-missing"] == "fail"
    (etc / "extensions.conf").write_text(EXTENSIONS, "utf-8")
    features = etc / "features_dialpact.conf"
    features.write_text(features.read_text("utf-8") + "; his\n", "utf-8")
    assert {"pbx-file-lost": "fail", "pbx-file-changed": "warn"}.items() <= found().items()


def test_what_is_hostile_in_the_files_moves_no_cursor(home: Home, etc: Path) -> None:
    hostile = (
        b"[out\x1b[2J;\xe2\x80\xae]\n"
        b"exten => _1X.,1,Dial(PJSIP/${EXTEN}@carrier) ; \x1b]0;x\x07\n"
        b"#include /etc/shadow\n"
    )
    (etc / "extensions.conf").write_bytes(hostile)
    where = ("--asterisk-etc", str(etc))
    told = home.run("asterisk", "install", "--yes", *where, code=3).output
    assert not set(told) & {"\x1b", "\x07", "\u202e", "\r"}
    written = (etc / "extensions.conf").read_bytes()
    assert written.startswith(hostile)
    assert b"\x1b" not in written.removeprefix(hostile)
    home.run("asterisk", "uninstall", "--yes", *where)
    assert (etc / "extensions.conf").read_bytes() == hostile
