"""``/v1/webhooks``: whose receivers a key sees, and what it may have sent again."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import Any

import msgspec

from dialpact.application.actor import Actor, Door
from dialpact.application.context import Context
from dialpact.application.webhooks import desk
from dialpact.compliance.clock import SystemClock
from dialpact.compliance.webhooks import events
from dialpact.store.sqlite import Store
from dialpact.web.api.document import document
from dialpact.web.api.routing import endpoints
from tests.cli.conftest import Home
from tests.web.api.client import api, key
from tests.webhooks.dead import given_up


def two(home: Home) -> None:
    """One of a receiver of all, one of a receiver of business hanyang."""
    for business in ("jianghan", "hanyang"):
        home.run("business", "add", business, "--name", business, "--actor", "own-business")
    given_up(home, "crm", "https://crm.example/secret?token=x", "msg_a")
    given_up(home, "theirs", "http://10.0.0.7:8080/x", "msg_b", "hanyang")


def waiting(home: Home) -> list[str]:
    connection = sqlite3.connect(home.path / "dialpact.db")
    try:
        found = connection.execute("SELECT id FROM webhook_delivery WHERE state = 'waiting' ORDER BY id")
        return [id for (id,) in found]
    finally:
        connection.close()


def test_a_key_sees_the_receivers_of_its_businesses(home: Home) -> None:
    two(home)
    tokens = {
        limit: key(home, f"k{limit}", "calls", businesses=limit) for limit in ("", "hanyang", "jianghan")
    }
    with api(home) as client:
        for limit, names in (("", ["crm", "theirs"]), ("hanyang", ["theirs"]), ("jianghan", [])):
            mine = client.by(tokens[limit])
            shown = mine("GET", "/v1/webhooks").json["items"]
            assert [one["name"] for one in shown] == names
            dead = mine("GET", "/v1/webhooks/dead").json
            assert sorted(one["webhook"] for one in dead["items"]) == names and dead["next"] == ""
        shown = client.by(tokens[""])("GET", "/v1/webhooks").json["items"]
    assert shown[0]["receiver"] == "https://crm.example" and shown[1]["receiver"] == "http://10.0.0.7:8080"
    assert (shown[0]["state"], shown[0]["dead"], shown[0]["why"]) == ("failing", 1, "HTTP 500")


def test_the_dead_letters_page_by_page(home: Home) -> None:
    two(home)
    with api(home, key(home, "k", "calls")) as client:
        first = client("GET", "/v1/webhooks/dead?limit=1").json
        second = client("GET", f"/v1/webhooks/dead?limit=1&after={first['next']}").json
        assert [one["id"] for one in (*first["items"], *second["items"])] == ["msg_b", "msg_a"]
        assert second["next"] == ""
        assert client("GET", "/v1/webhooks/dead?after=x").json["code"] == "cursor"


def test_a_key_replays_what_is_its_own(home: Home) -> None:
    two(home)
    limited, free = key(home, "l", "registers", businesses="hanyang"), key(home, "f", "registers")
    with api(home, limited) as client:
        said = client("POST", "/v1/webhooks/replay", {"id": "msg_a"})
        assert (said.status, said.json["code"]) == (422, "not-registered")
        assert client("POST", "/v1/webhooks/replay", {"webhook": "crm"}).json == {"replayed": 0}
        assert waiting(home) == []
        again = [client("POST", "/v1/webhooks/replay", {}, key="once") for _ in range(2)]
        assert [one.json for one in again] == [{"replayed": 1}] * 2
        assert waiting(home) == ["msg_b"]
        refused = client("POST", "/v1/webhooks/replay", {"id": "msg_b"})
        assert (refused.status, refused.json["code"]) == (409, "webhook-not-dead")
        assert client.by(free)("POST", "/v1/webhooks/replay", {"id": "msg_a"}).json == {"replayed": 1}
    assert waiting(home) == ["msg_a", "msg_b"]


def test_a_replay_that_was_cut_off_before_its_answer_is_answered_by_its_acts(home: Home) -> None:
    two(home)

    async def twice() -> tuple[int, int]:
        async with await Store.open(home.path / "dialpact.db") as store:
            context = Context(store, Actor(name="api:k", door=Door.API), SystemClock())
            first = await desk.replay(context)
            ((last,),) = await store.read(
                lambda connection: connection.execute("SELECT max(seq) FROM register_change").fetchall()
            )
            made = await store.changes.made([last - 1, last])
            return first, await desk.replay(context, made=made)

    assert asyncio.run(twice()) == (2, 2)


def test_the_document_has_each_event(home: Home) -> None:
    said: dict[str, Any] = document(endpoints())
    assert list(said["webhooks"]) == [name for name, _ in events.WEBHOOKS]
    for name, each in said["webhooks"].items():
        reference = each["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        schema = said["components"]["schemas"][reference.rpartition("/")[2]]
        assert schema["properties"]["type"] == {"enum": [name]}
        assert schema["properties"]["data"]["$ref"].rpartition("/")[2] in said["components"]["schemas"]
    assert msgspec.json.encode(said)
