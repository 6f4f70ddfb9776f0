"""A receiver in a home's configuration, to whom something did not arrive."""

from __future__ import annotations

import asyncio

from dialpact.compliance.webhooks.delivery import Mark, NewDelivery
from dialpact.store.sqlite import Store
from tests.cli.conftest import Home
from tests.compliance.store_values import AT


def given_up(home: Home, name: str, url: str, id: str, business: str = "") -> None:
    with home.config.open("a", encoding="utf-8") as file:
        file.write(f'\n[webhooks.{name}]\nurl = "{url}"\nbusiness = "{business}"\n')
    home("webhook", "key", name)

    async def make() -> None:
        async with await Store.open(home.path / "dialpact.db") as store:
            (state,) = await store.webhooks.begin([name], AT)
            new = NewDelivery(id, "opt_out.added", AT, ("s",), b'{"type":"opt_out.added"}')
            await store.webhooks.make(name, state.next_leaf, state.next_leaf, [new], AT)
            (one,) = await store.webhooks.waiting(name)
            await store.webhooks.mark(name, [Mark(one.seq, "dead", AT, "HTTP 500")], AT, node="pbx1")

    asyncio.run(make())
