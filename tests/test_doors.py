"""Every task x every door: what lacks one says why, and nothing is in no task."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.doors import DOORS, files, named, table, there

TABLE = table()


@pytest.mark.parametrize("door", DOORS)
def test_all_that_a_door_has_is_in_one_task(door: str) -> None:
    those = there()[door]
    found = Counter(one for row in TABLE.values() for name in row.get(door, ()) for one in named(name, those))
    assert set(found) == those
    assert [name for name, times in found.items() if times > 1] == []


@pytest.mark.parametrize("task", TABLE)
def test_a_task_that_lacks_a_door_says_why(task: str) -> None:
    row = TABLE[task]
    assert row["zh"]
    for door in DOORS:
        english, chinese = row.get(f"no_{door}", ("", ""))
        assert bool(row.get(door)) != bool(english and chinese), door


@pytest.mark.parametrize("door", DOORS)
def test_a_name_with_a_star_is_of_something(door: str) -> None:
    those = there()[door]
    for row in TABLE.values():
        assert all(named(name, those) for name in row.get(door, ()))


def test_the_page_in_docs_is_of_today() -> None:
    for file, content in files().items():
        assert file.read_text("utf-8") == content, "python -m tests.doors"
