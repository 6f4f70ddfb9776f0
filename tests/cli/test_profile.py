"""``dialpact profile``: what ships is listed, shown and copied, and nobody searches site-packages."""

from __future__ import annotations

import os
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest

from dialpact.application.profiles import show
from dialpact.compliance import profile
from tests.cli.conftest import NUMBER, Home

NAMES = profile.names()


def shipped(name: str) -> bytes:
    return files("dialpact.compliance").joinpath("profiles", f"{name}.toml").read_bytes()


@pytest.fixture
def bare(home: Home) -> Home:
    """Without a configuration."""
    home.config.unlink()
    return home


def test_a_file_of_ones_own_is_listed_where_it_is_in_force(home: Home) -> None:
    home.run("profile", "copy", "us-tx", "ours.toml")
    text = home.config.read_text("utf-8")
    home.config.write_text(text.replace('["cn-hubei-2018"]', '["us-federal", "ours.toml"]'), "utf-8")
    rows = home("profile", "list")
    assert [(row["id"], row["file"]) for row in rows if row["in_force"]] == [
        ("us-federal", ""),
        ("us-tx", str(home.path / "ours.toml")),
    ]
    home.file("ours.toml", "id = 1")
    listed = home.run("profile", "list")  # it may be what one needs to mend it
    assert "ours.toml" in listed.stderr and "us-federal" in listed.stdout


def test_listed_with_and_without_a_configuration(home: Home) -> None:
    rows = {row["id"]: row for row in home("profile", "list")}
    assert tuple(rows) == NAMES
    assert [name for name, row in rows.items() if row["in_force"]] == ["cn-hubei-2018"]
    assert rows["us-tx"]["rules"] == ["registration", "days", "hours"]
    assert rows["us-tx"]["regions"] == ["US"]
    home.config.write_text("[policy", "utf-8")  # this list may be what one needs to mend it
    assert {row["in_force"] for row in home("profile", "list")} == {None}
    home.config.unlink()
    assert {row["in_force"] for row in home("profile", "list")} == {None}
    assert "查证日期" in home.run("profile", "list", "--lang", "zh").stdout


@pytest.mark.parametrize("name", NAMES)
def test_shown(bare: Home, name: str) -> None:
    answer = bare("profile", "show", name)
    known = profile.load(name)
    assert (answer["id"], answer["sha256"]) == (name, known.sha256)
    assert answer["text"].encode() == shipped(name)
    sections = {one["section"]: one for one in answer["sections"]}
    assert sections["numbers"]["settings"] == {"regions": list(known.numbers.regions)}
    for section in sections.values():
        rule = known.section(section["section"])
        assert rule is not None and (section["clause"], section["source"]) == (rule.clause, rule.source)
    assert bare.run("profile", "show", name, "--text").stdout.encode() == shipped(name)
    for language, said in (("en", "Not confirmed: "), ("zh", "未能确认: ")):
        text = bare.run("profile", "show", name, "--lang", language).stdout
        assert (said in text) == (known.source != "Dialpact")  # (it has nobody's word to confirm)
        for section in sections.values():
            assert section["source"] in text.replace("\n", "")


def test_shown_with_values_and_words(bare: Home) -> None:
    text = bare.run("profile", "show", "cn-hubei-2018").stdout
    assert "[hours] Hours\n" in text and 'windows = ["08:00-12:00", "14:00-18:30"]\n' in text
    assert "refused = { agent = 200, caller-id = 500, campaign = 1000 }\n" in text
    where = 'purposes = ["marketing"], country = "86", effective_from = 2026-01-01, '
    assert f'ranges = [{{ never = ["700.", "0700."], {where}' in text
    assert "Binds from: 2018-12-14\n" in text and "Looked up: 2026-11-29\n" in text
    assert "[hours] 外呼时段\n" in bare.run("profile", "show", "cn-hubei-2018", "--lang", "zh").stdout


