"""``dialpact supervise`` and ``dialpact supervision`` at a shell."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from dialpact.application.supervision import asking
from dialpact.application.supervision.desk import Desk
from dialpact.compliance.errors import ConfigError
from dialpact.compliance.ledger import keys
from dialpact.compliance.supervision import config as configuration
from dialpact.compliance.supervision import cosignature
from dialpact.compliance.supervision.model import Asked, Complaint, Operator, PackageState
from tests.cli.conftest import NUMBER, Home
from tests.patience import WAIT

KEY = keys.signer_of(keys.generate(), "dialpact/acme").vkey


@pytest.fixture
def bureau(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A supervisor's folder."""
    monkeypatch.chdir(tmp_path)
    place = Home(tmp_path)
    place("supervise", "init", "--name", "12321.test")
    return place


@pytest.fixture
def operator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """An operator's folder."""
    monkeypatch.chdir(tmp_path)
    place = Home(tmp_path)
    place.run("init")
    return place


def add(bureau: Home, id: str = "acme", key: str = KEY) -> None:
    bureau("supervise", "operator", "add", id, "--name", "江城", "--key", key, "--secret", f"{id}.secret")


def test_init_makes_what_works_as_it_stands(bureau: Home) -> None:
    for name, mode in (("supervise.key", 0o600), ("supervise.db", 0o600), ("packages", 0o700)):
        assert stat.S_IMODE((bureau.path / name).stat().st_mode) == mode
    both = bureau("supervise", "key")
    verifier = keys.load_public(both["vkey"])
    assert (verifier.name, both["witness"]) == ("12321.test", cosignature.witness_of(verifier).vkey)
    assert both["witness"] != both["vkey"]
    assert bureau("supervise", "status")["operators"] == []
    said = bureau.run("supervise", "init", code=1)
    assert "supervise.toml" in said.stderr, "never over one that is there"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_both_templates_are_the_defaults(tmp_path: Path, lang: str) -> None:
    file = tmp_path / "supervise.toml"
    Home(tmp_path).run("--config", str(file), "--lang", lang, "supervise", "init")
    made = configuration.load(file)
    assert made == configuration.SuperviseConfig(origin=str(file))


@pytest.mark.parametrize(("content", "mode"), [("", 0o640), ("no key", 0o600), (None, 0)])
def test_a_key_that_can_not_be_used_is_named_by_its_own_setting(
    bureau: Home, content: str | None, mode: int
) -> None:
    file = bureau.path / "supervise.key"
    if content is None:
        file.unlink()
    else:
        file.write_text(content or file.read_text())
        file.chmod(mode)
    for words in (("status",), ("key",)):
        assert f"[supervisor] key_file {file}" in bureau("supervise", *words, code=1)["error"]


def test_its_service_says_when_it_is_up_and_that_it_lives(bureau: Home, tmp_path: Path) -> None:
    """As its unit in deploy/systemd starts it: a silent one would be killed by the watchdog."""
    file = bureau.path / "supervise.toml"
    file.write_text(file.read_text().replace(":8420", ":0").replace(":8421", ":0"))
    told = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "200000"}
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(told["NOTIFY_SOCKET"])
        line.settimeout(WAIT)
        child = subprocess.Popen(
            [
                *(sys.executable, "-c", "from dialpact.cli.app import main; main()"),
                *("--config", file, "supervise", "serve"),
            ],
            cwd="/",
            env={**os.environ, **told},
            stderr=subprocess.PIPE,
        )
        try:
            for word in (b"READY=1", b"WATCHDOG=1"):
                while line.recv(64) != word:
                    pass
            child.send_signal(signal.SIGTERM)
            while line.recv(64) != b"STOPPING=1":
                pass
            _, log = child.communicate(timeout=WAIT)
        finally:
            child.kill()
            child.communicate()
    assert child.returncode == 0, log


def test_a_secret_is_handed_out_once_and_shown_nowhere(bureau: Home) -> None:
    add(bureau)
    file = bureau.path / "acme.secret"
    secret = file.read_text().strip()
    assert (stat.S_IMODE(file.stat().st_mode), len(bytes.fromhex(secret))) == (0o600, 32)
    for words, code in ((("operator", "list"), 0), (("status",), 3)):
        assert secret not in bureau.run("supervise", *words, "--json", code=code).output
    bureau.run(
        *("supervise", "operator", "add", "b", "--name", "B", "--key", KEY.replace("acme", "b")),
        *("--secret", "acme.secret"),
        code=1,
    )
    assert file.read_text().strip() == secret, "never over one that is there"


