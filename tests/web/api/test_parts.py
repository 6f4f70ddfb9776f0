"""The frame's small parts: languages, quotas, presence, what is not waited for."""

from __future__ import annotations

import asyncio
import sqlite3
import tomllib
from datetime import datetime
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta

from dialpact.application.presence import Presence
from dialpact.compliance.networks import network
from dialpact.store.sqlite import Store
from dialpact.web.api import problem
from dialpact.web.api.language import language
from dialpact.web.api.limits import MOST_NAMES, Quota, Taken
from tests.cli.conftest import Home

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("", "en"),
        ("zh", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-GB,en;q=0.9,zh;q=0.8", "en"),
        ("en;q=0.3, ZH-tw;q=0.4", "zh"),
        ("fr, de;q=0.5", "en"),
        ("zh;q=0", "en"),
        ("zh;q=x", "en"),
        ("zh;q=nan", "en"),
        (",,;;=", "en"),
        ("fr," * 100 + "zh", "en"),
    ],
)
def test_the_language_that_is_wanted_most(header: str, wanted: str) -> None:
    assert language(header) == wanted


def test_a_quota_is_whole_again_after_its_window() -> None:
    quota = Quota("requests", 2, 60)
    assert [quota.take("a", now) for now in (100.0, 100.5, 159.0)] == [
        Taken(True, 1, 60),
        Taken(True, 0, 60),
        Taken(False, 0, 1),
    ]
    assert quota.take("b", 159.0).allowed
    assert quota.take("a", 160.0) == Taken(True, 1, 60)
    for number in range(MOST_NAMES + 1):
        quota.take(str(number), 161.0)
    assert len(quota._begun) == MOST_NAMES


def test_one_asker_has_many_addresses_of_a_kind() -> None:
    assert network("192.0.2.1") == "192.0.2.1"
    assert network("2001:db8::1") == network("2001:db8::ffff") != network("2001:db8:0:1::1")
    assert network("::ffff:192.0.2.1") == "192.0.2.1" != network("::ffff:192.0.2.2")
    assert network("somewhere") == "somewhere"
    assert network("a name") == "a name"


def test_a_process_that_lives(tmp_path: Path) -> None:
    one, other = Presence(tmp_path, "web"), Presence(tmp_path, "web")
    assert one.alive(other.name) and other.alive(one.name)
    for never in ("", "../x", "0" * 32, "A" * 32):
        assert not one.alive(never)
    other.close()
    assert not one.alive(other.name)
    (tmp_path / f".dialpact-web.{'1' * 32}.lock").touch()  # of one that was killed
    assert not one.alive("1" * 32)
    (tmp_path / f".dialpact-web.{'2' * 32}.lock").touch()
    third = Presence(tmp_path, "web")
    assert len(list(tmp_path.iterdir())) == 2, (
        "what was left is taken away at the next start, who lives stays"
    )
    one.close()
    third.close()
    assert list(tmp_path.iterdir()) == []


def test_the_disk_is_waited_for_again(home: Home) -> None:
    async def jotted() -> list[int]:
        async with await Store.open(home.path / "dialpact.db") as store:
            during = await store.jot(_synchronous)
            with pytest.raises(ZeroDivisionError):
                await store.jot(lambda connection: 1 // 0)
            return [during, await store.transact(_synchronous)]

    assert asyncio.run(jotted()) == [1, 2]


def _synchronous(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA synchronous").fetchone()[0])


def test_what_problems_say_is_in_both_languages_and_used() -> None:
    folder = ROOT / "dialpact" / "web" / "api"
    english, chinese = (
        tomllib.loads((folder / "texts" / f"{one}.toml").read_text("utf-8")) for one in ("en", "zh")
    )
    assert {table: set(texts) for table, texts in english.items()} == {
        table: set(texts) for table, texts in chinese.items()
    }
    for table, texts in english.items():
        for name, said in texts.items():
            assert fields(said) == fields(chinese[table][name]), (table, name)
    sources = "\n".join(path.read_text("utf-8") for path in (ROOT / "dialpact").rglob("*.py"))
    unused = {name for name in english["problem"] if f'"{name}"' not in sources}
    assert not unused


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        (Annotated[datetime, Meta(tz=True)], "2026-11-24T10:00:00", "须带时区，如 2026-11-24T10:00:00+08:00"),
        (datetime, "noon", "不是 RFC 3339 的时间（如 2026-11-24T10:00:00+08:00）"),
        (Literal["a"], "b", "没有这个取值：'b'"),
        (Annotated[str, Meta(max_length=2)], "abc", "长度须 <= 2"),
        (Annotated[list[int], Meta(min_length=1)], [], "长度须 >= 1"),
        (Annotated[int, Meta(ge=1)], 0, "须 >= 1"),
        (Annotated[str, Meta(pattern="^a$")], "b", "须符合 '^a$'"),
    ],
)
def test_what_is_wrong_with_a_value_is_said_in_the_asked_language(
    kind: Any, value: object, said: str
) -> None:
    with pytest.raises(msgspec.ValidationError) as error:
        msgspec.convert(value, kind)
    (wrong,) = problem.invalid(error.value, "zh").errors
    assert (wrong.code, wrong.detail) == ("bad-value", said)


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}
