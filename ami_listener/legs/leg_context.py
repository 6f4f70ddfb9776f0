"""What every carrier leg is given: the store, the clock, the recorder, and what is in force on the trunks.

Also what legs write down: an incident (:meth:`LegContext.report`), and a recording's row (:func:`row`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import msgspec
import structlog

from ami_listener.legs.claims import Claims
from ami_listener.outbox import Outbox
from ami_listener.recording.recorder import Recorder
from ami_listener.recording.segment import Segment
from ami_listener.timings import USUAL, Timings
from dialpact.compliance.carrier_leg import Allowed
from dialpact.compliance.clock import Clock
from dialpact.compliance.meters import METERS
from dialpact.compliance.numbers import Shape
from dialpact.compliance.recorded import NewRecording
from dialpact.store.ports import Store

log = structlog.get_logger()


class LegContext(msgspec.Struct, frozen=True):
    """One for all legs. A reload makes a new one; a call that is up keeps the one that it began with."""

    node: str
    store: Store
    clock: Clock
    recorder: Recorder
    outbox: Outbox
    finish: Callable[[Segment], None]  # takes over a segment that has ended
    failed: Callable[[], None]  # something failed that the checks had not foreseen
    claims: Claims
    foreign: set[str]  # unique ids of legs that were reported; a reconnect does not report them again
    guarded: frozenset[str] = frozenset()  # trunks on which a call that went round the gate is cut
    numbered: frozenset[str] = frozenset()  # trunks on which a call that left by another number is cut
    shadow: bool = False  # nothing is cut
    shapes: Mapping[str, Shape] = {}  # of the numbers on each trunk: what stands around them
    timings: Timings = USUAL

    def bare(self, number: str, trunks: Iterable[str]) -> set[str]:
        """``number`` as it was dialled, and without what any of ``trunks`` puts around one."""
        return {number, *(self.shapes[name].bare(number) for name in trunks if name in self.shapes)}

    def report(
        self, kind: str, decision: str, channel: str, detail: str, number: str = "", *, once: bool = False
    ) -> None:
        """An incident. The log gets everything but ``number``, the store that as well.

        ``once``: not when the store has the very same already, but for its time.
        """
        at = self.clock.now()
        METERS.cut += detail.startswith("cut")
        log.warning("incident", kind=kind, decision=decision, leg=channel, detail=detail)
        stored = f"{detail} {number}".strip()
        self.outbox.put(
            f"incident {kind}",
            lambda: self.store.incidents.add(
                at=at,
                node=self.node,
                kind=kind,
                decision=decision,
                channel=channel,
                detail=stored,
                once=once,
            ),
            decision=decision,
            channel=channel,
        )


def row(node: str, segment: Segment, allowed: Allowed) -> NewRecording:
    """The store's row of a recording that is about to begin."""
    main, callee, agent = map(str, segment.files.all)
    return NewRecording(
        id=segment.id,
        decision=segment.decision,
        node=node,
        channel=segment.channel,
        uniqueid=segment.uniqueid,
        number=allowed.number,
        caller_id=allowed.caller_id,
        campaign=allowed.campaign,
        started_at=segment.started_at,
        answered_at=segment.answered_at,
        format=segment.format,
        path=main,
        callee_path=callee,
        agent_path=agent,
        part=segment.part,
    )
