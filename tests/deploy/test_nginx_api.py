"""A program asks the API through the documented nginx, with the product's client and without."""

from __future__ import annotations

import asyncio
import hashlib
import io
import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from dialpact.client import Client, Problem
from dialpact.compliance.config import Config, Trunk, WebConfig
from dialpact.testing import Api, Dialpact
from dialpact.testing.registers import CALLER_ID, CAMPAIGN, NUMBER
from dialpact.web.api.limits import MOST_FAILURES
from dialpact.web.process import Tls
from tests.deploy.proxied import proxied
from tests.patience import WAIT
from tests.web.asking import ended
from tests.web.test_process import certified

CALL = {"campaign": CAMPAIGN, "caller_id": CALLER_ID}


@pytest.fixture
def dialpact_config(tmp_path: Path) -> Config:
    return Config(
        trunks={"carrier": Trunk(endpoint="carrier")},
        web=WebConfig(behind_proxy=True),
        origin=str(tmp_path / "dialpact.toml"),
    )


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    return certified(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def port(dialpact_api: Api, tls: Tls, tmp_path: Path) -> Iterator[int]:
    """Of nginx."""
    with proxied(tmp_path, urlsplit(dialpact_api.url).port or 0, tls) as port:
        yield port


@pytest.fixture
def crm(dialpact_api: Api, tls: Tls, port: int) -> Iterator[Client]:
    token = dialpact_api.key("crm")
    with Client(f"https://127.0.0.1:{port}", token, ca_file=str(tls.certificate), patience=0) as crm:
        yield crm


def test_it_asks_and_is_answered(dialpact_api: Api, crm: Client) -> None:
    assert crm.check(NUMBER, **CALL).verdict == "ALLOW"
    assert crm.predial("13900139000", **CALL).dial == ""
    with pytest.raises(Problem) as raised:
        crm.call("nothing")
    assert raised.value.code == "not-found"
    assert dialpact_api.refused() == ["not-found"]


def test_a_big_file_arrives_as_it_was_sent(crm: Client) -> None:
    content = bytes(range(256)) * (15 << 12)  # 15 MB
    kept = crm.evidence(io.BytesIO(content), "application/pdf")
    assert (kept.bytes, kept.sha256) == (len(content), hashlib.sha256(content).hexdigest())


def test_one_that_is_too_large_is_refused_in_the_products_own_words(dialpact_api: Api, crm: Client) -> None:
    with pytest.raises(Problem) as raised:
        crm.evidence(io.BytesIO(bytes(21 << 20)), "application/pdf")
    assert (raised.value.status, raised.value.code) == (413, "too-large")
    assert dialpact_api.refused() == ["too-large"]


async def test_a_range_of_a_recording(dialpact: Dialpact, dialpact_api: Api, tls: Tls, port: int) -> None:
    await dialpact.listens()
    call = await dialpact.agent("1001").dials()
    await call.answered()
    call.talks(seconds=2)
    assert (await call.hung_up()).kept
    token = await asyncio.to_thread(dialpact_api.key, "office")
    context = ssl.create_default_context(cafile=tls.certificate)

    def find() -> str:
        with Client(f"https://127.0.0.1:{port}", token, ca_file=str(tls.certificate)) as office:
            (one,) = office.recordings(decision=call.decision)
        return one.id

    id = await asyncio.to_thread(find)
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    writer.write(
        f"GET /v1/recordings/{id}/audio HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"Authorization: Bearer {token}\r\nRange: bytes=4-7\r\n\r\n".encode()
    )
    async with asyncio.timeout(WAIT):
        answer = await reader.read()
    await ended(writer)
    assert b" 206 " in answer[:20] and b"content-range: bytes 4-7/" in answer.lower()
    assert len(answer.partition(b"\r\n\r\n")[2]) == 4


async def test_whoever_guesses_keys_is_counted_by_his_own_address(
    dialpact_api: Api, tls: Tls, port: int
) -> None:
    context = ssl.create_default_context(cafile=tls.certificate)

    async def guess(address: str, times: int) -> list[int]:
        """From this address of the loopback net, over one connection."""
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=context, local_addr=(address, 0)
        )
        found = []
        async with asyncio.timeout(WAIT):
            for _ in range(times):
                writer.write(
                    b"GET /v1/key HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer dpk_x_y\r\n"
                    b"X-Forwarded-For: 198.51.100.1\r\n\r\n"
                )
                head = await reader.readuntil(b"\r\n\r\n")
                lines = head.lower().split(b"\r\n")
                size = next(int(line[16:]) for line in lines if line.startswith(b"content-length: "))
                await reader.readexactly(size)
                found.append(int(head.split(b" ")[1]))
        await ended(writer)
        return found

    assert await guess("127.0.0.7", MOST_FAILURES + 1) == [401] * MOST_FAILURES + [429]
    assert await guess("127.0.0.8", 1) == [401]
    assert set(dialpact_api.refused()) == {"not-authenticated"}
