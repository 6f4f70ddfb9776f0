"""The metrics, in Prometheus' words. The only module that uses prometheus_client.

``docs/operations.md`` has a line for each; a test keeps both the same. A process tells what it knows: the
gate alone says nothing of the listener, whose counters it would show as zeros that nobody has counted.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily as Count
from prometheus_client.core import GaugeMetricFamily as Gauge
from prometheus_client.core import HistogramMetricFamily, Metric

from dialpact.application.daemon_registry import Role
from dialpact.application.doctor.finding import Outcome
from dialpact.application.health import Look
from dialpact.compliance.config import Config
from dialpact.compliance.health import Health
from dialpact.compliance.jobs import JobsWaiting
from dialpact.compliance.meters import Histogram, Meters
from dialpact.compliance.reasons import Reason

# From the beginning, also what never happened: Prometheus sees no increase in what was not there before.
NO_DECISIONS = {("ALLOW", ""): 0, **{("BLOCK", str(reason)): 0 for reason in Reason}}
# What was skipped was not looked at, and is absent.
STATES: dict[Outcome, int] = {"ok": 0, "warn": 1, "fail": 2}
ANSWERS = ("1xx", "2xx", "3xx", "4xx", "5xx")


class NodeCollector:
    """A registry's collector over one look. ``kinds``: of incidents, also those that never happened."""

    def __init__(
        self, config: Config, meters: Meters, look: Look, now: datetime, kinds: Sequence[str], role: Role
    ) -> None:
        self._config, self._meters, self._look, self._now = config, meters, look, now
        self._kinds, self._role = kinds, role

    def collect(self) -> Iterator[Metric]:
        yield from _of_any(self._config, self._meters, self._role)
        if self._role != "listener":
            yield from _of_who_decides(self._meters)
            yield from self._of_the_gate()
        if self._role != "gate":
            yield from self._of_the_listener()
        yield from self._of_the_node()
        if self._look.figures is not None:
            yield from self._of_the_store()

    def _of_the_gate(self) -> Iterator[Metric]:
        meters = self._meters
        yield _histogram("dialpact_gate_seconds", "A session, from its header to its end.", meters.latency)
        yield Gauge("dialpact_gate_connections", "Open connections to the gate.", meters.connections_open)
        yield _labelled(
            Count(
                "dialpact_gate_connections_refused", "Connections that were closed unheard.", labels=["why"]
            ),
            {(why,): meters.connections_refused[why] for why in ("no-header", "too-many")},
        )

    def _of_the_listener(self) -> Iterator[Metric]:
        meters = self._meters
        yield Gauge("dialpact_ami_up", "1 while this listener is logged in.", int(meters.ami_up))
        yield Gauge("dialpact_ami_events_waiting", "Manager events not yet looked at.", meters.ami_queue)
        yield Count("dialpact_ami_events_flawed", "Manager messages that were ignored.", meters.ami_flawed)
        yield Gauge("dialpact_legs", "Carrier legs that are watched.", meters.legs)
        yield _labelled(
            Count("dialpact_recordings_ended", "Recordings by how they ended.", labels=["state"]),
            {(state,): meters.recordings[state] for state in ("kept", "unanswered", "failed")},
        )
        since, now = meters.outbox_since, time.monotonic()
        yield Gauge(
            "dialpact_outbox_oldest_seconds",
            "How long the listener's oldest write waits; 0: none does.",
            max(0.0, now - since) if since else 0.0,
        )
        yield Gauge("dialpact_outbox_waiting", "Writes of the listener that wait.", meters.outbox_waiting)
        yield Count("dialpact_calls_cut", "Calls that were cut, as incidents tell it.", meters.cut)

    def _of_the_node(self) -> Iterator[Metric]:
        look = self._look
        yield Gauge("dialpact_store_up", "1 when the database answered.", int(look.figures is not None))
        yield Gauge("dialpact_ready", "1 when a call that may be made is made.", int(not look.problems))
        yield _labelled(
            Gauge(
                "dialpact_check_state",
                "0: well, 1: wrong but stops no call, 2: wrong; absent: not looked at.",
                labels=["check"],
            ),
            {(name,): state for name, state in _states(look).items()},
        )
        if look.calendar_days is not None:
            yield Gauge("dialpact_calendar_days_left", "Days to the calendar's end.", look.calendar_days)
        free = {("recordings",): look.free_recordings, ("database",): look.free_database}
        yield _labelled(
            Gauge("dialpact_disk_free_bytes", "Space left where it is written.", labels=["what"]),
            {labels: value for labels, value in free.items() if value is not None},
        )

    def _of_the_store(self) -> Iterator[Metric]:
        figures = self._look.figures
        assert figures is not None
        lease = figures.health.lease
        ready = lease is not None and lease.live and lease.ready
        yield Gauge("dialpact_recorder_ready", "1 while calls could be recorded.", int(ready))
        if lease is not None:
            age = (self._now - lease.renewed_at).total_seconds()
            yield Gauge("dialpact_recorder_lease_age_seconds", "Since the listener's last word.", age)
        yield Gauge("dialpact_recordings_running", "Recordings under way.", figures.running)
        yield Gauge(
            "dialpact_retention_overdue", "Recordings that should have been disposed of.", figures.overdue
        )
        happened = {**dict.fromkeys(self._kinds, 0), **figures.incidents}
        yield _labelled(
            Count("dialpact_incidents", "Incidents in the database.", labels=["kind"]),
            {(kind,): count for kind, count in happened.items()},
        )
        yield Gauge(
            "dialpact_registers_differing",
            "Entries of registers that are not what the log says.",
            len(figures.health.differing),
        )
        yield Gauge("dialpact_ledger_leaves", "Size of the ledger.", figures.health.entries)
        forked = int(bool(figures.health.forked))
        yield Gauge("dialpact_ledger_forked", "1 while it may not be signed.", forked)
        yield Gauge("dialpact_ledger_unsealed", "Rows without a leaf.", figures.unsealed)
        if figures.health.signed is not None:
            age = (self._now - figures.health.signed).total_seconds()
            yield Gauge("dialpact_ledger_checkpoint_age_seconds", "Since the newest one.", age)
        yield from self._of_outsiders(figures.health)

    def _of_outsiders(self, health: Health) -> Iterator[Metric]:
        known = {state.vkey: state for state in health.witnesses}
        ages, well = {}, {}
        for one in self._config.ledger.named:
            state, name = known.get(one.vkey), (one.vkey.partition("+")[0],)
            well[name] = int(state is not None and state.failing_since is None)
            if state is not None and state.cosigned_at is not None:
                ages[name] = (self._now - state.cosigned_at).total_seconds()
        yield _labelled(
            Gauge(
                "dialpact_witness_cosigns", "1 while its last answer is a cosignature.", labels=["witness"]
            ),
            well,
        )
        yield _labelled(
            Gauge("dialpact_witness_cosignature_age_seconds", "Since its newest one.", labels=["witness"]),
            ages,
        )
        yield from self._of_receivers(health)
        if health.stamped is not None:
            age = (self._now - health.stamped).total_seconds()
            yield Gauge("dialpact_ledger_timestamp_age_seconds", "Since the newest was asked for.", age)

    def _of_receivers(self, health: Health) -> Iterator[Metric]:
        states = [one for one in health.webhooks if one.name in self._config.webhooks]
        well = {(one.name,): int(not one.failing_since and not one.disabled_at) for one in states}
        ages = {(one.name,): (self._now - one.oldest).total_seconds() if one.oldest else 0 for one in states}
        for name, help, values in (
            ("dialpact_webhook_well", "1 unless its last sending failed.", well),
            ("dialpact_webhook_waiting", "Events that wait.", {(one.name,): one.waiting for one in states}),
            ("dialpact_webhook_oldest_seconds", "How long the oldest waits; 0: none does.", ages),
            (
                "dialpact_webhook_dead",
                "Events that were given up.",
                {(one.name,): one.dead for one in states},
            ),
        ):
            yield _labelled(Gauge(name, help, labels=["webhook"]), values)


