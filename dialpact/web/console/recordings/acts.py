"""What an officer does about a recording: each with its reason, and all of it in the ledger."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from msgspec import Meta

from dialpact.application import approvals, recordings, retention
from dialpact.compliance.registers.approval import HoldRelease
from dialpact.compliance.registers.hold import HoldScope
from dialpact.web.console.page import Asked, Form, Page, Redirect
from dialpact.web.console.recordings.who import KEEPERS, whose


class Hold(Form, frozen=True, kw_only=True):
    """``scope``: this recording, all of its call, or all of its callee, those to come included."""

    scope: HoldScope = "recording"
    reason: str = ""


class Release(Form, frozen=True, kw_only=True):
    hold: Annotated[int, Meta(ge=1, lt=1 << 62)]
    reason: str = ""


class Keep(Form, frozen=True, kw_only=True):
    until: date
    reason: str = ""


class Settle(Form, frozen=True, kw_only=True):
    became: Literal["answered", "unanswered"]
    reason: str = ""


async def hold(asked: Asked[Hold]) -> Redirect:
    found = await recordings.found(asked.context, asked.path["id"], whose(asked))
    one = found.recording
    key = {"recording": one.id, "call": one.decision, "callee": one.number}[asked.form.scope]
    await retention.hold(asked.context, {asked.form.scope: key}, reason=asked.form.reason)
    return _back(asked, "recordings.held")


async def release(asked: Asked[Release]) -> Redirect:
    """A second officer does it: this one asks."""
    await approvals.ask(asked.context, HoldRelease(hold=asked.form.hold), reason=asked.form.reason)
    return Redirect(to="/approvals", said="approvals.asked")


async def keep(asked: Asked[Keep]) -> Redirect:
    found = await recordings.found(asked.context, asked.path["id"], whose(asked))
    await retention.keep(asked.context, found.recording.id, asked.form.until, reason=asked.form.reason)
    return _back(asked, "recordings.kept-longer")


async def settle(asked: Asked[Settle]) -> Redirect:
    found = await recordings.found(asked.context, asked.path["id"], whose(asked))
    answered = asked.form.became == "answered"
    await recordings.settle(asked.context, found.recording.id, answered, reason=asked.form.reason)
    return _back(asked, "recordings.settled")


def _back(asked: Asked[Any], said: str) -> Redirect:
    return Redirect(to=f"/recordings/{asked.path['id']}", said=said)


PAGES: tuple[Page[Any], ...] = (
    Page(
        method="POST",
        path="/recordings/{id}/hold",
        action="recordings.hold",
        roles=KEEPERS,
        handle=hold,
        form=Hold,
        changes=True,
    ),
    Page(
        method="POST",
        path="/recordings/holds/release",
        action="recordings.release",
        roles=KEEPERS,
        handle=release,
        form=Release,
        changes=True,
    ),
    Page(
        method="POST",
        path="/recordings/{id}/keep",
        action="recordings.keep",
        roles=KEEPERS,
        handle=keep,
        form=Keep,
        changes=True,
    ),
    Page(
        method="POST",
        path="/recordings/{id}/settle",
        action="recordings.settle",
        roles=KEEPERS,
        handle=settle,
        form=Settle,
        changes=True,
    ),
)
