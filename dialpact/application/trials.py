"""Trying an installation: one call to the tester's own telephone, after one that has to be refused.

1. The tester confirms that the number is his. That is an act in the log, for one call; it ends by itself.
2. A number that is none is asked for on the way that his call will take: it must come back refused.
3. His own is called, and nobody else's can be: what names this trial is judged by the profile ``trial``.

Both calls are placed by Asterisk's console in a context of ours (``dialpact-try``), which goes on in the
site's own. What they are is handed over in Asterisk's database, so that no number stands in a channel's name.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Literal

from dialpact.application import caller_ids, calls, custody
from dialpact.application.actor import Right
from dialpact.application.calls import ShownCall
from dialpact.application.context import Context
from dialpact.application.pbx.host import Run
from dialpact.compliance.judge import Judge
from dialpact.compliance.model import ANY, PURPOSES, CallerId, Purpose, Value
from dialpact.compliance.profile import Policy
from dialpact.compliance.recording import Recording
from dialpact.compliance.registers.fault import Fault, shown
from dialpact.compliance.registers.moment import HOME
from dialpact.compliance.trial import PROFILE, Confirmed

DECIDED_SECONDS = 15.0  # from the console's word to the decision, which Asterisk's dialplan and the gate make
CALL_SECONDS = 150.0  # until somebody has answered, heard the sound, and the files are whole
LOOK_SECONDS = 0.25
_SIGNS = re.compile(r"[\s().-]")
_CONTEXT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,78}")
_DIALLED = re.compile(r"\+?[0-9]{1,24}")

Way = Literal["refused", "confirmed", "allowed", "dialled", "answered", "recorded", "proven"]


class Wanted(Value, frozen=True, kw_only=True):
    """What the tester asks for. ``dialled``: as the site's dialplan takes it. ``wrong``: one that is none."""

    number: str  # E.164
    dialled: str
    wrong: str
    caller_id: str
    business: str
    purpose: Purpose
    trunk: str
    context: str


class Step(Value, frozen=True, kw_only=True):
    """What was seen. ``ok`` False: it went otherwise, and nothing follows; then ``why`` says how."""

    step: Way
    ok: bool
    why: str = ""  # key of the doors' texts (``try-why``); a reason code where a call was blocked
    call: ShownCall | None = None
    recording: Recording | None = None


async def wanted(
    context: Context, judge: Judge, run: Run, number: str, *, caller_id: str, trunk: str, outbound: str
) -> Wanted:
    """Fault: what of it can not be. Nothing is placed, and nothing written."""
    context.actor.need(Right.REGISTERS)
    dialled = _SIGNS.sub("", number)
    if not _DIALLED.fullmatch(dialled):
        raise Fault("trial-number", value=shown(number))
    if not _CONTEXT.fullmatch(outbound):
        raise Fault("trial-context", value=shown(outbound))
    if trunk and trunk not in judge.trunks:
        raise Fault("trial-trunk", value=shown(trunk), known=", ".join(judge.trunks))
    if not trunk and len(judge.trunks) > 1:
        raise Fault("trial-trunks", known=", ".join(judge.trunks))
    way = trunk or next(iter(judge.trunks))
    callee = judge.callee(dialled, way)
    number = callee.e164 or context.callee(dialled)
    shows = await _caller_id(context, caller_id, way)
    if not await _leads(run, dialled, outbound):
        raise Fault("trial-no-extension", number=dialled, context=outbound)
    wrong = await _wrong(judge, run, dialled, way, outbound)
    purposes = [one for one in PURPOSES if one in shows.purposes or ANY in shows.purposes]
    return Wanted(
        number=number,
        dialled=dialled,
        wrong=wrong,
        caller_id=shows.number,
        business=shows.business,
        purpose=purposes[0] if purposes else "marketing",
        trunk=way,
        context=outbound,
    )


async def confirm(context: Context, rules: Policy, asked: Wanted, typed: str, *, wording: str) -> Confirmed:
    """``typed``: the number once more, by whose telephone it is, below ``wording``. Fault: another one."""
    context.actor.need(Right.REGISTERS)
    if _SIGNS.sub("", typed) not in (asked.dialled, asked.number):
        raise Fault("trial-unconfirmed")
    section = next(one.trial for one in rules.of_trials.profiles if one.id == PROFILE and one.trial)
    now = context.now()
    new = Confirmed(
        id=secrets.token_hex(8),
        number=asked.number,
        caller_id=asked.caller_id,
        business=asked.business,
        purpose=asked.purpose,
        ends_at=now + timedelta(minutes=section.minutes),
        wording=wording,
    )
    await context.store.trials.confirm(
        new, per_day=section.per_day, numbers_per_day=section.numbers_per_day, by=context.by, at=now
    )
    return new


