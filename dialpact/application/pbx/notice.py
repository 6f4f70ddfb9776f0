"""What is said of one file or row of an installation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Notice:
    """What is said of one file or row. ``key`` names the text (table ``pbx-notice``)."""

    key: str
    values: Mapping[str, str]
