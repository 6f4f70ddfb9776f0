"""Do outsiders vouch for the log: the witnesses that are configured, the authority for timestamps?

A call goes on without them; so none of it makes an installation unready.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from dialpact.application.doctor.finding import DoctorFinding, Site, fail, ok, warn
from dialpact.compliance.config import WitnessConfig
from dialpact.compliance.witness import DISPUTES, WitnessState

MOST_STAMP_HOURS = 3  # since the last timestamp; one is asked for every hour


def witnesses(site: Site) -> Iterator[DoctorFinding]:
    """One finding for each that is configured."""
    if site.health is None:
        return
    known = {state.vkey: state for state in site.health.witnesses}
    for one in site.config.ledger.named:
        yield of_witness(one, known.get(one.vkey), site.now)


def of_witness(one: WitnessConfig, state: WitnessState | None, now: datetime) -> DoctorFinding:
    """``state``: None: it was never asked."""
    if state is None:
        return warn("witness-unasked", witness=one.vkey.partition("+")[0], url=one.url)
    about = {"witness": state.name, "url": state.url}
    if state.failing_since is None:
        return ok("witness", **about, age=(now - state.asked_at) // timedelta(minutes=1), size=state.size)
    why = {**about, "word": state.word, "why": state.detail, "since": state.failing_since}
    if state.word in DISPUTES:
        return fail("witness-conflict", **why)
    if state.word == "away":
        return warn("witness-away", **why)
    return warn("witness-refuses", **why)


def stamps(site: Site) -> Iterator[DoctorFinding]:
    """One finding where an authority is configured."""
    if site.health is None or not site.config.ledger.tsa:
        return
    yield of_stamps(site.config.ledger.tsa, site.health.stamped, site.now)


def of_stamps(tsa: str, stamped: datetime | None, now: datetime) -> DoctorFinding:
    """``stamped``: when the authority was last asked with success; None: never."""
    if stamped is None:
        return warn("stamp-never", url=tsa)
    hours = (now - stamped) // timedelta(hours=1)
    if hours >= MOST_STAMP_HOURS:
        return warn("stamp-old", url=tsa, hours=hours)
    return ok("stamp", url=tsa, hours=hours)
