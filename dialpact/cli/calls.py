"""``dialpact calls``: what was asked, and what was answered."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

import msgspec
import typer

from dialpact.application.explanation import explain
from dialpact.cli import explained, heard
from dialpact.cli.command import command, group
from dialpact.cli.flag import Limit
from dialpact.cli.session import Session
from dialpact.compliance import numbers
from dialpact.compliance.clock import instant
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.moment import moment
from dialpact.compliance.texts import reason_text
from dialpact.store.sqlite import carrier_legs, decisions, recordings

app = group("The decisions: what was asked, and what was answered.")

ALL = -1  # SQLite's LIMIT: none
UNNAMED = dict.fromkeys(("path", "callee_path", "agent_path"), "")  # of a recording that has not begun


@command(app, "list")
async def list_(
    session: Session,
    *,
    number: Annotated[str, typer.Option(help="The callee, in any form, or exactly as it was dialled.")] = "",
    campaign: Annotated[str, typer.Option()] = "",
    verdict: Annotated[Literal["ALLOW", "BLOCK"] | None, typer.Option()] = None,
    since: Annotated[str, typer.Option(help="From then on; without a zone: Asia/Shanghai.")] = "",
    until: Annotated[str, typer.Option(help="Before then; a bare date: to the end of that day.")] = "",
    limit: Limit = 100,
) -> None:
    """Decisions, the newest first."""
    async with session.store() as store:
        found = await decisions.list_calls(
            store,
            number=(numbers.parse(number, regions=numbers.REGIONS).e164 or number) if number else "",
            campaign=campaign,
            verdict=verdict or "",
            since=moment(since, "since") if since else None,
            until=moment(until, "until", end_of_day=True) if until else None,
            most=limit + 1 if limit else ALL,
        )
    calls = session.limited(found, limit)
    rows = [
        [
            _when(session, call),
            call["number"] or call["given"],
            call["caller_id"],
            call["campaign"],
            call["agent"],
            call["verdict"] if call["mode"] == "enforce" else f"{call['verdict']} ({call['mode']})",
            call["reasons"],
            _became(session, call),
            call["id"],
        ]
        for call in calls
    ]
    columns = (
        "decided_at",
        "number",
        "caller_id",
        "campaign",
        "agent",
        "verdict",
        "reasons",
        "outcome",
        "id",
    )
    session.table(columns, rows, calls)
    session.warn_of_shadow()


@command(app, "show")
async def show(session: Session, id: Annotated[str, typer.Argument(help="The decision's id.")]) -> None:
    """One decision with every input, finding and version, and its recordings."""
    async with session.store() as store:
        found = await decisions.get_call(store, id.strip().lower())
        if found is None:
            raise Fault("not-registered", entry=id)
        decision, undelivered = found
        kept = await recordings.list_recordings(store, decision=decision.id, most=ALL)
        kept = [row | UNNAMED if row["state"] == "starting" else row for row in kept]
        legs = await carrier_legs.of_decision(store, decision.id)
        behind = await decisions.behind(store, decision.id)
    verdict = "BLOCK" if undelivered else decision.verdict
    reasons = [undelivered] if undelivered else list(decision.reasons)
    if session.as_json:
        stored = msgspec.to_builtins(decision)
        told: dict[str, object] = {
            "verdict": verdict,
            "reasons": reasons,
            "undelivered": undelivered,
            "recordings": [heard.told(row) for row in kept],
            "carrier_legs": legs,
        }
        told["behind_us"] = behind // timedelta(microseconds=1)
        findings = {"findings": explained.objects(explain(decision), session.language)}
        session.json(stored | told | findings)
        return
    attempt = decision.attempt
    lines = [
        ("decided_at", decision.decided_at),
        ("behind", session.text("say.behind", seconds=f"{behind.total_seconds():.6f}") if behind else ""),
        ("number", attempt.callee.e164 or attempt.callee.given),
        ("caller_id", attempt.caller_id),
        ("campaign", attempt.campaign),
        ("agent", attempt.agent),
        ("trunk", attempt.trunk),
        ("continues", decision.facts.continues),
        ("verdict", verdict if decision.mode == "enforce" else f"{verdict} ({decision.mode})"),
        ("reasons", [f"{code}: {reason_text(code, session.language)}" for code in reasons]),
        ("retry_at", decision.retry_at),
        ("policy", [f"{item.profile} {item.version} {item.sha256[:12]}" for item in decision.policy]),
        ("calendar", decision.calendar),
        ("recordings", [_recording(session, row) for row in kept if row["path"]]),
        ("carrier_legs", [_leg(session, leg) for leg in legs]),
        ("supervision", [_presence(session, one) for leg in legs for one in leg["supervision"]]),
    ]
    session.facts(lines)
    explained.table(session, explain(decision))


def _recording(session: Session, row: dict[str, Any]) -> str:
    part = row["part"]
    return str(row["path"]) if part == "carrier" else f"{row['path']} ({session.text(f'part.{part}')})"


def _presence(session: Session, one: dict[str, Any]) -> str:
    return session.text(
        "proof.supervision-is",
        channel=one["channel"],
        way=one["way"],
        heard=session.text(f"heard.{one['heard_by']}"),
        since=session.cell(instant(one["since"])),
        until=session.cell(instant(one["until"])) if one.get("until") else "-",
    )


def _became(session: Session, call: dict[str, Any]) -> str:
    """What became of it, and how long they talked."""
    word = session.text(f"outcome.{call['outcome']}")
    seconds = call["talk_seconds"]
    return word if seconds is None else session.text("outcome.talked", outcome=word, seconds=f"{seconds:.1f}")


def _leg(session: Session, leg: dict[str, Any]) -> str:
    """What a carrier's trace and a CDR are asked for by."""
    cause = "-" if leg["hangup_cause"] is None else leg["hangup_cause"]
    times = [
        f"{name.removesuffix('_at')}={session.cell(instant(leg[name]))}"
        for name in ("dialled_at", "ringing_at", "answered_at", "ended_at")
        if leg[name]
    ]
    joined = (
        f"uniqueid={leg['uniqueid']} linkedid={leg['linkedid'] or '-'} Call-ID={leg['sip_call_id'] or '-'} "
        f"from={leg['sent_from'] or '-'}"
    )
    interlock = [f"interlock={leg['interlock']}"] if leg["interlock"] else []
    return " ".join([joined, leg["dial_status"] or "-", f"cause={cause}", *interlock, *times])


def _when(session: Session, call: dict[str, Any]) -> str:
    """When it was decided; with a mark where that lies before what was known already."""
    told = session.cell(instant(call["decided_at"]))
    return f"{told} (-{call['behind_us'] / 1e6:.6g} s)" if call["behind_us"] else told