def test_an_operator_and_his_log_are_registered_once(bureau: Home) -> None:
    add(bureau)
    again = ("supervise", "operator", "add", "other", "--name", "X", "--key", KEY, "--secret", "x.secret")
    assert "error" in bureau(*again, code=1)
    assert not (bureau.path / "x.secret").exists()


def test_a_lost_key_takes_a_person_and_a_reason(bureau: Home) -> None:
    add(bureau)
    other = keys.signer_of(keys.generate(), "dialpact/acme").vkey
    bureau("supervise", "operator", "key", "acme", "--key", other, "--reason", "", code=1)
    bureau("supervise", "operator", "key", "acme", "--key", other, "--reason", "host burnt down")
    (seen,) = bureau("supervise", "operator", "list")
    assert (seen["key"], seen["earlier_keys"]) == (other, 1)


def test_a_secret_that_was_seen_is_made_anew(bureau: Home) -> None:
    add(bureau)
    old = (bureau.path / "acme.secret").read_text()
    bureau("supervise", "operator", "secret", "acme", "--secret", "acme.secret", code=1)
    bureau("supervise", "operator", "secret", "acme", "--secret", "new.secret", "--reason", "mailed")
    assert (bureau.path / "new.secret").read_text() != old


def test_an_operator_is_supervised_no_more(bureau: Home) -> None:
    add(bureau)
    bureau("supervise", "operator", "end", "acme", "--reason", "closed down")
    bureau("supervise", "operator", "end", "acme", "--reason", "closed down", code=1)
    assert bureau("supervise", "operator", "list")[0]["log"] == "ended"


@pytest.mark.parametrize("url", ["http://example.com", "https://u:p@example.com", "x", "https://a/?q"])
def test_an_address_that_is_not_safe_is_refused(bureau: Home, url: str) -> None:
    add(bureau)
    bureau("supervise", "operator", "url", "acme", url, code=1)


def test_a_complaint_at_the_shell(bureau: Home) -> None:
    add(bureau)
    filed = ("--reference", "12321-1", "--called-at", "2026-11-24 10:00", "--received-at", "2026-11-24 11:00")
    made = bureau("supervise", "complaint", "add", NUMBER, *filed)
    assert (made["number"], made["due"]) == ("+86138****8000", "2026-12-15")
    bureau("supervise", "complaint", "add", NUMBER, *filed, code=1)
    asked = bureau("supervise", "complaint", "ask", "1", code=3)
    assert asked["answers"][0]["found"] == "failed"
    assert asked["answers"][0]["asked"][0]["why"] == "no-address"
    shown = bureau.run("supervise", "complaint", "show", "1").output
    assert "no address to ask at" in shown and NUMBER not in shown
    assert NUMBER not in bureau.run("supervise", "complaint", "list").output
    bureau("supervise", "complaint", "close", "1", "--conclusion", "told")
    bureau("supervise", "complaint", "close", "1", "--conclusion", "told", code=1)
    assert bureau("supervise", "complaint", "list")[0]["closed_at"]
    bureau("supervise", "complaint", "erase", "1", "--reason", "over")
    assert bureau("supervise", "complaint", "list")[0]["number"] == ""
    bureau("supervise", "complaint", "ask", "9", code=1)


