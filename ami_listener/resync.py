"""The store's view compared with the channels there are: after each connect, and every half minute.

Whatever was missed (the listener was down, a link broke, a message was not fit to be believed) shows as a
difference: a recording whose call is gone, a call whose recording does not run, a call that nobody saw begin.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import structlog

from ami_listener.ami.events import Origin
from ami_listener.ami.pbx import DIALLED, Live, NoChannel, Pbx
from ami_listener.calls.changes import Changes
from ami_listener.calls.companions import Companions
from ami_listener.calls.spies import Spies
from ami_listener.calls.unlisted import Unlisted
from ami_listener.calls.view import ListenerView
from ami_listener.endings import Endings
from ami_listener.legs.leg import Leg
from ami_listener.legs.states import Line, Phase, State
from ami_listener.missed_calls import Gap
from ami_listener.recording.files import Files
from ami_listener.recording.recorder import last_written
from ami_listener.recording.segment import Segment
from dialpact.compliance.recorded import OpenRecording

UNSEEN_SECONDS = 2  # a leg this old whose events would have come by now
log = structlog.get_logger()


class Comparing(ListenerView, Protocol):
    """What a comparison needs of the listener beside what every watcher sees."""

    changes: Changes
    companions: Companions
    spies: Spies
    unlisted: Unlisted
    gap: Gap
    hearing_since: datetime  # of this connection
    endings: Endings

    def take(self, leg: Leg) -> None:
        """Starts a leg's worker."""
        ...


async def compare(listener: Comparing, pbx: Pbx) -> int:
    """Adopts, finishes and reports; the number of calls of which no event had come though somebody listened.

    Raises LinkError, RecordingError (the channels can not be listed), StoreError.
    """
    context = listener.context
    listener.changes.begin()
    channels = await pbx.channels()
    await listener.companions.learn(pbx, channels)
    live = {row.uniqueid: row for row in channels if listener.trunks_of(row.channel)}
    # The rows last: what ended while Asterisk was asked has ended in them, or is known to ``endings``. Until
    # each is told apart nothing is waited for, so that no call can end in between and be ended a second time.
    listener.endings.remember()
    open_rows = await context.store.recordings.unfinished(context.node)
    newest: dict[str, Segment] = {}
    companions: list[Segment] = []
    for segment in sorted(map(segment_of, open_rows), key=lambda segment: segment.started_at):
        if listener.endings.has(segment.id) or listener.companions.runs(segment.id):
            continue
        if segment.part != "carrier":
            companions.append(segment)
            continue
        if segment.uniqueid in listener.legs:
            continue
        if (superseded := newest.pop(segment.uniqueid, None)) is not None:
            superseded.unseen = True
            _end(listener, superseded, segment.started_at)
        newest[segment.uniqueid] = segment
    gone: list[Segment] = []
    for uniqueid, segment in newest.items():
        row = live.get(uniqueid)
        if row is None:  # the name may have changed, the unique id does not
            gone.append(segment)
            continue
        leg = _leg(listener, pbx, row, Phase.ADOPTING)
        leg.adopt(segment)
        listener.take(leg)
        log.info("recording adopted", decision=segment.decision, leg=row.channel)
    for segment in gone:
        segment.unseen = True
        _end(listener, segment, await last_written(segment) or context.clock.now())
        _close_leg(listener, segment)
        if listener.gap.is_stall and not segment.begun and segment.answered_at is None:
            listener.gap.lost.add(segment.decision)  # one of those that the one incident tells of
            continue
        said = "ended while nobody listened"
        context.report("call-ended-unseen", segment.decision, segment.channel, said, once=True)
    unseen = 0
    for row in live.values():
        if row.uniqueid in listener.legs or not _is_settled(row) or not await _is_outgoing(pbx, row):
            continue
        unseen += timedelta(seconds=row.seconds + 1) < context.clock.now() - listener.hearing_since
        leg = _leg(listener, pbx, row, Phase.JUDGING)
        leg.judge()
        listener.take(leg)
    for uniqueid, known in list(listener.legs.items()):
        if uniqueid not in live and not await pbx.is_live(known.channel, uniqueid):
            known.gone()
    await listener.companions.compare(pbx, companions, channels)
    listener.spies.found(pbx, channels)
    context.foreign.intersection_update(listener.changes.up(channels))
    await listener.unlisted.compare(pbx, channels)
    return unseen


def _leg(listener: Comparing, pbx: Pbx, row: Live, phase: Phase) -> Leg:
    line = Line.RINGING if row.state != "Up" else Line.BRIDGED if row.bridged else Line.UP
    return Leg(
        listener.context,
        pbx,
        row.channel,
        row.uniqueid,
        listener.trunks_of(row.channel),
        began=listener.context.clock.now() - timedelta(seconds=row.seconds),
        origin=Origin(linkedid=row.linkedid, seen=False),
        state=State(phase, line),
    )


def _is_settled(row: Live) -> bool:
    """Old enough for its events to have come; ``Ring`` is a call that comes in."""
    return row.seconds >= UNSEEN_SECONDS and row.state not in ("Ring", "Reserved")


async def _is_outgoing(pbx: Pbx, row: Live) -> bool:
    """Whether Dial or Originate made the channel: the carrier's own calls have the same names.

    An originated channel that was answered runs an application like any caller's; Dial leaves its note on the
    caller's channel as well (both seen on 22). The received INVITE alone tells them apart.
    """
    try:
        if row.channel.startswith("PJSIP/"):
            return not await pbx.came_in(row.channel) and await pbx.is_dialled(row.channel)
        if row.application.startswith("AppDial"):
            return True
        noted = row.application != "Dial" and bool(await pbx.variable(row.channel, DIALLED))
        return noted and not await pbx.came_in(row.channel)
    except NoChannel:
        return False


def _end(listener: Comparing, segment: Segment, at: datetime) -> None:
    segment.ended_at = max(at, segment.answered_at or segment.started_at, segment.started_at)
    listener.endings.finish(segment)


def _close_leg(listener: Comparing, segment: Segment) -> None:
    """In the store: of a call whose end nobody saw."""
    context, at = listener.context, segment.ended_at or listener.context.clock.now()
    context.outbox.put(
        "carrier leg",
        lambda: context.store.carrier_legs.end_unseen(segment.decision, context.node, segment.uniqueid, at),
        decision=segment.decision,
        channel=segment.channel,
    )


def segment_of(row: OpenRecording) -> Segment:
    """A row of the store as the recording it was."""
    return Segment(
        id=row.id,
        decision=row.decision,
        channel=row.channel,
        uniqueid=row.uniqueid,
        format=row.format,
        files=Files(Path(row.path), Path(row.callee_path), Path(row.agent_path)),
        started_at=row.started_at,
        answered_at=row.answered_at,
        part=row.part,
        begun=row.state == "running",
    )
