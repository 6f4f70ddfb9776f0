"""VICIdial's adapter: its database by the mysql program, its carriers, and what goes round."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from dialpact.application.pbx import program
from dialpact.application.pbx.adapter import NewFile, Row, Wishes
from dialpact.application.pbx.host import Host, Ran
from dialpact.application.pbx.install import apply, look
from dialpact.application.pbx.known import ADAPTERS
from dialpact.application.pbx.manifest import Backup
from dialpact.application.pbx.uninstall import uninstall
from dialpact.application.pbx.vicidial import VICIDIAL
from dialpact.application.pbx.vicidial_tables import access
from dialpact.compliance.registers.fault import Fault
from tests.lab.vicidial import Tables, carrier

CONF = """\
# a comment
VARserver_ip => 10.0.0.1
VARDB_server => db.example
VARDB_database => asterisk
VARDB_user => cron
VARDB_pass => pa55 # a comment, as VICIdial's own programs have it
VARDB_port => 3307
"""
DIAL = (
    "exten => _9X.,1,AGI(agi://127.0.0.1:4577/call_log)\n"
    "exten => _9X.,n,Dial(PJSIP/${EXTEN:1}@TELECOM,${CAMPDTO},To)\n"
    "exten => _9X.,n,Hangup()\n"
)
TRUNKS = {"PJSIP/TELECOM": "carrier"}
WISHES = Wishes(campaign="autumn-loans", trunks=TRUNKS, ami_secret="0123456789abcdef")


def machine(root: Path, run: Callable[..., Ran]) -> Host:
    etc = root / "etc" / "asterisk"
    etc.mkdir(parents=True)
    (root / "etc" / "astguiclient.conf").write_text(CONF, "utf-8")
    (etc / "extensions.conf").write_text(
        "[globals]\nTRUNKX=DAHDI/g1\n\n[default]\ninclude => vicidial-auto\n", "utf-8"
    )
    (etc / "features.conf").write_text("[general]\n\n[applicationmap]\n", "utf-8")
    (etc / "manager.conf").write_text("[general]\nenabled = yes\n", "utf-8")
    return Host(root, etc, run)


def rows(host: Host, wishes: Wishes = WISHES) -> list[Row]:
    found = VICIDIAL.recognise(host)
    assert found
    return [change for change in VICIDIAL.changes(host, found, wishes) if isinstance(change, Row)]


def test_what_a_hostile_entry_holds_is_a_value_and_nothing_else(tmp_path: Path) -> None:
    nasty = DIAL + "; '); DROP TABLE x; -- \\ \" ` 中文 \x7f\t\n"
    tables = Tables([carrier("O'BRIEN\\", nasty, globals_string="X = '; --")])
    host = machine(tmp_path, tables.run)
    (row,) = rows(host)
    assert row.key == {"carrier_id": "O'BRIEN\\", "server_ip": "10.0.0.1"}
    assert row.before == nasty
    assert VICIDIAL.tables.put(host, row, row.before, row.after)
    assert tables.carriers[0]["dialplan_entry"] == row.after
    assert row.after.endswith(nasty.splitlines()[-1] + "\n")


def test_neither_password_nor_statement_is_in_a_list_of_processes(tmp_path: Path) -> None:
    tables = Tables([carrier("TELECOM", DIAL)])
    host = machine(tmp_path, tables.run)
    rows(host)
    said = " ".join(word for words in tables.words for word in words)
    assert tables.passwords == {"pa55"}
    assert "pa55" not in said and "SELECT" not in said
    assert list(tables.words[0])[:2] == ["mysql", "--no-defaults"]
    assert {"--host=db.example", "--port=3307", "--user=cron", "--database=asterisk"} <= set(tables.words[0])
    found = access(host)
    assert found and "pa55" not in repr(found)


def test_a_value_that_somebody_has_changed_is_left_alone(tmp_path: Path) -> None:
    tables = Tables([carrier("TELECOM", DIAL)])
    host = machine(tmp_path, tables.run)
    (row,) = rows(host)
    tables.carriers[0]["dialplan_entry"] += "; since\n"
    assert not VICIDIAL.tables.put(host, row, row.before, row.after)
    assert tables.rebuilt == []


def test_what_the_database_cuts_off_is_put_back(tmp_path: Path) -> None:
    tables = Tables([carrier("TELECOM", DIAL)])

    def cutting(words: list[str], given: bytes = b"", env: object = None) -> Ran:
        done = tables.run(words, given)
        if b"UPDATE" in given and len(tables.carriers[0]["dialplan_entry"]) > len(DIAL):
            tables.carriers[0]["dialplan_entry"] = tables.carriers[0]["dialplan_entry"][:-9]
            done = Ran(0, tables.carriers[0]["dialplan_entry"].encode().hex().upper() + "\n", "")
        return done

    host = machine(tmp_path, cutting)
    (row,) = rows(host)
    with pytest.raises(Fault, match="vicidial database"):
        VICIDIAL.tables.put(host, row, row.before, row.after)
    assert tables.carriers[0]["dialplan_entry"] == DIAL


def test_servers_are_told_to_write_their_files_anew(tmp_path: Path) -> None:
    tables = Tables([carrier("TELECOM", DIAL)])
    host = machine(tmp_path, tables.run)
    (row,) = rows(host)
    VICIDIAL.tables.put(host, row, row.before, row.after)
    assert tables.rebuilt == ["10.0.0.1"]


def test_only_what_asterisk_gets_is_changed(tmp_path: Path) -> None:
    away = carrier("ELSEWHERE", DIAL, server_ip="10.0.0.2")
    tables = Tables([carrier("OFF", DIAL, active="N"), away, carrier("TELECOM", DIAL)])
    host = machine(tmp_path, tables.run)
    assert [row.key["carrier_id"] for row in rows(host)] == ["TELECOM"]


@pytest.mark.parametrize(
    ("row", "servers", "key"),
    [
        (carrier("ODD", DIAL.replace("Hangup", "Macro")), 1, "vicidial-step"),
        (carrier("ALL", DIAL, server_ip="0.0.0.0"), 2, "vicidial-everywhere"),
        (carrier("OTHER", DIAL.replace("TELECOM", "OTHER")), 1, "vicidial-trunk"),
    ],
)
def test_one_carrier_that_can_not_be_changed_safely_keeps_all_as_they_are(
    tmp_path: Path, row: dict[str, str], servers: int, key: str
) -> None:
    tables = Tables([carrier("A", DIAL), row], servers=[f"10.0.0.{n}" for n in range(1, servers + 1)])
    host = machine(tmp_path, tables.run)
    with pytest.raises(Fault) as told:
        rows(host)
    assert told.value.key == key


def test_routes_say_who_goes_round(tmp_path: Path) -> None:
    tables = Tables(
        [
            carrier("TELECOM", DIAL),
            carrier("OTHER", DIAL.replace("TELECOM", "OTHER").replace("_9", "_8")),
            carrier("HOOKED", ""),
        ],
        custom={"system_settings": "exten => 7,1,Dial(SIP/1@x)\n"},
    )
    host = machine(tmp_path, tables.run)
    found = VICIDIAL.recognise(host)
    assert found
    hooked = rows(machine(tmp_path / "other", Tables([carrier("HOOKED", DIAL)]).run))[0].after
    tables.carriers[2]["dialplan_entry"] = hooked
    told = {
        route.name: (route.goes_round, route.trunk, route.strip)
        for route in VICIDIAL.routes(host, found, WISHES)
    }
    assert told == {
        "TELECOM _9X.": ("vicidial-no-hook", "carrier", 1),
        "OTHER": ("vicidial-odd", "", 0),
        "HOOKED _9X.": ("", "carrier", 1),
        "system_settings.custom_dialplan_entry": ("vicidial-custom", "", 0),
    }


@pytest.mark.parametrize(
    ("conf", "key"),
    [("VARserver_ip => 10.0.0.1\n", "vicidial-conf"), ("", "vicidial-conf")],
)
def test_a_conf_without_a_database(tmp_path: Path, conf: str, key: str) -> None:
    host = machine(tmp_path, Tables([]).run)
    (tmp_path / "etc" / "astguiclient.conf").write_text(conf, "utf-8")
    with pytest.raises(Fault) as told:
        VICIDIAL.recognise(host)
    assert told.value.key == key


def test_no_vicidial(tmp_path: Path) -> None:
    host = machine(tmp_path, Tables([]).run)
    (tmp_path / "etc" / "astguiclient.conf").unlink()
    assert VICIDIAL.recognise(host) is None


@pytest.mark.parametrize(
    "answer", [Ran(1, "", "Access denied"), Ran(0, "no hexadecimal\n", ""), Ran(127, "", "")]
)
def test_a_database_that_does_not_answer(tmp_path: Path, answer: Ran) -> None:
    host = machine(tmp_path, lambda *_: answer)
    with pytest.raises(Fault, match="vicidial database"):
        VICIDIAL.recognise(host)


def test_in_and_out_again(tmp_path: Path) -> None:
    """Files and rows come back byte for byte; a second installation has nothing to do."""
    tables = Tables([carrier("TELECOM", DIAL)])
    host = machine(tmp_path / "root", tables.run)
    before = {path: path.read_bytes() for path in host.etc.rglob("*")}
    found, backup = VICIDIAL.recognise(host), Backup(tmp_path / "backup")
    assert found
    apply(host, look(host, VICIDIAL, found, WISHES, backup), backup)
    assert "dialpact-vicidial" in tables.carriers[0]["dialplan_entry"]
    assert (host.etc / "dialpact-vicidial.conf").exists()
    plan = look(host, VICIDIAL, found, WISHES, backup)
    assert not any(one.changes for one in (*plan.files, *plan.rows))
    uninstall(host, ADAPTERS, backup)
    assert tables.carriers[0]["dialplan_entry"] == DIAL
    assert {path: path.read_bytes() for path in host.etc.rglob("*")} == before


def test_the_mysql_program_itself(tmp_path: Path) -> None:
    """A program of that name, run as an installation runs it: what it is given, and by which way."""
    seen = tmp_path / "seen.json"
    fake = tmp_path / "bin" / "mysql"
    fake.parent.mkdir()
    fake.write_text(
        "#!/usr/bin/env python3\n"
        "import json, os, sys\n"
        "given = sys.stdin.read()\n"
        f"json.dump([sys.argv, given, os.environ.get('MYSQL_PWD')], open({str(seen)!r}, 'w'))\n"
        "print('322E3134\\t33383834')\n",
        "utf-8",
    )
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    where = f"{fake.parent}:/usr/local/bin:/usr/bin:/bin"
    host = machine(
        tmp_path / "root", lambda words, given=b"", env=None: program.run(words, given, env, path=where)
    )
    found = VICIDIAL.recognise(host)
    assert found and found.version == "2.14.3884"
    words, given, password = json.loads(seen.read_text("utf-8"))
    assert given.startswith("SELECT HEX(version)")
    assert password == "pa55"
    assert not any("pa55" in word or "SELECT" in word for word in words)


def test_our_dialplan_is_put_beside(tmp_path: Path) -> None:
    host = machine(tmp_path, Tables([]).run)
    found = VICIDIAL.recognise(host)
    assert found
    names = [
        change.path.rpartition("/")[2]
        for change in VICIDIAL.changes(host, found, WISHES)
        if isinstance(change, NewFile)
    ]
    assert "dialpact-vicidial.conf" in names
