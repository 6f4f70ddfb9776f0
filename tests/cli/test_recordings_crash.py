"""A purge killed between any two steps: never a file gone without its disposal; the next one ends it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.recorded import OVER, Shelf

ROOT = Path(__file__).parents[2]
STORE = "dialpact.store.units"
RAISE = f"{STORE}.retention.Retention.raise_to"
DISPOSALS = f"{STORE}.disposals.Disposals"


def cut(shelf: Shelf, function: str, passing: int, when: str) -> None:
    host = shelf.host
    arguments = (host.wall.isoformat(), str(host.up.total_seconds()), function, str(passing), when)
    run = subprocess.run(
        [sys.executable, "-m", "tests.cli.purge_cut", *arguments],
        cwd=shelf.home.path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == -signal.SIGKILL, run.stdout + run.stderr


@pytest.mark.parametrize(
    ("function", "passing", "when", "disposed", "left", "reason"),
    [
        (
            RAISE,
            0,
            "after",
            0,
            6,
            "the clock is read, longer profiles are applied",
        ),
        ("dialpact.application.recording_files.look", 1, "after", 0, 6, "half of the files are hashed"),
        (f"{DISPOSALS}.record", 0, "before", 0, 6, "all are hashed"),
        (
            f"{DISPOSALS}.record",
            0,
            "after",
            1,
            6,
            "the disposal is written, every file is there",
        ),
        ("os.unlink", 0, "after", 1, 5, "the first file is gone, its folder not flushed"),
        ("os.fsync", 0, "after", 1, 5, "and flushed"),
        ("os.unlink", 2, "before", 1, 4, "one file is left"),
        (f"{DISPOSALS}.finish", 0, "before", 1, 3, "all are gone, that is not written"),
        (f"{DISPOSALS}.finish", 0, "after", 1, 3, "the first is done, the second not begun"),
        (f"{DISPOSALS}.record", 1, "after", 2, 3, "the second is written"),
        (f"{DISPOSALS}.finish", 1, "after", 2, 0, "both are done, nothing was said"),
    ],
)
def test_killed_and_completed(
    shelf: Shelf, function: str, passing: int, when: str, disposed: int, left: int, reason: str
) -> None:
    ids = [shelf.put("a"), shelf.put("b")]
    shelf.lives_until(OVER)
    cut(shelf, function, passing, when)
    files = {id: shelf.files(name) for id, name in zip(ids, "ab", strict=True)}
    assert sum(map(len, files.values())) == left, reason
    histories = [shelf.history(id) for id in ids]
    assert sum("dispose" in history for history in histories) == disposed, reason
    for id, history in zip(ids, histories, strict=True):
        assert len(files[id]) == 3 or history[0] == "dispose", reason
    unfinished = {id for id, history in zip(ids, histories, strict=True) if history == ["dispose"]}
    assert {id for id, state in shelf.purge().items() if state == "unfinished"} == unfinished, reason
    shelf.purge("--yes")
    assert [shelf.history(id) for id in ids] == [["dispose", "disposed"]] * 2, reason
    assert shelf.files("a") | shelf.files("b") == set()
    assert shelf.purge() == {}
    assert shelf.home("recordings", "verify") == {"checked": 0, "files": 0, "findings": []}
    shelf.home.run("ledger", "verify")


def test_what_was_put_in_the_place_of_a_file_meanwhile_stays(shelf: Shelf) -> None:
    id = shelf.put()
    shelf.lives_until(OVER)
    cut(shelf, f"{DISPOSALS}.record", 0, "after")
    shelf.path(side="-callee").write_bytes(b"something else")
    assert [found["problem"] for found in shelf.home("recordings", "verify", code=3)["findings"]] == [
        "disposal-unfinished"
    ] * 3
    assert shelf.purge("--yes", code=3) == {id: "changed"}
    assert shelf.files() == {"-callee", "-agent"}
    assert shelf.refusals() == [f"recording {id}: changed: a-callee.wav"]
    assert shelf.purge("--yes", code=3) == {id: "changed"}
    assert len(shelf.refusals()) == 1  # told once
    shelf.path(side="-callee").unlink()  # an officer has looked at it
    assert shelf.purge("--yes") == {id: "disposed"}
    assert (shelf.files(), shelf.history(id)) == (set(), ["dispose", "disposed"])


def test_a_second_name_that_was_made_meanwhile_stops_the_rest(shelf: Shelf) -> None:
    id = shelf.put()
    shelf.lives_until(OVER)
    cut(shelf, f"{DISPOSALS}.record", 0, "after")
    copy = shelf.home.path / "copy.wav"
    copy.hardlink_to(shelf.path(side="-callee"))
    assert shelf.purge("--yes", code=3) == {id: "linked"}
    assert shelf.files() == {"-callee", "-agent"}
    copy.unlink()
    assert shelf.purge("--yes") == {id: "disposed"}


def test_the_leaf_is_on_disk_before_a_file_goes(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    id = shelf.put()
    shelf.lives_until(OVER)
    seen: list[list[str]] = []
    unlink = os.unlink

    def watched(path: str, *, dir_fd: int | None = None) -> None:
        if str(path).endswith(".wav"):
            seen.append(shelf.history(id))  # through a connection of its own: what is committed
        unlink(path, dir_fd=dir_fd)

    monkeypatch.setattr(os, "unlink", watched)
    assert shelf.purge("--yes") == {id: "disposed"}
    assert seen == [["dispose"]] * 3
