"""Scripts: what agents read, checked for forbidden phrases and approved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from dialpact.application import limits
from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.entry import Entered, ShownEntry, shown
from dialpact.application.limits import Only
from dialpact.compliance.errors import NotPermitted
from dialpact.compliance.model import Script, Value
from dialpact.compliance.profile import Profile
from dialpact.compliance.registers.cell import free_text, identifier
from dialpact.compliance.registers.change import Made
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.moment import moment
from dialpact.compliance.registers.script import Hit, Piece, ScriptVersion, phrases, pieces, read
from dialpact.compliance.sections import ScriptRule
from dialpact.store.ports.page import ALL, Page


class CheckedText(Value, frozen=True, kw_only=True):
    """A text and the forbidden phrases in it. ``id`` and ``version``: of a file its name, and 0."""

    id: str
    version: int
    hits: tuple[Hit, ...]
    rules: int  # lists of phrases that it was checked for


class MarkedText(Value, frozen=True, kw_only=True):
    """A text in pieces, of which some are forbidden phrases. ``hits``: where they are. ``rules``: lists of
    phrases that it was checked for. ``id`` and ``version``: empty and 0 of one that nobody has registered.
    """

    id: str = ""
    version: int = 0
    pieces: tuple[Piece, ...]
    hits: tuple[Hit, ...]
    rules: int

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)


ScriptState = Literal["approved", "not-approved", "expired", "unchecked"]


class Standing(Value, frozen=True, kw_only=True):
    """A script as whoever brought it may know it: its newest version, and the forbidden phrases in that.

    ``unchecked``: it was approved before some list of phrases was what it is today. Only ``approved`` lets
    anybody be called.
    """

    script: Script
    state: ScriptState
    checked: CheckedText


class Approval(Value, frozen=True, kw_only=True):
    """``approved`` is None when a forbidden phrase was found: then nothing is approved."""

    checked: CheckedText
    approved: Script | None


async def add(
    context: Context, id: str, content: bytes, *, only: Only = None, made: Sequence[Made] = ()
) -> Entered[Script]:
    """A changed text is a new version, which nobody has approved.

    ``only``: the businesses that the actor may speak for; ``made``: the acts of an earlier try that was cut
    off before it could say so. NotPermitted for a script of another's campaign.
    """
    context.actor.need(Right.SCRIPTS)
    wanted, text = identifier(id, "id"), read(content)
    if not await _may(context, wanted, only):
        raise NotPermitted(f"{context.by}: script {wanted}")
    if (act := next((act for act in made if act.register == "script"), None)) is not None:
        entry = msgspec.convert({name: act.detail[name] for name in Script.__struct_fields__}, Script)
        return Entered(outcome="updated" if act.action == "change" else "added", entry=entry)
    outcome, new = await context.store.scripts.add(wanted, text, by=context.by, at=context.now())
    return Entered(outcome=outcome, entry=new.without_text())


async def approve(
    context: Context,
    id: str,
    profiles: Iterable[Profile],
    *,
    expires_at: str = "",
    version: int | None = None,
) -> Approval:
    """Of the newest version. ``expires_at``: a bare date ends with that day; empty: never. No program can.
    ``version``: the one that was looked at; Fault when there is a newer one.
    """
    context.actor.need(Right.REGISTERS)
    context.actor.need_person()
    wanted, now = identifier(id, "id"), context.now()
    ends = _expiry(expires_at, now)
    rules = _rules(profiles)
    newest = await _newest(context, wanted, wanted)
    if version not in (None, newest.version):
        raise Fault("script-changed", entry=wanted)
    checked = _checked(newest.id, newest.version, newest.text, rules)
    if checked.hits:
        return Approval(checked=checked, approved=None)
    new = await context.store.scripts.approve(
        wanted,
        sha256=newest.sha256,
        checked=[rule.digest for rule in rules],
        expires_at=ends,
        by=context.by,
        at=now,
    )
    return Approval(checked=checked, approved=new.without_text())


async def revoke(context: Context, id: str, *, reason: str) -> Script:
    """Takes the newest version's approval back: it counts from the next attempt on."""
    context.actor.need(Right.REGISTERS)
    wanted, why = identifier(id, "id"), free_text(reason, "reason")
    new = await context.store.scripts.revoke(wanted, reason=why, by=context.by, at=context.now())
    return new.without_text()


