"""``dialpact webhook``: what a person can do with the receivers, and what the page says of receiving one."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from dialpact.application.actor import Actor, Door
from dialpact.application.context import Context
from dialpact.application.policy import load_policy
from dialpact.application.webhooks.receiver import Receiver, Timings
from dialpact.cli.command_context import Machine
from dialpact.compliance import config as configuration
from dialpact.store.sqlite import Store
from dialpact.testing.clock import FixedClock
from tests.cli.conftest import Home
from tests.web.test_process import certified

ROOT = Path(__file__).parents[2]
NUMBER = "13800138000"


class Answering:
    """A receiver on a thread of its own. ``status``: of its answers."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.status = 200
        self.came: list[tuple[dict[str, str], bytes]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.came.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(outer.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self._server.server_port}/"

    @contextmanager
    def answering(self) -> Iterator[Answering]:
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join(20)
            self._server.server_close()


@pytest.fixture
def there() -> Iterator[Answering]:
    with Answering().answering() as one:
        yield one


@pytest.fixture
def hooked(home: Home, there: Answering) -> Home:
    home.machine = Machine(clock=FixedClock())
    with home.config.open("a") as file:
        file.write(f'\n[webhooks.crm]\nurl = "{there.url}"\nevents = ["opt_out.added"]\n')
    return home


def clock(home: Home) -> FixedClock:
    assert isinstance(home.machine.clock, FixedClock)
    return home.machine.clock


def turns(home: Home, count: int = 3) -> None:
    """As many as that of `dialpact web`, at this time."""

    async def take() -> None:
        config = configuration.load(home.config)
        policy = load_policy(config)
        async with await Store.open(config.database) as store:
            context = Context(store, Actor(name="dialpact", door=Door.DAEMON), home.machine.clock)
            timings = Timings(tick=20.0, gather=0.0)
            receiver = Receiver(context, config, "crm", lambda: policy, timings, chance=lambda: 0.0)
            for _ in range(count):
                await receiver.turn()

    asyncio.run(take())


def opted_out(home: Home, number: str = NUMBER) -> None:
    home("dnc", "add", number, "--scope", "all", "--source", "letter")


def given_up(home: Home, there: Answering) -> str:
    there.status = 500
    opted_out(home)
    for _ in range(10):
        turns(home)
        clock(home).forward(hours=25)
    (dead,) = home("webhook", "dead")
    return str(dead["id"])


def test_keys_are_made_once_and_for_their_owner_alone(hooked: Home) -> None:
    made = hooked("webhook", "key", "crm")
    file = hooked.path / "webhook-crm.secret"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one["scheme"] for one in made["keys"]] == ["v1a", "v1"]
    assert made["keys"][0]["public"].startswith("whpk_") and made["keys"][1]["public"] == ""
    assert made["shared"] == []
    assert hooked("webhook", "key", "crm") == made
    (shared,) = hooked("webhook", "key", "crm", "--shared")["shared"]
    assert shared in file.read_text().splitlines()
    said = hooked.run("webhook", "key", "crm").stdout
    assert made["keys"][0]["public"] in said and shared not in said and "whsk_" not in said
    (act,) = changes(hooked, "key")
    assert act == {"keys": made["keys"]}


def test_a_key_that_is_missing_is_made_beside_those_that_are_there(hooked: Home) -> None:
    text = hooked.config.read_text("utf-8")
    hooked.config.write_text(text + 'signing = ["v1a"]\n', "utf-8")
    first = hooked("webhook", "key", "crm")["keys"]
    assert [one["scheme"] for one in first] == ["v1a"]
    hooked.config.write_text(text, "utf-8")
    assert "no key for v1 in" in hooked("webhook", "test", "crm", code=1)["error"]
    both = hooked("webhook", "key", "crm")["keys"]
    assert [one["scheme"] for one in both] == ["v1", "v1a"] and first[0] in both
    assert hooked("webhook", "test", "crm")["outcome"] == "delivered"


def test_a_receiver_whose_certificate_is_not_trusted(home: Home, tmp_path: Path) -> None:
    """The configuration can name who vouches for it."""
    tls = certified(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls.certificate, tls.private_key)
    there = Answering(context)
    with there.answering():
        with home.config.open("a") as file:
            file.write(f'\n[webhooks.crm]\nurl = "{there.url}"\n')
        home("webhook", "key", "crm")
        tried = home("webhook", "test", "crm", code=1)
        assert tried["outcome"] == "away" and "certificate verify failed" in tried["why"]
        with home.config.open("a") as file:
            file.write('ca_file = "c.pem"\n')
        assert home("webhook", "test", "crm")["outcome"] == "delivered"
        tls.certificate.unlink()
        assert "ca_file c.pem" in home("webhook", "test", "crm", code=1)["error"]


def changes(home: Home, action: str) -> list[dict[str, Any]]:
    async def read() -> list[dict[str, Any]]:
        async with await Store.open(home.path / "dialpact.db") as store:
            found = await store.changes.of("webhook", "crm")
            return [one.detail for one in found if one.action == action]

    return asyncio.run(read())


