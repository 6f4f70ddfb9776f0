"""How often somebody may be wrong: so that nobody guesses a password, and nobody is kept out by who tries.

1. A try is counted before it is looked at, and forgotten when it was right: many at once are no way round.
2. Counted are the tries at an account from one place: a browser that has signed in to it before, which brings
   a mark of ours, else a network. Five wrong ones, and the next is looked at after a minute; each more
   doubles that, to an hour at most.
3. Counted are all tries at an account without such a mark, wherever they come from: twenty, a quarter of an
   hour at most. Who has signed in there before is not kept out by them.
4. Counted are all tries of a network: fifty.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from dialpact.compliance.networks import network

MOST_NAMES = 20_000  # that are known at a time
FORGOTTEN = timedelta(hours=24)  # after the last
FIRST = timedelta(minutes=1)


@dataclass(frozen=True)
class Limit:
    free: int  # tries that are looked at without waiting
    longest: timedelta


PLACE = Limit(5, timedelta(hours=1))
ACCOUNT = Limit(20, timedelta(minutes=15))
NETWORK = Limit(50, timedelta(hours=1))


@dataclass
class _Count:
    tries: int
    last: datetime
    until: datetime


class Guesses:
    """Of one process, which forgets them when it ends: only who may end it can make use of that."""

    def __init__(self) -> None:
        self._counts: OrderedDict[tuple[str, ...], _Count] = OrderedDict()

    def begin(self, account: str, address: str, mark: str, now: datetime) -> timedelta:
        """A try begins. Zero: it may be looked at; else how long to wait, and it is not counted."""
        limits = self._limits(account, address, mark)
        wait = max((self._until(name, now) - now for name in limits), default=timedelta())
        if wait > timedelta():
            return wait
        for name, limit in limits.items():
            self._count(name, limit, now)
        return timedelta()

    def right(self, account: str, address: str, mark: str) -> None:
        """The try was right: its place begins anew; of the account and the network it is taken back."""
        place, *others = self._limits(account, address, mark)
        self._counts.pop(place, None)
        for name in others:
            if count := self._counts.get(name):
                count.tries = max(0, count.tries - 1)
                count.until = count.last

    def is_held(self, account: str, now: datetime) -> bool:
        """Whether tries at it without a mark wait now."""
        return self._until(("account", account), now) > now

    def _limits(self, account: str, address: str, mark: str) -> dict[tuple[str, ...], Limit]:
        where = network(address)
        if mark:
            return {("place", account, mark): PLACE, ("network", where): NETWORK}
        return {
            ("place", account, where): PLACE,
            ("account", account): ACCOUNT,
            ("network", where): NETWORK,
        }

    def _until(self, name: tuple[str, ...], now: datetime) -> datetime:
        count = self._counts.get(name)
        return now if count is None else count.until

    def _count(self, name: tuple[str, ...], limit: Limit, now: datetime) -> None:
        count = self._counts.pop(name, None)
        if count is None or now - count.last >= FORGOTTEN:
            count = _Count(0, now, now)
        count.tries, count.last = count.tries + 1, now
        over = count.tries - limit.free
        count.until = now if over < 0 else now + min(limit.longest, FIRST * 2 ** min(over, 20))
        self._counts[name] = count
        if len(self._counts) > MOST_NAMES:
            self._counts.popitem(last=False)
