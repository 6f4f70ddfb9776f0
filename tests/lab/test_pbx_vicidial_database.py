"""VICIdial's table in a real MariaDB: entries of any text go in and come back byte for byte."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dialpact.application.pbx import program
from dialpact.application.pbx.adapter import Row, Wishes
from dialpact.application.pbx.host import Host
from dialpact.application.pbx.vicidial import VICIDIAL
from dialpact.application.pbx.vicidial_tables import CARRIERS
from dialpact.compliance.registers.fault import Fault
from tests.lab import mariadb

pytestmark = [pytest.mark.lab, pytest.mark.timeout(180)]

# Columns and types of VICIdial 2.14 (SVN 3884), those that anybody here reads.
SCHEMA = """
CREATE DATABASE asterisk CHARACTER SET {charset};
USE asterisk;
CREATE TABLE system_settings (version VARCHAR(50), svn_revision INT(9) DEFAULT 0,
    custom_dialplan_entry TEXT) ENGINE=MyISAM;
CREATE TABLE servers (server_ip VARCHAR(15), active_asterisk_server ENUM('Y','N') DEFAULT 'Y',
    rebuild_conf_files ENUM('Y','N') DEFAULT 'N', custom_dialplan_entry TEXT) ENGINE=MyISAM;
CREATE TABLE vicidial_server_carriers (carrier_id VARCHAR(15) NOT NULL, carrier_name VARCHAR(50) NOT NULL,
    protocol ENUM('SIP','PJSIP','PJSIP_WIZ','Zap','IAX2','EXTERNAL') DEFAULT 'SIP',
    globals_string VARCHAR(255), dialplan_entry TEXT, server_ip VARCHAR(15) NOT NULL,
    active ENUM('Y','N') DEFAULT 'Y', UNIQUE INDEX(carrier_id)) ENGINE=MyISAM;
INSERT INTO system_settings (version, svn_revision) VALUES ('2.14b0.5', 3884);
INSERT INTO servers (server_ip) VALUES ('10.0.0.1'), ('10.0.0.2');
CREATE USER 'cron'@'127.0.0.1' IDENTIFIED BY 'pa55';
GRANT SELECT, UPDATE ON asterisk.* TO 'cron'@'127.0.0.1';
"""
DIAL = (
    "exten => _9X.,1,AGI(agi://127.0.0.1:4577/call_log)\nexten => _9X.,n,Dial(PJSIP/${EXTEN:1}@TELECOM,,To)\n"
)
WISHES = Wishes(campaign="autumn", trunks={"PJSIP/TELECOM": "carrier"}, ami_secret="0123456789")


@pytest.fixture(scope="module", params=["utf8mb4", "latin1"])
def database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[mariadb.Database]:
    with mariadb.running(tmp_path_factory.mktemp("mariadb")) as database:
        database.run(SCHEMA.format(charset=request.param))
        yield database


@pytest.fixture
def host(database: mariadb.Database, tmp_path: Path) -> Host:
    etc = tmp_path / "etc" / "asterisk"
    etc.mkdir(parents=True)
    (tmp_path / "etc" / "astguiclient.conf").write_text(
        "VARserver_ip => 10.0.0.1\nVARDB_server => 127.0.0.1\nVARDB_database => asterisk\n"
        f"VARDB_user => cron\nVARDB_pass => pa55\nVARDB_port => {database.port}\n",
        "ascii",
    )
    environment = {"LD_LIBRARY_PATH": database.environment["LD_LIBRARY_PATH"]}

    def run(words, given=b"", env=None):  # type: ignore[no-untyped-def]
        return program.run(words, given, {**(env or {}), **environment}, path=str(database.mysql))

    return Host(tmp_path, etc, run)


def put(database: mariadb.Database, carrier: str, entry: bytes) -> None:
    database.run(
        f"DELETE FROM asterisk.{CARRIERS};"
        f"UPDATE asterisk.servers SET rebuild_conf_files = 'N';"
        f"INSERT INTO asterisk.{CARRIERS} (carrier_id, carrier_name, protocol, dialplan_entry, server_ip) "
        f"VALUES (0x{carrier.encode().hex()}, 'x', 'PJSIP', 0x{entry.hex()}, '10.0.0.1');"
    )


def the_row(host: Host) -> Row:
    found = VICIDIAL.recognise(host)
    assert found and found.version == "2.14b0.5.3884"
    (row,) = [change for change in VICIDIAL.changes(host, found, WISHES) if isinstance(change, Row)]
    return row


@pytest.mark.parametrize(
    ("carrier", "more"),
    [
        ("TELECOM", b""),
        ("O'B\\\"`;--%_", b"; '); DROP TABLE servers; -- \\' \x00"[:-1]),
        ("TELECOM", b"; \xe4 \xff tail of latin1\n"),
        ("TELECOM", "; 武汉 中国电信\n".encode()),
        ("TELECOM", b"\r\n".join([b"", b"; end"])),
    ],
)
def test_there_and_back(
    database: mariadb.Database, host: Host, carrier: str, more: bytes, request: pytest.FixtureRequest
) -> None:
    if b"\xff" in more and "utf8mb4" in request.node.name:
        more = b"; no such bytes in this character set\n"
    entry = DIAL.encode() + more
    if b"\r\n" in entry:
        entry = entry.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    put(database, carrier, entry)
    row = the_row(host)
    assert VICIDIAL.tables.put(host, row, row.before, row.after)
    stored = bytes.fromhex(database.run(f"SELECT HEX(dialplan_entry) FROM asterisk.{CARRIERS}").strip())
    assert b"Gosub(dialpact-vicidial,s,1(carrier,autumn,${EXTEN:1}))" in stored
    assert (
        database.run("SELECT server_ip FROM asterisk.servers WHERE rebuild_conf_files = 'Y'") == "10.0.0.1\n"
    )
    assert not VICIDIAL.tables.put(host, row, row.before, row.after), "it is there already"
    assert VICIDIAL.tables.put(host, row, row.after, row.before)
    assert (
        bytes.fromhex(database.run(f"SELECT HEX(dialplan_entry) FROM asterisk.{CARRIERS}").strip()) == entry
    )


def test_a_wrong_password_is_said(host: Host) -> None:
    conf = host.path("/etc/astguiclient.conf")
    conf.write_text(conf.read_text("ascii").replace("pa55", "other"), "ascii")
    with pytest.raises(Fault, match="Access denied"):
        VICIDIAL.recognise(host)
