"""Keys: who may ask, until when; what is kept of a token; what becomes of one that SQL alone has made."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from dialpact.application import api_keys
from dialpact.application.actor import EVERYTHING, Actor, Door, Right
from dialpact.application.context import Context
from dialpact.cli.command_context import BUSY_MS
from dialpact.compliance import config as configuration
from dialpact.compliance.clock import SystemClock
from dialpact.compliance.errors import NotPermitted
from dialpact.compliance.registers import api_key
from dialpact.compliance.registers.api_key import Scope
from dialpact.store.sqlite import Store
from dialpact.testing.clock import FixedClock
from tests.cli.conftest import Home
from tests.web.api.client import api, key


def test_a_key_opens_what_it_names(home: Home) -> None:
    home.run("business", "add", "jianghan", "--name", "江汉", "--actor", "own-business")
    token = key(home, "crm", "check,opt-out", "calls", businesses="jianghan")
    assert token.startswith("dpk_crm_")
    with api(home, token) as client:
        said = client("GET", "/v1/key")
        assert said.status == 200
        assert said.json == {
            "id": "crm",
            "scopes": ["check", "opt-out", "calls"],
            "businesses": ["jianghan"],
            "expires": "2099-12-31",
        }
        for other in (
            None,
            "",
            "x",
            token[:-1],
            f"{token}x",
            token.replace("crm", "crn"),
            f" {token} {token}",
        ):
            refused = client.by(other)("GET", "/v1/key")
            assert (refused.status, refused.json["code"]) == (401, "not-authenticated")
            assert refused.headers["www-authenticate"].startswith("Bearer")
            assert refused.headers["content-type"] == "application/problem+json"
    (shown,) = home("api-key", "list")
    assert shown["used_at"] is not None


def everywhere(home: Home) -> str:
    """All that lies on the disk, and the whole database as text."""
    files = b"".join(path.read_bytes() for path in home.path.rglob("*") if path.is_file())
    return files.decode("latin-1")


def test_the_token_is_kept_nowhere(home: Home) -> None:
    token = key(home, "crm", "check")
    with api(home, token) as client:
        assert (client("GET", "/v1/key")).status == 200
    assert token not in everywhere(home) and token[-43:] not in everywhere(home)
    assert "mac" not in str(home("api-key", "show", "crm"))


def test_it_opens_until_the_end_of_its_last_day(home: Home) -> None:
    clock = FixedClock("2026-11-24T10:00+08:00")
    home.machine = type(home.machine)(clock=clock)
    with api(home, key(home, "crm", "check", expires="2026-11-25")) as client:
        for at, status in (
            ("2026-11-25T00:00+08:00", 200),
            ("2026-11-25T23:59:59+08:00", 200),
            ("2026-11-26T00:00+08:00", 401),
            ("2026-11-25T16:00+00:00", 401),
        ):
            clock.set(at)
            assert client("GET", "/v1/key").status == status, at
    assert (
        "over" in home("api-key", "add", "b", "--scopes", "check", "--expires", "2026-11-25", code=1)["error"]
    )


def test_revoked_and_rotated_at_once(home: Home) -> None:
    token, short = key(home, "crm", "check"), key(home, "short", "check")
    with api(home, token) as client:
        assert (client("GET", "/v1/key")).status == 200
        home("api-key", "revoke", "crm", "--reason", "lost")
        assert (client("GET", "/v1/key")).status == 401
        assert (client.by(short)("GET", "/v1/key")).status == 200
        other = home("api-key", "rotate", "short")["token"]
        assert (client.by(short)("GET", "/v1/key")).status == 401
        assert (client.by(other)("GET", "/v1/key")).status == 200
    assert "revoked" in home("api-key", "revoke", "crm", "--reason", "again", code=1)["error"]
    assert (
        "never given twice"
        in home("api-key", "add", "crm", "--scopes", "check", "--expires", "2099-01-01", code=1)["error"]
    )


def test_what_a_key_can_not_be(home: Home) -> None:
    for arguments, why in (
        (("crm", "--scopes", "everything", "--expires", "2099-01-01"), "scopes"),
        (("crm", "--scopes", "numbers", "--expires", "2099-01-01"), "at least one"),
        (("crm", "--scopes", "check", "--expires", "2020-01-01"), "over"),
        (("crm", "--scopes", "check", "--expires", "soon"), "expires"),
        (("客户", "--scopes", "check", "--expires", "2099-01-01"), "ASCII"),
        (("crm", "--scopes", "check", "--expires", "2099-01-01", "--businesses", "nobody"), "nobody"),
    ):
        assert why in home("api-key", "add", *arguments, code=1)["error"]
    assert home("api-key", "list") == []


def test_the_secret_is_ours_alone(home: Home) -> None:
    secret = home.path / "api.secret"
    assert secret.stat().st_mode & 0o777 == 0o600
    secret.unlink()
    key(home, "crm", "check")  # made anew where there is none
    assert secret.stat().st_mode & 0o777 == 0o600
    secret.chmod(0o640)
    error = home("api-key", "add", "b", "--scopes", "check", "--expires", "2099-01-01", code=1)["error"]
    assert "others can read it" in error


def sql(home: Home, statement: str, *values: object) -> None:
    with sqlite3.connect(home.path / "dialpact.db") as connection:
        connection.execute(statement, values)
    connection.close()


def test_a_key_that_sql_has_made_opens_nothing_and_is_found(home: Home, tmp_path: Path) -> None:
    config = configuration.load(home.config)
    token = key(home, "crm", "check")
    key(home, "gone", "check")
    home("api-key", "revoke", "gone", "--reason", "lost")
    home("ledger", "verify")
    stolen = api_key.new_token("thief")
    mac = api_key.mac(stolen, config.api.secret(config))
    sql(
        home,
        "INSERT INTO api_key (id, scopes, businesses, expires, mac, added_at, added_by) "
        "SELECT 'thief', scopes, businesses, expires, ?, added_at, added_by FROM api_key WHERE id = 'crm'",
        mac,
    )
    sql(home, "UPDATE api_key SET scopes = '[\"check\", \"evidence\"]' WHERE id = 'crm'")
    sql(home, "UPDATE api_key SET revoked_at = NULL, revoked_by = '', reason = '' WHERE id = 'gone'")
    with api(home) as client:
        for tried in (stolen, token):
            assert (client.by(tried)("GET", "/v1/key")).status == 401
    found = home("ledger", "verify", code=3)["listed"]
    assert {(one["key"], one["code"]) for one in found if one["kind"] == "api-key"} == {
        ("thief", "row-unlogged"),
        ("crm", "row-changed"),
        ("gone", "row-changed"),
    }


def test_the_secret_may_be_handed_by_systemd(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """``LoadCredential``: in a folder that is the service's alone, whatever its mode says."""
    token = key(home, "crm", "check")
    handed = home.path / "credentials"
    handed.mkdir()
    (home.path / "api.secret").rename(handed / "api.secret")
    (handed / "api.secret").chmod(0o440)
    with api(home, token) as client:
        refused = client("GET", "/v1/key")
        assert (refused.status, refused.json["code"]) == (503, "not-now")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(handed))
    with api(home, token) as client:
        assert client("GET", "/v1/key").status == 200


