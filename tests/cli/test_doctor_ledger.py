"""What the doctor says of the ledger: is it signed, by a key that can sign, and told to everybody."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from dialpact.application.doctor import host
from dialpact.application.doctor.finding import Site
from dialpact.compliance import config as configuration
from dialpact.compliance.health import Health
from dialpact.compliance.ledger import keys
from tests.cli.conftest import Home

NOW = datetime(2026, 11, 25, 2, tzinfo=UTC)
HEALTH = Health(
    version=5,
    lease=None,
    opt_outs_at=None,
    trunks=frozenset(),
    campaigns=(),
    unscripted=(),
    suspensions=(),
    entries=7,
    signed=NOW,
)


@pytest.fixture
def site(home: Home) -> Site:
    config = configuration.load(home.config)
    return Site(config, NOW, date(2026, 11, 25), Path("/nonexistent"), health=HEALTH)


def found(site: Site) -> list[str]:
    return [f"{item.result} {item.key}" for item in host.ledger(site)]


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (0, "ok ledger"),
        (30, "ok ledger"),
        (31, "warn ledger-old"),
        (None, "warn ledger-never"),
    ],
)
def test_when_it_was_signed(site: Site, minutes: int | None, said: str) -> None:
    signed = None if minutes is None else NOW - timedelta(minutes=minutes)
    assert found(replace(site, health=replace(HEALTH, signed=signed))) == [said]


def test_without_a_database_nothing_is_said(site: Site) -> None:
    assert found(replace(site, health=None)) == []


def test_the_public_key_is_the_one_in_force(site: Site, home: Home) -> None:
    public = home.path / "ledger.pub"
    public.write_text(keys.signer_of(keys.generate(), "dialpact/pbx1").vkey)
    assert found(site) == ["ok ledger", "warn key-unpublished"]
    public.unlink()
    assert found(site) == ["ok ledger", "warn key-unpublished"]


def test_the_folder_for_copies(site: Site, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    named = msgspec.structs.replace(site.config.ledger, checkpoints="out")
    site = replace(site, config=msgspec.structs.replace(site.config, ledger=named))
    assert found(site) == ["ok ledger", "fail ledger-folder"]
    (home.path / "out").mkdir()
    assert found(site) == ["ok ledger"]
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert found(site) == ["ok ledger", "fail ledger-folder"]


def test_a_key_of_another_user(site: Site, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [item.key for item in host.key(site)] == ["key"]
    owner = (home.path / "ledger.key").stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    assert [item.key for item in host.key(site)] == ["key-of-another"]


def test_what_the_store_tells(home: Home) -> None:
    home.run("business", "add", "acme", "--name", "x", "--actor", "own-business")
    home.run("ledger", "checkpoint")
    checks = home("asterisk", "doctor", "--asterisk-etc", "/nonexistent", code=3)["checks"]
    (said,) = [check for check in checks if check["check"] == "ledger"]
    assert (said["code"], said["text"]) == ("ledger", "1 entries, signed 0 min ago")