def test_old_keys_sign_beside_new_ones_until_their_time(hooked: Home, there: Answering) -> None:
    old = hooked("webhook", "key", "crm", "--shared")
    new = hooked("webhook", "rotate", "crm", "--hours", "2", "--shared")
    assert [bool(one["until"]) for one in new["keys"]] == [False, False, True, True]
    assert new["keys"][2]["public"] == old["keys"][0]["public"]
    assert stat.S_IMODE((hooked.path / "webhook-crm.secret").stat().st_mode) == 0o600
    for hours, expected in ((0, 4), (1.9, 4), (0.2, 2)):
        clock(hooked).forward(hours=hours)
        hooked("webhook", "test", "crm")
        headers, _ = there.came[-1]
        signatures = headers["webhook-signature"].split(" ")
        assert len(signatures) == expected
        half = expected // 2
        assert [one.partition(",")[0] for one in signatures] == ["v1a"] * half + ["v1"] * half
    at_once = hooked("webhook", "rotate", "crm", "--hours", "0")
    assert len(at_once["keys"]) == 2
    assert old["shared"][0] not in (hooked.path / "webhook-crm.secret").read_text()
    assert [len(one["keys"]) for one in changes(hooked, "rotate")] == [4, 2]
    assert "whs" not in json.dumps(changes(hooked, "rotate"))
    assert "0 to 720" in hooked("webhook", "rotate", "crm", "--hours", "721", code=1)["error"]


def test_what_the_page_says_of_receiving_one_is_true(hooked: Home, there: Answering) -> None:
    keys = hooked("webhook", "key", "crm", "--shared")
    public, (shared,) = keys["keys"][0]["public"], keys["shared"]
    hooked.machine = Machine()  # by the time that the receiver's library takes from the host
    assert hooked("webhook", "test", "crm")["outcome"] == "delivered"
    headers, body = there.came[0]
    assert Webhook(shared).verify(body, headers) == json.loads(body)
    for page in ("webhooks.md", "webhooks.zh-CN.md"):
        (block,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / page).read_text("utf-8"), re.DOTALL)
        room: dict[str, Any] = {}
        exec(block, room)
        verified: Callable[..., dict[str, Any]] = room["verified"]
        assert verified(headers, body, public)["type"] == "webhook.test"
        sent = int(headers["webhook-timestamp"])
        for wrong in (
            (headers, body + b" ", sent),
            (headers, body, sent + 301),
            (headers | {"webhook-id": "msg_x"}, body, sent),
            (headers | {"webhook-timestamp": str(sent + 1)}, body, sent),
            (headers | {"webhook-signature": "v1a,AAAA v1,AAAA"}, body, sent),
        ):
            with pytest.raises(ValueError):
                verified(wrong[0], wrong[1], public, now=wrong[2])
    with pytest.raises(WebhookVerificationError):
        Webhook(shared).verify(body + b" ", headers)
    assert "dialpact webhook key crm --shared" in (ROOT / "docs" / "webhooks.md").read_text("utf-8")


def test_a_test_says_how_it_was_answered(hooked: Home, there: Answering) -> None:
    error = hooked("webhook", "test", "crm", code=1)["error"]
    assert "secret_file" in error and "No such file" in error
    hooked("webhook", "key", "crm")
    there.status = 503
    tried = hooked("webhook", "test", "crm", code=1)
    assert (tried["outcome"], tried["why"]) == ("away", "HTTP 503")
    assert "no such receiver" in hooked("webhook", "test", "other", code=1)["error"]
    assert hooked("webhook", "list")[0]["state"]["failures"] == 0, "a test is no sending"


def test_what_was_given_up_is_shown_and_sent_again(hooked: Home, there: Answering) -> None:
    hooked("webhook", "key", "crm")
    id = given_up(hooked, there)
    shown = hooked("webhook", "show", id)
    assert shown["entry"]["state"] == "dead" and shown["entry"]["attempts"] == 10
    assert json.loads(shown["body"])["type"] == "opt_out.added"
    assert NUMBER not in shown["body"]
    told = hooked.run("webhook", "dead").stdout
    assert "HTTP 500" in told and "opt_out.added" in told
    (standing,) = hooked("webhook", "list")
    assert standing["state"]["dead"] == 1
    assert "one delivery's ID" in hooked("webhook", "replay", code=1)["error"]
    assert hooked("webhook", "replay", id)["replayed"] == 1
    assert "waiting" in hooked("webhook", "replay", id, code=1)["error"]
    there.status = 200
    turns(hooked)
    turns(hooked)
    bodies = {body for _, body in there.came}
    assert len(there.came) == 11 and len(bodies) == 1
    found = hooked("webhook", "show", "crm")
    assert [one["state"] for one in found["deliveries"]] == ["delivered"]
    assert hooked("webhook", "show", id)["body"] is None
    assert hooked("webhook", "replay", "--all")["replayed"] == 0
    assert [one["count"] for one in changes(hooked, "replay")] == [1]
    assert "msg_x" in hooked("webhook", "show", "msg_x", code=1)["error"]


