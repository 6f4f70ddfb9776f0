"""The machine, as far as an installation touches it: files of a PBX, and its programs."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import NamedTuple, Protocol

from dialpact.application.doctor.conf import ConfSection, sections
from dialpact.compliance.dialplan.plan import Plan
from dialpact.compliance.registers.fault import Fault, shown

MOST_BYTES = 16 << 20  # of one file that is read


class Ran(NamedTuple):
    """How a program ended. ``code`` 127: there is no such program; -1: it took too long, or said too much."""

    code: int
    out: str
    err: str


class Run(Protocol):
    """Runs a program of the PBX by its words, never through a shell, bounded in time and output.

    ``given``: to its standard input. ``env``: more of its environment (a password
    there is in no list of processes).
    """

    def __call__(
        self, words: Sequence[str], given: bytes = b"", env: Mapping[str, str] | None = None
    ) -> Ran: ...


def _no_program(words: Sequence[str], given: bytes = b"", env: Mapping[str, str] | None = None) -> Ran:
    return Ran(127, "", f"{words[0]}: not run")


@dataclass(frozen=True)
class Host:
    """``root``: ``/``, or a folder that stands for it. Paths are given as the PBX has them, without it.

    ``etc``: Asterisk's configuration, ``root`` included. ``running``: the dialplan as it runs, where somebody
    has asked for it.
    """

    root: Path
    etc: Path
    run: Run = field(default=_no_program, compare=False)
    running: Plan | None = field(default=None, compare=False, repr=False)

    @property
    def runs(self) -> bool:
        """Whether its programs are run: of a folder that stands for a machine they are not."""
        return self.run is not _no_program

    def path(self, text: str) -> Path:
        """Where ``text``, an absolute path of the PBX's, lies. Fault for one that is none, or leads up."""
        pure = PurePosixPath(text)
        if not pure.is_absolute() or ".." in pure.parts or any(ord(sign) < 32 for sign in text):
            raise Fault("pbx-path", path=shown(text))
        return self.root.joinpath(*pure.parts[1:])

    def conf(self, name: str) -> str:
        """The path, as the PBX has it, of a file in Asterisk's configuration."""
        return f"/{self.etc.relative_to(self.root)}/{name}"

    def text(self, path: str) -> str | None:
        """A file's text, what is no UTF-8 in it replaced. None: no such file. Fault: it is no usable one."""
        content = self.content(path)
        return None if content is None else content.decode("utf-8", "replace")

    def content(self, path: str) -> bytes | None:
        """A file's bytes, through links. None: no such file. Fault: no regular one, too large, unreadable."""
        place = self.path(path)
        try:
            # Not blocking: a pipe that nobody writes to must not hold whoever looks.
            handle = os.open(place, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise Fault("file", file=path, error=error.strerror or str(error)) from error
        with open(handle, "rb") as file:  # noqa: PTH123 - of a handle
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise Fault("pbx-no-file", file=path)
            try:
                content = file.read(MOST_BYTES + 1)
            except OSError as error:
                raise Fault("file", file=path, error=error.strerror or str(error)) from error
        if len(content) > MOST_BYTES:
            raise Fault("pbx-large", file=path)
        return content

    def sections(self, name: str) -> list[ConfSection]:
        """Of a file in Asterisk's configuration, read as Asterisk reads it; none where it is missing."""
        return sections(self.etc, name)
