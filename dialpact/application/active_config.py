"""What a daemon applies: configuration, profiles, calendar and area codes, and how two of them differ."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from dialpact.application.policy import load_policy
from dialpact.compliance import config as configuration
from dialpact.compliance.config import Config
from dialpact.compliance.errors import CalendarError, ConfigError
from dialpact.compliance.profile import Policy

# Everything else is bound, opened or handed on when a daemon starts. What is new is on that side of the line.
LIVE = ("policy.", "trunks.")
LIVE_KEYS = frozenset(
    {"gate.deadline_ms", "ledger.on_fork", "ledger.witnesses", "ledger.tsa", "ledger.tsa_ca"}
)
# What a daemon never looks at: it is of another process, which says itself that it needs a restart.
NOT_OF_WEB = ("gate.", "ami.", "metrics.listen", "opt_out.")  # (the third begins two keys)
NOT_OF_OTHERS = ("web.", "api.", "webhooks.", "metrics.web")


class SettingChange(msgspec.Struct, frozen=True):
    """``old`` or ``new`` is empty where there is none."""

    key: str
    old: str
    new: str


class ActiveConfig(msgspec.Struct, frozen=True):
    """``settings`` are the configuration's, by ``section.key``; ``profiles`` are version and sha256 by id.

    ``calendar`` and ``areas`` are their versions, with the hash of the operator's files.
    """

    settings: dict[str, str]
    profiles: dict[str, str]
    calendar: str
    areas: str = ""  # (a daemon of an older version says none)

    @property
    def digest(self) -> str:
        return hashlib.sha256(msgspec.json.encode(self, order="sorted")).hexdigest()


def load(origin: str | Path | None) -> tuple[Config, Policy]:
    """All files that a reload reads. ConfigError, ProfileError, CalendarError, AreaError, each with file and
    reason.
    """
    config = configuration.load(origin)
    try:
        return config, load_policy(config)
    except OSError as error:  # (a folder's listing; the others' errors are told by their own modules)
        place = error.filename or config.policy.calendars or config.policy.areas
        raise CalendarError(f"{place}: {error.strerror or error}") from error


def active(config: Config, policy: Policy) -> ActiveConfig:
    said = {**msgspec.to_builtins(config), "origin": None}
    receivers = _flat("webhooks", said.pop("webhooks"))
    return ActiveConfig(
        # (Of receivers it is shown that they have changed, and no more: an address may hold a secret.)
        settings={**dict(_flat("", said)), **{key: _hidden(value) for key, value in receivers}},
        profiles={each.profile: f"{each.version} {each.sha256}" for each in policy.versions},
        calendar=policy.calendar.version,
        areas=policy.areas.version,
    )


def changes(old: ActiveConfig, new: ActiveConfig) -> list[SettingChange]:
    """Settings, then profiles, then the calendar, then the area codes."""
    return [
        *_between(old.settings, new.settings),
        *_between(_named(old.profiles), _named(new.profiles)),
        *_between({"calendar": old.calendar}, {"calendar": new.calendar}),
        *_between({"areas": old.areas}, {"areas": new.areas}),
    ]


def restart(changed: list[SettingChange], role: str) -> list[str]:
    """The settings among them that only a restart can change in a daemon of this role."""
    others = NOT_OF_WEB if role == "web" else NOT_OF_OTHERS
    return [
        change.key
        for change in changed
        if "." in change.key.partition(" ")[0]
        and not change.key.startswith((*LIVE, *others))
        and change.key not in LIVE_KEYS
    ]


def check(changed: list[SettingChange], role: str) -> None:
    """Raises ConfigError when a reload can not apply all of it: then it applies nothing."""
    if keys := restart(changed, role):
        raise ConfigError(f"needs a restart: {', '.join(keys)}")


def _hidden(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()[:12]


def _flat(place: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(f"{place}.{key}" if place else str(key), inner)
    elif isinstance(value, list | tuple):
        yield place, ", ".join(map(str, value))
    elif value is not None:
        yield place, str(value)


def _named(profiles: dict[str, str]) -> dict[str, str]:
    return {f"profile {name}": version for name, version in profiles.items()}


def _between(old: dict[str, str], new: dict[str, str]) -> Iterator[SettingChange]:
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) != new.get(key):
            yield SettingChange(key, old.get(key, ""), new.get(key, ""))
