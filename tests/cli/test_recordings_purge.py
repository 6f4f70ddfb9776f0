"""``recordings purge``: what goes, what stays and why; and that the wall clock alone lets nothing go."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Coroutine
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dialpact.application import disposal
from dialpact.application.actor import Actor, Door
from dialpact.application.context import Context
from dialpact.application.disposal import Purged
from dialpact.application.policy import load_policy
from dialpact.cli import daemons
from dialpact.cli.command_context import CommandContext
from dialpact.compliance import config
from dialpact.compliance.errors import StoreRefused
from dialpact.compliance.trusted_time import Reading, Witness
from dialpact.store.sqlite import Store
from dialpact.store.units.clocks import Clocks
from dialpact.store.units.disposals import Disposals
from tests.cli.recorded import DAY, LAST, OVER, Shelf
from tests.compliance.store_values import AT

ROOT = Path(__file__).parents[2]
YEAR = timedelta(days=365)


def test_says_what_would_go_and_then_exactly_that_goes(shelf: Shelf) -> None:
    due, held = shelf.put("due"), shelf.put("held")
    changed, missing = shelf.put("changed"), shelf.put("missing")
    kept = shelf.put("kept", ended=AT + 2 * DAY, until=LAST + 2 * DAY)
    shelf.put("failed", until=None, state="failed")
    shelf.home.run("recordings", "hold", held, "--reason", "court", "--by", "chen")
    shelf.path("changed", "-agent").write_bytes(b"other words")
    shelf.path("missing").unlink()
    shelf.lives_until(OVER)

    said = {due: "due", held: "held", changed: "changed", missing: "missing"}
    assert shelf.purge(code=3) == said
    answer = shelf.home("recordings", "purge", code=3)
    assert (answer["done"], answer["counts"]) == (False, {"due": 1, "held": 1, "finding": 2, "not-due": 1})
    assert answer["first_kept_until"] == "2027-11-26"
    assert answer["bytes"] == shelf.path("due").stat().st_size
    assert shelf.files("due") == {"", "-callee", "-agent"}  # a dry run
    assert (shelf.history(due), shelf.refusals()) == ([], [])

    assert shelf.purge("--yes", code=3) == said | {due: "disposed"}
    assert {name: len(shelf.files(name)) for name in ("due", "held", "kept", "changed", "missing")} == {
        "due": 0,
        "held": 3,
        "kept": 3,
        "changed": 3,
        "missing": 2,
    }
    assert shelf.history(due) == ["dispose", "disposed"]
    assert (shelf.history(kept), shelf.history(changed), shelf.history(missing)) == ([], [], [])
    assert sorted(shelf.refusals()) == sorted(
        [f"recording {changed}: changed: changed-agent.wav", f"recording {missing}: missing: missing.wav"]
    )
    assert shelf.home("recordings", "list", "--state", "disposed")[0]["id"] == due
    shelf.home.run("ledger", "verify")


def _symlink(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def _folder_link(path: Path) -> None:
    path.parent.rename(path.parent.with_name("other"))
    path.parent.symlink_to("other")


def _copy(path: Path) -> None:
    os.link(path, path.with_name("second"))


def _rewritten(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1] + b"x")


def _fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("happens", "problem", "reason"),
    [
        (_symlink, "changed", "the same bytes, but a link"),
        (_folder_link, "changed", "the folder is a link"),
        (_copy, "linked", "a hard link: it would not be gone"),
        (_rewritten, "changed", "the last byte"),
        (_fifo, "changed", "nobody waits for its writer"),
    ],
)
def test_what_is_not_the_file_that_it_was_stays(
    shelf: Shelf, happens: Callable[[Path], None], problem: str, reason: str
) -> None:
    id = shelf.put()
    shelf.lives_until(OVER)
    before = {path for path in shelf.folder.rglob("*") if path.name != "a.wav"}
    happens(shelf.path())
    for _ in range(2):
        assert shelf.purge("--yes", code=3) == {id: problem}, reason
    assert shelf.history(id) == [], reason
    assert {path for path in before if path.exists()} == before, reason
    assert shelf.refusals() == [f"recording {id}: {problem}: a.wav"], reason


def test_a_row_that_does_not_fit_its_leaf(shelf: Shelf) -> None:
    id = shelf.put()
    shelf.lives_until(OVER)
    shelf.sql("DROP TRIGGER recording_end_is_final")
    shelf.path().write_bytes(b"invented")
    shelf.sql("UPDATE recording SET sha256 = 'invented'")
    assert shelf.purge("--yes", code=3) == {id: "not-its-leaf"}
    assert len(shelf.files()) == 3
    assert shelf.home("recordings", "show", id, code=3)["flaw"] == "not-its-leaf"


def test_a_day_that_was_lowered_by_force_stops_everything(shelf: Shelf) -> None:
    lowered, other = shelf.put("a"), shelf.put("b")
    shelf.home.run("recordings", "keep", lowered, "--until", "2030-01-01", "--reason", "contract")
    shelf.sql("DROP TRIGGER recording_keep_until_only_rises")
    shelf.sql("UPDATE recording SET keep_until = '2027-11-24' WHERE id = ?", lowered)
    shelf.lives_until(OVER)
    (named,) = shelf.home("recordings", "purge", "--yes", code=1)["differences"]
    assert (named["kind"], named["key"]) == ("recording", lowered)
    assert (len(shelf.files("a")), shelf.history(lowered), shelf.history(other)) == (3, ["keep"], [])


def test_a_folder_that_is_not_mounted(shelf: Shelf) -> None:
    shelf.put()
    shelf.lives_until(OVER)
    shelf.folder.rename(shelf.folder.with_name("away"))
    assert "not mounted" in shelf.home("recordings", "purge", "--yes", code=1)["error"]
    assert shelf.refusals() == []


# The clock


def test_set_forward_a_year_deletes_nothing(shelf: Shelf) -> None:
    """The wall clock says next year; the host has run for ten minutes since it was right."""
    id = shelf.put()
    shelf.reads_clock()
    shelf.host.runs(timedelta(minutes=10))
    shelf.host.wall += YEAR + 2 * DAY
    for more in ((), ("--yes",), ("--yes",)):
        answer = shelf.home("recordings", "purge", *more)
        (item,) = answer["recordings"]
        assert (item["id"], item["state"]) == (id, "clock")
        assert item["goes_from"] == "2027-11-25T12:00:00+00:00"
        assert answer["clock"]["trusted"] == "2026-11-24T02:10:00Z"
        assert answer["clock"]["witnessed"] == answer["clock"]["trusted"]  # its old name
        assert answer["clock"]["behind_seconds"] == (YEAR + 2 * DAY).total_seconds()
    assert (len(shelf.files()), shelf.history(id)) == (3, [])
    assert shelf.home("recordings", "list", "--due") == []
    told = shelf.home.run("recordings", "purge", "--yes")
    assert "witnessed no later than 2026-11-24 10:10:00+08:00 (367.0 days less)" in told.output
    assert "waits for the clock" in told.output
    assert "2027-11-25 20:00:00+08:00" in told.output


@pytest.mark.parametrize("short", [timedelta(), timedelta(microseconds=1)])
def test_a_true_year_lets_it_go(shelf: Shelf, short: timedelta) -> None:
    id = shelf.put()
    shelf.lives_until(OVER - short)
    assert shelf.purge() == ({} if short else {id: "due"})
    assert len(shelf.home("recordings", "list", "--due")) == (not short)


def test_the_first_reading_of_an_old_installation_is_believed_for_a_day(shelf: Shelf) -> None:
    """No reading was ever taken; the clock may be right or not, nobody knows."""
    id = shelf.put()
    shelf.host.runs(YEAR + 2 * DAY)
    assert shelf.purge("--yes") == {id: "clock"}


@pytest.mark.parametrize(
    ("off", "state", "reason"),
    [
        (DAY, "due", "a day is believed"),
        (DAY + timedelta(microseconds=1), "clock", "and no more"),
        (YEAR, "clock", "off for a year, or set forward: who knows"),
    ],
)
def test_a_restart_of_the_host(shelf: Shelf, off: timedelta, state: str, reason: str) -> None:
    """It stood still for ``off``; the clock then says that the time is just over."""
    id = shelf.put()
    shelf.lives_until(OVER - off if off < YEAR else AT + DAY)
    shelf.host.wall, shelf.host.up, shelf.host.boot = OVER, timedelta(), "second"
    assert shelf.purge() == {id: state}, reason


def test_a_restart_every_hour_does_not_carry_it_a_year(shelf: Shelf) -> None:
    """Each gap is believed for no longer than the host had run before."""
    id = shelf.put()
    shelf.reads_clock()
    for boot in range(24):
        shelf.host.wall, shelf.host.up = shelf.host.wall + 30 * DAY, timedelta()
        shelf.host.boot = str(boot)
        shelf.reads_clock()
        shelf.host.runs(timedelta(hours=1))
        shelf.reads_clock()
    answer = shelf.home("recordings", "purge", "--yes")
    assert [item["state"] for item in answer["recordings"]] == ["clock"]
    assert answer["clock"]["witnessed"] <= "2026-11-26T03:00:00Z"
    assert shelf.history(id) == []


def test_a_forged_reading_stops_everything(shelf: Shelf) -> None:
    shelf.put()
    shelf.reads_clock()
    shelf.sql("DROP TRIGGER clock_reading_is_final")
    shelf.sql("UPDATE clock_reading SET uptime_us = uptime_us + 1")
    shelf.host.runs(YEAR + 2 * DAY)
    assert "clock reading 1" in shelf.home("recordings", "purge", "--yes", code=1)["error"]
    assert (len(shelf.files()), shelf.refusals()) == (3, ["clock reading 1"])


def purged(shelf: Shelf, store: Store) -> Coroutine[Any, Any, Purged]:
    """As ``recordings purge --yes`` on a store of which something is not as it should be."""
    settings = config.load(shelf.home.config)
    context = Context(store, Actor(name="chen", door=Door.SHELL), shelf.host, shelf.host.uptime)
    return disposal.purge(context, shelf.folder, settings.node.name, load_policy(settings), dispose=True)


def test_the_store_refuses_what_a_command_was_made_to_believe(shelf: Shelf) -> None:
    """A purge that sees another time than the store: nothing goes."""
    id = shelf.put()
    shelf.reads_clock()

    class Fooled(Clocks):
        async def take(self, read: Callable[[], Reading], by: str) -> Witness:
            seen = await super().take(read, by)
            later = seen.last.uptime._replace(up=seen.last.uptime.up + (OVER - seen.last.at))
            return seen._replace(time=OVER, last=seen.last._replace(at=OVER, uptime=later))

    async def purge(store: Store) -> None:
        store.clocks = Fooled(store)
        await purged(shelf, store)

    with pytest.raises(StoreRefused, match="must still be kept, by the witnessed time"):
        shelf.within(purge)
    assert (len(shelf.files()), shelf.history(id)) == (3, [])


def test_a_call_made_while_the_clock_was_set_back_is_kept_from_when_it_was_made(shelf: Shelf) -> None:
    """A year back, a call, and forward again: its recording says that its time is over."""
    shelf.put("before")
    shelf.reads_clock()
    id = shelf.put("back", ended=AT - YEAR, until=LAST - YEAR)
    shelf.host.runs(5 * DAY)
    shelf.reads_clock()
    assert shelf.purge() == {}
    assert shelf.home("recordings", "purge")["counts"] == {"not-due": 2}
    assert shelf.purge("--yes") == {}
    assert (len(shelf.files("back")), shelf.history(id)) == (3, ["policy"])
    (row,) = shelf.home("recordings", "list", "--until", "2025-12-31")
    assert row["keep_until"] == LAST.isoformat()


def test_one_decision_from_far_ahead_keeps_nothing_for_ever(shelf: Shelf) -> None:
    """Every later decision lies behind it. What was witnessed does not."""
    shelf.reads_clock()
    shelf.put("ahead", ended=AT + 70 * YEAR, until=LAST + 70 * YEAR)
    id = shelf.put("later")
    shelf.lives_until(OVER)
    assert shelf.purge("--yes") == {id: "disposed"}
    assert shelf.history(id) == ["dispose", "disposed"]


# Profiles


def keeps(shelf: Shelf, months: int) -> None:
    """The profile in force is one that asks for so many months, and nothing else is different."""
    text = (ROOT / "dialpact/compliance/profiles/cn-hubei-2018.toml").read_text("utf-8")
    assert "retention_months = 12" in text
    shelf.home.file("own.toml", text.replace("retention_months = 12", f"retention_months = {months}"))
    config = re.sub(r"(?m)^profiles = .*$", 'profiles = ["own.toml"]', shelf.home.config.read_text("utf-8"))
    shelf.home.config.write_text(config, "utf-8")


def test_longer_profiles_are_applied_before_anything_goes(shelf: Shelf) -> None:
    """And shorter ones afterwards change nothing."""
    id = shelf.put()
    shelf.lives_until(OVER)
    (before,) = shelf.home("recordings", "list")
    keeps(shelf, 60)
    answer = shelf.home("recordings", "purge")
    assert (answer["recordings"], answer["counts"]) == ([], {"not-due": 1})
    assert shelf.home("recordings", "list") == [before]  # a dry run
    assert shelf.purge("--yes") == {}
    assert shelf.home("recordings", "list")[0]["keep_until"] == "2031-11-24"
    keeps(shelf, 1)
    assert shelf.purge("--yes") == {}
    assert (len(shelf.files()), shelf.history(id)) == (3, ["policy"])


@pytest.mark.parametrize(("months", "until"), [(60, "2031-11-24"), (12, "2027-11-24"), (1, "2027-11-24")])
def test_the_daemon_applies_longer_profiles_when_it_starts(shelf: Shelf, months: int, until: str) -> None:
    id = shelf.put()
    keeps(shelf, months)
    session = CommandContext(shelf.home.config, as_json=False, language="en")
    asyncio.run(daemons.keep_longer(session, asyncio.Event()))
    (row,) = shelf.home("recordings", "list")
    assert row["keep_until"] == until
    assert shelf.history(id) == (["policy"] if months > 12 else [])


# Holds


@pytest.mark.parametrize(
    ("hold", "bears"),
    [
        (("ID",), True),
        (("--call", "DECISION"), True),
        (("--callee", "138 0013 8000"), True),
        (("--callee", "138 0013 8001"), False),
    ],
)
def test_a_hold_of_each_scope(shelf: Shelf, hold: tuple[str, ...], bears: bool) -> None:
    id = shelf.put()
    shelf.lives_until(OVER)
    (row,) = shelf.home("recordings", "list")
    names = {"ID": id, "DECISION": row["decision"]}
    arguments = [names.get(part, part) for part in hold]
    made = shelf.home("recordings", "hold", *arguments, "--reason", "court", "--by", "chen")["entry"]
    assert (made["reason"], made["by"], made["recordings"]) == ("court", "chen", int(bears))
    assert [row["id"] for row in shelf.home("recordings", "list", "--held")] == [id] * bears
    assert shelf.purge("--yes") == {id: "held" if bears else "disposed"}
    shelf.home.run("recordings", "release", str(made["id"]), "--reason", "over", "--by", "li")
    assert shelf.purge("--yes") == ({id: "disposed"} if bears else {})


def test_several_holds_at_once(shelf: Shelf) -> None:
    """As long as one of them is in force; also one that comes when the file has been looked at already."""
    id = shelf.put()
    shelf.lives_until(OVER)
    why = ("--reason", "court", "--by", "chen")
    for _ in range(2):
        shelf.home.run("recordings", "hold", id, *why)
    shelf.home.run("recordings", "hold", "--callee", "13800138000", *why)
    for number in (2, 3, 1):
        assert shelf.purge("--yes") == {id: "held"}
        shelf.home.run("recordings", "release", str(number), *why)
        assert "no hold" in shelf.home("recordings", "release", str(number), *why, code=1)["error"]
    assert shelf.purge("--yes") == {id: "disposed"}
    assert "disposed of" in shelf.home("recordings", "hold", id, *why, code=1)["error"]


def test_a_hold_that_comes_while_the_purge_runs(shelf: Shelf) -> None:
    id = shelf.put()
    shelf.lives_until(OVER)

    class Late(Disposals):
        async def record(self, recording: str, keep_until: date, *, by: str, at: datetime) -> bool:
            async with await Store.open(shelf.database) as other:
                await other.holds.add("recording", id, reason="court", by="chen", at=OVER)
            return await super().record(recording, keep_until, by=by, at=at)

    async def purge(store: Store) -> Purged:
        store.disposals = Late(store)
        return await purged(shelf, store)

    assert [(one.id, one.state) for one in shelf.within(purge).items] == [(id, "held")]
    assert (len(shelf.files()), shelf.history(id)) == (3, ["hold"])
