"""Installs and uninstalls in processes that are killed (kill -9) at one step, step after step.

``python -m tests.application.pbx.cut_each FOLDER``: prints what was cut, as JSON: a list of ``function``,
``step``, ``when``, ``during`` and ``wrong``, which is empty where nothing was lost and nothing left.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from dialpact.application.pbx.adapter import Wishes
from dialpact.application.pbx.host import Host
from dialpact.application.pbx.install import apply, look
from dialpact.application.pbx.manifest import Backup
from dialpact.application.pbx.uninstall import uninstall
from tests.application.pbx.fake import Fake, everything, world
from tests.cutting import cut

FUNCTIONS = (
    *("os.fsync", "os.rename", "os.unlink", "os.fchmod", "os.mkdir", "os.rmdir", "os.utime"),
    *("pathlib.Path.replace", "pathlib.Path.unlink", "pathlib.Path.rmdir"),
    "tests.application.pbx.fake.FileTables.put",
)
QUIET = ("os.fsync", "os.fchmod", "os.utime")  # before one is after what went before it
ADAPTER = Fake()


def install(host: Host, backup: Backup) -> None:
    found = ADAPTER.recognise(host)
    assert found is not None
    apply(host, look(host, ADAPTER, found, Wishes(), backup), backup)


def remove(host: Host, backup: Backup) -> None:
    uninstall(host, [ADAPTER], backup)


def killed(act: Callable[[], None], function: str, step: int, when: str) -> bool:
    """Whether it came so far."""
    child = os.fork()
    if child == 0:
        try:
            cut(function, step, when)
            act()
        finally:
            os._exit(0)
    return os.WIFSIGNALED(status := os.waitpid(child, 0)[1]) and os.WTERMSIG(status) == signal.SIGKILL


def wrong(folder: Path, host: Host, backup: Backup, before: object, again: bool) -> list[str]:
    """After a cut: perhaps installed once more, then taken out."""
    if again:
        install(host, backup)
        found = ADAPTER.recognise(host)
        assert found is not None
        if not look(host, ADAPTER, found, Wishes(), backup).nothing:
            return ["the second installation left something to do"]
    if backup.look() is not None:
        remove(host, backup)
    after = everything(folder)
    assert isinstance(before, dict)
    found_wrong = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return found_wrong + ([str(backup.folder)] if backup.look() is not None else [])


def main(folder: Path) -> list[dict[str, object]]:
    told: list[dict[str, object]] = []
    for during in ("install", "uninstall"):
        for function in FUNCTIONS:
            for when in ("after",) if function in QUIET else ("before", "after"):
                step = 0
                while one(folder, during, function, step, when, told):
                    step += 1
    return told


def one(
    folder: Path, during: str, function: str, step: int, when: str, told: list[dict[str, object]]
) -> bool:
    for again in (False, True):
        shutil.rmtree(folder, ignore_errors=True)
        host, backup = world(folder)
        before = everything(folder)
        if during == "uninstall":
            install(host, backup)
        act = install if during == "install" else remove
        if not killed(lambda: act(host, backup), function, step, when):  # noqa: B023 - called at once
            return False
        told.append(
            {
                "function": function,
                "step": step,
                "when": when,
                "during": during,
                "again": again,
                "wrong": wrong(folder, host, backup, before, again),
            }
        )
    return True


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
