"""A Dialpact that is well, what its processes show to a scraper, and what Prometheus makes of it.

What is shown is the product's own: a gate that is asked over its socket, a database, a signed log, a folder
of recordings, and a lease. Its counters are those that the product itself counts with.
"""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml
from msgspec import structs
from prometheus_client.parser import text_string_to_metric_families

from dialpact.application.actor import Actor, Door
from dialpact.application.context import Context
from dialpact.application.daemon_registry import Role
from dialpact.application.health import Look, Looking
from dialpact.application.housekeeping import keep
from dialpact.application.incidents import kinds
from dialpact.application.ledger.register_look import Watch
from dialpact.cli import status
from dialpact.compliance.clock import Uptime
from dialpact.compliance.config import Config
from dialpact.compliance.jobs import JobsWaiting
from dialpact.compliance.ledger import keys
from dialpact.compliance.meters import METERS, Meters
from dialpact.store.sqlite import Store
from dialpact.testing.asterisk import FakeAsterisk
from dialpact.testing.site import Site, made
from dialpact.web import metrics
from tests.agi.office import SetClock
from tests.deploy.rules import ALERTS
from tests.lab.unpacked import PROMTOOL

STEP, LONG_STEP = 30, 120  # seconds between two scrapes, and between two looks at the rules
LONG = 120  # minutes: beyond them the second
SINCE = datetime(2026, 5, 1, tzinfo=UTC)  # when the host was started
JOBS = {"serve": "dialpact", "gate": "dialpact", "listener": "dialpact-listener", "web": "dialpact-web"}
Series = tuple[str, tuple[tuple[str, str], ...]]


@dataclass
class House:
    """``meters``: what the gate counts with, and a listener would: a process has one set."""

    site: Site
    config: Config
    clock: SetClock
    store: Store
    looking: Looking
    of_gate: Looking  # that runs apart
    gate: contextlib.AsyncExitStack
    meters: Meters = METERS
    waiting: JobsWaiting | None = field(default_factory=lambda: JobsWaiting(queued=0, running=0, oldest=None))

    @property
    def context(self) -> Context:
        def uptime() -> Uptime:
            return Uptime("boot", self.clock.now() - SINCE)

        return Context(self.store, Actor(name="dialpact", door=Door.DAEMON), self.clock, uptime)

    async def sign(self) -> None:
        """What a daemon does every ten minutes."""
        await keep(self.context, self.config, Watch(), start=True)

    async def record(self, *, ready: bool = True, seconds: int = 10**8, ago: float = 0.0) -> None:
        """The listener's word."""
        at = self.clock.now() - timedelta(seconds=ago)
        why = "" if ready else "no connection to Asterisk"
        name = self.config.node.name
        await self.store.recorder_leases.renew(name, ready=ready, why=why, seconds=seconds, at=at)

    async def call(self) -> None:
        """Asks the gate, as Asterisk does."""
        host, _, port = self.config.gate.listen.rpartition(":")
        await FakeAsterisk(host, int(port)).dial()

    async def stop_gate(self) -> None:
        await self.gate.aclose()

    def wait_in_outbox(self, seconds: float) -> None:
        self.meters.outbox_waiting, self.meters.outbox_since = 1, time.monotonic() - seconds

    async def look(self) -> Look:
        return await self.looking.look()

    async def page(self, role: Role = "serve", look: Look | None = None) -> str:
        """``look``: another than a look would see now."""
        if role == "web":
            return metrics.page_of_web(self.config, self.meters, self.waiting, self.clock.now()).decode()
        seen = look or await (self.of_gate if role == "gate" else self.looking).look()
        return metrics.page(self.config, self.meters, seen, self.clock.now(), kinds(), role).decode()


