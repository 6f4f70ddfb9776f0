"""Do outsiders vouch for the log: the witnesses that are configured, the authority for timestamps?

A call goes on without them; so none of it makes an installation unready.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from dialpact.application.doctor.finding import DoctorFinding, Site, fail, ok, warn
from dialpact.compliance.witness import DISPUTES, WitnessState

MOST_STAMP_HOURS = 3  # since the last timestamp; one is asked for every hour


def witnesses(site: Site) -> Iterator[DoctorFinding]:
    """One finding for each that is configured."""
    if site.health is None:
        return
    known = {state.vkey: state for state in site.health.witnesses}
    for one in site.config.ledger.named:
        state = known.get(one.vkey)
        if state is None:
            yield warn("witness-unasked", witness=one.vkey.partition("+")[0], url=one.url)
        else:
            yield _told(site, state)


def _told(site: Site, state: WitnessState) -> DoctorFinding:
    about = {"witness": state.name, "url": state.url}
    if state.failing_since is None:
        return ok("witness", **about, age=_minutes(site, state), size=state.size)
    why = {**about, "word": state.word, "why": state.detail, "since": state.failing_since}
    if state.word in DISPUTES:
        return fail("witness-conflict", **why)
    if state.word == "away":
        return warn("witness-away", **why)
    return warn("witness-refuses", **why)


def _minutes(site: Site, state: WitnessState) -> int:
    return (site.now - state.asked_at) // timedelta(minutes=1)


def stamps(site: Site) -> Iterator[DoctorFinding]:
    """One finding where an authority is configured."""
    if site.health is None or not site.config.ledger.tsa:
        return
    about = {"url": site.config.ledger.tsa}
    if site.health.stamped is None:
        yield warn("stamp-never", **about)
    elif (hours := (site.now - site.health.stamped) // timedelta(hours=1)) >= MOST_STAMP_HOURS:
        yield warn("stamp-old", **about, hours=hours)
    else:
        yield ok("stamp", **about, hours=hours)