@pytest.mark.parametrize(
    ("said", "package", "code"),
    [
        ("none", "", 0),
        ("called", "valid", 0),
        ("called", "failed", 3),
        ("called", "invalid", 3),
        ("", "", 3),
    ],
)
def test_asking_is_done_when_everybody_who_was_asked_has_answered(
    bureau: Home, monkeypatch: pytest.MonkeyPatch, said: str, package: PackageState, code: int
) -> None:
    """What came of an earlier question, and of one to somebody else, is another matter."""
    add(bureau, "acme")
    add(bureau, "other", keys.signer_of(keys.generate(), "dialpact/other").vkey)
    filed = ("--reference", "1", "--called-at", "2026-11-24 10:00")
    bureau("supervise", "complaint", "add", NUMBER, *filed)
    bureau("supervise", "complaint", "ask", "1", code=3)

    async def came(desk: Desk, about: Complaint, operator: Operator, _: object) -> None:
        new = Asked(
            id="ab" * 16,
            complaint=about.id,
            operator=operator.id,
            asked_at=desk.now(),
            note="",
            outcome="waiting",
        )
        await desk.store.complaints.ask(new, by=desk.by)
        if said:
            await desk.store.complaints.answered(new.id, said, "note", 0, at=desk.now())
        else:
            await desk.store.complaints.failed(new.id, "replayed")
        if package:
            await desk.store.complaints.packaged(new.id, package, why="")

    monkeypatch.setattr(asking, "_ask", came)
    bureau("supervise", "complaint", "ask", "1", "--operator", "acme", code=code)
    bureau("supervise", "complaint", "show", "1")


def test_a_package_of_nothing_shows_nothing(bureau: Home) -> None:
    add(bureau)
    filed = ("--reference", "1", "--called-at", "2026-11-24 10:00")
    bureau("supervise", "complaint", "add", NUMBER, *filed)
    given = ("--operator", "acme", "--source", "somebody")
    file = bureau.file("x.zip", b"PK\3\4 no package")
    answer = bureau("supervise", "complaint", "package", "1", file, *given, code=3)
    assert answer["package"]["state"] == "invalid"
    assert answer["complaint"]["answers"][0]["found"] == "not-asked"
    assert not list((bureau.path / "packages").glob(".*")), "nothing half done is left"


@pytest.mark.parametrize(
    "text",
    [
        '[witness]\nlisten = "0.0.0.0:8420"\n',
        '[page]\nlisten = "0.0.0.0:8421"\n',
        '[page]\nlisten = "192.0.2.1:8421"\n',
        '[witness]\ncertificate = "a.pem"\n',
        "[supervisor]\nx = 1\n",
        'origin = "x"\n',
        "[complaints]\nanswer_days = 0\n",
    ],
)
def test_a_configuration_that_is_not_safe_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "supervise.toml"
    file.write_text(text)
    with pytest.raises(ConfigError):
        configuration.load(file)


def test_an_operator_s_database_is_no_supervisor_s(bureau: Home) -> None:
    bureau.run("init")
    text = (bureau.path / "supervise.toml").read_text().replace("supervise.db", "dialpact.db")
    (bureau.path / "other.toml").write_text(text)
    said = bureau.run("--config", "other.toml", "supervise", "status", code=1)
    assert "not a supervisor's database" in said.stderr


def test_without_a_supervisor_nothing_is_handed_in(operator: Home) -> None:
    for words in (("show",), ("checkpoint",), ("report", "2026-10")):
        assert "error" in operator("supervision", *words, code=1)


def test_a_month_that_is_none_is_refused(operator: Home) -> None:
    operator("supervision", "report", "2026-13", code=1)


def test_show_says_who_supervises(operator: Home) -> None:
    with operator.config.open("a") as file:
        file.write(f'\n[supervision]\nurl = "https://x.example"\nvkey = "{KEY}"\n')
    assert operator("supervision", "show")["url"] == "https://x.example"
    assert "https://x.example" in json.dumps(operator("supervision", "show"))


def test_the_unit_of_who_is_supervised_may_sign_write_and_hear() -> None:
    """`dialpact web` alone may neither sign nor hear."""
    folder = Path(__file__).parents[2] / "deploy" / "systemd"
    unit = (folder / "dialpact-web.service").read_text("utf-8")
    more = (folder / "dialpact-web.service.d" / "supervised.conf").read_text("utf-8")
    assert "User=dialpact-web\n" in unit and "User=dialpact\n" in more
    assert "ReadWritePaths=/var/lib/dialpact\n" in unit and "ReadWritePaths=" not in more
    assert "-/var/lib/dialpact/ledger.key" in unit and "ledger.key" not in more
    assert "/var/spool/asterisk" in unit and "InaccessiblePaths=\n" in more
    assert "SupplementaryGroups=asterisk\n" in more  # the recordings' folder is that group's
