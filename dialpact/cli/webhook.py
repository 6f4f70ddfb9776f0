"""``dialpact webhook``: the receivers outside, what did not reach them, and the keys that sign for them.

Who they are says the configuration alone (``[webhooks.NAME]``); ``dialpact web`` sends.
"""

from __future__ import annotations

from typing import Annotated

import typer

from dialpact.application.webhooks import desk
from dialpact.application.webhooks.desk import Keys, Standing
from dialpact.cli.command import command, group
from dialpact.cli.command_context import DONE, FAILED, CommandContext
from dialpact.cli.flag import After, By, Limit
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.webhooks.delivery import DeliveryEntry
from dialpact.store.ports.page import Page

app = group("The webhooks: who is told outside, what did not arrive, and the keys that sign it.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Of [webhooks.NAME] in the configuration.")]
Webhook = Annotated[str, typer.Option("--webhook", metavar="NAME", help="Of this receiver alone.")]
Shared = Annotated[
    bool, typer.Option("--shared", help="Show the shared secret (whsec_...) as well, for the receiver.")
]
COLUMNS = ("webhook", "state", "waiting", "dead", "delivered_at", "detail")
DELIVERIES = ("made_at", "webhook", "event", "state", "sendings", "detail", "id")
SHOWN = 20  # deliveries of one receiver


@command(app, "list")
async def list_(session: CommandContext) -> None:
    """The receivers, and how it stands with each."""
    config = session.config
    async with session.context() as context:
        found = await desk.standing(context, config)
    session.table(COLUMNS, [_row(session, one) for one in found], found)


@command(app, "show")
async def show(
    session: CommandContext,
    name: Annotated[str, typer.Argument(metavar="NAME|ID", help="A receiver, or a delivery (msg_...).")],
) -> None:
    """A receiver with its newest deliveries, or one delivery with what is sent."""
    async with session.context() as context:
        if name.startswith("msg_"):
            shown = await desk.show(context, name)
            if session.as_json:
                session.json(shown)
                return
            session.facts(list(zip(DELIVERIES, _delivery(session, shown.entry), strict=True)))
            session.answer(None, shown.body or session.text("webhook.no-body"))
            return
        standing = await desk.standing(context, session.config)
        one = next((each for each in standing if each.name == name), None)
        if one is None:
            raise Fault("webhook-unknown", value=name)
        newest = await desk.listed(context, names=[name], most=SHOWN)
    if session.as_json:
        session.json({"webhook": one, "deliveries": newest.rows})
        return
    session.facts(
        [
            *zip(COLUMNS, _row(session, one), strict=True),
            ("url", one.url),
            ("events", one.events),
            ("business", one.business),
        ]
    )
    _listed(session, newest)


@command(app, "dead")
async def dead(
    session: CommandContext, *, webhook: Webhook = "", limit: Limit = 100, after: After = ""
) -> None:
    """What was given up after ten attempts in three days: kept for 28 days, for `replay`."""
    async with session.context() as context:
        found = await desk.listed(context, names=_only(webhook), state="dead", after=after, most=limit)
    _listed(session, found)


@command(app, "replay")
async def replay(
    session: CommandContext,
    id: Annotated[str, typer.Argument(metavar="ID", help="Of the delivery: msg_...")] = "",
    *,
    all: Annotated[bool, typer.Option("--all", help="All that were given up.")] = False,
    webhook: Webhook = "",
    by: By,
) -> None:
    """Send again what was given up: the same bytes under the same id."""
    if bool(id) == all:
        raise Fault("webhook-which")
    async with session.context(by) as context:
        count = await desk.replay(context, id, names=_only(webhook))
    session.answer({"replayed": count}, session.text("webhook.replayed", count=count))


@command(app, "test")
async def test(session: CommandContext, name: Name, *, by: By) -> int:
    """Send an event that says nothing has happened, at once, and say how it was answered."""
    async with session.context(by) as context:
        tried = await desk.test(context, session.config, name)
    done = tried.outcome == "delivered"
    key = "webhook.test-arrived" if done else "webhook.test-failed"
    session.answer(tried, session.text(key, webhook=name, why=tried.why))
    return DONE if done else FAILED


@command(app, "key")
async def key(session: CommandContext, name: Name, *, shared: Shared = False, by: By) -> None:
    """The keys that sign for a receiver, as it is given them; made where there are none yet."""
    async with session.context(by) as context:
        found = await desk.keys(context, session.config, name, shared=shared)
    _keys(session, found)


@command(app, "rotate")
async def rotate(
    session: CommandContext,
    name: Name,
    *,
    hours: Annotated[int, typer.Option("--hours", help="While the old keys sign as well.")] = 24,
    shared: Shared = False,
    by: By,
) -> None:
    """Make new keys; the old ones sign beside them for a while."""
    async with session.context(by) as context:
        found = await desk.rotate(context, session.config, name, hours=hours, shared=shared)
    _keys(session, found)


@command(app, "resume")
async def resume(
    session: CommandContext,
    name: Name,
    *,
    skip: Annotated[
        bool, typer.Option("--skip", help="From now on only: what waits is thrown away, and what was missed.")
    ] = False,
    by: By,
) -> None:
    """Send to a receiver again that has answered 410, or that was away."""
    async with session.context(by) as context:
        dropped = await desk.resume(context, name, skip=skip)
    answer = {"webhook": name, "skipped": skip, "dropped": dropped}
    text = "webhook.skipped" if skip else "webhook.resumed"
    session.answer(answer, session.text(text, webhook=name, count=dropped))


@command(app, "forget")
async def forget(session: CommandContext, name: Name, *, by: By) -> None:
    """Throw away all that is kept of a receiver that is no longer in the configuration."""
    async with session.context(by) as context:
        dropped = await desk.forget(context, session.config, name)
    answer = {"webhook": name, "dropped": dropped}
    session.answer(answer, session.text("webhook.forgotten", webhook=name, count=dropped))


def _only(webhook: str) -> list[str] | None:
    return [webhook] if webhook else None


def _row(session: CommandContext, one: Standing) -> list[object]:
    state, word = one.state, session.text(f"webhook.{one.word}")
    if state is None:
        return [one.name, word, 0, 0, None, ""]
    return [
        one.name,
        word,
        state.waiting,
        state.dead,
        state.delivered_at,
        state.why,
    ]


def _listed(session: CommandContext, found: Page[DeliveryEntry]) -> None:
    session.table(DELIVERIES, [_delivery(session, one) for one in found.rows], found.rows)
    session.more(found)


def _delivery(session: CommandContext, one: DeliveryEntry) -> list[object]:
    state = session.text(f"webhook.{one.state}")
    return [one.made_at, one.webhook, one.type, state, one.attempts, one.why, one.id]


def _keys(session: CommandContext, found: Keys) -> None:
    lines = []
    for one in found.keys:
        until = session.text("webhook.until", until=session.cell(one.until)) if one.until else ""
        shown = one.public or session.text("webhook.shared-hidden")
        lines.append(f"{one.scheme} {shown}{until}")
    lines += found.shared
    session.answer(found, "\n".join([*lines, session.text("webhook.file", file=found.file)]))
