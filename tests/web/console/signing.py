"""A browser without a window, at the console with its real sessions: it keeps cookies and fills in forms."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode

import pyotp
from starlette.routing import BaseRoute

from dialpact.application.accounts.desk import Desk
from dialpact.application.accounts.password import Cost
from dialpact.compliance import config as configuration
from dialpact.testing import FixedClock
from dialpact.web.console import visitors
from dialpact.web.site import Site
from tests.cli.conftest import Home
from tests.patience import WAIT
from tests.web.asking import Asker, asking
from tests.web.console.html import Html

CHEAP = Cost(1, 8)
PASSWORD = "correct horse battery staple"


@dataclass
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        return next((value for each, value in self.headers if each == name), "")

    @property
    def page(self) -> Html:
        return Html(self.body.decode())


@dataclass
class Browser:
    asker: Asker
    cookies: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)  # of each cookie, as they came
    agent: str = "Firefox/128"
    proxied: bool = False  # over TLS, and by a proxy

    def get(self, path: str) -> Answer:
        return self._send("GET", path, b"")

    def post(self, path: str, fields: Mapping[str, str | Sequence[str]] | None = None) -> Answer:
        return self._send("POST", path, urlencode(fields or {}, doseq=True).encode())

    def _send(self, method: str, path: str, body: bytes) -> Answer:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        lines = [f"{method} {path} HTTP/1.1", "Host: x", "Connection: close", f"User-Agent: {self.agent}"]
        lines += [f"Content-Length: {len(body)}", "Sec-Fetch-Site: same-origin", f"Cookie: {cookies}"]
        lines += ["X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: https"] if self.proxied else []
        lines += ["Content-Type: application/x-www-form-urlencoded"] if body else []
        sent = asyncio.run(self.asker.send("\r\n".join([*lines, "", ""]).encode() + body))
        head, _, rest = sent.partition(b"\r\n\r\n")
        first, *more = head.decode("latin-1").split("\r\n")
        headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in more)]
        for name, value in headers:
            if name == "set-cookie":
                self._keep(value)
        return Answer(int(first.split()[1]), headers, rest)

    def _keep(self, said: str) -> None:
        pair, _, attributes = said.partition(";")
        name, _, value = pair.partition("=")
        self.attributes[name] = attributes
        if "max-age=0" in attributes.lower():
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value.strip('"')


@dataclass
class Console:
    home: Home
    asker: Asker
    site: Site
    clock: FixedClock
    secrets: dict[str, str] = field(default_factory=dict)

    def browser(self, agent: str = "Firefox/128") -> Browser:
        return Browser(self.asker, agent=agent)

    def code(self, id: str) -> str:
        return pyotp.TOTP(self.secrets[id]).at(self.clock.now())

    def comes(self, browser: Browser, link: str, whose: str, **more: str) -> Answer:
        """By a one-time link; is signed in afterwards."""
        page = browser.post("/welcome", {"link": link}).page
        self.secrets[whose] = secret_of(page)
        given = page.form("/welcome/done").fields | {
            "password": PASSWORD,
            "again": PASSWORD,
            "code": self.code(whose),
            **more,
        }
        found = browser.post("/welcome/done", given)
        self.clock.forward(seconds=30)
        return found

    def signs_in(self, browser: Browser, id: str, password: str = PASSWORD, code: str = "") -> Answer:
        found = browser.post("/sign-in", {"id": id, "password": password, "code": code or self.code(id)})
        self.clock.forward(seconds=30)
        return found

    def first(self) -> str:
        return self.site.desk.first.made(self.clock.now())


def secret_of(page: Html) -> str:
    """Of the authenticator, as it stands beside its picture."""
    (found,) = re.findall(r"<code>([A-Z2-7 ]{39})</code>", page.content)
    return str(found).replace(" ", "")


@contextmanager
def signing(home: Home) -> Iterator[Console]:
    """The console of ``home``, in a thread of its own; its clock is the test's."""
    config, clock = configuration.load(home.config), FixedClock()
    home.machine = type(home.machine)(clock=clock)
    sites: list[Site] = []
    found: list[tuple[Asker, asyncio.AbstractEventLoop, asyncio.Event]] = []
    started = threading.Event()

    def source(site: Site) -> Sequence[BaseRoute]:
        vars(site)["desk"] = Desk(config, CHEAP)  # (the one it would make hashes as slowly as in earnest)
        sites.append(site)
        return visitors.routes(site)

    async def serve() -> None:
        stop = asyncio.Event()
        async with asking(config.database, (source,), config, clock) as asker:
            found.append((asker, asyncio.get_running_loop(), stop))
            started.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert started.wait(WAIT)
        yield Console(home, found[0][0], sites[0], clock)
    finally:
        if found:
            found[0][1].call_soon_threadsafe(found[0][2].set)
        thread.join(WAIT)
