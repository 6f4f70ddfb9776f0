"""The tables of the numbering plans, each with its source and the day on which it was read."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec

from dialpact.compliance import toml

T = TypeVar("T")


def read(name: str, kind: type[T]) -> T:
    """A table that ships."""
    content = Path(__file__).with_name(name).read_text("utf-8")
    return msgspec.convert(toml.parse(content), kind)
