"""What a receiver is to be told is put into the outbox: from the log's tail, and by the clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import structlog

from dialpact.application.context import Context
from dialpact.compliance.calendars import days_left
from dialpact.compliance.profile import Policy
from dialpact.compliance.registers import complaint as clock
from dialpact.compliance.registers.moment import HOME
from dialpact.compliance.webhooks import clockwork
from dialpact.compliance.webhooks.clockwork import DigestDay
from dialpact.compliance.webhooks.delivery import MOST_WAITING, HookState, NewDelivery
from dialpact.compliance.webhooks.events import Counted, DailyDigestEvent, Digest
from dialpact.compliance.webhooks.packing import delivery, packed
from dialpact.compliance.webhooks.settings import WebhookConfig
from dialpact.compliance.webhooks.subjects import subjects
from dialpact.store.ports.webhooks import DayFigures

log = structlog.get_logger()
MOST_LEAVES = 1_000  # that are looked at together: what it costs, the answers of this process wait
FAR = 10_000  # leaves that are passed over before that is written down: it saves looking at them again
NOTED = timedelta(minutes=1)  # that somebody looks is written down so often
BY_THE_CLOCK = timedelta(minutes=1)


class Maker:
    """Of one receiver. It remembers only what saves work; what counts is in the store."""

    def __init__(
        self,
        context: Context,
        name: str,
        hook: WebhookConfig,
        policy: Callable[[], Policy],
        most_waiting: int = MOST_WAITING,
    ) -> None:
        """``policy``: what is in force now."""
        self._context, self._name, self._hook, self._policy = context, name, hook, policy
        self._most = most_waiting
        self._base = self._passed = -1  # as the store has it; and up to where nothing was found behind that
        self._by_the_clock: datetime | None = None

    async def make(self, state: HookState) -> bool:
        """Whether there may be more to make at once. StoreError."""
        now = self._context.now()
        more = await self._from_the_log(state, now)
        if self._by_the_clock is None or abs(now - self._by_the_clock) >= BY_THE_CLOCK:
            self._by_the_clock = now
            await self._told_by_the_clock(now)
        return more

    async def _from_the_log(self, state: HookState, now: datetime) -> bool:
        if state.next_leaf != self._base:
            self._base = self._passed = state.next_leaf
        store, room = self._context.store.webhooks, self._most - state.waiting
        idle = now - state.looked_at >= NOTED
        if room <= 0:  # it stays in the log until there is room
            if idle:
                await store.make(self._name, self._base, self._base, (), now)
            return False
        found = await store.tail(self._passed, MOST_LEAVES, self._hook.events)
        for leaf in found.unreadable:
            log.error("webhook-unreadable", webhook=self._name, leaf=leaf)
        new, rest = packed(self._name, self._hook, found.happened, room)
        next_leaf = found.next_leaf if rest is None else rest
        if new or next_leaf - self._base >= FAR or idle:
            await store.make(self._name, self._base, next_leaf, new, now)
        else:
            self._passed = next_leaf
        return rest is None and not found.end

    async def _told_by_the_clock(self, now: datetime) -> None:
        policy, name, hook = self._policy(), self._name, self._hook
        store = self._context.store.webhooks
        new = list(clockwork.calendar(name, hook, policy, now))
        if "complaint.due" in hook.events:
            for one, business in await store.open_complaints():
                new += clockwork.complaint(name, hook, one, business, policy.calendar, now)
        (state,) = await store.begin([name], now)
        days = list(clockwork.digest_days(hook, policy, state.since, now))
        told = await store.told(name, [*(one.key for one in new), *(day.key for day in days)])
        new = [one for one in new if one.key not in told]
        for day in days:
            if day.key not in told:
                new.append(await self._digest(day, policy, now))
        if new:
            await store.make(name, state.next_leaf, state.next_leaf, new, now)

    async def _digest(self, day: DigestDay, policy: Policy, now: datetime) -> NewDelivery:
        store, hook = self._context.store.webhooks, self._hook
        async with self._context.looking() as beside:  # a million calls take their time
            figures = await beside.store.webhooks.figures(day.since, day.until, hook.business)
        today, still_open, overdue = now.astimezone(HOME).date(), 0, 0
        for one, business in await store.open_complaints():
            if hook.business in ("", business):
                still_open += 1
                due = one.due or clock.due(one.received_at, policy.calendar)
                overdue += clock.is_overdue(one, due, today)
        data = _told(day, hook.business, figures, policy, today, still_open, overdue)
        event = DailyDigestEvent(timestamp=day.until, data=data)
        return delivery(self._name, event, subjects(data), day.key, once=True)


def _told(
    day: DigestDay,
    business: str,
    figures: DayFigures,
    policy: Policy,
    today: date,
    still_open: int,
    overdue: int,
) -> Digest:
    return Digest(
        day=day.day,
        business=business,
        allowed=figures.allowed,
        blocked=figures.blocked,
        undelivered=figures.undelivered,
        reasons=tuple(Counted(key=key, count=count) for key, count in figures.reasons.items()),
        recordings_kept=figures.recordings_kept,
        recordings_failed=figures.recordings_failed,
        incidents=tuple(Counted(key=key, count=count) for key, count in figures.incidents.items()),
        opt_outs=figures.opt_outs,
        complaints_open=still_open,
        complaints_overdue=overdue,
        calendar_last_known=policy.calendar.last_known,
        calendar_days_left=days_left(policy.calendar, today),
    )