def test_no_scope_gives_what_is_a_persons() -> None:
    """Approvals, suspensions, keys, retention, the ledger: with all scopes together."""
    assert set(api_keys.RIGHTS) == set(Scope)
    whole = frozenset[Right]().union(*api_keys.RIGHTS.values())
    assert whole.isdisjoint({Right.REGISTERS, Right.RETENTION, Right.LEDGER, Right.OPERATE, Right.ACCESS})


def test_who_may_not_give_keys(home: Home) -> None:
    async def refused() -> None:
        async with await Store.open(home.path / "dialpact.db") as store:
            actor = Actor(name="guest", door=Door.API, rights=EVERYTHING - {Right.ACCESS})
            context = Context(store, actor, SystemClock())
            for act in (
                api_keys.add(context, "a", b"", scopes=["check"], expires="2099-01-01"),
                api_keys.rotate(context, "a", b""),
                api_keys.revoke(context, "a", reason="x"),
                api_keys.listed(context),
                api_keys.show(context, "a"),
            ):
                with pytest.raises(NotPermitted):
                    await act

    asyncio.run(refused())


def test_a_token_is_all_that_is_printed(home: Home) -> None:
    given = home.run("api-key", "add", "crm", "--scopes", "check", "--expires", "2099-12-31")
    assert re.fullmatch(r"dpk_crm_[A-Za-z0-9_-]{43}\n", given.stdout)
    assert "shown once" in given.stderr
    home.run("api-key", "rotate", "crm", "--lang", "zh")
    home.run("api-key", "revoke", "crm", "--reason", "lost", "--lang", "zh")
    shown = home.run("api-key", "show", "crm", "--lang", "zh")
    assert "已" not in shown.stdout and "lost" in shown.stdout
    assert [change["action"] for change in home("api-key", "show", "crm")["history"]] == [
        "add",
        "rotate",
        "revoke",
    ]
    assert home("ledger", "verify")["findings"] == 0


def test_whose_key_it_is_waits_for_no_write(home: Home) -> None:
    """Another process has the lock, and a request that writes waits for it: the next one is answered."""
    token, other = key(home, "crm", "check"), key(home, "other", "check")
    with api(home, token) as client, closing(sqlite3.connect(home.path / "dialpact.db")) as locked:
        assert client("GET", "/v1/key").status == 200
        locked.execute("BEGIN IMMEDIATE")
        begun, asked = time.monotonic(), client.by(other)
        assert asked("GET", "/v1/key").status == 200  # (its use is to be noted: that waits)
        assert asked("GET", "/v1/key").status == 200
        assert time.monotonic() - begun < BUSY_MS / 2000
        locked.execute("ROLLBACK")
