"""The time in a timestamp, read from its DER: what counts, and what is no time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dialpact.compliance.ledger import der
from dialpact.compliance.ledger.timestamp import accuracy_of, time_of


@pytest.mark.parametrize(
    ("text", "microsecond"),
    [
        ("20261124020000Z", 0),
        ("20261124020000.5Z", 500_000),
        ("20261124020000.000001Z", 1),
        ("20261124020000.0000001Z", 1),  # finer than we can say: later, never earlier
        ("20261124020000.1234561Z", 123_457),
        ("20261124020000.9999999Z", 1_000_000),
    ],
)
def test_a_time(text: str, microsecond: int) -> None:
    assert time_of(text) == datetime(2026, 11, 24, 2, tzinfo=UTC) + timedelta(microseconds=microsecond)


@pytest.mark.parametrize(
    "text",
    [
        *("", "20261124020000", "20261124020000+0800", "20261124020000.Z", "20261124020000.50Z"),
        *("202611240200Z", "20261324020000Z", "２0261124020000Z", "20261124020000,5Z", "20261124020000.5Z\n"),
    ],
)
def test_no_time(text: str) -> None:
    with pytest.raises(ValueError):
        time_of(text)


@pytest.mark.parametrize(
    ("raw", "seconds"),
    [
        ("", 0),
        ("020101", 1),
        ("800201f4", 0.5),
        ("810164", 0.0001),
        ("020101800201f4810164", 1.5001),
        ("020200ff", 255),
    ],
)
def test_an_accuracy(raw: str, seconds: float) -> None:
    assert accuracy_of(bytes.fromhex(raw)) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "raw", ["0201ff", "800203e8", "800100", "020101020101", "820101", "02020001", "0200"]
)
def test_no_accuracy(raw: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        accuracy_of(bytes.fromhex(raw))


@pytest.mark.parametrize(
    "raw", ["30", "3081", "308101ff", "30820001ff", "3080", "1f0100", "3002ff", "308500000000"]
)
def test_no_der(raw: str) -> None:
    with pytest.raises(ValueError):
        der.values(bytes.fromhex(raw))


def test_der() -> None:
    long = bytes(200)
    assert der.values(b"\x04\x81\xc8" + long + b"\x02\x01\x05") == [(4, long), (2, b"\x05")]
    assert der.only(b"\x30\x03\x02\x01\x05", der.SEQUENCE) == b"\x02\x01\x05"
    with pytest.raises(ValueError):
        der.only(b"\x30\x00", der.SET)
