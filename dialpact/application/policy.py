"""What the configuration puts in force: the profiles, the calendar and the area codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dialpact.compliance import calendars, profile
from dialpact.compliance.config import Config
from dialpact.compliance.errors import AreaError, ProfileError
from dialpact.compliance.numbers import areas
from dialpact.compliance.numbers.areas import Areas
from dialpact.compliance.profile import Policy, Profile

if TYPE_CHECKING:
    from dialpact.compliance.judge import Judge


def load_policy(config: Config) -> Policy:
    """ProfileError, CalendarError, AreaError. A profile is a name that ships or a path beside the
    configuration.
    """
    years = config.policy.calendars
    return Policy(
        profiles=tuple(_in_force(config, name) for name in config.policy.profiles),
        calendar=calendars.load(config.path(years) if years else None),
        areas=_areas(config),
    )


def judge_of(config: Config, policy: Policy) -> Judge:
    """What decides by ``policy`` over the trunks of ``config``."""
    from dialpact.compliance.judge import (
        Judge,  # with all rules, which whoever looks at profiles need not load
    )

    stops = config.ledger.on_fork == "stop"
    return Judge(policy, config.trunks, config.node.name, config.policy.mode, stops_on_fork=stops)


def regions(config: Config) -> tuple[str, ...]:
    """Where its callees are, home first. ProfileError."""
    return profile.common_regions([profile.load(_named(config, name)) for name in config.policy.profiles])


def know_areas(config: Config) -> None:
    """Numbers are read by this installation's area codes from here on, in this command.

    By those that ship where its files are not usable: nobody's refusal waits for them, and whatever judges a
    call says what is wrong.
    """
    try:
        areas.KNOWN.set(_areas(config))
    except (AreaError, OSError):
        areas.KNOWN.set(areas.SHIPPED)


def _areas(config: Config) -> Areas:
    folder = config.policy.areas
    return areas.load(config.path(folder) if folder else None)


def _in_force(config: Config, name: str) -> Profile:
    found = profile.load(_named(config, name))
    if found.trial:  # it would block every call; and nobody may think that it could be had for all
        raise ProfileError(
            f"{name}: the trial profile is of `dialpact asterisk try` alone, and can not be put in force"
        )
    return found


def _named(config: Config, name: str) -> str:
    return str(config.path(name)) if name.endswith(profile.SUFFIX) else name
