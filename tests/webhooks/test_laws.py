"""What holds for whatever happens: nothing is left out, nothing overtakes, nothing waits for ever."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialpact.compliance.webhooks.delivery import Waiting
from dialpact.compliance.webhooks.events import BlockedCall, Happening, IncidentCreated, OptOutAdded
from dialpact.compliance.webhooks.order import ready
from dialpact.compliance.webhooks.packing import MOST_TOGETHER, packed
from dialpact.compliance.webhooks.retry import (
    ATTEMPTS,
    JITTER,
    LONGEST_PAUSE,
    SCHEDULE,
    again_at,
    heard,
)
from dialpact.compliance.webhooks.settings import WebhookConfig
from dialpact.compliance.webhooks.signature import WebhookKey, generated, headers, message_id
from dialpact.compliance.webhooks.subjects import subjects

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
HOOK = WebhookConfig(url="https://x/")
BLOCK = BlockedCall(
    decision="",
    decided_at=NOW,
    node="pbx1",
    number="",
    caller_id="02787654321",
    campaign="renewal",
    business="acme",
    agent="",
    trunk="carrier",
    reasons=("do-not-call",),
    retry_at=None,
    mode="enforce",
    continues="",
    undelivered=False,
)


def block(leaf: int, who: int) -> Happening:
    data = msgspec.structs.replace(BLOCK, decision=f"{leaf:032x}", number=f"+86138{who:08}")
    return Happening(leaf, NOW, "acme", data, (data.number,))


def opt_out(leaf: int, who: int) -> Happening:
    data = OptOutAdded(
        number=f"+86138{who:08}",
        scope="all",
        value="",
        requested_at=NOW,
        source="x",
        how="line",
        by="",
        decision="",
    )
    return Happening(leaf, NOW, "", data, (data.number,))


def incident(leaf: int, who: int) -> Happening:
    data = IncidentCreated(incident=leaf, at=NOW, node="pbx1", kind="k", decision="", channel="", detail="")
    return Happening(leaf, NOW, "", data)


happenings = st.lists(
    st.tuples(st.sampled_from([block, block, block, opt_out, incident]), st.integers(0, 5)), max_size=120
).map(lambda made: [make(leaf, who) for leaf, (make, who) in enumerate(made)])


@given(happenings, st.integers(1, 200))
def test_all_is_packed_whole_in_order_and_not_too_much_at_once(happened: list[Happening], most: int) -> None:
    told: list[object] = []
    left, rounds = happened, 0
    while True:
        new, rest = packed("crm", HOOK, left, most)
        assert len(new) <= most
        for one in new:
            event = msgspec.json.decode(one.body)
            calls = event["data"].get("decisions", [None])
            assert 1 <= len(calls) <= MOST_TOGETHER
            told += [call["decision"] if call else one.type for call in calls]
        if rest is None:
            break
        assert rest > (left[0].leaf if rounds else -1) or rest == left[0].leaf == 0
        left = [one for one in left if one.leaf >= rest]
        rounds += 1
    expected = [
        one.data.decision
        if isinstance(one.data, BlockedCall)
        else "opt_out.added"
        if isinstance(one.data, OptOutAdded)
        else "incident.created"
        for one in happened
    ]
    assert told == expected


@given(happenings)
def test_a_delivery_is_about_all_that_is_in_it(happened: list[Happening]) -> None:
    new, _ = packed("crm", HOOK, happened, 1000)
    found = [subject for one in new for subject in one.subjects]
    assert set(found) == {subject for one in happened for subject in subjects(one.data)}
    assert len({one.id for one in new}) == len(new)


waiting = st.lists(
    st.tuples(st.sets(st.sampled_from("abcde"), min_size=1, max_size=3), st.integers(-2, 2)), max_size=30
).map(
    lambda rows: [
        Waiting(seq, tuple(about), NOW + timedelta(seconds=when)) for seq, (about, when) in enumerate(rows)
    ]
)


@given(waiting, st.sets(st.integers(0, 29)), st.integers(1, 30))
def test_nothing_overtakes_and_nothing_stands_idle(rows: list[Waiting], flying: set[int], most: int) -> None:
    found = ready(rows, NOW, flying, most)
    assert found == sorted(found) and len(found) <= most and not flying & set(found)
    before: set[str] = set()
    for one in rows:
        may = one.seq not in flying and one.next_at <= NOW and before.isdisjoint(one.subjects)
        if len(found) < most:
            assert (one.seq in found) is may, "whatever may be sent is sent"
        assert may or one.seq not in found
        before.update(one.subjects)


def test_the_attempts_span_days_and_end() -> None:
    at = NOW
    for attempts in range(1, ATTEMPTS):
        soonest, latest = again_at(attempts, at, 0.0), again_at(attempts, at, 1.0)
        assert soonest and latest
        assert soonest - at == SCHEDULE[attempts - 1]
        assert latest - at == SCHEDULE[attempts - 1] * (1 + JITTER)
        at = soonest
    assert again_at(ATTEMPTS, at, 0.5) is None
    assert timedelta(days=3) < at - NOW < timedelta(days=4)
    assert list(SCHEDULE) == sorted(SCHEDULE)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("600", 600),
        (" 0 ", 0),
        ("999999999999", LONGEST_PAUSE.total_seconds()),
        (format_datetime(NOW + timedelta(hours=1), usegmt=True), 3600),
        (format_datetime(NOW - timedelta(hours=1), usegmt=True), 0),
        (format_datetime(NOW + timedelta(days=9), usegmt=True), LONGEST_PAUSE.total_seconds()),
        ("Tue, 24 Nov 2026 03:00:00", 3600),
        ("1" + "0" * 400, LONGEST_PAUSE.total_seconds()),
        *[(text, 0) for text in ("", "-5", "soon", "1.5", "\u0665", "Mon, 99 Nov 2026 00:00:00 GMT")],
    ],
)
def test_how_long_a_receiver_wants_nothing(said: str, seconds: float) -> None:
    assert heard(503, said, NOW).pause == timedelta(seconds=seconds)
    assert heard(500, said, NOW).pause == timedelta()


@given(st.binary(max_size=100), st.text("abcdef", min_size=1))
def test_an_id_is_of_its_event_and_receiver_and_has_no_dot(body: bytes, name: str) -> None:
    id = message_id(name, "leaf 7", body)
    assert id == message_id(name, "leaf 7", body) and "." not in id and id.startswith("msg_")
    others = (f"{name}x", "leaf 7", body), (name, "leaf 8", body), (name, "leaf 7", body + b"x")
    assert id not in [message_id(*each) for each in others]


def test_a_key_of_another_library_is_read() -> None:
    """Unpadded, or with the public key behind the private one."""
    key = generated("v1a")
    assert WebhookKey(key.text.rstrip("=")).public == key.public
    raw = base64.b64decode(key.text.removeprefix("whsk_"))
    public = base64.b64decode(key.public.removeprefix("whpk_"))
    long = WebhookKey("whsk_" + base64.b64encode(raw + public).decode())
    assert long.public == key.public
    signed = dict(headers([long, generated("v1")], "msg_x", NOW, b"{}"))
    assert [one.partition(",")[0] for one in signed["webhook-signature"].split(" ")] == ["v1a", "v1"]
