"""All checks, one after the other: what ``dialpact asterisk doctor`` shows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from dialpact.application.actor import Actor, Right
from dialpact.application.doctor import (
    caller_id,
    daemons,
    dialplan,
    host,
    installed,
    keys,
    live,
    outsiders,
    pbx,
    rules,
    version,
    webhooks,
    zones,
)
from dialpact.application.doctor.finding import DoctorFinding, Site, fail, ok, skip
from dialpact.application.policy import load_policy
from dialpact.compliance.clock import Clock
from dialpact.compliance.config import Config
from dialpact.compliance.errors import (
    AreaError,
    CalendarError,
    ConfigError,
    ConfigForbidden,
    ProfileError,
    StoreError,
)
from dialpact.compliance.registers.moment import HOME
from dialpact.store.ports import Store

ETC = Path("/etc/asterisk")
Check = Callable[[Site], Iterator[DoctorFinding]]
BEFORE: tuple[tuple[str, Check], ...] = (
    ("profile", rules.profiles),
    ("mode", rules.mode),
    ("calendar", rules.calendar),
    ("zones", zones.data),
    ("areas", zones.areas),
)
AFTER: tuple[tuple[str, Check], ...] = (
    ("running", daemons.applied),
    ("recorder", host.recorder),
    ("recordings", host.recordings),
    ("secret", host.secret),
    ("supervision", host.supervision),
    ("api", host.api),
    ("key", host.key),
    ("ledger", host.ledger),
    ("witnesses", outsiders.witnesses),
    ("stamps", outsiders.stamps),
    ("webhooks", webhooks.signed),
    ("registers", host.registers),
    ("refusals", rules.opt_outs),
    ("caller-ids", rules.caller_ids),
    ("scripts", rules.scripts),
    ("registrations", rules.registrations),
    ("suspensions", rules.suspensions),
    ("version", version.installed),
    ("asterisk", pbx.looked_at),
    ("manager", pbx.manager),
    ("features", pbx.features),
    ("endpoints", pbx.endpoints),
    ("keys", keys.keys),
    ("sent", caller_id.endpoints),
    ("unlisted", caller_id.unlisted),
)
# What the daemons' own user sees, and another one may not: it is no finding that he does not.
THEIRS = frozenset(
    {
        *("recordings", "secret", "supervision", "api", "key", "version", "asterisk", "manager"),
        *("features", "endpoints", "keys", "sent", "unlisted"),
    }
)


@dataclass(frozen=True, kw_only=True)
class Patient:
    """What is examined, as far as it can be opened: ``config`` raises ConfigError, ``store`` StoreError.

    ``etc``: Asterisk's configuration. ``manager`` opens its AMI as the doctor's own user. ``apart``: whoever
    looks is a process of its own user, which may not see what is the daemons'. ``pbx``: what was installed
    into one; None: not looked at from here.
    """

    config: Callable[[], Config]
    store: Callable[[], AbstractAsyncContextManager[Store]]
    manager: live.Opening
    etc: Path
    actor: Actor
    clock: Clock
    apart: bool = False
    pbx: Callable[[Config], installed.InstalledPbx] | None = None


async def examined(patient: Patient) -> AsyncIterator[tuple[str, DoctorFinding]]:
    """Name of the check and what it found; several of one check follow each other. Changes nothing."""
    patient.actor.need(Right.OPERATE)
    now = patient.clock.now()
    try:
        config = await asyncio.to_thread(patient.config)
    except ConfigForbidden as error:
        yield "configuration", fail("config-forbidden", file=error)
        return
    except ConfigError as error:
        yield "configuration", fail("config-bad", error=error)
        return
    yield "configuration", ok("config", file=config.origin)
    site = Site(config, now, now.astimezone(HOME).date(), patient.etc)
    try:
        site = replace(site, policy=await asyncio.to_thread(load_policy, config))
    except (ProfileError, CalendarError, AreaError) as error:
        yield "profile", fail("policy", error=error)
    for name, check in BEFORE:
        for item in check(site):
            yield name, item
    try:
        async with patient.store() as store:
            health = await store.installation.health(config.node.name, now, site.today)
        site = replace(site, health=health)
        yield "database", ok("database", file=config.database, version=health.version)
    except StoreError as error:
        yield "database", fail("database-bad", error=error)
    yield "gate", await host.gate(site)
    owner = await asyncio.to_thread(host.owner, config) if patient.apart else ""
    for name, check in AFTER:
        if owner and name in THEIRS:
            yield name, skip("not-this-user", owner=owner)
            continue
        for item in await asyncio.to_thread(_all, check, site):  # (it reads files, of disks that may hang)
            yield name, item
    if owner:
        yield "dialplan", skip("not-this-user", owner=owner)
        return
    async for item in dialplan.examined(site, patient.manager):
        yield "dialplan", item
    if patient.pbx is not None:
        async for item in installed.examined(site, patient.pbx(config)):
            yield "pbx", item


def _all(check: Check, site: Site) -> list[DoctorFinding]:
    return list(check(site))
