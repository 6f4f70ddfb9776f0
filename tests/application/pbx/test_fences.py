"""Our lines in somebody else's file: put in, found again, taken out, and nothing else touched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialpact.application.pbx.adapter import Block
from dialpact.application.pbx.fences import sha256, with_blocks, without_blocks
from dialpact.compliance.registers.fault import Fault

LINE = st.sampled_from(
    [
        b"[a]\n",
        b"[hook]\r\n",
        b"; x\n",
        b"\n",
        b"exten => s,1,NoOp()\n",
        b"\xff\xfe\n",
        b";-- off\n",
        b"--;\n",
    ]
)
PLACES = st.sampled_from(["end", "start", "section:hook", "section:new"])


@given(
    st.sampled_from([b"", b"\xef\xbb\xbf"]),
    st.lists(LINE, max_size=12),
    st.sampled_from([b"", b"no end"]),
    st.lists(PLACES, max_size=4),
)
def test_what_was_put_in_comes_out_again(
    begin: bytes, lines: list[bytes], end: bytes, places: list[str]
) -> None:
    content = begin + b"".join(lines) + end
    blocks = [Block("/x", f"exten => {number},1,NoOp()\n", at) for number, at in enumerate(places)]
    mixed, texts = with_blocks(content, blocks, "plain", "1.0")
    bare = without_blocks(mixed, "/x", {sha256(text): text for text in texts})
    assert bare.content == content
    assert (len(bare.fences), bare.kept) == (len(places), 0)
    assert not any(fence.altered for fence in bare.fences)
    assert with_blocks(bare.content, blocks, "plain", "1.0")[0] == mixed


def test_a_section_in_a_comment_is_none() -> None:
    mixed, _ = with_blocks(b";-- \n[hook]\n--;\n[other]\n", [Block("/x", "a=1\n", "section:hook")], "p", "1")
    assert mixed.endswith(b"[hook]\na=1\n; <<< dialpact\n")


def test_what_somebody_wrote_between_the_fences_stays() -> None:
    mixed, texts = with_blocks(b"[a]\n", [Block("/x", "one=1\nGosub(dialpact-outbound)\n")], "p", "1")
    mixed = mixed.replace(b"one=1\n", b"one=1\nhis=2\n").replace(b"outbound)", b"outbound,s,2)")
    bare = without_blocks(mixed, "/x", {sha256(text): text for text in texts})
    assert bare.content == b"[a]\nhis=2\n"
    assert (bare.kept, bare.fences[0].altered) == (1, True)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"a\n; <<< dialpact\n", "2"),
        (b"; >>> dialpact 1 p " + b"0" * 64 + b"\nx\n", "1"),
        (b"; >>> dialpact 1 p " + b"0" * 64 + b"\nnobody's\n; <<< dialpact\n", "1"),
    ],
)
def test_a_fence_that_nobody_can_read_is_left_to_a_person(content: bytes, line: str) -> None:
    with pytest.raises(Fault) as refused:
        without_blocks(content, "/x", {})
    assert (refused.value.key, refused.value.detail["line"]) == ("pbx-fence", line)


@pytest.mark.parametrize(
    "text",
    [
        "a=1",
        "a=\x001\n",
        "a=1\r\n",
        "a=\u20281\n",
        "; <<< dialpact\nevil=1\n",
        "a=1\n; >>> dialpact 1 p " + "0" * 64 + "\n",
    ],
)
def test_a_block_that_is_no_plain_lines_is_refused(text: str) -> None:
    with pytest.raises(Fault):
        with_blocks(b"", [Block("/x", text)], "p", "1")
