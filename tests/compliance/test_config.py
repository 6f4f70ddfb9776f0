"""The configuration says clearly what is wrong with it, and means nothing by accident."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dialpact.compliance import config
from dialpact.compliance.errors import ConfigError, ConfigForbidden

TRUNK = '[trunks.carrier]\nendpoint = "PJSIP/carrier"\n'


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "dialpact.toml"
    file.write_text(text, "utf-8")
    return file


def test_the_least_that_works(tmp_path: Path) -> None:
    settings = config.load(written(tmp_path, TRUNK))
    assert settings.database == tmp_path / "dialpact.db"
    assert settings.gate.address == ("127.0.0.1", 4573)
    assert (settings.the_trunk(""), settings.the_trunk("x")) == ("carrier", "x")
    assert settings.policy.profiles == ("cn-hubei-2018",)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "trunks"),
        ("[trunks]\n", "at least one"),
        (TRUNK + "[gate]\nlisen = 'x'\n", "lisen"),
        (TRUNK + "[telephony]\n", "telephony"),
        ("origin = 'x'\n" + TRUNK, "origin"),
        (TRUNK + "[gate]\nlisten = '4573'\n", "HOST:PORT"),
        (TRUNK + "[gate]\nlisten = 'host:99999'\n", "HOST:PORT"),
        (TRUNK + "[gate]\ndeadline_ms = 9000\n", "deadline_ms"),
        (TRUNK + "[store]\nurl = 'mysql://x'\n", "only sqlite"),
        (TRUNK + "bypass = 'warn'\n", "bypass"),
        (TRUNK + "[recording]\ndirectory = 'relative'\n", "absolute"),
        (TRUNK + "[recording]\ndirectory = '/var/$(id)'\n", "absolute"),
        (TRUNK + "[recording]\ndirectory = '/var/../etc'\n", "absolute"),
        (TRUNK + "[recording]\nformat = 'mp3'\n", "mp3"),
        (TRUNK + "[policy]\nprofiles = []\n", "profiles is empty"),
        (TRUNK + "[policy]\nmode = 'sleep'\n", "Invalid enum value 'sleep'"),
        (TRUNK + "area_code = '026'\n", "area code"),
        (TRUNK + "dial_format = 'raw'\n", r"\[trunks.carrier\] dial_format: 'raw' has no number in it"),
        (TRUNK + "dial_format = '9'\n", "no number in it"),
        (TRUNK + "dial_format = '{national}{e164}'\n", "not exactly one number"),
        (TRUNK + "dial_format = '9{local}'\n", "unknown form of a number"),
        (TRUNK + "dial_format = '9,{national}'\n", "around the number only digits"),
        (TRUNK + "dial_format = '${X}'\n", "unknown form"),
        (TRUNK + f"dial_format = '{'9' * 17}{{national}}'\n", "16 at most"),
        ("[trunks.e1]\nendpoint = 'DAHDI/g1'\n", r"\[trunks.e1\] endpoint: DAHDI/g1 is a group"),
        ("[trunks.x]\nendpoint = 'Dongle/0'\n", r"\[trunks.x\] endpoint: .*known: PJSIP, SIP"),
        ("[trunks.'a b']\nendpoint = 'x'\n", "letters, digits"),
        ("[trunks.carrier\n", "line 1"),
    ],
)
def test_what_is_refused_and_why(tmp_path: Path, text: str, why: str) -> None:
    file = written(tmp_path, text)
    with pytest.raises(ConfigError, match=why) as caught:
        config.load(file)
    assert str(file) in str(caught.value)


def test_no_file_and_a_file_that_is_no_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DIALPACT_CONFIG", raising=False)
    here = (Path("dialpact.toml"),)
    with pytest.raises(ConfigError, match="dialpact init"):
        config.load(search=here)
    (tmp_path / "dialpact.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match=r"dialpact\.toml"):
        config.load(search=here)
    monkeypatch.setenv("DIALPACT_CONFIG", str(tmp_path / "other.toml"))
    with pytest.raises(ConfigError, match=r"other\.toml"):
        config.load(search=here)


@contextmanager
def as_somebody_else() -> Iterator[None]:
    """As a user who may read what everybody may; whoever is no superuser is one already."""
    mine = os.geteuid()
    if mine == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(mine)


def test_a_file_that_this_user_may_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative one is no reason: a command is often given in a folder that is shut to its user (root's)."""
    monkeypatch.delenv("DIALPACT_CONFIG", raising=False)
    kept, shut = tmp_path / "kept", tmp_path / "shut"
    for folder in (kept, shut):
        folder.mkdir()
        written(folder, TRUNK)
    found = kept / "dialpact.toml"
    for folder in (tmp_path, *tmp_path.parents):
        if folder == Path(tempfile.gettempdir()):
            break
        folder.chmod(0o755)
    monkeypatch.chdir(shut)
    shut.chmod(0o000)
    try:
        with as_somebody_else():
            assert config.load(search=(Path("dialpact.toml"), found)).origin == str(found)
            for search in ((shut / "dialpact.toml",), (Path("dialpact.toml"), shut / "dialpact.toml")):
                with pytest.raises(ConfigForbidden, match="shut"):
                    config.load(search=search)
        found.chmod(0o000)
        with as_somebody_else(), pytest.raises(ConfigForbidden, match="kept"):
            config.load(found)
    finally:
        shut.chmod(0o755)


@pytest.mark.parametrize("content", [b"", b"\n", b"a\nb", b"\xff"])
def test_an_unusable_ami_secret(tmp_path: Path, content: bytes) -> None:
    settings = config.load(written(tmp_path, TRUNK))
    with pytest.raises(ConfigError, match="secret_file"):
        settings.ami_secret()
    (tmp_path / "ami.secret").write_bytes(content)
    with pytest.raises(ConfigError, match="secret_file"):
        settings.ami_secret()


@pytest.mark.parametrize(
    ("endpoint", "channel", "owns"),
    [
        ("carrier", "PJSIP/carrier-0000002a", True),
        ("PJSIP/carrier", "PJSIP/carrier-0000002a", True),
        ("PJSIP/carrier", "PJSIP/carrier-2-0000002a", False),
        ("PJSIP/carrier-2", "PJSIP/carrier-2-0000002a", True),
        ("PJSIP/carrier", "PJSIP/carrier2-0000002a", False),
        ("PJSIP/carrier", "SIP/carrier-0000002a", False),
        ("PJSIP/carrier", "PJSIP/carrier", False),
    ],
)
def test_whose_leg_a_channel_is(endpoint: str, channel: str, owns: bool) -> None:
    assert config.Trunk(endpoint=endpoint).owns(channel) is owns


@pytest.mark.parametrize(
    ("text", "guarded"),
    [
        (TRUNK, {"carrier"}),  # cut is the default
        (TRUNK + "bypass = 'report'\n", set()),
        (TRUNK + "[trunks.other]\nendpoint = 'x'\nbypass = 'report'\n", {"carrier"}),
        ("[policy]\nmode = 'shadow'\n" + TRUNK + "bypass = 'cut'\n", set()),  # in shadow mode nothing is cut
    ],
)
def test_trunks_on_which_a_bypass_is_cut(tmp_path: Path, text: str, guarded: set[str]) -> None:
    assert config.load(written(tmp_path, text)).guarded == guarded
