"""What left, beside what was authorised: a table with a reason for each row."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ami_listener.ami.sent import Sent, flaw

OURS, OTHER, ABROAD = "02788880007", "02799990001", "+862788880007"
OPEN = "allowed_not_screened"
ALTERED, HIDDEN, UNKNOWN = "caller-id-altered", "caller-id-hidden", "caller-id-unknown"


def sip(uri: str, connected: str = OURS, presentation: str = OPEN) -> Sent:
    return Sent(uri, connected, presentation)


def other(connected: str, presentation: str = OPEN) -> Sent:
    return Sent("", connected, presentation, has_uri=False)


@pytest.mark.parametrize(
    ("sent", "forms", "why", "number"),
    [
        (sip(f"<sip:{OURS}@10.0.0.1>"), (), "", OURS),
        (sip(f"<sip:{OURS}@10.0.0.1:5060;user=phone>"), (), "", OURS),
        (sip(f"sips:{OURS}@[::1]"), (), "", OURS),
        (sip(rf"\"wuhan loans\" <sip:{OURS}@10.0.0.1>"), (), "", OURS),
        # Another number, and what only looks like the same one.
        (sip(f"<sip:{OTHER}@10.0.0.1>", OTHER), (), ALTERED, OTHER),
        (sip(f"<sip:{OTHER}@10.0.0.1>"), (), ALTERED, OTHER),  # from_user
        (sip(f"<sip:{OURS}@10.0.0.1>", OTHER), (), ALTERED, OURS),  # what PAI is made of
        (sip(f"<sip:{ABROAD}@10.0.0.1>", ABROAD), (), ALTERED, ABROAD),
        (sip(f"<sip:00{ABROAD[1:]}@10.0.0.1>"), (), ALTERED, "00" + ABROAD[1:]),
        (sip(f"<sip:{OURS[1:]}@10.0.0.1>"), (), ALTERED, OURS[1:]),
        (sip(f"<sip:{OURS};x=1@10.0.0.1>"), (), ALTERED, f"{OURS};x=1"),
        (sip(f"<sip:%30{OURS[1:]}@10.0.0.1>"), (), ALTERED, f"%30{OURS[1:]}"),
        # The number in a name is none.
        (sip(rf"\"<sip:{OURS}@x>\" <sip:{OTHER}@10.0.0.1>"), (), ALTERED, OTHER),
        (sip(rf"\"{OURS}\" <sip:{OTHER}@10.0.0.1>"), (), ALTERED, OTHER),
        # As registered.
        (sip(f"<sip:{ABROAD}@10.0.0.1>", ABROAD), (ABROAD,), "", ABROAD),
        (sip(f"<sip:{ABROAD}@10.0.0.1>"), ("x", ABROAD), "", ABROAD),  # from_user: PAI as registered
        (sip(f"<sip:{OURS}@10.0.0.1>"), (ABROAD,), ALTERED, OURS),
        (sip("<sip:line77@10.0.0.1>"), ("line77",), "", "line77"),
        (sip("<sip:line77@10.0.0.1>", OTHER), ("line77",), ALTERED, "line77"),
        # Hidden.
        (sip(r"\"Anonymous\" <sip:anonymous@anonymous.invalid>"), (), HIDDEN, "anonymous"),
        (sip("<sip:Anonymous@10.0.0.1>"), (), HIDDEN, "anonymous"),
        (sip(f"<sip:{OURS}@anonymous.invalid>"), (), HIDDEN, OURS),
        (sip(f"<sip:{OURS}@10.0.0.1>", presentation="prohib_passed_screen"), (), HIDDEN, OURS),
        (sip(f"<sip:{OURS}@10.0.0.1>", presentation="unavailable"), (), HIDDEN, OURS),
        (sip("<sip:10.0.0.1>"), (), HIDDEN, "anonymous"),
        # Not to be found out.
        (sip(""), (), UNKNOWN, ""),
        (sip(f"tel:{OURS}"), (), UNKNOWN, ""),
        (sip(f"<sip:{OURS}@10.0.0.1> <sip:{OTHER}@x> "), (), UNKNOWN, ""),
        (sip(f"<sip:{OURS}@10.0.0.1>", presentation=""), (), UNKNOWN, OURS),
        # Other drivers have the connected line alone.
        (other(OURS), (), "", OURS),
        (other(OTHER), (), ALTERED, OTHER),
        (other(OURS, "prohib"), (), HIDDEN, OURS),
        (other(""), (), HIDDEN, "anonymous"),
        (other("", ""), (), UNKNOWN, ""),
        (other(ABROAD), (ABROAD,), "", ABROAD),
    ],
)
def test_what_left(sent: Sent, forms: tuple[str, ...], why: str, number: str) -> None:
    assert flaw(sent, OURS, forms) == why
    assert sent.number == number


@given(st.text(max_size=80), st.text(max_size=20), st.sampled_from([OPEN, "prohib", ""]))
def test_no_text_is_the_authorised_number_but_itself(name: str, user: str, presentation: str) -> None:
    """Whatever stands in the name, and whatever before the host."""
    told = flaw(sip(f'"{name}" <sip:{user}@10.0.0.1>', presentation=presentation), OURS)
    assert (told == "") == (user == OURS and presentation == OPEN)
    assert flaw(sip(f'"{name}" <sip:{OURS}@10.0.0.1>'), OURS) == ""


def test_a_call_that_nobody_authorised_a_number_for_leaves_by_none() -> None:
    assert flaw(sip("<sip:10.0.0.1>", ""), "") == HIDDEN