class WebCollector:
    """Of ``dialpact web``. ``waiting``: None where the store did not answer."""

    def __init__(self, config: Config, meters: Meters, waiting: JobsWaiting | None, now: datetime) -> None:
        self._config, self._meters, self._waiting, self._now = config, meters, waiting, now

    def collect(self) -> Iterator[Metric]:
        meters, waiting = self._meters, self._waiting
        yield from _of_any(self._config, meters, "web")
        yield from _of_who_decides(meters)
        yield _labelled(
            Count("dialpact_web_requests", "Requests by the class of the answer.", labels=["answer"]),
            {(answer,): meters.requests[answer] for answer in ANSWERS},
        )
        yield _labelled(
            Count("dialpact_jobs_ended", "Jobs by how they ended.", labels=["state"]),
            {(state,): meters.jobs[state] for state in ("done", "failed")},
        )
        yield Gauge("dialpact_store_up", "1 when the database answered.", int(waiting is not None))
        if waiting is None:
            return
        yield _labelled(
            Gauge("dialpact_jobs", "Jobs that wait and that run.", labels=["state"]),
            {("queued",): waiting.queued, ("running",): waiting.running},
        )
        age = (self._now - waiting.oldest).total_seconds() if waiting.oldest else 0.0
        yield Gauge("dialpact_jobs_oldest_seconds", "How long the oldest waits; 0: none does.", max(0.0, age))


