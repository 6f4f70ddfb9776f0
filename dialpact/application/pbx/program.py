"""The programs of a PBX, run as they are: no shell, bounded time, bounded output."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import threading
from collections.abc import Mapping, Sequence
from typing import IO

from dialpact.application.pbx.host import Ran

SECONDS = 60.0  # a reload of a large PBX
MOST = 32 << 20  # bytes: the dialplan of a large PBX is two or three million
FOLDERS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def run(
    words: Sequence[str],
    given: bytes = b"",
    env: Mapping[str, str] | None = None,
    *,
    path: str = FOLDERS,
    seconds: float = SECONDS,
) -> Ran:
    """``path``: where the program is looked for. Its environment has nothing of ours."""
    program = shutil.which(words[0], path=path)
    if program is None:
        return Ran(127, "", f"{words[0]}: there is no such program")
    environment = {"PATH": path, "LC_ALL": "C.UTF-8", "HOME": "/root", **(env or {})}
    try:
        process = subprocess.Popen(  # noqa: S603 - words, no shell; what is in them was checked by who made them
            [program, *words[1:]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        )
    except OSError as error:
        return Ran(126, "", f"{program}: {error.strerror or error}")
    with process:
        taken = [_Taken(process, stream) for stream in (process.stdout, process.stderr)]
        stop = threading.Timer(seconds, process.kill)
        stop.start()
        with contextlib.suppress(OSError):  # it may not want to hear it
            assert process.stdin is not None
            process.stdin.write(given)
        with contextlib.suppress(OSError):
            assert process.stdin is not None
            process.stdin.close()
        code = process.wait()
        late = stop.finished.is_set()
        stop.cancel()
        out, err = (one.text() for one in taken)
    if late or any(one.too_much for one in taken):
        return Ran(-1, out, err)
    return Ran(code, out, err)


class _Taken(threading.Thread):
    """What a program says, up to a bound; beyond it, the program ends."""

    def __init__(self, process: subprocess.Popen[bytes], stream: IO[bytes] | None) -> None:
        super().__init__(daemon=True)
        assert stream is not None
        self._process, self._stream = process, stream
        self._parts: list[bytes] = []
        self.too_much = False
        self.start()

    def run(self) -> None:
        size = 0
        with contextlib.suppress(OSError, ValueError):
            while part := self._stream.read1(65536):  # type: ignore[attr-defined]
                size += len(part)
                if size > MOST:
                    self.too_much = True
                    self._process.kill()
                    return
                self._parts.append(part)

    def text(self) -> str:
        self.join(5)
        return b"".join(self._parts).decode("utf-8", "replace")
