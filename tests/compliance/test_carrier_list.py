"""The carrier's list against the register: each difference, and the days on either side of it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from dialpact.compliance.model import CallerId
from dialpact.compliance.registers.carrier_list import Difference, ListedNumber, compare, read
from dialpact.compliance.registers.fault import Fault

TODAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
NUMBER = "02787654321"


def entry(**changes: Any) -> CallerId:
    fields: dict[str, Any] = {
        "number": NUMBER,
        "business": "acme",
        "licence": "鄂通号〔2026〕017",
        "carrier": "电信",
        "authenticated": True,
        "trunks": ("*",),
        "purposes": ("*",),
        "valid_from": date(2026, 1, 1),
        "valid_to": date(2027, 12, 31),
    }
    return CallerId(**(fields | changes))


def found(ours: CallerId | None, theirs: ListedNumber | None, calls: int = 0) -> list[Difference]:
    return compare(
        [ours] if ours else [],
        {"acme": "某某 Company"},
        {theirs.number: theirs} if theirs else {},
        {NUMBER: calls} if calls else {},
        TODAY,
    )


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        ({}, []),  # it says nothing but that the number is its own
        ({"holder": "acme"}, []),
        ({"holder": "某某company"}, []),
        ({"holder": "某某ＣＯＭＰＡＮＹ"}, []),  # full-width, as forms have it
        ({"holder": "别人"}, ["holder-differs"]),
        ({"licence": "鄂通号〔2026〕017"}, []),
        ({"licence": "鄂通号〔2026〕018"}, ["licence-differs"]),
        ({"authenticated": True}, []),
        ({"authenticated": False}, ["not-authenticated"]),
        ({"valid_to": date(2027, 12, 31)}, []),
        ({"valid_to": date(2027, 12, 30)}, ["validity-differs"]),
        ({"valid_from": date(2026, 1, 2)}, ["validity-differs"]),
        ({"valid_to": TODAY}, ["validity-differs"]),  # its last day
        ({"valid_to": date(2026, 11, 23)}, ["expired"]),
    ],
)
def test_what_differs(changes: dict[str, Any], kinds: list[str]) -> None:
    assert [one.kind for one in found(entry(), ListedNumber(number=NUMBER, **changes))] == kinds


@pytest.mark.parametrize(
    ("valid_to", "calls", "kinds"),
    [
        (None, 0, ["not-listed"]),
        (TODAY, 0, ["not-listed"]),
        (date(2026, 11, 23), 0, []),  # no call can show it any more
        (date(2026, 11, 23), 3, ["used-not-listed"]),
        (None, 3, ["not-listed", "used-not-listed"]),
    ],
)
def test_what_the_carrier_does_not_have(valid_to: date | None, calls: int, kinds: list[str]) -> None:
    differences = found(entry(valid_to=valid_to), None, calls)
    assert [one.kind for one in differences] == kinds
    assert all(one.calls == calls for one in differences)


def test_what_the_register_does_not_have() -> None:
    (one,) = found(None, ListedNumber(number=NUMBER, holder="别人"))
    assert (one.kind, one.carrier) == ("not-registered", "别人")


def test_both_are_over() -> None:
    ours = entry(valid_to=date(2025, 12, 31))
    assert found(ours, ListedNumber(number=NUMBER, valid_to=date(2025, 12, 31))) == []


def test_calls_of_an_unknown_number() -> None:
    assert [one.kind for one in found(None, None, 2)] == ["used-not-listed"]


def test_several_at_once_in_the_order_of_their_weight() -> None:
    worst = ListedNumber(
        number=NUMBER, holder="x", licence="y", valid_to=date(2020, 1, 1), authenticated=False
    )
    assert [one.kind for one in found(entry(), worst)] == [
        *("expired", "not-authenticated", "holder-differs", "licence-differs")
    ]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([NUMBER, "", "", "", "", "", ""], ListedNumber(number=NUMBER)),
        ([NUMBER, "", "acme", "", "", "", ""], ListedNumber(number=NUMBER, holder="acme")),
        (
            [NUMBER, "acme", "ACME", "", "", "", "是"],
            ListedNumber(number=NUMBER, holder="acme", authenticated=True),
        ),
        (
            [NUMBER, "", "", "L", "2026/1/2", "2026-03-04", "no"],
            ListedNumber(
                number=NUMBER,
                licence="L",
                valid_from=date(2026, 1, 2),
                valid_to=date(2026, 3, 4),
                authenticated=False,
            ),
        ),
    ],
)
def test_a_row(cells: list[str], expected: ListedNumber) -> None:
    assert read(cells, NOW) == expected


@pytest.mark.parametrize(
    ("cells", "key"),
    [
        (["2.78765E+10", "", "", "", "", "", ""], "excel-exponent"),
        (["", "", "", "", "", "", ""], "bad-caller-id"),
        ([NUMBER, "a", "b", "", "", "", ""], "two-holders"),
        ([NUMBER, "", "", "", "2026-02-30", "", ""], "bad-date"),
        ([NUMBER, "", "", "", "2026-02-02", "2026-02-01", ""], "ends-before-start"),
        ([NUMBER, "", "", "", "", "", "perhaps"], "yes-or-no"),
    ],
)
def test_a_bad_row(cells: list[str], key: str) -> None:
    with pytest.raises(Fault) as raised:
        read(cells, NOW)
    assert raised.value.key == key
