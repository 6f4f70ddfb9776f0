"""One recording: what it looks like, what is in it, who did what about it; and the check of its files."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

import msgspec
from starlette.responses import Response

from dialpact.application import custody, hearing, listening, moments, recordings, waveforms
from dialpact.application.custody import Verified
from dialpact.application.hearing import Side
from dialpact.compliance import soundtrack
from dialpact.compliance.errors import DialpactError
from dialpact.compliance.recording import Recording
from dialpact.compliance.registers.change import Change
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.retention import goes_from
from dialpact.presentation import heard
from dialpact.store.ports.recording_search import WholeFound
from dialpact.web.console.page import Asked, NoForm, Page, Shown
from dialpact.web.console.recordings.who import ACTS_SHOWN, KINDS, READERS, whose

CHECK_SECONDS = 300.0  # of a long call on a slow disk
COLOURS = {
    "opt-out": "#8f1414",
    "lost": "#8f1414",
    "left-out": "#7a4a00",
    "sent": "#767676",
    "unsent": "#767676",
    "unknown": "#7a4a00",
}
ACTS = ("heard", "hold", "release", "keep", "policy", "settle", "dispose", "disposed")


class Drawn(msgspec.Struct, frozen=True):
    """``levels``: of each side, in their order, from 0 to 1."""

    seconds: float
    sides: tuple[str, ...]
    levels: list[list[float]]


async def show(asked: Asked[NoForm]) -> Shown:
    return await page(asked, None)


async def page(asked: Asked[Any], checked: Verified | None, part: str = "") -> Shown:
    async with asked.context.looking() as context:
        found = await recordings.whole(context, asked.path["id"], whose(asked))
        one = found.recording
        said = await recordings.opt_outs(context, one)
        listened = await listening.under_way(context, one.id)
    sides = [side for side, sha256 in recordings.hashes(one).items() if sha256]
    names = {other.id: PurePath(other.path).name for other in found.call}
    track = soundtrack.decode(one.sound)
    return Shown(
        template="recordings/one.html",
        values={
            "found": found,
            "one": one,
            "kinds": KINDS,
            "colours": COLOURS,
            "acts_known": ACTS,
            "levels": _levels(one),
            "sides_named": [(side, asked.text(f"recordings-side.{side}")) for side in sides],
            "scopes": _scopes(asked, one),
            "listening": {side: listened[side] for side in sides if side in listened},
            "silence": _audible(found, sides),
            "moments": moments.moments(one, said),
            "seconds": max([one.seconds or 0.0, *(track.seconds.values() if track else ())]),
            "notes": heard.lines(one.sound, asked.language, names),
            "goes_from": goes_from(one.keep_until) if one.keep_until and not one.disposed_at else None,
            "history": [_told(asked, act) for act in found.history]
            if asked.account.role in ACTS_SHOWN
            else None,
            "checked": checked,
        },
        part=part,
    )


def _levels(one: Recording) -> list[tuple[str, float | None, str]]:
    """Of each file: side, level, hash."""
    dbfs = {"callee": one.callee_dbfs, "agent": one.agent_dbfs}
    return [(side, dbfs.get(side), sha256) for side, sha256 in recordings.hashes(one).items() if sha256]


def _scopes(asked: Asked[Any], one: Recording) -> list[tuple[str, str]]:
    """What a hold may be on; of an erased call nobody knows the callee."""
    found = ("recording", "call", "callee") if one.number else ("recording", "call")
    return [(scope, asked.text(f"recordings.scope-{scope}")) for scope in found]


def _audible(found: WholeFound, sides: list[Side]) -> str:
    """The key of the text that says why there is nothing to hear; empty: there is."""
    one = found.recording
    if one.disposed_at:
        return "recordings.disposed"
    if one.ended_at is None:
        return "recordings.not-over"
    if found.flaw:
        return "recordings.flawed"
    if not sides:
        return "recordings.no-file"
    return ""


def _told(asked: Asked[Any], act: Change) -> tuple[Change, str]:
    """An act, and its particulars in words."""
    said = act.detail if isinstance(act.detail, dict) else {}
    words = []
    match act.action:
        case "heard":
            if (side := said.get("side")) in hearing.SIDES:
                words.append(asked.text(f"recordings-side.{side}"))
        case "keep" | "policy":
            words.append(f"{said.get('from')} → {said.get('to')}")
        case "settle":
            words.append(
                asked.text("recordings.answered" if said.get("answered") else "recordings.unanswered")
            )
        case "hold" | "release":
            words.append(asked.text("recordings.hold-number", number=said.get("hold")))
    if reason := said.get("reason"):
        words.append(str(reason))
    return act, " · ".join(words)


async def check(asked: Asked[NoForm]) -> Shown:
    """Hashes its files anew."""
    async with asked.context.looking() as context:
        found = await recordings.found(context, asked.path["id"], whose(asked))
        done = await custody.verify_one(context, asked.site.config.recordings, found.recording)
    return await page(asked, done, "checked")


async def waveform(asked: Asked[NoForm]) -> Response:
    """For the script that draws it: what can not be drawn is said in words."""
    try:
        drawn = await waveforms.drawn(
            asked.context,
            asked.path["id"],
            asked.site.config.recordings,
            asked.site.drawing,
            whose=whose(asked),
        )
    except DialpactError as error:
        if isinstance(error, Fault) and error.key == "not-registered":
            raise
        body = msgspec.json.encode({"said": asked.fault(error)})
        return Response(body, 200, media_type="application/json")
    found = Drawn(drawn.seconds, drawn.sides, drawn.levels)
    return Response(msgspec.json.encode(found), 200, media_type="application/json")


PAGES = (
    Page(
        method="GET",
        path="/recordings/{id}",
        action="recordings.show",
        roles=READERS,
        handle=show,
        form=NoForm,
    ),
    Page(
        method="GET",
        path="/recordings/{id}/waveform",
        action="recordings.waveform",
        roles=READERS,
        handle=waveform,
        form=NoForm,
        seconds=120.0,
        noted=False,
    ),
    Page(
        method="POST",
        path="/recordings/{id}/check",
        action="recordings.check",
        roles=READERS,
        handle=check,
        form=NoForm,
        seconds=CHECK_SECONDS,
    ),
)
