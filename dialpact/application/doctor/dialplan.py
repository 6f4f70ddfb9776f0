"""Checks of the dialplan: as Asterisk's files have it or, by the doctor's own AMI user, as it runs.

What it is looked at by is ``compliance.dialplan``; here is where it comes from, and what lies around it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from importlib.resources import files as resources
from pathlib import Path

from dialpact.application.doctor import live
from dialpact.application.doctor.conf import read, sections
from dialpact.application.doctor.finding import DoctorFinding, Site, fail, ok, skip, warn
from dialpact.application.doctor.pbx import absent
from dialpact.compliance.addresses import split_address
from dialpact.compliance.dialplan.codes import RESULTS, PlanFinding
from dialpact.compliance.dialplan.judge import Around, Judged, judge
from dialpact.compliance.dialplan.load import load
from dialpact.compliance.dialplan.plan import ASK, Place, Plan
from dialpact.compliance.errors import ConfigError, DialpactError

MOST = 100  # findings of one code that are shown one by one
FILE = "extensions.conf"
SHIPPED = "extensions_dialpact.conf"
# Whose lines named ...context say where calls come in.
CHANNELS = (
    *("pjsip.conf", "pjsip_wizard.conf", "sip.conf", "iax.conf", "chan_dahdi.conf", "users.conf"),
    *(
        "features.conf",
        "queues.conf",
        "followme.conf",
        "voicemail.conf",
        "res_parking.conf",
        "confbridge.conf",
    ),
)
OTHERS = {"extensions.ael": "AEL", "extensions.lua": "Lua"}
ANYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 - what the gate listens on
HERE = ("127.0.0.1", "localhost", "::1")


async def examined(site: Site, opening: live.Opening) -> AsyncIterator[DoctorFinding]:
    """From the running Asterisk where a user of the doctor's own is configured, else from the files."""
    if not site.config.ami.doctor_username:
        for item in await _written(site):
            yield item
        return
    plan = await asyncio.to_thread(files, site.etc)
    try:
        running, told = await live.dialplan(site.config, plan, opening)
    except DialpactError as error:
        yield warn("dialplan-not-running", error=error)
        for item in await _written(site):
            yield item
        return
    if told.unread:
        yield skip("unseen-rows", count=told.unread)
    if (told.missing or told.more) and await asyncio.to_thread(site.etc.is_dir):
        yield warn("dialplan-differs", missing=told.missing, more=told.more)
    for item in _told(site, running, f"ShowDialPlan ({site.config.ami.host}:{site.config.ami.port})"):
        yield item


async def _written(site: Site) -> list[DoctorFinding]:
    return await asyncio.to_thread(lambda: list(written(site)))


def written(site: Site) -> Iterator[DoctorFinding]:
    """From the files."""
    yield from absent(site, FILE)
    if not (site.etc / FILE).is_file():
        return
    plan = files(site.etc)
    yield from _others(site.etc)
    yield from _told(site, plan, site.etc / FILE)


def files(etc: Path) -> Plan:
    found, flaws = read(etc, FILE)
    return load(((section.name, section.entries) for section in found), flaws)


def _told(site: Site, plan: Plan, source: object) -> Iterator[DoctorFinding]:
    if ASK not in plan.contexts:
        yield fail("dialplan-missing")
    judged = judge(plan, around(site, plan))
    if ASK in plan.contexts and not judged.contexts and not asked_by_adapter(plan):
        yield fail("dialplan-unused")
    yield from found(judged.findings)
    yield from gate(site, plan)
    if ASK in plan.contexts and judged.contexts:
        yield _summary(judged, source)


def asked_by_adapter(plan: Plan) -> bool:
    """Whether a context asks that `dialpact asterisk install` has put beside ours: whose Dials it asks for, a
    generated dialplan says at run time alone, and the check of the installation tries.
    """
    return any(
        step.app.lower() == "gosub" and step.data.startswith(f"{ASK},")
        for context in plan.contexts.values()
        if context.ours
        for extension in context.extensions.values()
        for step in extension.steps.values()
    )


