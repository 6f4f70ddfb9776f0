"""``dialpact asterisk``: this installation beside its PBX."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from ami_listener.connection import Session as ManagerSession
from dialpact.application.doctor import caller_id, dialplan, host, keys, pbx, rules, running, version
from dialpact.application.doctor.found import Found, Site, fail, ok
from dialpact.application.policy import load_policy
from dialpact.cli.command import command, group
from dialpact.cli.session import DONE, FOUND, Session
from dialpact.compliance.config import Config
from dialpact.compliance.errors import CalendarError, ConfigError, ProfileError, StoreError
from dialpact.compliance.registers.moment import HOME

app = group("This installation beside its PBX.")

ETC = Path("/etc/asterisk")
Check = Callable[[Site], Iterator[Found]]
BEFORE: tuple[tuple[str, Check], ...] = (
    ("profile", rules.profiles),
    ("mode", rules.mode),
    ("calendar", rules.calendar),
)
AFTER: tuple[tuple[str, Check], ...] = (
    ("running", running.applied),
    ("recorder", host.recorder),
    ("recordings", host.recordings),
    ("secret", host.secret),
    ("key", host.key),
    ("ledger", host.ledger),
    ("refusals", rules.refusals),
    ("caller-ids", rules.caller_ids),
    ("scripts", rules.scripts),
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


@command(app, "doctor")
async def doctor(
    session: Session,
    *,
    asterisk_etc: Annotated[
        Path,
        typer.Option(metavar="FOLDER", help="Asterisk's configuration, looked at as text if it is there."),
    ] = ETC,
) -> int:
    """Look at all that a call needs, and say what to do. Changes nothing. Exit 3 if something fails."""
    found = [item async for item in _examined(session, asterisk_etc)]
    answer = [_object(session, check, item) for check, item in found]
    rows = [
        [
            session.text(f"check.{row['check']}"),
            session.text(f"result.{row['result']}"),
            row["text"],
            row["advice"],
        ]
        for row in answer
    ]
    failed = sum(item.result == "fail" for _, item in found)
    warned = sum(item.result == "warn" for _, item in found)
    columns = ("check", "result", "text", "advice")
    session.table(columns, rows, {"failed": failed, "warned": warned, "checks": answer})
    if not session.as_json:
        typer.echo(session.text("say.doctor", failed=failed, warned=warned))
    return FOUND if failed else DONE


async def _examined(session: Session, etc: Path) -> AsyncIterator[tuple[str, Found]]:
    """(check, finding), one after the other."""
    now = session.clock.now()
    try:
        config = session.config
    except ConfigError as error:
        yield "configuration", fail("config-bad", error=error)
        return
    yield "configuration", ok("config", file=config.origin)
    site = Site(config, now, now.astimezone(HOME).date(), etc)
    try:
        site = replace(site, policy=load_policy(config))
    except (ProfileError, CalendarError) as error:
        yield "profile", fail("policy", error=error)
    for name, check in BEFORE:
        for item in check(site):
            yield name, item
    try:
        async with session.store() as store:
            site = replace(site, health=await store.installation.health(config.node.name, now, site.today))
            assert site.health is not None
            yield "database", ok("database", file=config.database, version=site.health.version)
    except StoreError as error:
        yield "database", fail("database-bad", error=error)
    yield "gate", await host.gate(site)
    for name, check in AFTER:
        for item in check(site):
            yield name, item
    async for item in dialplan.examined(site, _manager):
        yield "dialplan", item


async def _manager(config: Config) -> ManagerSession:
    ami = config.ami
    return await ManagerSession.open(ami.host, ami.port, ami.doctor_username, config.doctor_secret())


def _object(session: Session, check: str, item: Found) -> dict[str, Any]:
    """For programs; ``code`` is the same in every language. ``place``: of what is in the dialplan."""
    text = session.text(f"doctor.{item.key}", **item.values)
    advice = session.text(f"advice.{item.key}", **item.values) if item.result in ("warn", "fail") else ""
    row: dict[str, Any] = {
        "check": check,
        "result": item.result,
        "code": item.key,
        "text": text,
        "advice": advice,
    }
    return row | ({"place": item.place} if item.place else {})
