"""``make deb``'s package in a fresh Debian 12 and 13: installed, upgraded, removed, purged.

systemd does not run in a chroot: its own ``systemd-analyze`` checks the units there, their ``ExecStart``
lines are run as they stand, and what the package asks of systemd is taken down by a ``systemctl`` of the
test's own.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.debian import ROOT, Debian, built, command_of, fresh, source

# alone: it builds three packages and two Debians, on all the processors there are.
pytestmark = [pytest.mark.package, pytest.mark.long, pytest.mark.alone, pytest.mark.timeout(1800)]

STATE = "/var/lib/dialpact"
KEPT = ("dialpact.toml", "dialpact.db", "ledger.key", "ledger.pub", "ami.secret", "api.secret")
OLD, NEW = "0.1.0", "0.1.1"
SYSTEMCTL = """#!/bin/sh
case "$*" in
"show "*dialpact-gate.service | "show "*dialpact-listener.service) echo active ;;
"show "*) echo inactive ;;
*) echo "$(basename "$0") $*" >>/root/asked ;;
esac
"""


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Of this version, and of a next one."""
    folder = tmp_path_factory.mktemp("packages")
    old, new = (built(source(folder / each, each), folder / "made") for each in (OLD, NEW))
    return old, new


@pytest.fixture(scope="module", params=["bookworm", "trixie"])
def debian(request: pytest.FixtureRequest, packages: tuple[Path, Path]) -> Iterator[Debian]:
    """Debian 12 and 13 with the package, as somebody installs it who is asked nothing."""
    with fresh(request.param) as there:
        there.run("debconf-set-selections", given="dialpact dialpact/org string jianghan\n")
        said = there.install(packages[0])
        assert "dialpact/jianghan/pbx1/" in said and "systemctl enable --now dialpact" in said
        assert "unnamed" not in said
        yield there


def kept(debian: Debian) -> dict[str, bytes]:
    return {name: debian.path(f"{STATE}/{name}").read_bytes() for name in KEPT}


def version(debian: Debian) -> str:
    return debian.run("dialpact", "--version", user="nobody").strip()


def test_two_builds_are_the_same_bytes(packages: tuple[Path, Path], tmp_path: Path) -> None:
    """Of another folder, by somebody with other habits."""
    again = built(source(tmp_path / "elsewhere", OLD), tmp_path / "made", mask=0o077)
    assert again.read_bytes() == packages[0].read_bytes()
    assert again.with_suffix(".cdx.json").read_bytes() == packages[0].with_suffix(".cdx.json").read_bytes()
    names = subprocess.run(
        ["dpkg-deb", "--contents", again], capture_output=True, text=True, check=True
    ).stdout
    assert not re.search(r"\.pyc|__pycache__|direct_url|/tests/lab|\./deploy", names)


def test_what_is_installed_works_at_once(debian: Debian) -> None:
    assert version(debian) == f"dialpact {OLD}"
    for name, mode in {"ledger.key": 0o600, "ami.secret": 0o600, "dialpact.db": 0o660}.items():
        file = debian.path(f"{STATE}/{name}").stat()
        assert (file.st_mode & 0o777, file.st_uid) == (mode, debian.path(STATE).stat().st_uid)
    assert debian.path(STATE).stat().st_mode & 0o7777 == 0o3770
    units = ("dialpact", "dialpact-gate", "dialpact-listener", "dialpact-web")
    assert debian.run("systemd-analyze", "verify", *(f"{unit}.service" for unit in units)) == ""
    # A user like any other is told how, and whose it is.
    said = debian.run("dialpact", "asterisk", "doctor", user="nobody", code=3)
    assert "sudo -u dialpact" in said and "Traceback" not in said
    assert "sudo -u dialpact" in debian.run("dialpact", "--lang", "zh", "status", user="nobody", code=1)
    # Its own user has no need to name the configuration, and the doctor finds our dialplan.
    found = json.loads(debian.run("dialpact", "asterisk", "doctor", "--json", user="dialpact", code=3))
    results = {row["code"]: row["result"] for row in found["checks"]}
    assert results["config"] == "ok" and "Traceback" not in json.dumps(found)
    assert debian.path("/usr/share/dialpact/dialplan").is_symlink() is False
    assert "[dialpact-outbound]" in debian.run("cat", "/usr/share/dialpact/dialplan/extensions_dialpact.conf")


def test_manual_and_completion(debian: Debian) -> None:
    page = debian.path("/usr/share/man/man8/dialpact-gate.8.gz")
    assert page.exists() and debian.path("/usr/share/man/man1/dialpact-dnc.1.gz").exists()
    script = (
        ". /usr/share/bash-completion/completions/dialpact; COMP_WORDS=(dialpact dnc im); COMP_CWORD=2;"
        " _dialpact_completion dialpact; echo ${COMPREPLY[*]}"
    )
    assert debian.run("bash", "-c", script, user="nobody").split() == ["import"]


