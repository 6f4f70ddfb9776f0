"""``dialpact asterisk try``: the first refused and the first recorded call, at any hour."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from dialpact.application import trials
from dialpact.application.pbx.host import Ran
from dialpact.application.pbx.program import FOLDERS, run
from dialpact.application.policy import judge_of, load_policy
from dialpact.application.trials import Step, Wanted
from dialpact.cli.command_context import DONE, FOUND, CommandContext
from dialpact.compliance import numbers
from dialpact.compliance.model import Decision
from dialpact.compliance.texts import reason_text
from dialpact.compliance.trial import Confirmed

SECONDS = 20.0  # of a word to Asterisk's console


async def try_(
    session: CommandContext,
    number: Annotated[str, typer.Argument(help="Your own telephone's, as your dialplan takes it.")],
    *,
    outbound: Annotated[
        str,
        typer.Option("--context", metavar="CONTEXT", help="Of the dialplan, in which your calls go out."),
    ] = "outbound",
    trunk: Annotated[str, typer.Option(help="May be left out where one trunk is configured.")] = "",
    caller_id: Annotated[str, typer.Option(help="May be left out where one is registered.")] = "",
    confirm: Annotated[
        str, typer.Option(metavar="NUMBER", help="The number once more: it is yours. Else you are asked.")
    ] = "",
) -> int:
    """Call your own telephone once, after a number that must be refused, and show what became of both.

    At any hour: the trial profile refuses everybody but the number that you confirm as yours. The call is
    recorded, and kept as every other. Exit 3 if it went otherwise.
    """
    numbers.warm()
    config = session.config
    rules = load_policy(config)
    judge = judge_of(config, rules)
    async with session.context() as act:
        asked = await trials.wanted(
            act, judge, console, number, caller_id=caller_id, trunk=trunk, outbound=outbound
        )
        wording = session.text("try.wording", number=asked.dialled, caller_id=asked.caller_id)
        typed = confirm or _asked(session, wording)
        trial = await trials.confirm(act, rules, asked, typed, wording=wording)
        steps = []
        async for step in trials.tried(act, console, asked, trial, config.recordings):
            steps.append(step)
            if not session.as_json:
                typer.echo(_line(session, step, asked, trial))
    good = all(step.ok for step in steps)
    if session.as_json:
        session.json(
            {
                "ok": good,
                "trial": trial.id,
                "campaign": trial.campaign,
                "number": asked.number,
                "ends_at": trial.ends_at,
                "steps": [_object(session, step, asked, trial) for step in steps],
            }
        )
    else:
        typer.echo(session.text("try.done" if good else "try.not-done", campaign=trial.campaign))
    session.warn_of_shadow()
    return DONE if good else FOUND


def _asked(session: CommandContext, wording: str) -> str:
    """What whoever sits at the keyboard types below the wording; nothing where nobody does."""
    session.note(wording)
    return (
        typer.prompt(session.text("try.again"), default="", show_default=False, err=True) if _person() else ""
    )


def _person() -> bool:
    return sys.stdin.isatty()


def _object(session: CommandContext, step: Step, asked: Wanted, trial: Confirmed) -> dict[str, Any]:
    call, kept = step.call, step.recording
    return {
        "step": step.step,
        "ok": step.ok,
        "why": step.why,
        "decision": call.call.decision.id if call else "",
        "reasons": list(call.call.reasons) if call else [],
        "recording": kept.path if kept else "",
        "sha256": kept.sha256 if kept else "",
        "text": _line(session, step, asked, trial),
    }


def _line(session: CommandContext, step: Step, asked: Wanted, trial: Confirmed) -> str:
    decision, kept = (step.call.call.decision if step.call else None), step.recording
    values = {
        "number": asked.dialled,
        "wrong": asked.wrong,
        "minutes": round((trial.ends_at - session.clock.now()).total_seconds() / 60),
        "decision": decision.id if decision else "",
        "trunk": decision.attempt.trunk if decision else "",
        "endpoint": _endpoint(session, decision),
        "why": _reasons(session, step),
        "path": kept.path if kept else "",
        "seconds": f"{kept.seconds or 0:.1f}" if kept else "",
        "sha256": (kept.sha256 or "") if kept else "",
        "until": kept.keep_until.isoformat() if kept and kept.keep_until else "",
        "word": session.text(f"outcome.{_outcome(step)}") if step.why == "not-answered" else "",
    }
    if step.ok:
        return session.text(f"try-step.{step.step}", **values)
    why = step.why if step.why.startswith("problem.") else f"try-why.{step.why}"
    return session.text(
        "try.otherwise", step=session.text(f"try-name.{step.step}"), why=session.text(why, **values)
    )


def _outcome(step: Step) -> str:
    """What Dial said of the last leg, in the words of ``calls list``."""
    said = step.call.call.carrier_legs[-1].dial_status if step.call else ""
    return {"BUSY": "busy", "NOANSWER": "no-answer", "CANCEL": "cancelled"}.get(said, "failed")


def _reasons(session: CommandContext, step: Step) -> str:
    if step.call is None:
        return ""
    return "; ".join(f"{code} ({reason_text(code, session.language)})" for code in step.call.call.reasons)


def _endpoint(session: CommandContext, decision: Decision | None) -> str:
    known = session.config.trunks.get(decision.attempt.trunks[0]) if decision else None
    return known.endpoint if known else ""


def console(words: Sequence[str], given: bytes = b"", env: Mapping[str, str] | None = None) -> Ran:
    """A program of the PBX, looked for where the administrator has it first."""
    return run(words, given, env, path=f"{os.environ.get('PATH', '')}:{FOLDERS}", seconds=SECONDS)
