"""The rules in force in ``dialpact web``, which a reload changes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from dialpact.application.policy import judge_of
from dialpact.compliance.clock import Clock
from dialpact.compliance.config import Config
from dialpact.compliance.judge import Judge
from dialpact.compliance.profile import Policy
from dialpact.store.ports import Store


class Rules:
    """A part of a reload. A question ends by the rules that it began with."""

    def __init__(self, config: Config, policy: Policy, store: Store, clock: Clock) -> None:
        self._judge = judge_of(config, policy)
        self._noted: Judge | None = None
        self._store, self._clock = store, clock

    def now(self) -> Judge:
        return self._judge

    async def recorded(self) -> Judge:
        """No decision may name a profile whose text nobody has. StoreError."""
        judge = self._judge
        if judge is not self._noted:
            await self._store.profiles.note(judge.policy.of_trials.profiles, at=self._clock.now())
            self._noted = judge
        return judge

    async def prepare(self, config: Config, policy: Policy) -> None:
        """Nothing of it can fail."""

    def replace(self, config: Config, policy: Policy) -> Callable[[], None]:
        former, self._judge = self._judge, judge_of(config, policy)
        return partial(setattr, self, "_judge", former)
