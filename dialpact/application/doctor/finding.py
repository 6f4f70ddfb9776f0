"""What a check returns, and what it is given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from dialpact.compliance.config import Config
from dialpact.compliance.health import Health
from dialpact.compliance.profile import Policy

Outcome = Literal["ok", "warn", "fail", "skip"]


@dataclass(frozen=True)
class DoctorFinding:
    """``key`` names the text and, unless all is well, the advice (tables ``doctor`` and ``advice``).

    ``place``: of what is found in the dialplan, ``context``, ``extension``, ``priority``, ``file``, ``line``.
    """

    result: Outcome
    key: str
    values: dict[str, str]
    place: dict[str, str | int] | None = None


def ok(key: str, **values: object) -> DoctorFinding:
    return _found("ok", key, values)


def warn(key: str, **values: object) -> DoctorFinding:
    return _found("warn", key, values)


def fail(key: str, **values: object) -> DoctorFinding:
    return _found("fail", key, values)


def skip(key: str, **values: object) -> DoctorFinding:
    return _found("skip", key, values)


def _found(result: Outcome, key: str, values: dict[str, object]) -> DoctorFinding:
    return DoctorFinding(result, key, {name: str(value) for name, value in values.items()})


@dataclass(frozen=True)
class Site:
    """What all checks look at. ``policy`` and ``health`` are None where they could not be had."""

    config: Config
    now: datetime
    today: date  # local
    etc: Path  # Asterisk's configuration
    policy: Policy | None = None
    health: Health | None = None
