"""Checks of what is in force: profiles, mode, calendar, registers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from dialpact.application.doctor.finding import DoctorFinding, Site, fail, ok, skip, warn
from dialpact.compliance.calendars import days_left
from dialpact.compliance.model import ANY, Registration

ENDING = timedelta(days=45)  # before its end a registration is to be renewed: an authority takes its time
NOVEMBER = 11  # the notice for the next year is published in November


def profiles(site: Site) -> Iterator[DoctorFinding]:
    """One finding for each profile in force, with its version and digest."""
    for version in site.policy.versions if site.policy else ():
        yield ok("profile", name=version.profile, version=version.version, sha256=version.sha256[:12])


def mode(site: Site) -> Iterator[DoctorFinding]:
    """One finding: shadow mode is a warning."""
    yield warn("mode-shadow") if site.config.policy.mode == "shadow" else ok("mode-enforce")


def calendar(site: Site) -> Iterator[DoctorFinding]:
    """One finding: how long the calendar of working days still lasts; none without a policy."""
    if site.policy is None:
        return
    known, today = site.policy.calendar, site.today
    left, last = days_left(known, today), known.last_known
    if not any(profile.days and profile.days.kind == "working" for profile in site.policy.profiles):
        yield ok("calendar-unused")
    elif (kind := known.day(today).kind) in ("missing", "provisional"):
        yield fail(f"calendar-{kind}", year=today.year, next=today.year + 1)
    elif today.month >= NOVEMBER and known.day(date(today.year + 1, 1, 1)).kind == "missing":
        yield warn("calendar-ends", left=left, last=last, next=today.year + 1)
    else:
        yield ok("calendar", left=left, last=last)


def opt_outs(site: Site) -> Iterator[DoctorFinding]:
    """One finding: how old the last import of opt-outs is, against what the strictest profile permits."""
    if site.policy is None or site.health is None:
        return
    ages = [profile.do_not_call.max_list_age_days for profile in site.policy.profiles if profile.do_not_call]
    most, at = min((age for age in ages if age), default=0), site.health.opt_outs_at
    days = (site.now - at).days if at else 0
    if not most:
        yield ok("refusals-unlimited", at=at.date() if at else "-")
    elif at is None:
        yield fail("refusals-never", most=most)
    elif days >= most:
        yield fail("refusals-old", days=days, most=most)
    elif days >= most * 3 // 4:
        yield warn("refusals-ageing", days=days, most=most)
    else:
        yield ok("refusals", days=days, most=most)


def caller_ids(site: Site) -> Iterator[DoctorFinding]:
    """One finding for each trunk: whether a caller ID is registered for it."""
    if site.policy is None or site.health is None:
        return
    needed = any(profile.caller_id for profile in site.policy.profiles)
    for trunk in site.config.trunks:
        if trunk in site.health.trunks or ANY in site.health.trunks:
            yield ok("caller-ids", trunk=trunk)
        elif needed:
            yield fail("caller-ids-none", trunk=trunk)
        else:
            yield skip("caller-ids-unused", trunk=trunk)


def scripts(site: Site) -> Iterator[DoctorFinding]:
    """One finding: campaigns whose script nobody has approved."""
    if site.policy is None or site.health is None:
        return
    found = site.health
    if not found.campaigns:
        yield warn("campaigns-none")
    elif not any(profile.script for profile in site.policy.profiles):
        yield ok("scripts-unused", count=len(found.campaigns))
    elif found.unscripted:
        yield warn("scripts-missing", campaigns=", ".join(found.unscripted[:20]), count=len(found.unscripted))
    else:
        yield ok("scripts", count=len(found.campaigns))


def registrations(site: Site) -> Iterator[DoctorFinding]:
    """One finding for each registration that a profile asks for and that is lacking or ends soon; or one."""
    if site.policy is None or site.health is None:
        return
    asked = {
        (
            one.holder,
            campaign.business if one.holder == "business" else campaign.id,
            one.kind,
            site.now.astimezone(profile.zone).date(),  # the rule's day, wherever the operator is
        )
        for profile in site.policy.profiles
        if (section := profile.registration) is not None
        for one in section.required
        for campaign in site.health.sellers
        if section.binds(campaign.purpose)
    }
    lacking = False
    for holder, id, kind, today in sorted(asked):
        whose = {"holder": holder, "entry": id, "kind": kind}
        ends = _registered_until(site.health.registrations, holder, id, kind, today)
        lacking = lacking or ends is None or ends < today + ENDING
        if ends is None:
            yield fail("registration-none", **whose)
        elif ends < today + ENDING:
            yield warn("registration-ends", **whose, last=ends, left=(ends - today).days)
    if not asked:
        yield ok("registrations-unused")
    elif not lacking:
        yield ok("registrations", count=len(asked))


def _registered_until(
    known: Iterable[Registration], holder: str, id: str, kind: str, today: date
) -> date | None:
    """The last of the days from today on without a gap; None: not even today."""
    ends: date | None = None
    for one in sorted(known, key=lambda one: one.valid_from):
        if (one.holder, one.id, one.kind) != (holder, id, kind):
            continue
        last = one.valid_to or date.max
        if one.valid_from <= (today if ends is None else _after(ends)) and last >= today:
            ends = max(last, ends or last)
    return ends


def _after(day: date) -> date:
    return day if day == date.max else day + timedelta(days=1)


def suspensions(site: Site) -> Iterator[DoctorFinding]:
    """One finding for each suspension in force, or one that there is none."""
    if site.health is None:
        return
    if not site.health.suspensions:
        yield ok("suspensions")
    for each in site.health.suspensions:
        since = each.since.isoformat(" ", "minutes")
        yield warn("suspended", kind=each.kind, entry=each.key, since=since, cause=each.cause)
