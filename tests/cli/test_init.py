"""``init``: complete, commented, works as it stands, never over what is there."""

from __future__ import annotations

import re
import stat
import tomllib
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from dialpact.cli import init
from dialpact.compliance import config as configuration
from dialpact.compliance.config import Config
from dialpact.compliance.ledger import keys as keys_of_ledger
from dialpact.compliance.texts import LANGUAGES, Language
from tests.cli.conftest import Home


def test_what_it_makes(home: Home) -> None:
    config = configuration.load(home.config)
    assert config.policy.profiles == ("cn-hubei-2018",)
    assert list(config.trunks) == ["carrier"]
    assert config.trunks["carrier"].endpoint == "PJSIP/carrier"
    assert config.database == home.path / "dialpact.db"
    key = load_pem_private_key((home.path / "ledger.key").read_bytes(), None)
    assert isinstance(key, Ed25519PrivateKey)
    assert len(config.ami_secret()) >= 24
    assert stat.S_IMODE((home.path / "ledger.pub").stat().st_mode) & 0o600 == 0o600
    assert keys_of_ledger.load_public(home.path / "ledger.pub") == keys_of_ledger.load(config).verifier
    for name in ("ledger.key", "ami.secret"):
        assert stat.S_IMODE((home.path / name).stat().st_mode) == 0o600
    assert home("business", "list") == []


def keys(kind: type[msgspec.Struct]) -> set[str]:
    return {field.name for field in msgspec.structs.fields(kind)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_setting_is_in_the_file_with_its_default(language: Language) -> None:
    text = init.template(language, "cn-hubei-2018")
    # Off; as they are written, they are the default.
    assert not {"metrics", "supervision", "webhooks"} & set(tomllib.loads(text))
    off = r"^#(\[metrics\]|\[supervision\]|\[web\.oidc\]|\[webhooks\.crm\]|[a-z_]+ = )"
    written = tomllib.loads(re.sub(off, r"\1", text, flags=re.MULTILINE))
    provider = written["web"].pop("oidc")
    oidc = configuration.OidcConfig(issuer="https://id.example", client_id="dialpact")
    assert set(provider) == keys(type(oidc)) and msgspec.convert(provider, type(oidc)) == oidc
    sections = {field.name: field.type for field in msgspec.structs.fields(Config)}
    sections["metrics"] = configuration.MetricsConfig
    sections["supervision"] = configuration.SupervisionConfig
    assert set(written) == set(sections) - {"origin"}
    trunk = configuration.Trunk
    for name, section in written.items():
        if name == "trunks":
            assert set(section["carrier"]) == keys(trunk)
            assert msgspec.convert(section["carrier"], trunk) == trunk(endpoint="PJSIP/carrier")
        elif name == "webhooks":
            hook = configuration.WebhookConfig
            assert set(section["crm"]) == keys(hook)
            assert msgspec.convert(section["crm"], hook) == hook(url="https://crm.example/dialpact")
        else:
            assert set(section) == keys(sections[name]) - {"oidc"}
            assert msgspec.convert(section, sections[name]) == sections[name]()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_setting_has_its_comment(language: Language) -> None:
    lines = init.template(language, "x").splitlines()
    for place, line in enumerate(lines):
        if line.startswith("["):
            block = lines[place + 1 : place + 3]
            assert any(near.startswith("#") for near in (*block, lines[place - 1])), line


def test_both_languages_say_the_same() -> None:
    english, chinese = (tomllib.loads(init.template(language, "x")) for language in LANGUAGES)
    assert english == chinese


@pytest.mark.parametrize("name", ["dialpact.toml", "dialpact.db", "ledger.key", "ledger.pub", "ami.secret"])
def test_nothing_is_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_text("mine")
    answer = Home(tmp_path)("init", code=1)
    assert name in answer["error"]
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "mine"


def test_elsewhere(tmp_path: Path) -> None:
    target = tmp_path / "etc" / "dialpact" / "pact.toml"
    answer = Home(tmp_path)("--config", str(target), "init")
    assert answer["config"] == str(target)
    assert {path.name for path in target.parent.iterdir()} == {
        "pact.toml",
        "dialpact.db",
        "api.secret",
        "ledger.key",
        "ledger.pub",
        "ami.secret",
    }
    assert Home(tmp_path)("dnc", "list", "--config", str(target)) == []


def test_an_unknown_profile_makes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "nowhere" in Home(tmp_path)("init", "--profile", "nowhere", code=1)["error"]
    assert list(tmp_path.iterdir()) == []


def test_a_failure_half_way_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    in_the_way = tmp_path / "dialpact.db-journal"  # where SQLite writes first
    in_the_way.mkdir()
    assert "unable to open database file" in Home(tmp_path)("init", code=1)["error"]
    assert list(tmp_path.iterdir()) == [in_the_way]


def test_each_installation_has_a_log_of_its_own_name(tmp_path: Path) -> None:
    names = set()
    for number, org in enumerate(("acme", "acme", "")):
        folder = tmp_path / str(number)
        folder.mkdir()
        given = ("--org", org) if org else ()
        answer = Home(folder)("--config", str(folder / "dialpact.toml"), "init", *given)
        config = configuration.load(folder / "dialpact.toml")
        assert re.fullmatch(rf"dialpact/{org or 'unnamed'}/pbx1/[0-9a-f]{{12}}", answer["origin"])
        assert config.ledger.origin == keys_of_ledger.name_of(config) == answer["origin"]
        assert keys_of_ledger.load_public(folder / "ledger.pub").name == answer["origin"]
        names.add(answer["origin"])
    assert len(names) == 3


@pytest.mark.parametrize("org", ["", " ", "a b", "a+b", "a/b", "某某", "a\n", "x" * 65])
def test_a_name_of_an_organisation_that_no_log_can_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, org: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "name of an organisation" in Home(tmp_path)("init", "--org", org, code=1)["error"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "origin",
    ["acme", "dialpact", "dialpact/", "dialpact/a b", "dialpact/a+b", "dialpact/a\\n", "dialpact/a//b"],
)
def test_a_name_of_a_log_has_one_form(home: Home, origin: str) -> None:
    text = home.config.read_text("utf-8")
    home.config.write_text(
        re.sub('^origin = ".*"', lambda _: f'origin = "{origin}"', text, flags=re.MULTILINE)
    )
    assert "origin" in home("ledger", "key", code=1)["error"]
