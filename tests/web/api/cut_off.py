"""A web process with one endpoint that adds a business and is killed before it can say so, the first time."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence

import msgspec
from starlette.routing import BaseRoute

from dialpact.application import businesses
from dialpact.application.actor import Actor, Door
from dialpact.compliance import config as configuration
from dialpact.compliance.judge import new_id
from dialpact.compliance.registers.api_key import Scope
from dialpact.web.api.endpoint import Answer, Asked, Body, Endpoint, Query
from dialpact.web.api.routing import routes_of
from dialpact.web.site import Site
from tests.web.asking import asking

ADMIN = Actor(name="api:crm", door=Door.API)  # (no scope registers a business)


class Named(Body, frozen=True, kw_only=True):
    name: str


class Done(msgspec.Struct, frozen=True):
    seq: str
    act: str


def adding(die: bool) -> Endpoint[Query, Named]:
    async def add(asked: Asked[Query, Named]) -> Answer:
        if seq := asked.again.of("register-change"):  # an earlier try has done it
            return Answer(status=201, body=Done(seq, asked.again.act))
        new = await businesses.add(
            msgspec.structs.replace(asked.context, actor=ADMIN),
            new_id(),
            name=asked.body.name,
            capacity="own-business",
        )
        if die:
            os.kill(os.getpid(), signal.SIGKILL)
        history = await asked.context.store.changes.of("business", new.entry.id)
        return Answer(status=201, body=Done(str(len(history)), asked.again.act))

    return Endpoint(
        method="POST", path="/v1/added", scope=Scope.LEADS, summary="s", handle=add, body=Named,
        answers={201: Done},
    )  # fmt: skip


async def serve(config: str, die: bool) -> None:
    loaded = configuration.load(config)

    def source(site: Site) -> Sequence[BaseRoute]:
        return routes_of(site, (adding(die),))

    async with asking(loaded.database, (source,), loaded) as asker:
        print(asker.port, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], sys.argv[2] == "die"))
