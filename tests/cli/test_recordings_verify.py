"""``recordings verify``: every kept recording hashed anew, nothing else there, nothing back from the dead."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from dialpact.application import custody
from dialpact.application.actor import Actor, Door
from dialpact.application.context import Context
from dialpact.store.sqlite import Store
from dialpact.store.units.custody import Custody
from tests.cli.recorded import DAY, OVER, Shelf
from tests.compliance.store_values import AT


def found(shelf: Shelf, *more: str) -> set[tuple[str, str]]:
    """File and problem."""
    answer = shelf.home("recordings", "verify", *more, code=3)
    return {(Path(finding["path"]).name, finding["problem"]) for finding in answer["findings"]}


def test_every_kind_of_finding(shelf: Shelf) -> None:
    shelf.put("whole")
    shelf.put("gone")
    shelf.put("other")
    shelf.put("forged", ended=AT + DAY)
    shelf.path("gone", "-agent").unlink()
    shelf.path("other").write_bytes(b"other words")
    (shelf.folder / "stranger.wav").write_bytes(b"")
    shelf.sql("DROP TRIGGER recording_end_is_final")
    shelf.sql("UPDATE recording SET seconds = 99 WHERE uniqueid = 'forged'")
    assert found(shelf) == {
        ("gone-agent.wav", "missing"),
        ("other.wav", "changed"),
        ("forged.wav", "not-its-leaf"),
        ("stranger.wav", "foreign"),
    }
    english = shelf.home.run("recordings", "verify", code=3).stdout
    assert "4 recordings (12 files) verified, 4 findings" in english
    assert "its row is not what the ledger has" in english
    chinese = shelf.home.run("recordings", "verify", "--lang", "zh", code=3).stdout
    assert "数据库记录与账本不符" in chinese


def test_what_was_disposed_of_must_stay_away(shelf: Shelf) -> None:
    shelf.put()
    shelf.lives_until(OVER)
    path = shelf.path(side="-callee")
    heard = path.read_bytes()
    shelf.purge("--yes")
    assert shelf.home("recordings", "verify") == {"checked": 0, "files": 0, "findings": []}
    path.write_bytes(heard)  # out of a copy
    assert found(shelf) == {("a-callee.wav", "disposed")}


@pytest.mark.parametrize(
    "statements",
    [
        [
            "DROP TRIGGER recording_is_disposed_of_by_a_disposal",
            "UPDATE recording SET disposed_at = '2027-11-25'",
        ],
        [
            "DROP TRIGGER disposal_in_its_time",
            "DROP TRIGGER disposal_is_logged",
            "INSERT INTO disposal SELECT id, '2027', 'nobody', keep_until, 1, '2027' FROM recording",
        ],
        [
            "DROP TRIGGER disposal_in_its_time",
            "DROP TRIGGER ledger_register_change",
            "INSERT INTO disposal SELECT id, '2027', 'nobody', keep_until, 1, '2027' FROM recording",
        ],
    ],
)
def test_a_disposal_that_the_ledger_does_not_have(shelf: Shelf, statements: list[str]) -> None:
    """A file was deleted, and the database made to say that its time was over."""
    shelf.put()
    shelf.reads_clock()
    for path in shelf.folder.rglob("*.wav"):
        path.unlink()
    for statement in statements:
        shelf.sql(statement)
    assert ("a.wav", "not-disposed") in found(shelf)
    assert (
        "标为已处置，但账本中没有处置记录"
        in shelf.home.run("recordings", "verify", "--lang", "zh", code=3).stdout
    )


def test_a_second_name_is_no_finding_here(shelf: Shelf) -> None:
    """A copy by hard links is a way to back up; it only keeps a purge from deleting."""
    shelf.put()
    backup = shelf.home.path / "backup.wav"
    backup.hardlink_to(shelf.path())
    assert shelf.home("recordings", "verify")["findings"] == []


@pytest.mark.parametrize(
    ("bounds", "checked", "reason"),
    [
        ((), 3, "all"),
        (("--since", "2026-11-24 10:00:01"), 2, "the first began at ten"),
        (("--since", "2026-11-24 10:00:00"), 3, "from then on"),
        (("--until", "2026-11-25 10:00:00"), 1, "before then"),
        (("--until", "2026-11-25"), 2, "that day included"),
        (("--since", "2026-11-25", "--until", "2026-11-25"), 1, "one day"),
        (("--since", "2026-12-01"), 0, "none"),
    ],
)
def test_a_span(shelf: Shelf, bounds: tuple[str, ...], checked: int, reason: str) -> None:
    for day in range(3):
        shelf.put(f"day{day}", ended=AT + day * DAY)
    assert shelf.home("recordings", "verify", *bounds)["checked"] == checked, reason


@pytest.mark.parametrize(("sample", "checked"), [(1, 1), (3, 3), (4, 4), (5, 4), (0, 4)])
def test_a_sample(shelf: Shelf, sample: int, checked: int) -> None:
    for number in range(4):
        shelf.put(f"r{number}")
    assert shelf.home("recordings", "verify", "--sample", str(sample))["checked"] == checked


def test_a_sample_is_of_the_span_and_finds(shelf: Shelf) -> None:
    shelf.put("old", ended=AT - 5 * DAY)
    shelf.put("new")
    shelf.path("new").write_bytes(b"x")
    bounds = ("--since", "2026-11-24")
    for _ in range(3):
        assert found(shelf, "--sample", "1", *bounds) == {("new.wav", "changed")}
    shelf.home.run("recordings", "verify", "--until", "2026-11-23")
    for wrong in (("--sample", "-1"), ("--sample", "100001")):
        shelf.home.run("recordings", "verify", *wrong, code=2)
    assert "since" in shelf.home("recordings", "verify", "--since", "never", code=1)["error"]


def test_a_page_and_one(shelf: Shelf) -> None:
    async def verified(store: Store) -> custody.Verified:
        store.custody = Custody(store, page=2)
        context = Context(store, Actor(name="chen", door=Door.SHELL), shelf.host)
        return await custody.verify(context, shelf.folder)

    for number in range(3):
        shelf.put(f"r{number}", ended=AT + timedelta(minutes=number))
    shelf.path("r2").unlink()
    found = shelf.within(verified)
    assert found.checked == 3
    assert [Path(one.path).name for one in found.findings] == ["r2.wav"]


@pytest.mark.parametrize(
    "statement", ["state = 'failed'", "state = 'unanswered', sha256 = NULL", "state = 'starting'"]
)
def test_a_row_that_needs_no_file_any_more(shelf: Shelf, statement: str) -> None:
    """Whoever has the file says that nothing was kept, and takes the recording away."""
    shelf.put()
    for guard in ("recording_state_is_final", "recording_end_is_final"):
        shelf.sql(f"DROP TRIGGER {guard}")
    shelf.sql(f"UPDATE recording SET {statement}")
    for path in list(shelf.folder.rglob("*.wav")):
        path.unlink()
    assert found(shelf) == {("a.wav", "not-its-leaf")}
