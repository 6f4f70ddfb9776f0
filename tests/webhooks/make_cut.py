"""The outbox is filled in a process that is killed (kill -9) as one statement begins. Of test_killed.py.

Argument: a folder with a database ``d.db``. Each statement of a whole turn is one process, on a copy of its
own (``d.NUMBER.db``); the numbers of those that were killed are printed, and the next one came to its end.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from pathlib import Path

from dialpact.compliance.webhooks.settings import WebhookConfig
from dialpact.store.sqlite import Store
from tests.webhooks.office import Office, configured

HOOK = WebhookConfig(url="http://127.0.0.1:1/", calendar_days=45)


async def turn(folder: Path, database: Path, kill_at: int) -> None:
    config = configured(folder, database.name, crm=HOOK)
    async with await Store.open(config.database) as store:
        office, count = Office(store, config), 0
        (state,) = await store.webhooks.states()

        def traced(_: str) -> None:
            nonlocal count
            count += 1
            if count == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

        await store.read(lambda connection: connection.set_trace_callback(traced))
        await office.maker().make(state)


def main(folder: Path) -> None:
    number = 0
    while True:
        number += 1
        copy = folder / f"d.{number}.db"
        shutil.copy(folder / "d.db", copy)
        child = os.fork()  # (nothing has been started here that a fork would break)
        if not child:
            asyncio.run(turn(folder, copy, number))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            if os.WEXITSTATUS(status):
                raise SystemExit(f"{number}: failed")
            return
        assert os.WTERMSIG(status) == signal.SIGKILL
        print(number)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
