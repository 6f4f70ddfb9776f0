"""The API's fake, as somebody uses it who tests a program of his own."""

from __future__ import annotations

import asyncio

import pytest

from dialpact.client import Client, NoAnswer, Problem
from dialpact.testing import Api, BadEntry, Registers
from dialpact.testing.api import EVERYTHING
from dialpact.testing.looking import Failed
from dialpact.testing.site import Site


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