@pytest.mark.parametrize("name", NAMES)
def test_a_copy_is_the_file_and_can_be_loaded(bare: Home, name: str) -> None:
    answer = bare("profile", "copy", name, "ours.toml")
    copied = bare.path / "ours.toml"
    assert answer == {"profile": name, "file": "ours.toml", "sha256": profile.load(name).sha256}
    assert copied.read_bytes() == shipped(name)
    assert profile.load(copied).id == profile.load("ours.toml").id == name
    assert copied.stat().st_mode & 0o077 == 0o044


def test_a_copy_can_be_put_in_force(stocked: Home) -> None:
    said = stocked.run("profile", "copy", "cn-hubei-2018", "ours.toml").stdout
    assert said.startswith("ours.toml: cn-hubei-2018 as it ships.")
    text = stocked.config.read_text("utf-8")
    stocked.config.write_text(text.replace('"cn-hubei-2018"', '"ours.toml"', 1), "utf-8")
    call = ("check", NUMBER, "--campaign", "renewal", "--caller-id", "02787654321")
    assert stocked(*call, "--at", "2026-11-25T10:00:00+08:00")["verdict"] == "ALLOW"
    assert stocked("profile", "show", "ours.toml")["id"] == "cn-hubei-2018"


def test_a_copy_of_a_file_is_not_called_the_one_that_ships(bare: Home) -> None:
    bare.run("profile", "copy", "fr", "ours.toml")
    said = bare.run("profile", "copy", "ours.toml", "mine.toml").stdout
    assert said.startswith("mine.toml: a copy of ours.toml.") and "ships" not in said
    assert (bare.path / "mine.toml").read_bytes() == shipped("fr")


def test_what_is_shown_moves_no_cursor(bare: Home) -> None:
    bare.run("profile", "copy", "fr", "ours.toml")
    file = bare.path / "ours.toml"
    file.write_text(file.read_text("utf-8").replace('title = "', 'title = "\\u001b[2J', 1), "utf-8")
    assert "Title: \\x1b[2J" in bare.run("profile", "show", "ours.toml").stdout


def test_a_copy_overwrites_nothing(bare: Home) -> None:
    there = bare.path / "there.toml"
    there.write_text("mine", "utf-8")
    (bare.path / "link.toml").symlink_to(bare.path / "nowhere.toml")
    (bare.path / "folder.toml").mkdir()
    for name in ("there.toml", "link.toml", "folder.toml"):
        said = bare.run("profile", "copy", "fr", name, code=1)
        assert "is there already and is not overwritten" in said.stderr
        assert "不予覆盖" in bare.run("profile", "copy", "fr", name, "--lang", "zh", code=1).stderr
    assert there.read_text("utf-8") == "mine" and not (bare.path / "nowhere.toml").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("copy", "nowhere", "a.toml"), "no profile 'nowhere'; there are: au"),
        (("copy", "fr", "a"), "ends in .toml"),
        (("copy", "fr", "a.txt"), "ends in .toml"),
        (("copy", "fr", "no/such/a.toml"), "No such file or directory"),
        (("show", "nowhere"), "there are: au"),
        (("show", "nowhere.toml"), "No such file or directory"),
    ],
)
def test_what_is_refused(bare: Home, arguments: tuple[str, ...], said: str) -> None:
    before = set(bare.path.iterdir())
    assert said in bare.run("profile", *arguments, code=1).stderr
    assert set(bare.path.iterdir()) == before


@pytest.mark.parametrize("name", NAMES)
def test_every_shipped_citation_says_when_it_was_looked_up(name: str) -> None:
    found = show(name)
    if found.source == "Dialpact":
        assert found.looked_up is None
    else:
        assert found.looked_up is not None and found.looked_up >= date(2026, 11, 29)
    for section in found.sections:
        # What nobody but this product asks for can be looked up nowhere else.
        assert (section.looked_up is None) == (section.source == "Dialpact"), section.section


def test_a_half_written_copy_does_not_stay(bare: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)  # no door leads to a disk that is full
    assert "No space left on device" in bare.run("profile", "copy", "fr", "a.toml", code=1).stderr
    assert not Path(bare.path / "a.toml").exists()
