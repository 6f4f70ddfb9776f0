"""The API's fake, as somebody uses it who tests a program of his own."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest

from dialpact.client import Client, NoAnswer, Problem
from dialpact.testing import Api, BadEntry, FixedClock, Registers
from dialpact.testing.api import EVERYTHING
from dialpact.testing.looking import Failed
from dialpact.testing.registers import CALLER_ID, CAMPAIGN, NUMBER
from dialpact.testing.site import Site, made


def test_a_key_is_what_it_was_made(dialpact_api: Api) -> None:
    with Client(dialpact_api.url, dialpact_api.key("crm", scopes=["check"], businesses=["acme"])) as crm:
        key = crm.key()
    assert (key.id, key.scopes, key.businesses) == ("crm", ("check",), ("acme",))
    assert dialpact_api.client().key().scopes == EVERYTHING
    assert [(one.method, one.path, one.status) for one in dialpact_api.asked] == [("GET", "/v1/key", 200)] * 2


def test_what_no_key_can_be(dialpact_api: Api) -> None:
    dialpact_api.key("crm")
    for id, given in (
        ("crm", {}),
        ("other", {"scopes": ["everything"]}),
        ("third", {"expires": "2020-01-01"}),
    ):
        with pytest.raises(BadEntry):
            dialpact_api.key(id, **given)


def test_a_key_that_is_none_is_a_problem_that_the_test_has_to_look_at(dialpact_api: Api) -> None:
    with Client(dialpact_api.url, "dpk_x_y") as crm, pytest.raises(Problem) as raised:
        crm.key()
    assert raised.value.status == 401
    assert dialpact_api.refused() == [raised.value.code] == ["not-authenticated"]


async def test_programs_with_async_ask_it_too(dialpact_api: Api) -> None:
    crm = dialpact_api.client()
    assert (await asyncio.to_thread(crm.key)).id == "client"


def test_a_fault_passes_where_it_is_asked_again(dialpact_api: Api) -> None:
    crm = dialpact_api.client()
    dialpact_api.fails(503)
    dialpact_api.fails(429)
    dialpact_api.drops()
    dialpact_api.drops(done=False)
    assert crm.key().id == "client"
    assert [one.status for one in dialpact_api.asked] == [503, 429, 0, 0, 200]


def test_it_stops_and_is_there_again(dialpact_api: Api) -> None:
    crm = dialpact_api.client()
    url = dialpact_api.url
    dialpact_api.stops()
    with Client(url, "dpk_x_y", patience=0) as other, pytest.raises(NoAnswer):
        other.key()
    dialpact_api.starts()
    assert (dialpact_api.url, crm.key().id) == (url, "client")


def test_what_a_test_does_not_look_at_fails_it(dialpact_site: Site, dialpact_registers: Registers) -> None:
    said = r"GET /v1/key was refused \(401 not-authenticated\)"
    with (
        pytest.raises(Failed, match=said),
        Api(dialpact_site) as api,
        Client(api.url, "dpk_x_y") as crm,
        pytest.raises(Problem),
    ):
        crm.key()
    with pytest.raises(Failed, match="2 of the API's faults never came to pass"), Api(dialpact_site) as api:
        api.fails(times=2)


OWN = """
[trunks.carrier]
endpoint = "carrier"
[ledger]
witnesses = []
[webhooks.crm]
url = "https://crm.example/hook"
[webhooks.here]
url = "http://127.0.0.1:1/hook"
"""


def test_nothing_of_ones_own_installation_is_touched(tmp_path: Path) -> None:
    """A configuration of one's own: its folders stay as they are, and its receivers hear nothing."""
    (tmp_path / "dialpact.toml").write_text(OWN)
    (tmp_path / "kit").mkdir()
    with made(tmp_path / "dialpact.toml", FixedClock(), tmp_path / "kit") as site:
        assert set(site.config.webhooks) == {"here"}
        site.registers.fill()
        with Api(site) as api:
            crm = api.client()
            kept = crm.evidence(io.BytesIO(b"%PDF-1.4"), "application/pdf")
            assert kept.result == "added"
            assert crm.predial(NUMBER, campaign=CAMPAIGN, caller_id=CALLER_ID).dial == NUMBER
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dialpact.toml", "kit"]


def test_a_recorder_that_is_down_stays_down(dialpact_api: Api) -> None:
    asyncio.run(dialpact_api.site.recorder(ready=False))
    dialpact_api.stops()
    dialpact_api.starts()
    answer = dialpact_api.client().predial(NUMBER, campaign=CAMPAIGN, caller_id=CALLER_ID)
    assert answer.reasons == ("recording-unavailable",)
