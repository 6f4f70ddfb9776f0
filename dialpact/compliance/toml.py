"""TOML files of the operator's, read as what they may be: anything.

The library's own reader follows nested values by recursion and lets Python's limit on the digits of a number
through as a plain ValueError; both would be a traceback where a place and a reason are promised.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

MOST = 1 << 20  # bytes; the largest profile that ships has 1 % of it


class TomlError(ValueError):
    """Why it can not be read, with line and column where they are known."""


def read(path: Path) -> bytes:
    """The file's bytes, never more than MOST. Raises TomlError, OSError."""
    with path.open("rb") as file:
        content = file.read(MOST + 1)
    if len(content) > MOST:
        raise TomlError(f"larger than {MOST >> 20} MiB")
    return content


def parse(text: str) -> dict[str, Any]:
    """Raises TomlError."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TomlError(str(error)) from error
    except RecursionError as error:
        raise TomlError("values are nested too deeply") from error
    except ValueError as error:  # a number with more digits than Python reads
        raise TomlError(f"a number is out of bounds ({str(error).partition(':')[0]})") from error
