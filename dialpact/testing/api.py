"""The API's fake: the product's own API, on the story's database and clock, with faults at a test's word.

    def test_our_crm(dialpact_api):
        crm = OurCrm(dialpact_api.url, dialpact_api.key("crm"))
        assert crm.may_call("13800138000")

It runs in a thread of the test's process, so programs with and without ``async`` may ask it, and other
processes. Nothing in it is imitated but the faults, so it can not answer otherwise than the API does.

What fails a test at its end even if it does not look: a request that the API refuses (400, 401, 404, 422 ...)
and the test does not ask for by ``refused``, a fault that never came to pass.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from dialpact.application import api_keys
from dialpact.application.context import Context
from dialpact.application.jobs.runner import Runner
from dialpact.cli.web_site import assembled
from dialpact.client import Client
from dialpact.compliance.clock import host_uptime
from dialpact.compliance.ledger import keys
from dialpact.compliance.registers.api_key import Scope
from dialpact.testing import api_worker
from dialpact.testing.api_faults import Asked, Fault, Faults
from dialpact.testing.looking import Failed
from dialpact.testing.registers import PATIENCE_MS, committed
from dialpact.testing.site import Site
from dialpact.web import process
from dialpact.web.app import WORKS, application
from dialpact.web.site import Site as WebSite

WAIT = 20.0  # seconds, for start and end of the thread
EVERYTHING = tuple(str(scope) for scope in Scope)
FOR_EVER = "2099-12-31"
Serve = Callable[[int, Callable[[int], None], asyncio.Event], Awaitable[None]]


class Api:
    """Use it through the fixture ``dialpact_api``, or as ``with``."""

    def __init__(self, site: Site, *, recorder: bool = True) -> None:
        """``recorder``: whether calls can be recorded, unless a listener says so (a story's ``listens``)."""
        self.site, self.registers = site, site.registers
        self._recorder = recorder
        self._faults = Faults()
        self._server: _Server | None = None
        self._port = 0
        self._clients: list[Client] = []

    def __enter__(self) -> Api:
        key = self.site.config.path(self.site.config.ledger.key_file)
        if not key.exists():  # evidence packages are signed
            keys.write_new(key, keys.generate(), 0o600)
        self.starts()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        for client in self._clients:
            client.close()
        self.stops()
        if kind is None and (wrong := self._faults.complaints()):
            raise Failed("\n".join(wrong))

    @property
    def url(self) -> str:
        """Where it answers; the same for the whole test."""
        return f"http://127.0.0.1:{self._port}"

    def key(
        self,
        id: str,
        *,
        scopes: Sequence[str] = EVERYTHING,
        businesses: Sequence[str] = (),
        expires: str = FOR_EVER,
    ) -> str:
        """A new key's token. BadEntry for an id that was given before, or a scope that there is not."""

        async def work(context: Context) -> str:
            secret = self.site.config.api.secret(self.site.config)
            given = await api_keys.add(
                context, id, secret, scopes=scopes, businesses=businesses, expires=expires
            )
            return given.token

        return committed(self.site.config, self.site.clock, work)

    def client(self, id: str = "client", **given: object) -> Client:
        """The product's own client, with a key of all scopes unless ``given`` says otherwise (as ``key``).

        Where it would wait before it asks again, it hardly does.
        """
        made = Client(self.url, self.key(id, **given), pause=_no_time)  # type: ignore[arg-type]
        self._clients.append(made)
        return made

    @property
    def asked(self) -> Sequence[Asked]:
        """Every request so far with its answer, in the order of the answers."""
        return tuple(self._faults.asked)

    def refused(self) -> list[str]:
        """The codes of what the API has refused so far (docs/api.md); the test has now looked at them."""
        return self._faults.refused()

    def drops(self, times: int = 1, *, done: bool = True) -> None:
        """The next answers never arrive; what was asked is done all the same, or is not."""
        self._faults.next(Fault(status=0, done=done), times)

    def fails(self, status: int = 503, times: int = 1, *, retry_after: int = 0) -> None:
        """The next requests are not done, and answered so: 503 not now, 429 too many, 500 broken."""
        self._faults.next(Fault(status=status, retry_after=retry_after), times)

    def stops(self) -> None:
        """Nobody listens any more; the address stays."""
        if self._server is not None:
            self._server.end()
            self._server = None

    def starts(self) -> None:
        """And now somebody does again."""
        if self._server is None:
            self._server = _Server(self._serve)
            self._port = self._server.begin(self._port)

    async def _serve(self, port: int, started: Callable[[int], None], stop: asyncio.Event) -> None:
        """As ``dialpact web`` does."""
        config, clock = self.site.config, self.site.clock
        parts = assembled(config, self.site.policy, clock, host_uptime, self._worker(), PATIENCE_MS)
        listening = process.bound("127.0.0.1", port)
        self._faults.app = application(parts.site)
        if self._recorder:
            self._recorder = False  # later it is the story's affair
            await self.site.recorder(ready=True)
        async with parts.opened(), _beside(parts.site), _doing(parts.jobs, stop):
            await process.serve(
                self._faults,
                listening,
                None,
                stop,
                lambda: started(listening.getsockname()[1]),
                behind_proxy=config.web.behind_proxy,
            )

    def _worker(self) -> Callable[[bool], Sequence[str]]:
        """On the story's clock, as it stands at each question."""
        folder = self.site.config.path(self.site.config.api.folder)
        config, clock = folder.with_suffix(".config"), folder.with_suffix(".clock")
        api_worker.write(self.site.config, config)
        self._faults.before = lambda: api_worker.tell(self.site.clock, clock)
        return lambda idle: api_worker.command(config, clock)


def _no_time(seconds: float) -> None:
    """A test has hardly any to wait."""
    time.sleep(min(seconds, 0.01))


@contextlib.asynccontextmanager
async def _beside(site: WebSite) -> AsyncIterator[None]:
    """Whatever goes on beside the answers."""
    tasks = [asyncio.create_task(work(site)) for work in WORKS]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def _doing(runner: Runner, stop: asyncio.Event) -> AsyncIterator[None]:
    """Jobs are done meanwhile."""
    running = asyncio.create_task(runner.run(stop))
    try:
        yield
    finally:
        stop.set()
        await running


class _Server:
    """A thread with a loop of its own."""

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self._ready = threading.Event()
        self._port = 0
        self._stop: Callable[[], object] = lambda: None
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="dialpact.testing.api", daemon=True)

    def begin(self, port: int) -> int:
        """The port it has. What hinders it is raised."""
        self._port = port
        self._thread.start()
        if not self._ready.wait(WAIT):
            raise Failed(f"the API did not start within {WAIT:g} s")
        self._raise()
        return self._port

    def end(self) -> None:
        self._stop()
        self._thread.join(WAIT)
        if self._thread.is_alive():
            raise Failed(f"the API did not end within {WAIT:g} s")
        self._raise()

    def _raise(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:
            self._failure = error
        finally:
            self._ready.set()

    async def _main(self) -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        self._stop = lambda: loop.is_closed() or loop.call_soon_threadsafe(stop.set)

        def started(port: int) -> None:
            self._port = port
            self._ready.set()

        await self._serve(self._port, started, stop)
