"""The client can ask whatever a program asks; what it leaves out is named here."""

from __future__ import annotations

import re
from pathlib import Path

import dialpact.client
from dialpact.web.api.routing import endpoints

FOLDER = Path(dialpact.client.__file__).parent
LEFT_OUT = {
    "GET /v1/openapi.json": "for programs that make programs",
    "POST /v1/predial/ocs": "Genesys' own form",
    "POST /v1/consents/withdrawals/batch": "one at a time: somebody is on the line",
    "GET /v1/webhooks": "a person's matter, by curl or at the shell",
    "GET /v1/webhooks/dead": "the same",
    "POST /v1/webhooks/replay": "the same",
}


def asked() -> set[str]:
    """The addresses in the client's source, parameters as ``{}``."""
    source = "".join(file.read_text("utf-8") for file in FOLDER.glob("*.py"))
    found = {re.sub(r"\{[^}]*\}", "{}", path) for path in re.findall(r'f?"(/v1/[^"]*)"', source)}
    # A job's own address is made of its list's.
    return found | {f"{path}/{{}}" for path in found if path in ("/v1/scrubs", "/v1/evidence-packages")}


def test_every_address_is_asked_or_left_out_on_purpose() -> None:
    known = {endpoint.name: re.sub(r"\{\w+\}", "{}", endpoint.path) for endpoint in endpoints()}
    assert set(LEFT_OUT) <= set(known)
    found = asked()
    for name, path in known.items():
        assert (path in found) is (name not in LEFT_OUT), name
    assert found <= set(known.values()), "and it asks nothing else"
