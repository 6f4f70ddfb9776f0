"""When a session runs, to the second; and what is no token of one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from dialpact.compliance.registers.session import Session, Way, named, new_token, same

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
IDLE = 1800.0
SECOND = timedelta(seconds=1)
SESSION = Session(
    id="a" * 32,
    account="li",
    way=Way.PASSWORD,
    opened_at=AT,
    ends_at=AT + timedelta(hours=12),
    seen_at=AT,
)


@pytest.mark.parametrize(
    ("changed", "now", "runs", "reason"),
    [
        ({}, AT, True, "it begins with its first second"),
        ({}, AT - SECOND, False, "not before, whatever a clock says"),
        ({}, AT + timedelta(seconds=IDLE) - SECOND, True, "somebody used it half an hour ago"),
        ({}, AT + timedelta(seconds=IDLE), False, "nobody did"),
        ({"seen_at": AT + timedelta(hours=11, minutes=59)}, AT + timedelta(hours=12) - SECOND, True, "used"),
        ({"seen_at": AT + timedelta(hours=11, minutes=59)}, AT + timedelta(hours=12), False, "it is over"),
        (
            {"ended_at": AT, "ended_by": "li"},
            AT + SECOND,
            False,
            "ended, whatever its row has besides",
        ),
    ],
)
def test_when_it_runs(changed: dict[str, object], now: datetime, runs: bool, reason: str) -> None:
    assert msgspec.structs.replace(SESSION, **changed).runs(now, IDLE) is runs, reason


def test_what_is_no_token() -> None:
    token = new_token(SESSION.id)
    assert named(token) == SESSION.id
    for other in ("", SESSION.id, token[:-1], token + "x", token.upper(), f" {token}", "1" * 32 + "."):
        assert named(other) == "", other


def test_what_was_ended_has_no_hash_and_is_like_nothing() -> None:
    assert same("ab", "ab") and not same("ab", "ac") and not same("", "")