def test_the_bill_names_what_is_there(debian: Debian, packages: tuple[Path, Path]) -> None:
    bill = json.loads(packages[0].with_suffix(".cdx.json").read_text("utf-8"))
    assert (bill["bomFormat"], bill["metadata"]["component"]["version"]) == ("CycloneDX", OLD)
    listed = {
        one["name"]: one["version"] for one in bill["components"] if one["purl"].startswith("pkg:pypi/")
    }
    look = (
        "import importlib.metadata as m, json, re;"
        "print(json.dumps({re.sub('[-_.]+', '-', d.metadata['Name']).lower(): d.version"
        " for d in m.distributions()}))"
    )
    pins = re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / "requirements.lock").read_text("utf-8"), re.MULTILINE)
    assert listed.items() <= dict(pins).items(), "the lock's versions, and nothing else"
    others = {one["name"] for one in bill["components"]} - set(listed)
    assert others == {"htmx.org", "uplot", "wavesurfer.js"}, "of the console's pages"
    there = json.loads(debian.run("/opt/dialpact/bin/python3", "-Ic", look, user="nobody"))
    assert there.pop("dialpact") == OLD
    assert there.items() <= listed.items()
    assert set(listed) - set(there) <= {"audioop-lts"}, "of the newer Python alone"


def test_what_ran_is_stopped_and_started_in_order(debian: Debian, packages: tuple[Path, Path]) -> None:
    """The gate stops first and starts last; where the database can not follow, nothing starts."""
    debian.path("/run/systemd/system").mkdir(parents=True)
    programs = [debian.path(f"/usr/local/bin/{name}") for name in ("systemctl", "deb-systemd-invoke")]
    for program in programs:
        program.write_text(SYSTEMCTL, "utf-8")
        program.chmod(0o755)
    asked = debian.path("/root/asked")

    def orders() -> list[str]:
        words = asked.read_text("utf-8").split("\n")
        asked.unlink()
        return [
            word.removeprefix("deb-systemd-invoke ") for word in words if "daemon-reload" not in word and word
        ]

    before = kept(debian)
    debian.install(packages[1])
    stops = ["stop dialpact-gate.service", "stop dialpact-listener.service"]
    starts = ["start dialpact-listener.service", "start dialpact-gate.service"]
    assert orders() == stops + starts
    assert version(debian) == f"dialpact {NEW}"
    assert {name: text for name, text in kept(debian).items() if name != "dialpact.db"} == {
        name: text for name, text in before.items() if name != "dialpact.db"
    }
    with sqlite3.connect(debian.path(f"{STATE}/dialpact.db")) as store:
        (number,) = store.execute("PRAGMA user_version").fetchone()
        store.execute("PRAGMA user_version = 9999")
    store.close()
    said = debian.install(packages[1], code=1)
    assert "nothing is started" in said and "dpkg --configure dialpact" in said
    assert orders() == stops
    with sqlite3.connect(debian.path(f"{STATE}/dialpact.db")) as store:
        store.execute(f"PRAGMA user_version = {number}")
    store.close()
    debian.dpkg("--configure", "dialpact")
    assert orders() == starts
    for program in programs:
        program.unlink()
    debian.path("/run/systemd/system").rmdir()


def test_nothing_is_changed_under_a_daemon_that_nobody_stopped(
    debian: Debian, packages: tuple[Path, Path]
) -> None:
    before = version(debian)
    gate = subprocess.Popen(command_of(debian, "dialpact-gate"), stderr=subprocess.PIPE, text=True)
    try:
        assert gate.stderr is not None
        while "gate listening" not in (line := gate.stderr.readline()):
            assert line, "it did not start"
        said = debian.install(packages[1], code=1)
        assert "still running" in said and str(gate.pid) in said
        assert version(debian) == before
        assert gate.poll() is None
        assert "仍有进程在运行" in debian.dpkg("--remove", "dialpact", code=1, LANG="zh_CN.UTF-8")
    finally:
        gate.terminate()
        gate.communicate(timeout=60)
    debian.install(packages[1])


def test_removed_and_purged_it_leaves_the_evidence(debian: Debian, packages: tuple[Path, Path]) -> None:
    before = kept(debian)
    said = debian.dpkg("--remove", "dialpact")
    assert "blocked from now on" in said
    assert not debian.path("/opt/dialpact").exists() and not debian.path("/usr/bin/dialpact").is_symlink()
    assert kept(debian) == before
    debian.install(packages[0], code=0)
    assert version(debian) == f"dialpact {OLD}" and kept(debian)["ledger.key"] == before["ledger.key"]
    for name in ("", "dialpact/jianghan/pbx1/000000000000"):
        said = debian.dpkg("--purge", "dialpact", DIALPACT_DESTROY=name)
        assert "evidence" in said and STATE in said
        assert kept(debian)["ledger.key"] == before["ledger.key"]
        assert kept(debian)["dialpact.toml"] == before["dialpact.toml"]
        debian.install(packages[0])
    (origin,) = re.findall(r'^origin = "(.*)"$', before["dialpact.toml"].decode(), re.MULTILINE)
    said = debian.dpkg("--purge", "dialpact", DIALPACT_DESTROY=origin)
    assert "destroyed, as asked by name" in said and said.count("\ndialpact: ") == 2
    assert not debian.path(STATE).exists()
    debian.install(packages[0])
    assert kept(debian)["ledger.key"] != before["ledger.key"], "as on the first day"


def test_an_installation_from_source_is_not_mixed_with_it(
    debian: Debian, packages: tuple[Path, Path]
) -> None:
    debian.dpkg("--purge", "dialpact")
    debian.path("/opt/dialpact").mkdir(parents=True)
    debian.path("/opt/dialpact/pyvenv.cfg").write_text("home = /usr/bin\n", "utf-8")
    assert "installation from source" in debian.install(packages[0], code=1)
    shutil.rmtree(debian.path("/opt/dialpact"))
    debian.install(packages[0])
