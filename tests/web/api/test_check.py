"""``POST /v1/check``: what ``dialpact check --json`` says, to a program."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.conftest import NUMBER, Home
from tests.web.api.client import api, key
from tests.web.api.ready import CALL, ready, recorder, sql

TUESDAY = {"at": "2026-11-24T10:00:00+08:00"}


@pytest.fixture
def token(stocked: Home) -> str:
    return key(stocked, "crm", "check")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "asked",
    [
        {"number": NUMBER, **TUESDAY},
        {"number": NUMBER, "at": "2026-11-24T12:00:00+08:00"},
        {"number": "13800138001", **TUESDAY, "agent": "1001", "trunk": "carrier"},
        {"number": "110", **TUESDAY},
        {"number": "95588", **TUESDAY},
        {"number": "nonsense\n1", **TUESDAY},
        {"number": "", **TUESDAY},
        {"number": NUMBER, **TUESDAY, "trunk": "other"},
        {"number": NUMBER, **TUESDAY, "campaign": "nobodys"},
        {"number": NUMBER, **TUESDAY, "live": True},
    ],
    ids=lambda asked: "-".join(map(str, asked.values())),
)
def test_the_same_as_at_the_shell(stocked: Home, token: str, asked: dict[str, Any], language: str) -> None:
    words = {**CALL, **asked}
    with api(stocked, token) as client:
        said = client("POST", "/v1/check", words, language=language)
    options = [
        part
        for name, value in words.items()
        if name != "number"
        for part in ([f"--{name}"] if value is True else [f"--{name.replace('_', '-')}", str(value)])
    ]
    code = 0 if said.json["verdict"] == "ALLOW" else 3
    shell = stocked("check", words["number"], *options, "--lang", language, code=code)
    assert (said.status, said.json) == (200, shell)
    assert said.headers["content-language"] == language
    assert said.headers["cache-control"] == "no-store"


def test_nothing_is_recorded(stocked: Home, token: str) -> None:
    with api(stocked, token) as client:
        assert client("POST", "/v1/check", {"number": NUMBER, **CALL, **TUESDAY}).json["verdict"] == "ALLOW"
    assert stocked("calls", "list") == []


def test_until_when_and_the_recorder(stocked: Home, token: str) -> None:
    ready(stocked)
    with api(stocked, token) as client:
        said = client("POST", "/v1/check", {"number": NUMBER, **CALL, "live": True}).json
        assert (said["verdict"], said["holds_until"]) == ("ALLOW", "2026-11-24T03:59:00Z")
        recorder(stocked, ready=False)
        said = client("POST", "/v1/check", {"number": NUMBER, **CALL, "live": True}).json
        assert said["reasons"] == ["recording-unavailable"]


def test_an_opt_out_counts_at_once(stocked: Home, token: str) -> None:
    with api(stocked, token) as client:
        stocked.run("dnc", "add", NUMBER, "--scope", "all")
        said = client("POST", "/v1/check", {"number": NUMBER, **CALL, **TUESDAY}).json
    assert said["reasons"] == ["do-not-call", "no-consent"]


def test_nothing_is_told_of_another_business(stocked: Home) -> None:
    """Whose the caller ID is, and to whom else the person has said no."""
    stocked.run("business", "add", "rival", "--name", "R", "--actor", "own-business")
    issued = ("--licence", "L-2", "--carrier", "电信", "--authenticated", "--valid-from", "2026-01-01")
    stocked.run(
        *("caller-id", "add", "02787650000", "--business", "rival", *issued),
        *("--trunk", "carrier", "--purpose", "marketing"),
    )
    stocked.run("caller-id", "suspend", "02787650000", "--reason", "rival is looked into", "--by", "li")
    for value in ("acme", "rival"):
        stocked.run("dnc", "add", NUMBER, "--scope", "business", "--value", value)
    body = {**CALL, "number": NUMBER, "caller_id": "02787650000", **TUESDAY}
    told = {}
    for limit in ("acme", ""):
        with api(stocked, key(stocked, f"k-{limit}", "check", businesses=limit)) as client:
            said = client("POST", "/v1/check", body)
        assert {"do-not-call", "caller-id-sublet", "suspended"} <= set(said.json["reasons"])
        told[limit] = said.body.decode()
    assert "rival" in told[""]
    assert "rival" not in told["acme"] and "business acme" in told["acme"]


def test_nor_in_what_was_decided(stocked: Home) -> None:
    """Who asks by another's caller ID is told no more by the call's own page."""
    test_nothing_is_told_of_another_business(stocked)
    ready(stocked)
    for limit in ("acme", ""):
        token = key(stocked, f"p-{limit}", "check", "calls", businesses=limit)
        with api(stocked, token) as client:
            said = client("POST", "/v1/predial", {**CALL, "number": NUMBER, "caller_id": "02787650000"})
            shown = client("GET", f"/v1/calls/{said.json['decision']}")
        assert shown.json["reasons"] == said.json["reasons"]
        for body in (said.body, shown.body):
            assert (b"rival" in body) is (limit == "")


@pytest.mark.parametrize("whole", [False, True])
def test_no_number_that_somebody_wrote_down_is_told(stocked: Home, whole: bool) -> None:
    """What was asked about is, as it was asked."""
    other = "13912345678"
    origin = ("--partner", f"tel. {other}", "--contract", f"of {other}", "--basis", "consent")
    stocked.run(
        "leads",
        "import",
        stocked.file("x.csv", f"number\n{NUMBER}\n13800138009\n"),
        "--campaign",
        "renewal",
        *origin,
    )
    stocked.run("campaign", "suspend", "renewal", "--reason", f"{other} called us", "--by", "li")
    scopes = ("check", "numbers") if whole else ("check",)
    ready(stocked)
    with api(stocked, key(stocked, "k", *scopes)) as client:
        for address in ("/v1/check", "/v1/predial"):
            said = client("POST", address, {**CALL, "number": NUMBER})
            text = said.body.decode()
            assert "suspended" in said.json["reasons"] and said.json["number"] == f"+86{NUMBER}"
            assert f"{NUMBER} as +86{NUMBER}" in text and CALL["caller_id"] in text
            assert text.count(other) == (3 if whole else 0)
            assert text.count("139****5678") == (0 if whole else 3)


@pytest.mark.parametrize(
    ("body", "code", "place"),
    [
        ({"number": NUMBER, **CALL, "at": "noon"}, "bad-time", None),
        ({"number": NUMBER, **CALL, "at": "2026-11-24T10:00:00"}, "no-zone", None),
        ({"number": NUMBER, **CALL, "at": "2026-11-24"}, "no-zone", None),
        ({"number": NUMBER, **CALL, "callerid": "1"}, "invalid", "#/callerid"),
        ({"number": 13800138000, **CALL}, "invalid", "#/number"),
        (CALL, "invalid", "#/number"),
    ],
)
def test_what_is_no_question(
    stocked: Home, token: str, body: dict[str, Any], code: str, place: str | None
) -> None:
    with api(stocked, token) as client:
        said = client("POST", "/v1/check", body)
    assert (said.status, said.json["code"]) == (422, code)
    if place:
        assert said.json["errors"][0]["pointer"] == place


def test_under_a_key_it_is_asked_anew(stocked: Home, token: str) -> None:
    """A no that came in between is looked at; and nothing of the answer stays in the database."""
    words = {"number": NUMBER, **CALL, **TUESDAY}
    with api(stocked, token) as client:
        assert client("POST", "/v1/check", words, key="k-1").json["verdict"] == "ALLOW"
        stocked("dnc", "add", NUMBER)
        again = client("POST", "/v1/check", words, key="k-1")
    assert (again.status, again.json["verdict"]) == (200, "BLOCK")
    assert "idempotency-replayed" not in again.headers
    assert sql(stocked, "SELECT status, length(body) FROM idempotency") == [(None, 0)]
