"""What a parameter takes as it stands is what typer would have made of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.main import get_command

from dialpact.cli.app import PLACES, app, built
from dialpact.cli.plain_values import plain
from tests.cli.conftest import Home

TEXTS = (
    "",
    " ",
    "x",
    "汉",
    "-",
    "0",
    "zh",
    "ZH",
    "marketing",
    "open",
    ".",
    "/",
    "/dev/null",
    "/none",
    "a\udcffb",
)
VALUES = (*TEXTS, *(text.encode("utf-8", "surrogateescape") for text in TEXTS), 0, 1, -1, True, 1.0, None)


def parameters(command: Any) -> Iterator[Any]:
    yield from command.params
    for one in getattr(command, "commands", {}).values():
        yield from parameters(one)


ALL = [
    one
    for command in (get_command(app), *map(built, PLACES))
    for one in parameters(command)
    if hasattr(one, "type_descriptor")  # else a typer that converts by itself
]


def test_it_is_what_typer_makes_of_it() -> None:
    taken = set()
    for parameter in ALL:
        for value in (*VALUES, parameter.default):
            found = plain(value, parameter.type_descriptor, parameter.default)
            if found is None:
                continue
            context = typer.Context(built("check"))
            made = parameter.get_runtime_param().coerce(value, param=parameter, ctx=context)
            assert (type(made), made) == (type(found), found), (parameter.name, value)
            taken.add(str(parameter.type_descriptor.annotation))
    assert not ALL or ({str(str), str(int), str(Path)} <= taken and any("Literal" in kind for kind in taken))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("business", "list", "--limit", "-1"), "--limit"),
        (("business", "list", "--limit", "many"), "--limit"),
        (("business", "list", "--lang", "fr"), "'fr' is not one of 'zh', 'en'"),
        (("business", "show"), "Missing argument 'id'"),
        (("check", "110", "--campaign", "c"), "Missing option '--caller-id'"),
    ],
)
def test_what_is_refused_is_refused_by_typer(home: Home, words: tuple[str, ...], said: str) -> None:
    assert said in home.run(*words, code=2).stderr
