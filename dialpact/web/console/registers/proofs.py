"""``/registers/consent/proofs``: the kept proofs of the consents, hashed anew."""

from __future__ import annotations

from typing import Any

from dialpact.application import consent_evidence
from dialpact.web.console.page import Asked, Page, Shown
from dialpact.web.console.registers.declared import READERS

SECONDS = 600.0  # some gigabytes
FOUND = 500


async def form(asked: Asked[Any]) -> Shown:
    return Shown(template="registers/proofs.html", values={"done": None})


async def verify(asked: Asked[Any]) -> Shown:
    config = asked.site.config
    done = await consent_evidence.verify(asked.context, config.path(config.api.consent_evidence))
    values = {"done": done, "findings": done.findings[:FOUND]}
    return Shown(template="registers/proofs.html", values=values, part="verified")


PAGES = (
    Page(
        method="GET",
        path="/registers/consent/proofs",
        action="registers.consent.proofs",
        roles=READERS,
        handle=form,
    ),
    Page(
        method="POST",
        path="/registers/consent/proofs",
        action="registers.consent.verify",
        roles=READERS,
        handle=verify,
        seconds=SECONDS,
    ),
)
