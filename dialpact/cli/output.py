"""Standard output that can not be written, full or closed: one line on stderr says so, the exit code is 1."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

from dialpact.compliance.texts import language_from_env
from dialpact.presentation import texts


class _Descriptor(io.FileIO):
    """Remembers why it could not be written: its OSError alone looks like that of any file."""

    lost: OSError | None = None

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:  # who reads no further has not lost anything
            raise
        except OSError as error:
            self.lost = error
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())  # else Python's own last flush fails, with words of its own
            os.close(nowhere)
            raise


def lost() -> OSError | None:
    """Why standard output could not be written; None when it could."""
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    return raw.lost if isinstance(raw, _Descriptor) else None


def guarded(program: Callable[[], object]) -> None:
    """``program`` with streams that can be written, or none of it."""
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - stays open
    if sys.stdout is None:
        _end("say.no-output")
    out, errors = sys.stdout, "replace"  # a character that a terminal can not show is "?", not the end
    raw = _Descriptor(out.fileno(), "w", closefd=False)
    sys.stdout = io.TextIOWrapper(
        io.BufferedWriter(raw), out.encoding, errors, line_buffering=bool(out.line_buffering)
    )
    sys.stderr.reconfigure(errors=errors)  # type: ignore[union-attr]
    try:
        program()
    except OSError:
        if not raw.lost:
            raise
        _end("say.unprinted", raw.lost)


def _end(key: str, error: OSError | None = None) -> None:
    language = language_from_env()
    message = texts.text(key, language, why=texts.os_error_text(error, language) if error else "")
    typer.echo(texts.text("say.error", language, message=message), err=True)
    sys.exit(1)