def page(
    config: Config,
    meters: Meters,
    look: Look,
    now: datetime,
    kinds: Sequence[str],
    role: Role = "serve",
) -> bytes:
    """Of gate and listener, in one process or in two."""
    return _page(NodeCollector(config, meters, look, now, kinds, role))


def page_of_web(config: Config, meters: Meters, waiting: JobsWaiting | None, now: datetime) -> bytes:
    return _page(WebCollector(config, meters, waiting, now))


def _page(collector: NodeCollector | WebCollector) -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector)
    return generate_latest(registry)


def _of_any(config: Config, meters: Meters, role: Role) -> Iterator[Metric]:
    yield _labelled(
        Gauge("dialpact_build_info", "Version in use; always 1.", labels=["version"]),
        {(version("dialpact"),): 1},
    )
    yield _labelled(
        Gauge("dialpact_process", "What this process is; always 1.", labels=["role"]), {(role,): 1}
    )
    mode = config.policy.mode
    yield _labelled(
        Gauge("dialpact_mode", "1 for the mode in force.", labels=["mode"]),
        {(name,): int(name == mode) for name in ("enforce", "shadow")},
    )
    yield Count("dialpact_log_lines_dropped", "Lines that nobody took in time.", meters.log_dropped)
    yield Gauge("dialpact_reload_success", "1 unless the last reload failed.", int(meters.reload_ok))
    yield Gauge("dialpact_reload_timestamp_seconds", "When what is in force was loaded.", meters.reloaded_at)


def _of_who_decides(meters: Meters) -> Iterator[Metric]:
    """The gate, and ``dialpact web`` for those who ask before they dial."""
    decisions = Count(
        "dialpact_decisions", "Decisions told, once for each reason.", labels=["verdict", "reason"]
    )
    yield _labelled(decisions, NO_DECISIONS | dict(meters.decisions))
    yield Count(
        "dialpact_decisions_undelivered", "ALLOWs withdrawn because their telling failed.", meters.undelivered
    )
    yield _histogram("dialpact_gate_batch_size", "Decisions in one transaction.", meters.batch)


def _states(look: Look) -> dict[str, int]:
    """The worst that was found, by the doctor's names."""
    worst: dict[str, int] = {"profile": STATES["ok"]} if look.calendar_days is not None else {}
    for name, item in look.standing:
        if item.result in STATES:
            worst[name] = max(worst.get(name, 0), STATES[item.result])
    return worst


def _labelled(family: Gauge | Count, values: Mapping[Any, float]) -> Metric:
    for labels, value in values.items():
        family.add_metric(labels, value)
    return family


def _histogram(name: str, help: str, of: Histogram) -> Metric:
    buckets, below = [], 0
    for bound, count in zip([*map(float, of.bounds), float("inf")], of.counts, strict=True):
        below += count
        buckets.append(("+Inf" if bound == float("inf") else str(bound), below))
    return HistogramMetricFamily(name, help, buckets=buckets, sum_value=of.total)
