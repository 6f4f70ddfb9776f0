"""``dialpact calls``: what was asked, and what was answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any

import msgspec
import typer

from dialpact.application import calls
from dialpact.application.answer import findings
from dialpact.application.explanation import explain, local
from dialpact.cli import explained
from dialpact.cli.command import command, group
from dialpact.cli.command_context import DONE, FAILED, CommandContext
from dialpact.cli.flag import After, Limit
from dialpact.cli.recording_object import plain
from dialpact.compliance.calls import CallEntry, LegEntry, Supervisor, Verdict
from dialpact.compliance.recording import Recording
from dialpact.compliance.registers.moment import since_until
from dialpact.compliance.stamped import stamped
from dialpact.compliance.texts import reason_text
from dialpact.presentation import heard

app = group("The decisions: what was asked, and what was answered.")

COLUMNS = ("decided_at", "number", "caller_id", "campaign", "agent", "verdict", "reasons", "outcome", "id")


@command(app, "list")
async def list_(
    session: CommandContext,
    *,
    number: Annotated[str, typer.Option(help="The callee, in any form, or exactly as it was dialled.")] = "",
    campaign: Annotated[str, typer.Option()] = "",
    verdict: Annotated[Verdict | None, typer.Option()] = None,
    since: Annotated[str, typer.Option(help="From then on; without a zone: Asia/Shanghai.")] = "",
    until: Annotated[str, typer.Option(help="Before then; a bare date: to the end of that day.")] = "",
    limit: Limit = 100,
    after: After = "",
) -> None:
    """Decisions, the newest first."""
    first, last = since_until(since, until)
    async with session.context() as context:
        found = await calls.listed(
            context,
            number=number,
            campaign=campaign,
            verdict=verdict,
            since=first,
            until=last,
            after=after,
            most=limit,
        )
    table(session, found.rows, [stamped(call) for call in found.rows])
    session.more(found)
    session.warn_of_shadow()


@command(app, "show")
async def show(
    session: CommandContext,
    call: Annotated[
        str,
        typer.Argument(help="The decision's id or its beginning, the callee's number, or the caller ID."),
    ],
) -> int:
    """One decision with every input, finding and version, and its recordings.

    Where several calls are meant, they are listed, and the exit code is 1.
    """
    async with session.context() as context:
        meant = await calls.named(context, call)
        shown = await calls.show(context, meant[0].id) if len(meant) == 1 else None
    if shown is None:
        return _which(session, call, meant)
    if session.as_json:
        session.json(_told(session, shown))
    else:
        _show(session, shown)
    return DONE


def table(session: CommandContext, found: Sequence[CallEntry], answer: object) -> None:
    """Calls for people, a row each; with ``--json`` the ``answer``."""
    rows = [
        [
            _when(session, call),
            call.number or call.given,
            call.caller_id,
            call.campaign,
            call.agent,
            call.verdict if call.mode == "enforce" else f"{call.verdict} ({call.mode})",
            call.reasons,
            _became(session, call),
            call.id,
        ]
        for call in found
    ]
    session.table(COLUMNS, rows, answer)


def _which(session: CommandContext, text: str, meant: Sequence[CallEntry]) -> int:
    """Several are meant: which they are."""
    most = "+" if len(meant) == calls.CANDIDATES else ""
    message = session.text("say.which-call", entry=text, count=f"{len(meant)}{most}")
    session.note(session.text("say.error", message=message))
    table(session, meant, {"error": message, "candidates": [stamped(one) for one in meant]})
    return FAILED


def _show(session: CommandContext, shown: calls.ShownCall) -> None:
    call = shown.call
    decision, attempt = call.decision, call.decision.attempt
    behind = call.behind.total_seconds()
    head = [
        ("decided_at", local(decision.decided_at, decision)),
        ("behind", session.text("say.behind", seconds=f"{behind:.6f}") if behind else ""),
        ("number", attempt.callee.e164 or attempt.callee.given),
        ("caller_id", attempt.caller_id),
        ("campaign", attempt.campaign),
        ("agent", attempt.agent),
        ("trunk", attempt.trunk),
        ("continues", decision.facts.continues),
        ("verdict", call.verdict if decision.mode == "enforce" else f"{call.verdict} ({decision.mode})"),
    ]
    rest = [
        ("retry_at", decision.retry_at and local(decision.retry_at, decision)),
        ("policy", [f"{item.profile} {item.version} {item.sha256[:12]}" for item in decision.policy]),
        ("calendar", decision.calendar),
        ("recordings", [_recording(session, one) for one in shown.recordings if one.path]),
        ("carrier_legs", [_leg(session, leg) for leg in call.carrier_legs]),
        ("supervision", [_presence(session, one) for leg in call.carrier_legs for one in leg.supervision]),
    ]
    session.facts(head)
    _reasons(session, call.reasons)
    session.facts(rest)
    typer.echo()
    explained.table(session, explain(decision))


def _reasons(session: CommandContext, codes: Sequence[str]) -> None:
    """All on one line where it fits; there may be one of every rule."""
    from dialpact.cli.table import INDENT, wrapped

    said = ", ".join(f"{code}: {reason_text(code, session.language)}" for code in codes)
    if said:
        for line in wrapped(f"{session.text('column.reasons')}: {said}", session.width, INDENT):
            typer.echo(line)


def _told(session: CommandContext, shown: calls.ShownCall) -> dict[str, Any]:
    """The decision as it is stored, and what came of it."""
    call = shown.call
    stored: dict[str, Any] = msgspec.to_builtins(call.decision)
    return stored | {
        "verdict": call.verdict,
        "reasons": call.reasons,
        "undelivered": call.undelivered,
        "recordings": [heard.told(plain(one)) for one in shown.recordings],
        "carrier_legs": [stamped(leg) for leg in call.carrier_legs],
        "behind_us": call.behind // timedelta(microseconds=1),
        "findings": findings(explain(call.decision), session.language),
    }


def _recording(session: CommandContext, one: Recording) -> str:
    return one.path if one.part == "carrier" else f"{one.path} ({session.text(f'part.{one.part}')})"


def _presence(session: CommandContext, one: Supervisor) -> str:
    return session.text(
        "proof.supervision-is",
        channel=one.channel,
        way=one.way,
        heard=session.text(f"heard.{one.heard_by}"),
        since=session.cell(one.since),
        until=session.cell(one.until) if one.until else "-",
    )


def _became(session: CommandContext, call: CallEntry) -> str:
    """What became of it, and how long they talked."""
    word = session.text(f"outcome.{call.outcome}")
    if call.talk_seconds is None:
        return word
    return session.text("outcome.talked", outcome=word, seconds=f"{call.talk_seconds:.1f}")


def _leg(session: CommandContext, leg: LegEntry) -> str:
    """What a carrier's trace and a CDR are asked for by."""
    cause = "-" if leg.hangup_cause is None else leg.hangup_cause
    happened = {
        "dialled": leg.dialled_at,
        "ringing": leg.ringing_at,
        "answered": leg.answered_at,
        "ended": leg.ended_at,
    }
    times = [f"{name}={session.cell(at)}" for name, at in happened.items() if at]
    joined = (
        f"uniqueid={leg.uniqueid} linkedid={leg.linkedid or '-'} Call-ID={leg.sip_call_id or '-'} "
        f"from={leg.sent_from or '-'}"
    )
    interlock = [f"interlock={leg.interlock}"] if leg.interlock else []
    return " ".join([joined, leg.dial_status or "-", f"cause={cause}", *interlock, *times])


def _when(session: CommandContext, call: CallEntry) -> str:
    """When it was decided; with a mark where that lies before what was known already."""
    told = session.cell(call.decided_at)
    return f"{told} (-{call.behind_us / 1e6:.6g} s)" if call.behind_us else told
