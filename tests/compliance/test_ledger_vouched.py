"""What outsiders vouch for: laws that hold whatever they say, and the times that follow."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from dialpact.compliance.ledger import cosignature
from dialpact.compliance.ledger.cosignature import Cosigned, Seen
from dialpact.compliance.ledger.vouched import SeenTree, Vouched, backwards, vouched, with_leaf, without_leaf
from tests.outsiders import Cosigner

WITNESSES = [Cosigner(f"w{place}").witness for place in range(5)]
# Of each tree, which witnesses saw it at what second.
TREES = st.dictionaries(
    st.integers(1, 50), st.dictionaries(st.integers(0, 4), st.integers(1, 10_000), max_size=5), max_size=8
)


def trees(told: dict[int, dict[int, int]]) -> list[SeenTree]:
    return [
        SeenTree(size, f"{size}", Seen([Cosigned(WITNESSES[who], at, "") for who, at in said.items()], ()))
        for size, said in told.items()
    ]


@given(told=TREES, quorum=st.integers(1, 5), leaf=st.integers(0, 50))
def test_one_honest_witness_of_the_quorum_suffices(
    told: dict[int, dict[int, int]], quorum: int, leaf: int
) -> None:
    """Whichever ``quorum - 1`` of them lie: one that does not says that it was there by then."""
    found = vouched(trees(told), quorum)
    there, before = with_leaf(found, leaf), without_leaf(found, leaf)
    if there:
        assert there.size > leaf
        by_then = [at for at in told[there.size].values() if at <= there.latest]
        assert len(by_then) >= quorum
    if before:
        assert before.size <= leaf
        since = [at for at in told[before.size].values() if at >= before.unseen]
        assert len(since) >= quorum
    assert (there is None) == (not any(len(said) >= quorum for size, said in told.items() if size > leaf))


@given(told=TREES, leaf=st.integers(0, 50))
def test_more_witnesses_asked_for_never_say_an_earlier_time(
    told: dict[int, dict[int, int]], leaf: int
) -> None:
    latest = [with_leaf(vouched(trees(told), quorum), leaf) for quorum in range(1, 6)]
    known = [each.latest for each in latest if each]
    assert known == sorted(known)
    assert all(each is None for each in latest[len(known) :])


@given(told=TREES)
def test_who_sees_trees_in_their_order_is_believed(told: dict[int, dict[int, int]]) -> None:
    ordered = {size: dict.fromkeys(said, size) for size, said in told.items()}
    assert backwards(trees(ordered)) == []


def test_which_one_goes_back() -> None:
    told = trees({5: {0: 100, 1: 100}, 7: {0: 99, 1: 100}, 9: {0: 100, 1: 99}})
    assert backwards(told) == [("7", "w0"), ("9", "w1")]
    assert vouched(trees({5: {0: 9, 1: 3}}), 1) == [Vouched(5, 3, 9, ("w0", "w1"))]
    assert vouched(trees({5: {0: 9, 1: 3}}), 2) == [Vouched(5, 9, 3, ("w0", "w1"))]


BODY = "dialpact/pbx1\n3\ntjXgkkAnQyZpXQ2RZopZ6NcOL5y/u3xwNO3wi598UkQ=\n"


def note_with(lines: Sequence[str]) -> str:
    return f"{BODY}\n— dialpact/pbx1 AAAAAAA=\n{''.join(lines)}"


def test_of_a_witness_s_lines_the_earliest_counts_and_a_false_one_spoils_all() -> None:
    one = Cosigner()
    text = note_with([one.line(BODY, 20), one.line(BODY, 10), Cosigner("else").line(BODY, 5)])
    (seen,) = cosignature.read(text, [one.witness]).by
    assert seen.at == 10
    other = BODY.replace("\n3\n", "\n4\n")
    spoilt = cosignature.read(note_with([one.line(BODY, 20), one.line(other, 10)]), [one.witness])
    assert (spoilt.by, spoilt.forged) == ((), (one.witness,))


def test_lines_are_put_under_once_and_bounded() -> None:
    one = Cosigner()
    text, line = note_with([]), one.line(BODY, 20)
    put = cosignature.put_under(text, [line, line])
    assert put == text + line
    assert cosignature.put_under(put, [line]) == put
    many = [Cosigner(f"w{place}").line(BODY, 20) for place in range(120)]
    cosignature.read(cosignature.put_under(text, many), [one.witness])  # it is a note still
