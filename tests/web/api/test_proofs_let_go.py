"""``dialpact web`` lets go by itself what no consent names, and goes on when it can not."""

from __future__ import annotations

import asyncio
import hashlib
import io
from pathlib import Path

import pytest
import structlog

from dialpact.application import consent_evidence as proofs
from dialpact.application.actor import Actor, Door
from dialpact.application.context import Context
from dialpact.store.sqlite import create
from dialpact.testing import FixedClock
from dialpact.web.api import consent_evidence
from dialpact.web.app import WORKS
from tests.patience import WAIT
from tests.web.asking import site_of

CONTENT = b"nobody's"
HASH = hashlib.sha256(CONTENT).hexdigest()


async def test_it_is_let_go_in_time_whatever_failed_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The times between two looks are no door's: a test can not wait an hour."""
    monkeypatch.setattr(consent_evidence, "FIRST_SECONDS", 0.0)
    monkeypatch.setattr(consent_evidence, "EVERY_SECONDS", 0.01)
    assert consent_evidence.tidy in WORKS
    create(tmp_path / "a.db")
    clock = FixedClock("2026-06-01T10:00+08:00")
    site = site_of(tmp_path / "a.db", clock=clock)
    folder = consent_evidence.folder(site.config)
    async with site.store as store:
        context = Context(store, Actor(name="api:crm", door=Door.API), clock)
        await proofs.keep(context, folder, io.BytesIO(CONTENT), "text/plain")
        clock.forward(days=8)
        away = folder.rename(tmp_path / "away")
        folder.write_text("in the way")
        with structlog.testing.capture_logs() as logs:
            working = asyncio.create_task(consent_evidence.tidy(site))
            try:
                async with asyncio.timeout(WAIT):
                    while not logs:
                        await asyncio.sleep(0.01)
                    folder.unlink()
                    away.rename(folder)
                    while (folder / HASH).exists():
                        await asyncio.sleep(0.01)
            finally:
                working.cancel()
                await asyncio.gather(working, return_exceptions=True)
        changes = await store.changes.of("plain consent-evidence", HASH)
        assert [(one.action, one.by) for one in changes] == [("add", "api:crm"), ("remove", "dialpact")]
    assert "the proofs of consents were not tidied" in {one["event"] for one in logs}
