"""The tables of the numbering plans, each with its source and the day on which it was read."""

from __future__ import annotations

from importlib.resources import files
from typing import TypeVar

import msgspec

from dialpact.compliance import toml

T = TypeVar("T")


def read(name: str, kind: type[T]) -> T:
    """A table that ships."""
    content = files("dialpact.compliance").joinpath("numbers", "data", name).read_text("utf-8")
    return msgspec.convert(toml.parse(content), kind)