async def tried(
    context: Context, run: Run, asked: Wanted, trial: Confirmed, recordings: Path
) -> AsyncIterator[Step]:
    """Each step as it happens; one that is not as it has to be is the last. Fault: of Asterisk's console."""
    yield Step(step="confirmed", ok=True)
    await _place(run, trial.id, asked, asked.wrong)
    refused = await _decided(context, trial, None)
    if refused is None:
        yield Step(step="refused", ok=False, why="no-decision")
        return
    if refused.call.verdict != "BLOCK":
        yield Step(step="refused", ok=False, why="not-refused", call=refused)
        return
    yield Step(step="refused", ok=True, call=refused)
    await _place(run, trial.id, asked, asked.dialled)
    decided = await _decided(context, trial, refused.call.decision.id)
    if decided is None:
        yield Step(step="allowed", ok=False, why="no-decision")
        return
    if decided.call.verdict != "ALLOW":
        yield Step(step="allowed", ok=False, why="blocked", call=decided)
        return
    yield Step(step="allowed", ok=True, call=decided)
    async for step in _followed(context, decided.call.decision.id, recordings):
        yield step


async def _followed(context: Context, decision: str, recordings: Path) -> AsyncIterator[Step]:
    said: set[str] = set()
    async for call in _looks(context, decision):
        legs = call.call.carrier_legs
        if legs and "dialled" not in said:
            said.add("dialled")
            yield Step(step="dialled", ok=True, call=call)
        if any(leg.answered_at for leg in legs) and "answered" not in said:
            said.add("answered")
            yield Step(step="answered", ok=True, call=call)
        if legs and all(leg.ended_at for leg in legs):
            if "answered" not in said:
                yield Step(step="answered", ok=False, why="not-answered", call=call)
                return
            if kept := [one for one in call.recordings if one.state == "kept"]:
                yield Step(step="recorded", ok=True, call=call, recording=kept[-1])
                yield await _proven(context, recordings, kept[-1], call)
                return
            if any(one.state == "failed" for one in call.recordings):
                break
    if "dialled" not in said:
        yield Step(step="dialled", ok=False, why="not-dialled")
    else:
        yield Step(step="recorded", ok=False, why="no-recording")


async def _looks(context: Context, decision: str) -> AsyncIterator[ShownCall]:
    """The call as the store has it, again and again, until it must be over."""
    loop = asyncio.get_running_loop()
    until = loop.time() + CALL_SECONDS
    while loop.time() < until:
        yield await calls.show(context, decision)
        await asyncio.sleep(LOOK_SECONDS)


async def _proven(context: Context, recordings: Path, one: Recording, call: ShownCall) -> Step:
    found = await custody.verify_one(context, recordings, one)
    why = found.findings[0].problem if found.findings else ""
    return Step(step="proven", ok=not why, why=why and f"problem.{why}", call=call, recording=one)


async def _decided(context: Context, trial: Confirmed, before: str | None) -> ShownCall | None:
    """The decision on the call that was placed last; ``before``: the one that was there already."""
    loop = asyncio.get_running_loop()
    until = loop.time() + DECIDED_SECONDS
    while loop.time() < until:
        for one in (await calls.listed(context, campaign=trial.campaign, most=1)).rows:
            if one.id != before:
                return await calls.show(context, one.id)
        await asyncio.sleep(LOOK_SECONDS)
    return None


async def _caller_id(context: Context, text: str, trunk: str) -> CallerId:
    """The one that is named, else the only one that is registered for this trunk today."""
    if text:
        number = await caller_ids.resolved(context, text)
        named = (await context.store.caller_ids.list(number=number)).rows
        if not named or not _DIALLED.fullmatch(number):
            raise Fault("trial-caller-id", value=shown(text))
        return named[0]
    today = context.now().astimezone(HOME).date()
    fits = [
        one
        for one in (await context.store.caller_ids.list()).rows
        if (trunk in one.trunks or ANY in one.trunks)
        and _DIALLED.fullmatch(one.number)
        and one.valid_from <= today <= (one.valid_to or today)
    ]
    if not fits:
        raise Fault("trial-no-caller-id", trunk=trunk)
    if len(fits) > 1:
        raise Fault("trial-caller-ids", known=", ".join(one.number for one in fits[:5]))
    return fits[0]


async def _wrong(judge: Judge, run: Run, dialled: str, trunk: str, outbound: str) -> str:
    """A number like this one that our own rules call none, and that the site's dialplan takes: its beginning,
    then zeros. Nobody's telephone could ring, whatever is wrong here. Fault: there is none.
    """
    for kept in range(1, len(dialled)):
        other = dialled[:kept].ljust(len(dialled), "0")
        if judge.callee(other, trunk).problem == "invalid-number" and await _leads(run, other, outbound):
            return other
    raise Fault("trial-no-wrong-number", context=outbound)


async def _leads(run: Run, number: str, outbound: str) -> bool:
    """Whether the running dialplan has an extension for it."""
    return "There is no existence of" not in await _console(run, f"dialplan show {number}@{outbound}")


async def _place(run: Run, id: str, asked: Wanted, number: str) -> None:
    said = f"{number}_{asked.caller_id}_{asked.context}"
    await _console(run, f"database put dialpact-try {id} {said}")
    await _console(run, f"channel originate Local/{id}@dialpact-try/n extension s@dialpact-try-say")


async def _console(run: Run, command: str) -> str:
    """What Asterisk's console answers. ``command`` holds nothing but what was checked sign by sign. Fault."""
    ran = await asyncio.to_thread(run, ["asterisk", "-rx", command])
    if ran.code or "No such command" in ran.out:
        raise Fault("trial-console", error=(ran.err or ran.out).strip()[:200] or str(ran.code))
    return ran.out
