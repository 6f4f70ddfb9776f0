"""What a replay goes by: profiles and rules."""

from __future__ import annotations

from dialpact.application.policy import load_policy
from dialpact.application.replay.trial import FREE, RULES
from dialpact.compliance import calendars, profile
from dialpact.compliance.config import Config
from dialpact.compliance.profile import Policy
from dialpact.compliance.registers.fault import Fault, shown


def the_policy(named: list[str] | None, config: Config | None) -> Policy:
    """The named profiles, else the configuration's; always with its calendar, where there is one."""
    if not named:
        if config is None:
            raise Fault("name-profile", known=", ".join(profile.names()))
        return load_policy(config)
    folder = config.policy.calendars if config else ""
    calendar = calendars.load(config.path(folder) if config and folder else None)
    return Policy(tuple(profile.load(name) for name in named), calendar)


def the_rules(named: list[str] | None, config: Config | None) -> frozenset[str]:
    """Those whose failures count."""
    wanted = {
        name.strip().replace("-", "_") for text in named or () for name in text.split(",") if name.strip()
    }
    for name in sorted(wanted):
        if name not in RULES:
            raise Fault("unknown-value", column="rules", value=shown(name), known=", ".join(RULES))
        if config is None and name not in FREE:
            raise Fault("rule-needs-registers", rule=name, known=", ".join(sorted(FREE)))
    return frozenset(wanted) or (frozenset(RULES) if config else FREE)
