"""``asterisk doctor`` tells an Asterisk that is too old from one that is not there."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from dialpact.application.doctor import version
from dialpact.application.doctor.finding import Site
from dialpact.compliance import config as configuration
from tests.cli.conftest import Home

NOW = datetime(2026, 10, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("Asterisk 16.28.0~dfsg-0+deb11u4", "fail version-old"),  # Debian 11's
        ("Asterisk 17.9.4", "fail version-old"),  # the newest that is too old
        ("Asterisk 18.0.0", "fail version-mute"),
        ("Asterisk 18.17.1", "fail version-mute"),
        ("Asterisk 18.18.0", "ok version"),
        ("Asterisk 18.26.4", "ok version"),
        ("Asterisk 19.8.1", "fail version-mute"),
        ("Asterisk 20.2.1", "fail version-mute"),
        ("Asterisk 20.3.0", "ok version"),
        ("Asterisk 21.0.0", "ok version"),
        ("Asterisk 22.10.1+dfsg+~cs6.17.60671434-1", "ok version"),
        ("Asterisk certified/16.8-cert14", "fail version-old"),
        ("Asterisk certified/18.9-cert4", "fail version-mute"),
        ("Asterisk certified/18.9-cert5", "ok version"),
        ("Asterisk certified/20.7-cert1", "ok version"),
        ("Asterisk GIT-18-abc", "ok version"),
        ("Asterisk SVN-trunk", "skip version-unknown"),
        ("", "skip version-unknown"),
    ],
)
def test_version(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, found: str) -> None:
    program = tmp_path / "asterisk"
    program.write_text(f'#!/bin/sh\necho "{said}"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    site = Site(configuration.load(home.config), NOW, date(2026, 10, 21), tmp_path)
    assert [f"{item.result} {item.key}" for item in version.installed(site)] == [found]


def test_a_program_that_does_not_start_is_no_version(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "asterisk"
    program.write_text("#!/nowhere/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    site = Site(configuration.load(home.config), NOW, date(2026, 10, 21), tmp_path)
    assert [f"{item.result} {item.key}" for item in version.installed(site)] == ["skip version-unknown"]
