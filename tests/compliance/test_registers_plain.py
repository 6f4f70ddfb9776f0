"""What a plain register accepts: of a contributor, and of a person."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Optional

import pytest

from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.plain import PlainEntry, PlainRegister, Words
from dialpact.compliance.texts import LANGUAGES, fault_text
from tests.plain_rooms import GIVEN, ROOMS, Room

ONE = Words("Thing", "The things.", {"value": "Value"})


def register_of(kind: object, **more: object) -> PlainRegister[PlainEntry]:
    namespace = {"__annotations__": {"value": kind}, "__module__": __name__, **more}
    made = type(PlainEntry)("Thing", (PlainEntry,), namespace, frozen=True, kw_only=True)
    return PlainRegister("thing", made, en=ONE, zh=ONE)


@pytest.mark.parametrize("kind", [float, bytes, Decimal, list[str], dict[str, str], str | int, None])
def test_a_kind_of_field_that_is_not_kept_is_said_at_import(kind: object) -> None:
    with pytest.raises(
        TypeError, match=r"^thing: value is .*, but a field is one of str, bool, int, date, datetime"
    ):
        register_of(kind)


@pytest.mark.parametrize("kind", [str | None, Optional[int]])  # noqa: UP045 (both ways to write it)
def test_what_may_be_none_is_none_when_left_out(kind: object) -> None:
    assert register_of(kind, value=None).read("a", {}).value is None  # type: ignore[attr-defined]
    for default in ({}, {"value": "x"}):
        with pytest.raises(TypeError, match="value may be None, so None must be its default"):
            register_of(kind, **default)


@pytest.mark.parametrize("noun", ["", "Partner", "a b", "-a", "a_b", "伙伴"])
def test_a_noun_that_no_command_can_have(noun: str) -> None:
    with pytest.raises(TypeError, match="lower-case letters and single hyphens"):
        PlainRegister(noun, Room, en=ROOMS.en, zh=ROOMS.zh)


@pytest.mark.parametrize(
    "words",
    [
        ROOMS.zh._replace(title=""),
        ROOMS.zh._replace(about=""),
        ROOMS.zh._replace(fields={"place": "地点"}),
        ROOMS.zh._replace(fields={**ROOMS.zh.fields, "note": ""}),
        ROOMS.zh._replace(fields={**ROOMS.zh.fields, "another": "x"}),
    ],
)
def test_it_has_words_in_both_languages(words: Words) -> None:
    with pytest.raises(TypeError, match=r"room: zh needs a title, .* and headings of: place, seats"):
        PlainRegister("room", Room, en=ROOMS.en, zh=words)


def test_what_a_person_writes_is_read() -> None:
    assert ROOMS.read(" 一号 ", GIVEN) == Room(
        id="一号", place="武汉", seats=12, opened=date(2026, 1, 5), checked_at=None, watched=True, note=None
    )
    given = GIVEN | {"checked_at": "2026-02-01 10:00", "watched": "否", "seats": "-3", "note": "e\u0301"}
    found = ROOMS.read("1", given)
    assert found.checked_at == datetime(2026, 2, 1, 2, 0, tzinfo=UTC), "without a zone: Asia/Shanghai"
    assert (found.watched, found.seats, found.note) == (False, -3, "\xe9")


@pytest.mark.parametrize(
    ("field", "text", "key"),
    [
        ("place", None, "empty"),
        ("place", " ", "empty"),
        ("note", "", "empty"),
        ("place", "x" * 501, "too-long"),
        ("place", "a\x1b[2Jb", "unprintable"),
        ("note", "a\u202eb", "unprintable"),
        ("seats", "", "whole-number"),
        ("seats", "1.5", "whole-number"),
        ("seats", "1e3", "whole-number"),
        ("seats", "٣", "whole-number"),
        ("seats", "9" * 16, "whole-number"),
        ("watched", "perhaps", "yes-or-no"),
        ("opened", "2026-02-30", "bad-date"),
        ("opened", "2026-01-05 10:00", "bad-date"),
        ("checked_at", "now", "bad-time"),
        ("colour", "red", "unknown-column"),
    ],
)
def test_a_field_that_is_no_such_thing(field: str, text: str | None, key: str) -> None:
    with pytest.raises(Fault) as raised:
        ROOMS.read("1", GIVEN | {field: text})
    assert raised.value.key == key
    for language in LANGUAGES:
        said = fault_text(raised.value, language)
        assert field in said and said.isprintable() and len(said) < 200


@pytest.mark.parametrize("id", ["", "a b", "a/b", "x" * 65, "a\n", "a\x00"])
def test_an_id_that_is_none(id: str) -> None:
    if id.strip() == "a":
        assert ROOMS.read(id, GIVEN).id == "a"
        return
    with pytest.raises(Fault, match="id"):
        ROOMS.read(id, GIVEN)
