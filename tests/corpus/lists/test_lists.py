"""Lists as they are brought: each file through every command that takes such a file."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from dialpact.presentation import texts
from tests.cli.conftest import Home, home, stocked  # noqa: F401 - fixtures
from tests.corpus.lists import make

TABLE: dict[str, dict[str, Any]] = tomllib.loads((make.FOLDER / "table.toml").read_text("utf-8"))["list"]
LEADS = ("--campaign", "renewal", "--partner", "p", "--contract", "k", "--basis", "b")
COMMANDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "dnc": (("dnc", "import", "FILE"),),
    "leads": (("leads", "import", "FILE", *LEADS), ("caller-id", "reconcile", "--carrier-list", "FILE")),
    "consent": (("consent", "import", "FILE"),),
    "caller-id": (("caller-id", "import", "FILE"),),
    "carrier-list": (("caller-id", "reconcile", "--carrier-list", "FILE"),),
}
REPORT = ("report", "inspection", "--from", "2026-11-01", "--to", "2026-11-02", "--carrier-list", "FILE")
EVERY = [*dict.fromkeys(command for commands in COMMANDS.values() for command in commands), REPORT]
TAKERS = {"carrier-list": ()} | {name: commands[:1] for name, commands in COMMANDS.items()}


def cases() -> Iterator[Any]:
    for name, about in TABLE.items():
        kind = about.get("command", "dnc")
        for command in EVERY if kind == "all" else TAKERS[kind]:
            yield pytest.param(name, about, command, id=f"{name} {command[0]}")


def test_every_file_is_in_the_table_and_as_it_is_made() -> None:
    made = make.files()
    assert set(made) == set(TABLE) and len(made) > 60
    for name, content in made.items():
        assert (make.FOLDER / name).read_bytes() == content, name
        assert TABLE[name]["what"]


@pytest.mark.parametrize(("name", "about", "command"), list(cases()))
def test_what_comes_out(stocked: Home, name: str, about: dict[str, Any], command: tuple[str, ...]) -> None:  # noqa: F811
    file = stocked.file(name, (make.FOLDER / name).read_bytes())
    given = [file if word == "FILE" else word for word in command]
    if "refused" in about:
        answer = stocked(*given, code=1)
        assert pattern(f"fault.{about['refused']}") in answer["error"]
        return
    bad, good = about.get("bad", []), about.get("numbers", [])
    wish = ("--skip-bad",) if bad else ()
    compared = command[:2] == ("caller-id", "reconcile")
    answer = stocked(*given, *wish, code=0 if good and not compared else 3 if good else 1)
    assert [[str(one["line"]), one["code"]] for one in answer["errors"]] == bad
    assert len(answer["remarks"]) == len(about.get("remarks", []))
    for text, key in zip(answer["remarks"], about.get("remarks", []), strict=True):
        assert pattern(f"remark.{key}") in text
    assert numbers(stocked, command, answer, good) == sorted(good)
    if granted := about.get("granted_at"):
        found = {one["number"]: one["granted_at"] for one in stocked("consent", "list")}
        assert [found[number] for number in good] == granted


def pattern(key: str) -> str:
    """The longest part of a text that is always the same."""
    text = texts.catalogue("en")[key]
    return max((piece.partition("}")[2] or piece for piece in text.split("{")), key=len)


def numbers(home: Home, command: tuple[str, ...], answer: Any, wanted: list[str]) -> list[str]:  # noqa: F811
    """What the register has of the file."""
    known = {"+8613800138000"} if command[0] == "consent" else {"02787654321"} - set(wanted)
    if command[0] == "leads":
        assert answer["good"] == len(wanted)
        return sorted(number for number in wanted if home("leads", "find", number))
    if command[1] == "reconcile":
        return sorted(one["number"] for one in answer["differences"] if one["kind"] == "not-registered")
    return sorted(one["number"] for one in home(command[0], "list") if one["number"] not in known)