@contextlib.asynccontextmanager
async def house(folder: Path, **settings: Any) -> AsyncIterator[House]:
    """``settings``: of the configuration."""
    clock = SetClock("2026-06-02 10:00:00")
    with made(None, clock, folder) as site:
        async with contextlib.AsyncExitStack() as stack:
            gate = await stack.enter_async_context(contextlib.AsyncExitStack())
            host, port = await gate.enter_async_context(site.gate())
            if ledger := settings.get("ledger"):
                settings["ledger"] = structs.replace(ledger, key_file=site.config.ledger.key_file)
            listen = structs.replace(site.config.gate, listen=f"{host}:{port}")
            config = structs.replace(site.config, gate=listen, **settings)
            config.recordings.chmod(0o750)
            keys.write_new(keys.path_of(config), keys.generate(), 0o600)
            store = await stack.enter_async_context(await Store.open(config.database))
            session: Any = SimpleNamespace(
                config=config, clock=clock, reloading=SimpleNamespace(policy=site.policy)
            )
            lookings = [
                Looking(replace(status.outside(session, role).sources, fresh_seconds=0.0))
                for role in ("serve", "gate")
            ]
            for looking in lookings:
                stack.push_async_callback(looking.close)
            METERS.__init__()  # type: ignore[misc] - as at the start of a process
            made_here = House(site, config, clock, store, *lookings, gate)
            made_here.meters.ami_up = True
            made_here.meters.reloaded_at = clock.now().timestamp()
            await made_here.record()
            await made_here.sign()
            yield made_here


@dataclass(frozen=True)
class Scraped:
    """What one target showed for ``minutes``; None: it did not answer."""

    minutes: float
    page: str | None
    role: Role = "serve"


def parsed(page: str) -> dict[Series, float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


def series(phases: Sequence[Scraped], step: int) -> list[dict[str, str]]:
    """One target over time, as Prometheus keeps it: what a scrape has no more is stale at once."""
    job = JOBS[phases[0].role]
    target = (("instance", f"127.0.0.1:{phases[0].role}"), ("job", job))
    looks = [(int(phase.minutes * 60 / step), parsed(phase.page) if phase.page else None) for phase in phases]
    every: dict[Series, None] = {key: None for _, found in looks for key in found or ()}
    made: list[dict[str, str]] = []
    for name, labels in every:
        values, there = [], False
        for times, found in looks:
            value = (found or {}).get((name, labels))
            if value is not None:
                values.append(f"{value!r}+0x{times - 1}")
            else:
                values.append(f"stale _x{times - 1}" if there else f"_x{times}")
            there = value is not None
        made.append({"series": shown(name, dict((*labels, *target))), "values": " ".join(values)})
    ups = " ".join(f"{int(found is not None)}+0x{times - 1}" for times, found in looks)
    made.append({"series": shown("up", dict(target)), "values": ups})
    return made


def shown(name: str, labels: Mapping[str, str]) -> str:
    inside = ", ".join(f'{key}="{value}"' for key, value in labels.items())
    return f"{name}{{{inside}}}"


def judged(
    folder: Path, targets: Sequence[Sequence[Scraped]], firing: set[str], *, texts: bool = False
) -> subprocess.CompletedProcess[str]:
    """promtool's word on whether just these alerts fire at the end. ``targets``: one without anything is
    `dialpact web`, whose rules are loaded and which nobody asks. ``texts``: instead, what each says: it
    fails, and tells what it got.
    """
    minutes = max((sum(phase.minutes for phase in phases) for phases in targets), default=30) or 30
    step = LONG_STEP if minutes > LONG else STEP
    last = f"{int(minutes * 60) - step}s"
    test: dict[str, Any] = {
        "interval": f"{step}s",
        "input_series": [one for phases in targets if phases for one in series(phases, step)],
    }
    if texts:
        test["alert_rule_test"] = [
            {"eval_time": last, "alertname": name, "exp_alerts": []} for name in sorted(firing)
        ]
    else:
        test["promql_expr_test"] = [
            {
                "expr": 'group by (alertname) (ALERTS{alertstate="firing"})',
                "eval_time": last,
                "exp_samples": [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in sorted(firing)],
            }
        ]
    web = any(not phases or phases[0].role == "web" for phases in targets)
    asked = {
        "rule_files": [str(one) for one in (ALERTS if web else ALERTS[:1])],
        "evaluation_interval": f"{step}s",
        "tests": [test],
    }
    file = folder / "tests.yml"
    file.write_text(yaml.safe_dump(asked, allow_unicode=True, sort_keys=False), "utf-8")
    return run("test", "rules", str(file))


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PROMTOOL.needed(), *words], capture_output=True, text=True, timeout=100, check=False
    )
