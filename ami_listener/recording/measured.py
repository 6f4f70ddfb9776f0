"""A finished recording with what was found out while it was made: its soundtrack, and what is wrong."""

from __future__ import annotations

from datetime import datetime

import msgspec

from ami_listener.recording import files
from ami_listener.recording.heard import SIDES
from ami_listener.recording.segment import Segment
from ami_listener.recording.sound import Silent, Sound
from ami_listener.timings import MeasuredLimits
from dialpact.compliance.clock import stamp
from dialpact.compliance.soundtrack import Index, Pair, Silence, Soundtrack, moment


class Problem(msgspec.Struct, frozen=True):
    """Something about a recording that a human has to know: an incident's kind and detail."""

    kind: str
    detail: str = ""


def soundtrack(segment: Segment, measured: list[Sound | None]) -> Soundtrack:
    """``measured``: mix, callee, agent."""
    main, *sides = measured
    heard = segment.heard
    since = segment.answered_at or segment.started_at
    known = heard.track() if heard else Soundtrack(since="", late=_second(segment.ended_at, since))
    index = Index()
    for pair in known.index or ((_second(segment.started_at, since) or 0.0, 0.0),):
        index.add(*pair)
    end = files.modified(segment.files.main)
    if main is not None and end is not None:
        t = heard.second(end.timestamp()) if heard else _second(end, since) or 0.0
        index.add(t, main.seconds)
    pairs = index.pairs
    return msgspec.structs.replace(
        known,
        since=stamp(since),
        index=pairs,
        seconds={
            name: one.seconds for name, one in zip(("mix", *SIDES), measured, strict=True) if one is not None
        },
        silent={
            side: tuple(_silence(segment, side, each, pairs) for each in found.silent)
            for side, found in zip(SIDES, sides, strict=True)
            if found is not None and found.silent
        },
        unsent=_unsent(segment, known, pairs),
        drawn={
            side: found.waveform.digest(found.sha256)
            for side, found in zip(SIDES, sides, strict=True)
            if found is not None and found.waveform is not None
        },
    )


def _second(at: datetime | None, since: datetime) -> float | None:
    return (at - since).total_seconds() if at else None


def _silence(segment: Segment, side: str, each: Silent, pairs: tuple[Pair, ...]) -> Silence:
    begin, end = moment(pairs, each.begin)[1], moment(pairs, each.end)[0]
    end = max(begin, end)
    if not each.nothing:  # faint, but something: it came in like that
        return Silence(begin=begin, end=end, reason="sent")
    known = segment.heard.known(side, begin, end) if segment.heard else None
    if known is None:
        return Silence(begin=begin, end=end, reason="unknown")
    return msgspec.structs.replace(known, begin=begin, end=end)


def _unsent(
    segment: Segment, known: Soundtrack, pairs: tuple[Pair, ...]
) -> tuple[tuple[float, float, float], ...]:
    """With the seconds that the file does not have."""
    found = [(begin, end) for begin, end, _ in known.unsent]
    if segment.heard is not None and segment.heard.quiet_since is not None:
        found.append((segment.heard.quiet_since, max(segment.heard.quiet_since, pairs[-1][0])))
    return tuple((begin, end, _missing(pairs, begin, end)) for begin, end in found)


def _missing(pairs: tuple[Pair, ...], begin: float, end: float) -> float:
    """How far the file fell behind the call meanwhile."""
    before = [t - f for t, f in pairs if t <= begin + 0.01] or [pairs[0][0] - pairs[0][1]]
    after = [t - f for t, f in pairs if t >= end] or [pairs[-1][0] - pairs[-1][1]]
    return max(0.0, after[0] - before[-1])


def problems(
    segment: Segment, measured: list[Sound | None], track: Soundtrack, limits: MeasuredLimits
) -> list[Problem]:
    """Of an answered call, beyond what was told while it lasted."""
    main, *sides = measured
    talk = segment.proven_seconds()
    if main is None:
        return []  # that has been said
    found = []
    sent = talk - sum(missing for _, _, missing in track.unsent)
    if not main.audio_bytes:
        if sent > limits.empty + limits.slack * bool(track.unsent):
            found.append(Problem("recording-empty", f"{talk:.1f} s of talk, no sound"))
    elif main.seconds < limits.short * sent - 0.1:
        found.append(Problem("recording-short", f"{main.seconds:.1f} s recorded of {talk:.1f} s"))
    if wrong := _untrue(segment, measured, limits):
        found.append(Problem("recording-distorted", wrong))
    for side, one in zip(SIDES, sides, strict=True):
        if one is None or segment.part != "carrier" or talk < limits.silence_matters:
            continue
        if segment.heard is not None and (stretch := segment.heard.untold(side)) is not None:
            detail = f"{side}: silent from second {stretch.begin:.1f} to the end, while packets came"
            found.append(Problem("recording-side-lost", f"{detail}; it ended before anybody could tell"))
        elif one.dbfs is None and not _is_explained(segment, side, track, talk - limits.silence_matters):
            found.append(Problem("recording-silent", f"nothing is heard of the {side} in {talk:.1f} s"))
    return found


def _is_explained(segment: Segment, side: str, track: Soundtrack, most: float) -> bool:
    """Whether it is known why nothing is heard of a side; it is where more than ``most`` seconds of the call
    were not sent.
    """
    if any(each.reason != "unknown" for each in track.silent.get(side, ())):
        return True
    if segment.heard is not None and side in segment.heard.open and segment.heard.open[side].told:
        return True
    return bool(track.unsent) and sum(missing for *_, missing in track.unsent) > most


def _untrue(segment: Segment, measured: list[Sound | None], limits: MeasuredLimits) -> str:
    """How a file's length contradicts the call's or the other files', unless that was told; else empty."""
    if segment.heard is not None and segment.heard.distorted:
        return ""
    lengths = [one.seconds for one in measured if one is not None]
    begun = segment.started_at
    wall = ((segment.ended_at or begun) - begun).total_seconds()
    said = ", ".join(
        f"{name} {one.seconds:.1f} s"
        for name, one in zip(("mix", *SIDES), measured, strict=True)
        if one is not None
    )
    if max(lengths) > (1 + limits.untrue) * wall + limits.slack:
        return f"{said} of {wall:.1f} s"
    if max(lengths) - min(lengths) > limits.untrue * max(lengths) + limits.slack:
        return f"{said}: of one call"
    return ""