def test_one_that_is_gone_is_resumed(hooked: Home, there: Answering) -> None:
    hooked("webhook", "key", "crm")
    there.status = 410
    opted_out(hooked)
    turns(hooked)
    assert "410" in hooked.run("webhook", "list").stdout
    there.status = 200
    assert hooked("webhook", "resume", "crm") == {"webhook": "crm", "skipped": False, "dropped": 0}
    turns(hooked)
    assert len(there.came) == 2
    assert hooked("webhook", "resume", "crm", "--skip")["dropped"] == 0
    assert "other" in hooked("webhook", "resume", "other", code=1)["error"]


def test_one_that_is_configured_no_more_is_forgotten(hooked: Home, there: Answering) -> None:
    hooked("webhook", "key", "crm")
    given_up(hooked, there)
    assert "is in the configuration" in hooked("webhook", "forget", "crm", code=1)["error"]
    text = hooked.config.read_text("utf-8")
    hooked.config.write_text(text[: text.rindex("[webhooks.crm]")], "utf-8")
    (standing,) = hooked("webhook", "list")
    assert (standing["configured"], standing["url"]) == (False, "")
    assert "no longer configured" in hooked.run("webhook", "list").stdout
    assert hooked("webhook", "forget", "crm") == {"webhook": "crm", "dropped": 1}
    assert hooked("webhook", "list") == []
    assert [one["dropped"] for one in changes(hooked, "forget")] == [1]


def test_no_secret_and_no_number_is_said(
    hooked: Home, there: Answering, capsys: pytest.CaptureFixture[str]
) -> None:
    hooked("webhook", "key", "crm")
    secrets = (hooked.path / "webhook-crm.secret").read_text().split()
    there.status = 500
    opted_out(hooked)
    turns(hooked)
    said = "".join(hooked.run("webhook", name).stdout for name in ("list", "dead"))
    said += hooked.run("webhook", "show", "crm").stdout + hooked.run("incidents", "list").stdout
    logged = capsys.readouterr()
    for text in (said, logged.out, logged.err):
        assert NUMBER not in text and not any(secret in text for secret in secrets)


@pytest.mark.parametrize(
    ("content", "mode", "why"),
    [
        (b"", 0o600, "no key in it"),
        (b"whsk_AAAA\n", 0o600, "line 1: a whsk_ key is 32 bytes"),
        (b"# x\nwhsec_AAAA\n", 0o600, "line 2: a whsec_ key is 24 to 64 bytes"),
        (b"whsk_!!!\n", 0o600, "line 1: a key is base64"),
        (b"secret\n", 0o600, "line 1: a key begins with"),
        (b"\xff\n", 0o600, "not ASCII"),
        (b"whsec_" + b"A" * 44 + b" until soon\n", 0o600, "line 1"),
        (b"whsec_" + b"A" * 44 + b" until 2026-12-01T00:00:00\n", 0o600, "ends with Z"),
        (b"whsec_" + b"A" * 44 + b" until 2026-12-01T00:00:00.000000Z\n", 0o600, "no key in it"),
        (b"whsec_" + b"A" * 44 + b"\n", 0o640, "others can read it"),
        (b"#" * 20_000, 0o600, "too long"),
    ],
)
def test_a_file_that_is_none(hooked: Home, content: bytes, mode: int, why: str) -> None:
    file = hooked.path / "webhook-crm.secret"
    file.write_bytes(content)
    file.chmod(mode)
    for command in ("test", "key", "rotate"):
        error = hooked("webhook", command, "crm", code=1)["error"]
        assert why in error and "AAAA" not in error, error
    (finding,) = [one for one in doctor(hooked) if one["code"].startswith("webhook-un")]
    assert (finding["result"], why in finding["text"]) == ("fail", True)


def doctor(home: Home) -> list[dict[str, Any]]:
    found = home("asterisk", "doctor", "--asterisk-etc", str(home.path), code=3)["checks"]
    return [one for one in found if one["check"] == "webhooks"]


def test_the_doctor_and_status_say_how_it_stands(hooked: Home, there: Answering) -> None:
    assert [one["code"] for one in doctor(hooked)] == ["webhook-unsigned", "webhook-never"]
    hooked("webhook", "key", "crm")
    assert [one["code"] for one in doctor(hooked)] == ["webhook"]
    there.status = 503
    opted_out(hooked)
    for _ in range(5):
        turns(hooked)
        clock(hooked).forward(hours=6)
    found = doctor(hooked)
    assert [one["code"] for one in found] == ["webhook-silent", "webhook-failing"]
    assert "HTTP 503" in found[1]["text"] and "webhook test crm" in found[1]["advice"]
    remarks = [one["code"] for one in hooked("status", code=3)["remarks"]]
    assert remarks == ["webhook-silent", "webhook-failing"]
    for _ in range(5):
        turns(hooked)
        clock(hooked).forward(hours=25)
    turns(hooked)
    assert "webhook-dead" in [one["code"] for one in doctor(hooked)]
    there.status = 410
    opted_out(hooked, "13900139000")
    turns(hooked)
    (gone,) = doctor(hooked)
    assert gone["code"] == "webhook-gone" and "+08:00" in gone["text"]  # as people read it