async def check(context: Context, id: str, profiles: Iterable[Profile]) -> CheckedText:
    """The newest version of a registered one; approves nothing."""
    context.actor.need(Right.CALLS)
    found = await _newest(context, identifier(id, "id"), id)
    return _checked(found.id, found.version, found.text, _rules(profiles))


async def standing(context: Context, id: str, profiles: Iterable[Profile], *, only: Only = None) -> Standing:
    """Of the newest version; approves nothing. Fault when there is none, or none of these businesses."""
    context.actor.need(Right.SCRIPTS)
    wanted = identifier(id, "id")
    newest = await _newest(context, wanted, id)
    if not await _may(context, wanted, only):
        raise Fault("not-registered", entry=id)
    rules = _rules(profiles)
    checked = _checked(newest.id, newest.version, newest.text, rules)
    script = newest.without_text()
    return Standing(script=script, state=_state(script, rules, context.now()), checked=checked)


def check_text(name: str, content: bytes, profiles: Iterable[Profile]) -> CheckedText:
    """A text that nobody has registered."""
    return _checked(name, 0, read(content), _rules(profiles))


async def marked(context: Context, id: str, version: int, profiles: Iterable[Profile]) -> MarkedText:
    """One version, with what is forbidden in it today. Fault when there is none."""
    context.actor.need(Right.CALLS)
    wanted = identifier(id, "id")
    text = await context.store.browsing.script_text(wanted, version) if 0 < version < 1 << 31 else None
    if text is None:
        raise Fault("not-registered", entry=id)
    return _marked(wanted, version, text, _rules(profiles))


def marked_text(content: bytes, profiles: Iterable[Profile]) -> MarkedText:
    """A text that nobody has registered."""
    return _marked("", 0, read(content), _rules(profiles))


def state(script: Script, profiles: Iterable[Profile], now: datetime) -> ScriptState:
    return _state(script, _rules(profiles), now)


async def listed(context: Context, *, after: str = "", most: int = ALL) -> Page[Script]:
    """The newest version of each, by their ids."""
    context.actor.need(Right.CALLS)
    return await context.store.scripts.list(after=after, most=most)


async def show(context: Context, id: str) -> ShownEntry[ScriptVersion]:
    """All versions, the oldest first. Fault when there never was one."""
    context.actor.need(Right.CALLS)
    wanted = identifier(id, "id")
    return await shown(context, "script", wanted, await context.store.scripts.versions(wanted))


async def _may(context: Context, id: str, only: Only) -> bool:
    """A script is of the businesses whose campaigns read it; one that none reads, of whoever brought it."""
    if only is None:
        return True
    if holders := await context.store.campaigns.reading(id):
        return all(limits.may(only, holder) for holder in holders)
    newest = await context.store.scripts.newest(id)
    return newest is None or newest.added_by == context.by


def _state(script: Script, rules: Sequence[ScriptRule], now: datetime) -> ScriptState:
    if not script.approved_by:
        return "not-approved"
    if script.expires_at is not None and script.expires_at <= now:
        return "expired"
    return "approved" if {rule.digest for rule in rules} <= set(script.checked) else "unchecked"


async def _newest(context: Context, wanted: str, given: str) -> ScriptVersion:
    found = await context.store.scripts.newest(wanted)
    if found is None:
        raise Fault("not-registered", entry=given)
    return found


def _expiry(text: str, now: datetime) -> datetime | None:
    if not text.strip():
        return None
    ends = moment(text, "expires_at", end_of_day=True)
    if ends <= now:
        raise Fault("ends-before-start", start=now.isoformat(timespec="seconds"), end=text.strip())
    return ends


def _rules(profiles: Iterable[Profile]) -> list[ScriptRule]:
    """Also those that bind later or other purposes: an approval is for whatever comes."""
    return [profile.script for profile in profiles if profile.script is not None]


def _checked(id: str, version: int, text: str, rules: list[ScriptRule]) -> CheckedText:
    hits = phrases(text, {phrase for rule in rules for phrase in rule.forbidden_phrases})
    return CheckedText(id=id, version=version, hits=tuple(hits), rules=len(rules))


def _marked(id: str, version: int, text: str, rules: list[ScriptRule]) -> MarkedText:
    forbidden = {phrase for rule in rules for phrase in rule.forbidden_phrases}
    return MarkedText(
        id=id,
        version=version,
        pieces=tuple(pieces(text, forbidden)),
        hits=tuple(phrases(text, forbidden)),
        rules=len(rules),
    )
