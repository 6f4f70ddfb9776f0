"""What the configuration puts in force: the profiles, the calendar and the area codes."""

from __future__ import annotations

from dialpact.compliance import calendars, profile
from dialpact.compliance.config import Config
from dialpact.compliance.numbers import areas
from dialpact.compliance.profile import Policy


def load_policy(config: Config) -> Policy:
    """ProfileError, CalendarError, AreaError. A profile is a name that ships or a path beside the
    configuration.
    """
    years, codes = config.policy.calendars, config.policy.areas
    return Policy(
        profiles=tuple(profile.load(_named(config, name)) for name in config.policy.profiles),
        calendar=calendars.load(config.path(years) if years else None),
        areas=areas.load(config.path(codes) if codes else None),
    )


def _named(config: Config, name: str) -> str:
    return str(config.path(name)) if name.endswith(".toml") else name