def _summary(judged: Judged, source: object) -> DoctorFinding:
    contexts = ", ".join(judged.contexts[:10]) + (" …" if len(judged.contexts) > 10 else "")
    return ok("dialplan", contexts=contexts, dials=judged.dials, steps=judged.steps, source=source)


def around(site: Site, plan: Plan) -> Around:
    """What else of Asterisk's files tells what a dialplan does; what can not be read is ``plan``'s flaw."""
    entries, members = entered(site.etc, plan)
    trunks = {name: trunk.leaves_by.text for name, trunk in site.config.trunks.items()}
    return Around(trunks, entries, members, shipped())


def entered(
    etc: Path, plan: Plan | None = None
) -> tuple[frozenset[str], dict[str, tuple[tuple[str, Place], ...]]]:
    """The contexts that channels enter, and queues with their interfaces. ``plan``: gets the flaws."""
    entries: set[str] = set()
    members: dict[str, tuple[tuple[str, Place], ...]] = {}
    for name in CHANNELS:
        there, flaws = read(etc, name)
        if plan is not None:
            plan.flaws += flaws
        for section in there:
            entries |= {value for key, value in section.lines if key.endswith("context") and value}
            if name == "queues.conf":
                members[section.name] = tuple(
                    (line.value.partition(",")[0].strip(), line.place)
                    for line in section.entries
                    if line.key.lower() == "member"
                )
    return frozenset(entries), members


def shipped() -> Plan:
    """Our own contexts as this version has them."""
    with_us = Path(str(resources("dialplan").joinpath(SHIPPED)))
    return load((section.name, section.entries) for section in sections(with_us.parent, SHIPPED))


def found(findings: Iterable[PlanFinding]) -> Iterator[DoctorFinding]:
    """Each by itself up to MOST of one code, and how many more there are."""
    counted: Counter[str] = Counter()
    for finding in findings:
        counted[finding.code] += 1
        if counted[finding.code] <= MOST:
            yield _one(finding)
    for code, count in counted.items():
        if count > MOST:
            yield skip("dialplan-more", code=code, count=count - MOST)


def _one(finding: PlanFinding) -> DoctorFinding:
    step, at = finding.step, finding.at
    where = f"[{step.context}] {step.extension},{step.priority} ({at})" if step else str(at)
    place: dict[str, str | int] = {"file": at.file, "line": at.line}
    if step:
        named: dict[str, str | int] = {
            "context": step.context,
            "extension": step.extension,
            "priority": step.priority,
        }
        place = named | place
    return DoctorFinding(RESULTS[finding.code], finding.code, finding.values | {"where": where}, place)


def gate(site: Site, plan: Plan) -> Iterator[DoctorFinding]:
    """Whether the dialplan asks where the gate listens."""
    if plan.variables.get("DIALPACT_AGI"):
        yield skip("dialplan-gate-agi", program=plan.variables["DIALPACT_AGI"])
        return
    asked = plan.variables.get("DIALPACT_GATE") or "127.0.0.1:4573"
    try:
        host, port = split_address(asked)
    except ConfigError:
        host, port = asked, 0
    ours, listens = site.config.gate.address
    same = host == ours or ours in ANYWHERE or (host in HERE and ours in HERE)
    if not same or port != listens:
        yield fail("dialplan-gate", asked=asked, listens=site.config.gate.listen)


def _others(etc: Path) -> Iterator[DoctorFinding]:
    """Dialplans that are written elsewhere."""
    for name, language in OTHERS.items():
        if (etc / name).is_file():
            yield skip("unseen-language", file=etc / name, kind=language)
    for section in sections(etc, "extconfig.conf"):
        for key, value in section.lines:
            if key in ("extensions", FILE):
                yield skip("unseen-realtime", line=f"{key} => {value}")
