"""The metrics' names and what they mean, for Prometheus. The only module that knows its library."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import version
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    make_wsgi_app,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric

from compliance.meters import METERS, Histogram, Labelled, Meters
from console.observe.watch import OLD, Watch

# name: (kind, help, labels). docs/operations.md has the same table; a test compares.
NAMES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "dialpact_decisions": ("counter", "Calls judged, as the PBX was told", ("verdict", "reason")),
    "dialpact_gate_latency_seconds": ("histogram", "From the whole header to the answer", ()),
    "dialpact_gate_batch_size": ("histogram", "Attempts judged in one transaction", ()),
    "dialpact_gate_sessions": ("gauge", "AGI sessions that are open", ()),
    "dialpact_gate_sessions_refused": ("counter", "AGI sessions that were closed unanswered", ("why",)),
    "dialpact_recordings_running": ("gauge", "Calls that are being recorded", ()),
    "dialpact_recordings_ended": ("counter", "Recordings by what became of them", ("state",)),
    "dialpact_incidents": ("counter", "What a person has to know, by kind", ("kind",)),
    "dialpact_calls_cut": ("counter", "Calls that were hung up by the listener", ()),
    "dialpact_ami_up": ("gauge", "1: logged in at Asterisk's manager", ()),
    "dialpact_ami_lost": ("counter", "Times that the manager's connection was lost", ()),
    "dialpact_outbox_waiting": ("gauge", "Writes that wait for the store", ()),
    "dialpact_lease_ready": ("gauge", "1: the recorder says that calls can be recorded", ()),
    "dialpact_lease_age_seconds": ("gauge", "Since the recorder last gave word", ()),
    "dialpact_store_up": ("gauge", "1: the store can be written", ()),
    "dialpact_ledger_leaves": ("gauge", "Records in the ledger", ()),
    "dialpact_checkpoint_age_seconds": ("gauge", "Since the ledger was last signed", ()),
    "dialpact_calendar_days_left": ("gauge", "Days that the working-day calendar still knows", ()),
    "dialpact_disk_free_bytes": ("gauge", "Free space", ("what",)),
    "dialpact_ready": ("gauge", "1: a call that may be made would be made now", ()),
    "dialpact_look_age_seconds": ("gauge", "Since the figures about store and disk were taken", ()),
    "dialpact_shadow": ("gauge", "1: shadow mode, nothing is refused", ()),
    "dialpact_reloads": ("counter", "Reloads of the configuration", ("outcome",)),
    "dialpact_reload_bad": ("gauge", "1: the last reload was refused, the old configuration is in force", ()),
    "dialpact_reload_timestamp_seconds": ("gauge", "When the configuration in force was taken", ()),
    "dialpact_build_info": ("gauge", "The version", ("version",)),
}


class Collector:
    def __init__(self, watch: Watch, meters: Meters = METERS) -> None:
        self._watch, self._meters = watch, meters

    def collect(self) -> Iterator[Metric]:
        meters, look = self._meters, self._watch.look
        yield _counted("dialpact_decisions", meters.decisions)
        yield _histogram("dialpact_gate_latency_seconds", meters.latency)
        yield _histogram("dialpact_gate_batch_size", meters.batches)
        yield _gauge("dialpact_gate_sessions", meters.sessions_open)
        yield _counted("dialpact_gate_sessions_refused", meters.sessions_refused)
        yield _gauge("dialpact_recordings_running", meters.recordings_running)
        yield _counted("dialpact_recordings_ended", meters.recordings_ended)
        yield _counted("dialpact_incidents", meters.incidents)
        yield _counter("dialpact_calls_cut", meters.calls_cut)
        yield _gauge("dialpact_ami_up", meters.ami_up)
        yield _counter("dialpact_ami_lost", meters.ami_lost)
        yield _gauge("dialpact_outbox_waiting", meters.outbox_waiting)
        yield _gauge("dialpact_store_up", look.health is not None and look.age < OLD)
        if look.health is not None and look.now is not None:
            lease = look.health.lease
            yield _gauge("dialpact_lease_ready", bool(lease and lease.live and lease.ready))
            if lease is not None:
                yield _gauge("dialpact_lease_age_seconds", (look.now - lease.renewed_at).total_seconds())
            yield _gauge("dialpact_ledger_leaves", look.health.entries)
            if signed := look.health.signed:
                yield _gauge("dialpact_checkpoint_age_seconds", (look.now - signed).total_seconds())
        if look.days_left is not None:
            yield _gauge("dialpact_calendar_days_left", look.days_left)
        yield _labelled("dialpact_disk_free_bytes", ((name, free) for name, free in look.free.items()))
        yield _gauge("dialpact_ready", not look.wrong())
        yield _gauge("dialpact_look_age_seconds", look.age)
        yield _gauge("dialpact_shadow", self._watch.mode == "shadow")
        yield _counted("dialpact_reloads", meters.reloads)
        yield _gauge("dialpact_reload_bad", meters.reload_bad)
        yield _gauge("dialpact_reload_timestamp_seconds", meters.reloaded_at)
        yield _labelled("dialpact_build_info", [(version("dialpact"), 1)])


def application(watch: Watch) -> Callable[..., Any]:
    """The WSGI application that answers Prometheus."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    registry.register(Collector(watch))
    return make_wsgi_app(registry)


def _gauge(name: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, NAMES[name][1], value=float(value))


def _labelled(name: str, values: Iterable[tuple[str, float]]) -> GaugeMetricFamily:
    found = GaugeMetricFamily(name, NAMES[name][1], labels=NAMES[name][2])
    for label, value in values:
        found.add_metric([label], value)
    return found


def _counter(name: str, value: float) -> CounterMetricFamily:
    return CounterMetricFamily(name, NAMES[name][1], value=value)


def _counted(name: str, counts: Labelled) -> CounterMetricFamily:
    found = CounterMetricFamily(name, NAMES[name][1], labels=NAMES[name][2])
    for labels, count in list(counts.items()):
        found.add_metric(list(labels), count)
    return found


def _histogram(name: str, seen: Histogram) -> HistogramMetricFamily:
    total, buckets = 0, []
    for bound, count in zip([*map(str, seen.bounds), "+Inf"], list(seen.counts), strict=True):
        total += count
        buckets.append((bound, float(total)))
    return HistogramMetricFamily(name, NAMES[name][1], buckets=buckets, sum_value=seen.sum)
