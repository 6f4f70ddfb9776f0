"""Scripts: which files are text, and every way of writing a forbidden phrase."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as some

from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.script import CONTEXT, MOST, phrases, pieces, read


def places(text: str, *forbidden: str) -> list[tuple[str, int, int]]:
    return [(hit.phrase, hit.line, hit.column) for hit in phrases(text, forbidden)]


@pytest.mark.parametrize(
    ("content", "text", "reason"),
    [
        ("您好\n再见".encode(), "您好\n再见", "UTF-8"),
        ("您好".encode("utf-8-sig"), "您好", "its BOM is no part of the text"),
        ("您好，这里是".encode("gb18030"), "您好，这里是", "Chinese editors"),
        ("\ufeff您好，这里是".encode("gb18030"), "您好，这里是", "GB18030 has a BOM too"),
        (b"a\r\nb\rc\n", "a\nb\nc\n", "one kind of line end, so the same text has one hash"),
        ("a\u2028b\u2029c".encode(), "a\nb\nc", "line ends that editors do not show as such"),
        (b"a\tb", "a\tb", "a tab is layout"),
    ],
)
def test_files_that_are_text(content: bytes, text: str, reason: str) -> None:
    assert read(content) == text, reason


@pytest.mark.parametrize(
    ("content", "fault", "reason"),
    [
        (b"", "empty", "nothing to approve"),
        (b" \n\t\n", "empty", "nothing to read"),
        (b"x" * (MOST + 1), "script-too-large", "a bound on what is kept for ever"),
        (b"PK\x03\x04" + b"x" * 50, "not-plain-text", "a Word document"),
        (b"%PDF-1.7", "not-plain-text", "a PDF"),
        ("您好".encode("utf-16"), "not-plain-text", "UTF-16"),
        (b"\xff\xff\xff", "encoding", "neither UTF-8 nor GB18030"),
        (b"a\x00b", "script-control", "UTF-16 without BOM, or worse"),
        (b"a\x1b[8mb", "script-control", "a terminal would hide it"),
        ("a\u202eb".encode(), "script-control", "shows another text than the one that is checked"),
    ],
)
def test_files_that_are_not(content: bytes, fault: str, reason: str) -> None:
    with pytest.raises(Fault) as caught:
        read(content)
    assert caught.value.key == fault, reason


def test_the_largest_file_is_read() -> None:
    assert len(read(b"x" * MOST)) == MOST


def test_a_control_character_is_told_with_its_place() -> None:
    with pytest.raises(Fault) as caught:
        read("一\n二三\x07".encode())
    assert (caught.value.detail["line"], caught.value.detail["column"]) == ("2", "3")


HITS = [
    ("我们保证收益", "保证收益", (1, 3), "as it stands"),
    ("我们保 证，收益", "保证收益", (1, 3), "spaces and punctuation between Chinese characters"),
    ("我们\n保\n证\r收\n\n益", "保证收益", (2, 1), "line breaks"),
    ("一、保*证**收-益", "保证收益", (1, 3), "signs that cover it up"),
    ("保证\u3000收益", "保证收益", (1, 1), "the ideographic space"),
    ("保\u200b证\u2060收\ufe0f益", "保证收益", (1, 1), "characters that nobody sees"),
    ("保\u3164证收益", "保证收益", (1, 1), "a filler that counts as a letter"),
    ("保\u0336证\u0336收益", "保证收益", (1, 1), "struck through"),
    ("保证收益", "保证，收益", (1, 1), "a sign in the listed phrase does not narrow it"),
    ("保证收益", "保 证 收 益", (1, 1), "nor does a space"),
    ("⽐例", "比例", (1, 1), "a radical that looks like the character"),
    ("零%风险", "零风险", (1, 1), "a percent sign"),
    ("１００％获批", "100%获批", (1, 1), "full-width digits and signs"),
    ("100% 获批", "100%获批", (1, 1), "a space after it"),
    ("NO RISK", "no risk", (1, 1), "case"),
    ("ｎｏ　ｒｉｓｋ", "No Risk", (1, 1), "full-width letters"),
    ("no-risk", "no risk", (1, 1), "a hyphen between words"),
    ("there is no\n  risk", "no risk", (1, 10), "a line break between words"),
    ("norisk", "no risk", (1, 1), "no space at all"),
    ("T O P 1", "top1", (1, 1), "letters spaced out"),
    ("全国TOP1！", "top1", (1, 3), "beside Chinese a word ends"),
    ("gua\u00adran\u200dteed", "guaranteed", (1, 1), "soft hyphens and joiners within a word"),
    ("VIP通道", "VIP 通道", (1, 1), "letters beside Chinese"),
    ("cafe\u0301", "café", (1, 1), "an accent typed on another keyboard"),
    ("STRASSE", "straße", (1, 1), "case folding, not lower case"),
    ("最佳", "最佳", (1, 1), "the whole text"),
    ("很好！！！", "！！！", (1, 3), "a phrase of nothing but signs"),
]


@pytest.mark.parametrize(("text", "phrase", "place", "reason"), HITS)
def test_each_way_to_write_it(text: str, phrase: str, place: tuple[int, int], reason: str) -> None:
    assert places(read(text.encode()), phrase) == [(phrase, *place)], reason


@pytest.mark.parametrize(
    ("text", "phrase", "reason"),
    [
        ("保收益证", "保证收益", "another order"),
        ("保证的收益", "保证收益", "another character between"),
        ("保证a收益", "保证收益", "a letter between"),
        ("bestow", "best", "the beginning of another word"),
        ("the zbest", "best", "the end of another word"),
        ("top10", "top1", "another number"),
        ("21获批", "1获批", "the end of another number"),
        ("价格100元", "100%", "the sign is what is said"),
        ("保证" + "。" * 101 + "收益", "保证收益", "so far apart it is no longer one phrase"),
        ("b.e.s.t", "best", "punctuation between letters makes an abbreviation"),
    ],
)
def test_what_is_something_else(text: str, phrase: str, reason: str) -> None:
    assert places(text, phrase) == [], reason


def test_hits_come_in_the_order_of_the_text_each_with_its_line() -> None:
    text = "第一行\n国家级产品，最佳选择\n\n最 佳"
    assert places(text, "最佳", "国家级", "零风险") == [
        ("国家级", 2, 1),
        ("最佳", 2, 7),
        ("最佳", 4, 1),
    ]
    assert [hit.excerpt for hit in phrases(text, ["最佳"])] == ["国家级产品，最佳选择", "最 佳"]


def test_two_phrases_at_one_place_are_two_hits() -> None:
    assert places("最佳品质", "最佳", "最佳品质") == [("最佳", 1, 1), ("最佳品质", 1, 1)]


def test_a_long_line_is_cut_around_the_hit() -> None:
    (hit,) = phrases("前" * 100 + "最佳" + "后" * 100, ["最佳"])
    assert hit.column == 101
    assert hit.excerpt == f"…{'前' * CONTEXT}最佳{'后' * CONTEXT}…"


def test_no_phrases_no_hits() -> None:
    assert phrases("最佳", ()) == []


@given(
    some.lists(some.sampled_from([" ", "\n", "，", "。", "\u200b", "*", "\t", "·"]), min_size=3, max_size=3),
    some.text(alphabet="我们的产品\nab1，", max_size=20),
    some.text(alphabet="我们的产品\nab1，", max_size=20),
)
def test_whatever_stands_between_the_place_is_the_first_character(
    between: list[str], before: str, after: str
) -> None:
    written = "".join(c + sign for c, sign in zip("保证收益", [*between, ""], strict=True))
    ((_, line, column),) = places(before + written + after, "保证收益")
    assert (before + written + after).split("\n")[line - 1][column - 1] == "保"


@given(some.text(max_size=60))
def test_any_text_contains_itself(text: str) -> None:
    if any(character.isalnum() for character in text) and len(text.strip()) == len(text):
        assert places(text, text)


def test_a_large_text_is_checked_in_time() -> None:
    started = time.monotonic()
    assert phrases("%" * MOST, ["%a", "保证收益"]) == []
    assert len(phrases("最 佳" * 50_000, ["最佳"])) == 50_000
    assert time.monotonic() - started < 20


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("我们保证收益，最佳选择", [("保证收益",), ("最佳",)]),
        ("保 证，\n收益", [("保证收益",)]),
        ("最佳最佳", [("最佳",), ("最佳",)]),
        ("Ｂｅｓｔ offer", [("best",)]),
        ("bestow", []),
        ("", []),
        ("最佳保证", [("最佳", "佳保")]),  # one over the other
    ],
)
def test_the_text_with_its_forbidden_phrases_marked(text: str, marked: list[tuple[str, ...]]) -> None:
    found = pieces(text, ["保证收益", "最佳", "best", "佳保"])
    assert "".join(piece.text for piece in found) == text
    assert [piece.phrases for piece in found if piece.phrases] == marked


def test_a_mark_is_as_long_as_what_is_written() -> None:
    found = pieces("前言：保 证，收益。后文 e\u0301lite", ["保证收益", "élite"])
    assert [(piece.text, bool(piece.phrases)) for piece in found] == [
        ("前言：", False),
        ("保 证，收益", True),
        ("。后文 ", False),
        ("e\u0301lite", True),
    ]


@given(some.text(alphabet="最佳保 ，a\u0301bＢ\u200b\n"))
def test_nothing_of_a_text_is_lost_and_every_hit_is_marked(text: str) -> None:
    forbidden = ["最佳", "保", "ab"]
    found = pieces(text, forbidden)
    assert "".join(piece.text for piece in found) == text
    marked = {phrase for piece in found for phrase in piece.phrases}
    assert marked == {hit.phrase for hit in phrases(text, forbidden)}


def test_many_marks_are_made_in_a_moment() -> None:
    assert len(pieces("最 佳" * 50_000, ["最佳"])) == 50_000
