"""A reload is whole or nothing, in the middle of calls."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from agi.service import judge_of, serving
from dialpact.application import active_config, daemon_registry
from dialpact.application.active_config import ActiveConfig
from dialpact.application.reloading import Reloading
from dialpact.compliance import profile
from dialpact.compliance.errors import ConfigError
from dialpact.store.sqlite import Store
from tests.agi.office import CALLER_ID, NUMBER, STRANGER, Office, soon
from tests.agi.stores import Watched
from tests.patience import WAIT

CONFIG = """\
[node]
name = "pbx1"
[gate]
listen = "127.0.0.1:0"
deadline_ms = 2500
[policy]
profiles = ["rules.toml"]
[trunks.carrier]
endpoint = "carrier"
[trunks.backup]
endpoint = "backup"
"""
SHIPPED = Path(profile.__file__).parent / "profiles" / "cn-hubei-2018.toml"
OLD = SHIPPED.read_text("utf-8")
NEW = OLD.replace('version = "1"', 'version = "2"')  # and nobody may be called in the morning
NEW = NEW.replace('windows = ["08:00-12:00", "14:00-18:30"]', 'windows = ["14:00-18:30"]')


class Place:
    """An office whose rules lie in files."""

    def __init__(self, folder: Path) -> None:
        self.office = Office(folder)
        self.config, self.rules = folder / "dialpact.toml", folder / "rules.toml"
        self.good()
        self.reloading = Reloading(self.config, "gate", self.office.clock)

    def good(self, rules: str = OLD) -> None:
        self.config.write_text(CONFIG, "utf-8")
        self.rules.unlink(missing_ok=True)
        self.rules.write_text(rules, "utf-8")

    def change(self, old: str, new: str) -> None:
        text = self.config.read_text("utf-8")
        assert old in text
        self.config.write_text(text.replace(old, new), "utf-8")

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """The gate of these files, which takes their reloads."""
        office, reloading = self.office, self.reloading
        async with (
            await Store.open(reloading.config.database) as store,
            serving(reloading.config, reloading.policy, store, office.clock, reloading.add) as (
                office.host,
                office.port,
            ),
        ):
            yield

    async def call(self, number: str = NUMBER) -> str:
        told = await self.office.fake().dial(number, caller_id=CALLER_ID, trunk="carrier")
        return str(told.verdict)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


BAD = {
    "an empty profile": ("rules", "", "rules.toml"),
    "a syntax error": ("rules", OLD + "\n[hours\n", "rules.toml"),
    "an unknown key": ("rules", OLD.replace("[hours]", "[hours]\nnow = 1"), "now"),
    "a window that is none": ("rules", OLD.replace("14:00-18:30", "18:30-14:00"), "line"),
    "an empty configuration": ("config", "", "trunks"),
    "half a configuration": ("config", CONFIG[: len(CONFIG) // 2] + "\n[", "dialpact.toml"),
    "a profile that is not there": ("config", CONFIG.replace("rules.toml", "none.toml"), "none.toml"),
    "a profile that does not ship": ("config", CONFIG.replace("rules.toml", "atlantis"), "atlantis"),
    "no profile": ("config", CONFIG.replace('"rules.toml"', ""), "profiles"),
    "calendars that are not there": (
        "config",
        CONFIG.replace("[policy]", '[policy]\ncalendars = "none"'),
        "no such directory",
    ),
    "area codes that are not there": (
        "config",
        CONFIG.replace("[policy]", '[policy]\nareas = "none"'),
        "no such directory",
    ),
    "no trunk": ("config", CONFIG.partition("[trunks")[0], "trunks"),
    "another address": ("config", CONFIG.replace(":0", ":4573"), "needs a restart: gate.listen"),
    "another node": ("config", CONFIG.replace("pbx1", "pbx2"), "needs a restart: node.name"),
    "another format": (
        "config",
        CONFIG + '[recording]\nformat = "sln"\n',
        "needs a restart: recording.format",
    ),
    "another manager": ("config", CONFIG + "[ami]\nport = 5039\n", "needs a restart: ami.port"),
    "another store": ("config", CONFIG + '[store]\nurl = "sqlite:b.db"\n', "needs a restart: store.url"),
    "another key": ("config", CONFIG + '[ledger]\nkey_file = "b.key"\n', "needs a restart: ledger.key_file"),
}


def spoil(place: Place, name: str) -> str:
    """Together with a good change, which must not come into force either; gives what must be said."""
    which, text, why = BAD[name]
    if which == "config":
        place.good(NEW)
        place.config.write_text(text, "utf-8")
    else:
        place.good(text)
        place.change("[policy]", '[policy]\nmode = "shadow"')
    return why


@pytest.mark.parametrize("name", BAD)
async def test_what_is_bad_changes_nothing_and_is_said(
    place: Place, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with place.serving():
        before = place.reloading.current, place.reloading.config
        why = spoil(place, name)
        assert not await place.reloading.reload()
        assert (place.reloading.current, place.reloading.config) == before
        assert not place.reloading.last_ok
        assert place.reloading.last_at == place.office.clock.now()
        assert why in place.reloading.why
        said = capsys.readouterr()
        assert "reload refused" in said.out + said.err
        assert await place.call() == "ALLOW"  # a morning, and no shadow
        assert await place.call(STRANGER) == "BLOCK"
        place.good(NEW)
        assert await place.reloading.reload()
        assert (place.reloading.last_ok, place.reloading.why) == (True, "")
        assert await place.call() == "BLOCK"


@pytest.mark.parametrize("what", ["rules", "calendars", "areas"])
async def test_a_file_that_can_not_be_read(place: Place, what: str) -> None:
    if what == "rules":
        place.rules.unlink()
        place.rules.mkdir()  # (root may read every file)
        with pytest.raises(Exception, match=r"rules\.toml"):
            active_config.load(place.config)
        place.rules.rmdir()
    else:
        (place.config.parent / "years" / "2027.toml").mkdir(parents=True)
        place.change("[policy]", f'[policy]\n{what} = "years"')
    assert not await place.reloading.reload()
    assert ("rules.toml" if what == "rules" else "2027.toml") in place.reloading.why


async def test_a_part_that_can_not_follow_holds_the_others_back(place: Place) -> None:
    class Log:
        def __init__(self, error: Exception | None = None) -> None:
            self.error, self.seen = error, list[str]()

        async def prepare(self, *_: object) -> None:
            self.seen.append("prepare")
            if self.error:
                raise self.error

        def replace(self, *_: object) -> Callable[[], None]:
            self.seen.append("replace")
            return lambda: None

    willing, unable = Log(), Log(ZeroDivisionError("ours"))
    place.reloading.add(willing)
    place.reloading.add(unable)
    assert not await place.reloading.reload()
    assert (willing.seen, unable.seen) == (["prepare"], ["prepare"])
    assert "internal error" in place.reloading.why and "ours" in place.reloading.why
    unable.error = None
    assert await place.reloading.reload()
    assert (willing.seen[1:], unable.seen[1:]) == (["prepare", "replace"], ["prepare", "replace"])


async def test_a_part_that_fails_after_another_has_changed_takes_it_back(place: Place) -> None:
    """And the next reload is answered as if nothing had been."""

    class Fails:
        failing = True

        async def prepare(self, *_: object) -> None: ...

        def replace(self, *_: object) -> Callable[[], None]:
            if self.failing:
                raise ZeroDivisionError("ours")
            return lambda: None

    last = Fails()
    stop = asyncio.Event()
    async with place.serving():
        place.reloading.add(last)
        running = asyncio.create_task(place.reloading.run(stop))
        before = place.reloading.current
        place.good(NEW)
        place.change("deadline_ms = 2500", "deadline_ms = 2400")
        place.reloading.ask()
        async with asyncio.timeout(WAIT):
            while place.reloading.reloads < 1:
                await asyncio.sleep(0.01)
        assert "ours" in place.reloading.why and not place.reloading.last_ok
        assert place.reloading.current == before
        assert await place.call() == "ALLOW", "the new hours are not in force"
        last.failing = False
        place.good(NEW)
        place.reloading.ask()
        async with asyncio.timeout(WAIT):
            while place.reloading.reloads < 2:
                await asyncio.sleep(0.01)
        assert place.reloading.last_ok
        assert await place.call() == "BLOCK"
        stop.set()
        await running


async def test_no_call_is_dropped_or_judged_by_half_of_each(place: Place) -> None:
    """Fifty reloads, every other one bad, while calls come all the time."""
    office, over = place.office, asyncio.Event()
    told: list[str] = []

    async def calls(number: str) -> None:
        while not over.is_set():
            told.append(await place.call(number))

    async with place.serving():
        callers = [asyncio.create_task(calls(number)) for number in (NUMBER, STRANGER, NUMBER)]
        bad = list(BAD)
        for turn in range(50):
            if turn % 2:
                spoil(place, bad[turn // 2 % len(bad)])
            else:
                place.good(NEW if turn % 4 == 0 else OLD)
            assert await place.reloading.reload() is (turn % 2 == 0)
            seen = len(told) + 4  # calls are answered between two reloads
            async with asyncio.timeout(WAIT):
                while len(told) < seen:
                    await asyncio.sleep(0)
        over.set()
        await asyncio.gather(*callers)
    assert place.reloading.reloads == 50
    rows = office.sql("SELECT record, verdict, reasons FROM decision")
    assert len(rows) == len(told), "each call has its decision"
    assert Counter(verdict for _, verdict, _ in rows) == Counter(told)
    assert set(told) == {"ALLOW", "BLOCK"}
    versions = set()
    for record, _, reasons in rows:
        (one,) = json.loads(record)["policy"]
        versions.add(one["version"])
        # The new profile forbids the hour, the old one does not: facts and rules are of one of them.
        assert ("outside-hours" in reasons) == (one["version"] == "2")
        assert not {"gate-error", "deadline"} & set(json.loads(reasons))
    assert versions == {"1", "2"}
    texts = office.sql(
        "SELECT count(*) FROM register_change"
        " WHERE register = 'profile' AND json_extract(detail, '$.id') <> 'trial'"
    )
    assert texts == [(2,)], "whoever reads a decision finds the text that it was judged by"


async def test_a_call_keeps_the_judge_that_it_began_with(place: Place) -> None:
    """Its attempt was read by the old rules: by the new ones a trunk may have another area code."""
    office = place.office
    async with office.gate() as gate:
        old = gate.judge
        with office.locked():
            until = asyncio.get_running_loop().time() + 20
            deciding = [asyncio.create_task(gate.decide(office.attempt(), until, old))]
            gate.judge = type(old)(active_config.load(place.config)[1], old.trunks, "pbx1", mode="shadow")
            deciding.append(asyncio.create_task(gate.decide(office.attempt(), until)))
            await asyncio.sleep(0)
        first, second = await asyncio.gather(*deciding)
    assert (first.mode, second.mode) == ("enforce", "shadow")


async def test_a_batch_has_one_judge(place: Place) -> None:
    """The facts of a batch are read as its judge asks for them."""
    office = place.office
    other = judge_of(place.reloading.config, place.reloading.policy)
    judges = [office.judge, office.judge, other, office.judge]
    async with office.store() as store:
        watched = Watched(store)
        async with office.gate(watched) as gate:
            await asyncio.gather(*(gate.decide(office.attempt(), soon(), judge) for judge in judges))
    seen = [(batch.waiting, batch.judge) for batch in watched.decisions.batches]
    assert seen == [(2, office.judge), (1, other), (1, office.judge)]


async def test_an_import_counts_from_the_next_call_on_without_a_reload(place: Place) -> None:
    async with place.serving():
        assert await place.call() == "ALLOW"
        place.office.opt_out(NUMBER)
        assert await place.call() == "BLOCK"
        assert place.office.reasons()[-1].startswith("do-not-call")
    assert place.reloading.reloads == 0


async def test_nothing_is_reloaded_before_every_part_is_there(place: Place) -> None:
    stop = asyncio.Event()
    place.reloading.ask()
    work = asyncio.create_task(place.reloading.run(stop))
    await asyncio.sleep(0)
    assert daemon_registry.running(place.reloading.config) == []
    async with asyncio.timeout(WAIT), place.serving():
        await place.reloading.replaced.wait()
        stop.set()
        await work
    assert place.reloading.reloads == 1
    assert not list(place.config.parent.glob(".dialpact-*")), "the file goes with the daemon"


async def test_one_that_is_stopped_while_it_starts_leaves_no_file(place: Place) -> None:
    """The file is written by a thread, which ends when it likes."""
    async with asyncio.timeout(WAIT), place.serving():
        for turns in range(100):
            stop = asyncio.Event()
            work = asyncio.create_task(place.reloading.run(stop))
            for _ in range(turns % 5):
                await asyncio.sleep(0)
            stop.set()
            await work
    assert not list(place.config.parent.glob(".dialpact-*"))


def force(**settings: str) -> ActiveConfig:
    return ActiveConfig(settings=settings, profiles={}, calendar="c")


@pytest.mark.parametrize(
    ("key", "restart"),
    [
        ("policy.mode", False),
        ("policy.calendars", False),
        ("policy.areas", False),
        ("trunks.carrier.area_code", False),
        ("gate.deadline_ms", False),
        ("gate.max_sessions", True),
        ("metrics.listen", True),  # also where only one of both has the section
        ("trunk.x", True),  # what nobody thought of
        ("web.listen", False),  # of another process
        ("api.folder", False),
        ("webhooks.crm.url", False),
        ("metrics.web", False),
    ],
)
def test_what_a_reload_can_change(key: str, restart: bool) -> None:
    changed = active_config.changes(force(), force(**{key: "1"}))
    assert [change.key for change in changed] == [key]
    if restart:
        with pytest.raises(ConfigError, match=f"needs a restart: {key}"):
            active_config.check(changed, "gate")
    else:
        active_config.check(changed, "gate")


@pytest.mark.parametrize(
    ("key", "restart"),
    [
        ("policy.mode", False),
        ("trunks.carrier.area_code", False),
        ("web.listen", True),
        ("api.folder", True),
        ("webhooks.crm.url", True),
        ("ledger.key_file", True),
        ("gate.max_sessions", False),  # of another process
        ("ami.host", False),
        ("metrics.listener", False),
        ("metrics.web", True),
    ],
)
def test_what_a_reload_can_change_in_the_web_process(key: str, restart: bool) -> None:
    changed = active_config.changes(force(), force(**{key: "1"}))
    assert active_config.restart(changed, "web") == ([key] if restart else [])


def test_receivers_are_part_of_what_is_in_force_and_their_addresses_are_not_shown(tmp_path: Path) -> None:
    """A web process that tells the old ones is not said to be as the disk is."""
    seen = []
    for url in ("https://crm.example/secret", "https://other.example/secret", ""):
        hook = f'[webhooks.crm]\nurl = "{url}"\n' if url else ""
        (tmp_path / "dialpact.toml").write_text(
            f'[policy]\nprofiles = ["cn-hubei-2018"]\n[trunks.carrier]\nendpoint = "PJSIP/c"\n{hook}'
        )
        seen.append(active_config.active(*active_config.load(tmp_path / "dialpact.toml")))
    assert "example" not in repr(seen)
    for new, keys in ((seen[1], ["webhooks.crm.url"]), (seen[2], [*_settings(seen[0], "webhooks.crm.")])):
        assert keys and active_config.restart(active_config.changes(seen[0], new), "web") == keys
        active_config.check(active_config.changes(seen[0], new), "gate")


def _settings(found: ActiveConfig, start: str) -> list[str]:
    return sorted(key for key in found.settings if key.startswith(start))


def test_profiles_and_calendar_are_part_of_what_is_in_force() -> None:
    old = ActiveConfig(settings={}, profiles={"a": "1 x", "b": "1 y"}, calendar="c")
    new = ActiveConfig(settings={}, profiles={"a": "1 z"}, calendar="d", areas="a")
    assert [change.key for change in active_config.changes(old, new)] == [
        "profile a",
        "profile b",
        "calendar",
        "areas",
    ]
    assert active_config.restart(active_config.changes(old, new), "gate") == []
    assert old.digest != new.digest
