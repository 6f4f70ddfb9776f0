"""What is asked in rules and board, against what the product shows: nothing is asked that nobody shows, and
nothing is shown that nobody asks for.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from dialpact.application.doctor.finding import ok
from dialpact.compliance.config import LedgerConfig
from tests.deploy import board, monitoring
from tests.deploy.monitored import house, parsed
from tests.deploy.rules import alerts, recorded, selectors
from tests.deploy.scene import HOOKS, WITNESS, health, told, witnessed

OF_PROMETHEUS = {"job", "instance", "le", "alertname", "severity", "metric", "alertstate"}
# What no alert asks for has its reason; it is on the board.
NO_ALERT = {
    "dialpact_gate_batch_size": "many at once are no flaw; how long an answer takes has an alert",
    "dialpact_legs": "as many as calls",
    "dialpact_recordings_running": "as many as calls",
    "dialpact_outbox_waiting": "how long the oldest waits is asked, not how many do",
    "dialpact_reload_timestamp_seconds": "nobody has to reload",
    "dialpact_ledger_timestamp_age_seconds": "stays when tsa is taken out, which the check `stamps` knows",
}
# What may be missing from a page and is no sign of another version: each has its own alert, or is no flaw.
ABSENT = {
    "dialpact_calendar_days_left": "DialpactCalendarNotSeen",
    "dialpact_disk_free_bytes": "DialpactDiskNotSeen",
    "dialpact_recorder_lease_age_seconds": "DialpactRecorderNotReady",
    "dialpact_ledger_checkpoint_age_seconds": "DialpactNeverSigned",
    "dialpact_witness_cosigns": "DialpactNotCosigned",
    "dialpact_witness_cosignature_age_seconds": "DialpactNeverCosigned",
    "dialpact_webhook_well": "DialpactWebhookUnwell",
    "dialpact_webhook_oldest_seconds": "DialpactWebhookUnwell",
    "dialpact_webhook_waiting": "DialpactWebhookUnwell",
    "dialpact_webhook_dead": "DialpactWebhookUnwell",
    "dialpact_gate_connections": "DialpactGateNotSeen",
    "dialpact_build_info": "DialpactDown",
}


@pytest.fixture
async def exposed(tmp_path: Path) -> dict[str, dict[str, set[str]]]:
    """By the name of each sample its labels, and of each label its values."""
    settings = {"webhooks": HOOKS, "ledger": LedgerConfig(witnesses=(WITNESS,))}
    async with house(tmp_path, **settings) as made_here:
        now = made_here.clock.now()
        state = witnessed(made_here, failing_since=None, cosigned_at=now)
        look = health(await made_here.look(), witnesses=(state,), webhooks=(told(made_here),), stamped=now)
        checks = (("stamps", ok("stamp")), ("profile", ok("profile")))
        look = replace(look, standing=(*look.standing, *checks))
        pages = [await made_here.page(look=look), await made_here.page("web")]
    found: dict[str, dict[str, set[str]]] = {}
    for page in pages:
        for name, labels in parsed(page):
            of = found.setdefault(name, {})
            for label, value in labels:
                of.setdefault(label, set()).add(value)
    for role in ("gate", "listener"):
        found["dialpact_process"]["role"].add(role)
    return found


def asked() -> list[str]:
    of_board = [
        expr.replace("{I", f"{{{board.CHOSEN}")
        for row in board.table()["row"]
        for panel in row["panel"]
        for expr, _ in panel["asks"]
    ]
    return [*(one.expr for one in alerts()), *recorded().values(), *of_board]


def family(name: str) -> str:
    return re.sub("_(bucket|count|sum)$", "", name)


async def test_what_is_asked_is_shown(exposed: dict[str, dict[str, set[str]]]) -> None:
    labels = OF_PROMETHEUS.union(*exposed.values())
    for expr in asked():
        for name, matchers in selectors(re.sub(r"dialpact:[\w:]+(\{[^}]*\})?", "", expr)):
            assert name in exposed, name
            for label, operator, value in matchers:
                if label in OF_PROMETHEUS:
                    continue
                assert label in exposed[name], (name, label)
                for one in value.split("|"):
                    assert one in exposed[name][label], (name, label, one, operator)
        for name in re.findall(r"dialpact:[\w:]+", expr):
            assert name in recorded(), name
        for inside in re.findall(r"\b(?:by|on|without|group_left) ?\(([^)]*)\)", expr):
            assert set(re.split(r", *", inside)) <= labels, expr
    for one in alerts():
        assert set(re.findall(r"\$labels\.(\w+)", one.text("") + one.text("_zh"))) <= labels


async def test_what_is_shown_is_asked(exposed: dict[str, dict[str, set[str]]]) -> None:
    families = {family(name) for name in exposed}
    of_all = {family(name) for expr in asked() for name, _ in selectors(expr)}
    assert families - of_all == set(), "it is on the board at least"
    of_alerts = {family(name) for one in alerts() for name, _ in selectors(one.expr)}
    assert families - of_alerts == set(NO_ALERT)


async def test_a_figure_that_is_missing_is_told(exposed: dict[str, dict[str, set[str]]]) -> None:
    """Whatever an alert asks for: when nobody shows it, an alert fires."""
    told_of = {
        name
        for one in alerts()
        if one.name.endswith("FiguresMissing")
        for name in re.findall(r'"metric", "(\w+)"', one.expr)
    }
    of_alerts = {name for one in alerts() for name, _ in selectors(one.expr)}
    assert of_alerts - told_of == set(ABSENT)
    assert set(ABSENT.values()) <= {one.name for one in alerts()}
    assert told_of <= set(exposed)


async def test_no_label_is_of_a_person(exposed: dict[str, dict[str, set[str]]]) -> None:
    for name, labels in exposed.items():
        assert set(labels) <= {
            *("le", "verdict", "reason", "why", "state", "what", "kind", "check", "witness", "webhook"),
            *("version", "role", "mode", "answer"),
        }, name
        assert not [value for values in labels.values() for value in values if re.search(r"\d{7,}", value)]


@pytest.mark.parametrize("language", ["", "_zh"])
def test_the_table_of_the_page_is_current(language: str) -> None:
    """``python -m tests.deploy.monitoring`` writes it anew."""
    assert monitoring.PAGES[language].read_text("utf-8") == monitoring.text(language)
