"""What is in force: rules, calendar, trunks, daemons; and what a doctor finds. It is read, and no more."""

from __future__ import annotations

import asyncio
from typing import Any

from dialpact.application import daemon_registry, profiles
from dialpact.application.daemon_registry import Daemon
from dialpact.application.doctor.examination import ETC, Patient, examined
from dialpact.application.doctor.finding import DoctorFinding
from dialpact.compliance import calendars
from dialpact.compliance import config as configuration
from dialpact.compliance.config import Config
from dialpact.compliance.errors import DialpactError
from dialpact.compliance.registers.account import Role
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.sections import Days
from dialpact.presentation import doctor as told
from dialpact.presentation.rule import rule_name
from dialpact.presentation.setting import toml
from dialpact.web.console.page import Asked, NoForm, Page, Shown

READERS = frozenset({Role.ADMINISTRATOR, Role.OFFICER, Role.AUDITOR})
OPERATORS = frozenset({Role.ADMINISTRATOR, Role.OFFICER})
DOCTOR_SECONDS = 90.0  # it waits for a PBX, and for disks
BADGES = {"ok": "ok", "warn": "open", "fail": "bad", "skip": "plain"}
ORDER = ("fail", "warn", "ok", "skip")  # what wants a person first


async def overview(asked: Asked[NoForm]) -> Shown:
    judge, config = asked.site.rules(), asked.site.config
    policy, today = judge.policy, asked.now.date()
    daemons, closed = await asyncio.to_thread(_daemons, config)
    values = {
        "mode": judge.mode,
        "file": config.origin,
        "profiles": [
            {"it": profile, "rules": len(sections)}
            for profile, sections in zip(policy.profiles, policy.sections, strict=True)
        ],
        "calendar": policy.calendar_version,
        "last_known": policy.calendar.last_known,
        "left": calendars.days_left(policy.calendar, today),
        "working": any(
            isinstance(section, Days) and section.kind == "working"
            for sections in policy.sections
            for section in sections.values()
        ),
        "areas": policy.areas_version,
        "trunks": sorted(judge.trunks.items()),
        "daemons": daemons,
        "closed": closed,
    }
    return Shown(template="settings/overview.html", values=values)


async def profile(asked: Asked[NoForm]) -> Shown:
    """One that is in force, as it is in force."""
    id = asked.path["id"]
    found = next((one for one in asked.site.rules().policy.profiles if one.id == id), None)
    if found is None:
        raise Fault("not-registered", entry=id[:40])
    shown = profiles.shown(found)
    sections = [
        {
            "it": one,
            "name": rule_name("number" if one.section == "numbers" else one.section, asked.language),
            "settings": [(key, toml(value)) for key, value in one.settings.items()],
        }
        for one in shown.sections
    ]
    return Shown(template="settings/profile.html", values={"profile": shown, "sections": sections})


async def ask_doctor(asked: Asked[NoForm]) -> Shown:
    return Shown(template="settings/doctor.html", values={"findings": None})


async def doctor(asked: Asked[NoForm]) -> Shown:
    """As ``dialpact asterisk doctor``. Changes nothing."""
    site = asked.site

    async def nobody(_: Config) -> Any:
        raise DialpactError("no way to Asterisk's manager from here")

    patient = Patient(
        config=lambda: configuration.load(site.config.origin),
        store=lambda: site.store.looking(),
        manager=site.manager or nobody,
        etc=ETC,
        actor=asked.context.actor,
        clock=site.clock,
        apart=True,
    )
    found = [_finding(asked, check, item) async for check, item in examined(patient)]
    values = {
        "findings": sorted(found, key=lambda row: ORDER.index(row["result"])),
        "failed": sum(row["result"] == "fail" for row in found),
        "warned": sum(row["result"] == "warn" for row in found),
    }
    return Shown(template="settings/doctor.html", values=values, part="found")


def _finding(asked: Asked[Any], check: str, item: DoctorFinding) -> dict[str, Any]:
    row = told.told(check, item, asked.language)
    return {
        **row,
        "check": asked.text(f"check.{check}"),
        "said": asked.text(f"result.{item.result}"),
        "badge": BADGES[item.result],
    }


def _daemons(config: Config) -> tuple[list[Daemon], str]:
    """Those that run; else why nobody can tell."""
    try:
        return daemon_registry.running(config), ""
    except OSError as error:
        return [], error.strerror or str(error)


PAGES = (
    Page(
        method="GET",
        path="/settings",
        action="settings.overview",
        roles=READERS,
        handle=overview,
        nav="nav.settings",
    ),
    Page(
        method="GET", path="/settings/profiles/{id}", action="settings.profile", roles=READERS, handle=profile
    ),
    Page(
        method="GET",
        path="/settings/doctor",
        action="settings.ask-doctor",
        roles=OPERATORS,
        handle=ask_doctor,
    ),
    Page(
        method="POST",
        path="/settings/doctor",
        action="settings.doctor",
        roles=OPERATORS,
        handle=doctor,
        seconds=DOCTOR_SECONDS,
    ),
)
