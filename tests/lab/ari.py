"""Asterisk's REST interface, for what only it does: a snoop channel that whispers."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator
from typing import Any

from tests.lab.pbx import Pbx

# In the order in which they need each other. A lab that is started does not load them, for its time.
MODULES = (
    *("res_http_websocket", "res_websocket_client", "res_stasis", "res_stasis_answer", "res_stasis_snoop"),
    *("res_stasis_recording", "res_stasis_playback", "res_ari_model", "res_ari", "app_stasis"),
    *("res_ari_events", "res_ari_channels", "res_ari_bridges"),
)
NOT_YET = 422  # the channel is in no Stasis application
KEY = "lab:lab"  # conf/ari.conf


class Ari:
    """``async with ari(pbx, "app") as it``: requests as the program behind the Stasis application ``app``."""

    def __init__(self, pbx: Pbx) -> None:
        self._pbx = pbx

    async def ask(self, method: str, path: str, **query: str) -> Any:
        """One request; the answer's JSON."""
        return await asyncio.to_thread(self._ask, method, path, query)

    def _ask(self, method: str, path: str, query: dict[str, str]) -> Any:
        address = f"http://127.0.0.1:{self._pbx.ports.http}/ari/{path}?{urllib.parse.urlencode(query)}"
        word = base64.b64encode(KEY.encode()).decode()
        request = urllib.request.Request(address, method=method, headers={"Authorization": f"Basic {word}"})
        with urllib.request.urlopen(request, timeout=5) as answer:
            body = answer.read()
        return json.loads(body) if body else None

    async def join(self, bridge: str, *channels: str) -> None:
        """Puts channels into a bridge as soon as they are the application's."""
        for channel in channels:
            async with asyncio.timeout(5):
                while True:
                    try:
                        await self.ask("POST", f"bridges/{bridge}/addChannel", channel=channel)
                        break
                    except urllib.error.HTTPError as error:
                        if error.code != NOT_YET:
                            raise
                    await asyncio.sleep(0.02)  # an event would say it, on a websocket that nobody reads

    async def channel(self, prefix: str) -> str:
        """The id of the channel whose name begins so."""
        found = [one["id"] for one in await self.ask("GET", "channels") if one["name"].startswith(prefix)]
        assert len(found) == 1, f"{len(found)} channels {prefix}"
        return str(found[0])


@contextlib.asynccontextmanager
async def ari(pbx: Pbx, application: str) -> AsyncIterator[Ari]:
    for module in MODULES:
        if f"{module}.so" not in pbx.cli(f"module show like {module}.so"):
            pbx.cli(f"module load {module}.so")
    reader, writer = await asyncio.open_connection("127.0.0.1", pbx.ports.http)
    writer.write(
        f"GET /ari/events?app={application}&api_key={KEY} HTTP/1.1\r\nHost: lab\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    answer = await reader.readuntil(b"\r\n\r\n")
    assert b" 101 " in answer, answer
    try:
        yield Ari(pbx)
    finally:
        writer.close()
