"""How long the listener waits for what, and how much it bears: a struct a room, with the values in use.

Seconds, where nothing else is said. Whoever makes a listener may hand it others (a test that waits in
hundredths of a second, an Asterisk in a process of its own); nobody configures them, as each has its reason.
"""

from __future__ import annotations

from datetime import timedelta

import msgspec

Tone = tuple[str, int, int]  # key, milliseconds, how often


class ListenerTimings(msgspec.Struct, frozen=True, kw_only=True):
    """The listener itself (``listener``, ``rounds``)."""

    first_pause: float = 0.5  # before a second attempt to connect; each further one waits twice as long
    longest_pause: float = 30.0
    look: float = 1.0  # between two looks at the files of calls that talk
    second_look: float = 3.0  # after the first comparison, for calls that were too young at it
    judging: float = 1.0  # for the legs that the second look has found
    audit: float = 30.0  # between two comparisons with the channels there are
    patience: float = 5.0  # for what is left to be written at the end


class LinkTimings(msgspec.Struct, frozen=True, kw_only=True):
    """The AMI connection (``ami.connection``)."""

    queue: int = 50_000  # events that may wait for their reader
    action: float = 2.0  # for the answer to an action
    ping: float = 1.0  # between two pings
    pong: float = 2.0  # for the answer to one
    login: float = 5.0  # Asterisk answers a wrong password after 1 s


class LeaseTimings(msgspec.Struct, frozen=True, kw_only=True):
    """The word to the gate that calls can be recorded (``lease``)."""

    life: float = 3.0
    renew: float = 1.0
    pong: float = 3.0  # a ping goes out every second and has two to come back
    disk: float = 1.0  # for the file system to answer
    penalty: float = 10.0  # in which nobody is rung after a recording failed
    unwritten: float = 5.0  # that the oldest write may wait; a lock of another process passes within one


class OutboxTimings(msgspec.Struct, frozen=True, kw_only=True):
    """Writes that wait for the store (``outbox``)."""

    gather: float = 0.02  # in which others may come, to be written with the first
    retry: float = 0.5
    tries: int = 10  # of what fails for no known reason


class LegTimings(msgspec.Struct, frozen=True, kw_only=True):
    """A leg, and the check of it (``legs``)."""

    overdue: float = 3.0  # the dialplan waits one second for a recording and then gives up by itself
    store: float = 1.2  # a little more than the store's own patience with a lock (BUSY_MS)
    retry: float = 0.1  # between two questions to the store
    sent: float = 0.05  # before a second look at a number that is not right
    hangup: float = 0.5  # between a channel's end and its Hangup event, on a busy machine
    grace: float = 0.2  # between the hangup handler's stop and the Hangup event: 1 to 10 ms on Asterisk 22


class RecorderTimings(msgspec.Struct, frozen=True, kw_only=True):
    """A recording's beginning and end (``recording.recorder``)."""

    proof: float = 1.0
    poll: float = 0.002  # before the second look at the files
    settle: float = 3.0  # how long a file may take to be complete after its call
    closing: float = 60.0  # and how long somebody may still have it open for writing


class MeasuredLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What a finished recording is held against (``recording.measured``)."""

    silence_matters: float = 3.0  # seconds of talk in which each side says something
    empty: float = 0.1  # seconds of talk of which a file may hold nothing
    short: float = 0.9  # of what was said, that a recording must hold
    untrue: float = 0.1  # of its length, by which a file may differ from the call and from the others
    slack: float = 0.5


class SoundTimings(msgspec.Struct, frozen=True, kw_only=True):
    """Calls that are listened in to while they talk (``sound``)."""

    silent: float = 3.0  # of a side's silence before anybody is asked
    resumed: float = 0.5  # on the disk of a side that sends again, before its silence means anything
    heard: int = 3  # windows of sound that are more than a click
    evidence: float = 1.5  # of another recorder's silence
    patience: float = 10.0  # for another recorder to show something
    covered: float = 0.5  # of a side that may be in no recording without being an incident
    at_once: int = 20  # questions under way
    ask_again: float = 1.0  # between two questions while packets arrive
    ask_seldom: float = 5.0  # and while none do
    ask_rarely: float = 30.0  # while a silence that is explained lasts: its source may become another
    speech: float = 8.0  # packets a second; comfort noise is sent less often
    stalled: float = 6.0  # without growth


class KeyTimings(msgspec.Struct, frozen=True, kw_only=True):
    """The opt-out keys (``calls.keys``). No telephone sends D by itself, and no menu waits for it."""

    stored: float = 2.5  # within which an opt-out has to be on disk for a "done"
    judged: float = 3.0  # for a leg whose decision is still being read
    dialplan: float = 0.4  # after the key, within which it has begun to ask: 2 to 20 ms on Asterisk 22
    done: Tone = ("D", 400, 1)
    failed: Tone = ("D", 150, 3)


class UnlistedLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Endpoints that no trunk lists (``calls.unlisted``)."""

    contacts: float = 60.0  # before a trunk's contacts are asked for again
    elsewhere: float = 60.0  # and before an endpoint that leads elsewhere is
    most: int = 2_000  # endpoints that are remembered
    cuts: int = 5  # attempts to hang up, a second apart


class MissedLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Calls of a time in which nobody listened (``missed_calls``)."""

    together: int = 100  # decisions in one incident
    same: timedelta = timedelta(seconds=3)  # uptimes are whole seconds, and take a moment to arrive


class Timings(msgspec.Struct, frozen=True, kw_only=True):
    """Of a listener."""

    listener: ListenerTimings = ListenerTimings()
    link: LinkTimings = LinkTimings()
    lease: LeaseTimings = LeaseTimings()
    outbox: OutboxTimings = OutboxTimings()
    legs: LegTimings = LegTimings()
    recorder: RecorderTimings = RecorderTimings()
    measured: MeasuredLimits = MeasuredLimits()
    sound: SoundTimings = SoundTimings()
    keys: KeyTimings = KeyTimings()
    unlisted: UnlistedLimits = UnlistedLimits()
    missed: MissedLimits = MissedLimits()


USUAL = Timings()
