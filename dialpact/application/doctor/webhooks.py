"""Do the receivers of webhooks get what they are to be told?

A call goes on without them; so none of it makes an installation unready.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from dialpact.application.doctor.finding import DoctorFinding, Site, fail, ok, warn
from dialpact.compliance.errors import ConfigError
from dialpact.compliance.registers.moment import shown_time
from dialpact.compliance.webhooks import secret
from dialpact.compliance.webhooks.delivery import SICK, HookState

MOST_MINUTES = 5  # since somebody looked whether there is anything to tell


def receivers(site: Site) -> Iterator[DoctorFinding]:
    """What is wrong with each that is configured; else one finding that all is well. No file is looked at."""
    if site.health is None:
        return
    known = {state.name: state for state in site.health.webhooks}
    for name in sorted(site.config.webhooks):
        state = known.get(name)
        if state is None:
            yield warn("webhook-never", webhook=name)
            continue
        found = list(_flaws(site, state))
        yield from found
        if not found:
            yield ok("webhook", webhook=name, delivered=state.delivered, waiting=state.waiting)


def signed(site: Site) -> Iterator[DoctorFinding]:
    """The same, and whether there are keys to sign with."""
    for name, hook in sorted(site.config.webhooks.items()):
        try:
            if not (missing := secret.missing(secret.load(site.config, name), hook)):
                continue
            error = f"{secret.file_of(site.config, name)}: no key for {', '.join(missing)}"
        except ConfigError as refused:
            error = str(refused)
        yield fail("webhook-unsigned", webhook=name, error=error)
    yield from receivers(site)


def _flaws(site: Site, state: HookState) -> Iterator[DoctorFinding]:
    about = {"webhook": state.name, "why": state.why}
    if state.disabled_at is not None:
        yield fail("webhook-gone", **about, since=shown_time(state.disabled_at))
        return
    minutes = (site.now - state.looked_at) // timedelta(minutes=1)
    if minutes > MOST_MINUTES:
        yield warn("webhook-silent", **about, minutes=minutes)
    if state.failing_since is not None and state.failures >= SICK:
        since = shown_time(state.failing_since)
        yield warn("webhook-failing", **about, since=since, waiting=state.waiting)
    if state.dead:
        yield warn("webhook-dead", **about, dead=state.dead)
