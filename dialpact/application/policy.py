"""What the configuration puts in force: the profiles and the calendar."""

from __future__ import annotations

from dialpact.compliance import calendars, profile
from dialpact.compliance.config import Config
from dialpact.compliance.profile import Policy


def load_policy(config: Config) -> Policy:
    """ProfileError, CalendarError. A profile is a name that ships or a path beside the configuration."""
    folder = config.policy.calendars
    return Policy(
        profiles=tuple(profile.load(_named(config, name)) for name in config.policy.profiles),
        calendar=calendars.load(config.path(folder) if folder else None),
    )


def regions(config: Config) -> tuple[str, ...]:
    """Where its callees are, home first. ProfileError."""
    return profile.common_regions([profile.load(_named(config, name)) for name in config.policy.profiles])


def _named(config: Config, name: str) -> str:
    return str(config.path(name)) if name.endswith(".toml") else name
