"""What the process that shows the console knows of who is signing in, beside the database."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from dialpact.application.accounts.challenges import Challenges
from dialpact.application.accounts.guesses import Guesses
from dialpact.application.accounts.keys import Keys
from dialpact.application.accounts.links import First
from dialpact.application.accounts.once import Once
from dialpact.application.accounts.password import COST, Cost, Passwords
from dialpact.compliance.config import Config

if TYPE_CHECKING:
    from dialpact.application.accounts.provider import Provider


class Desk:
    def __init__(self, config: Config, cost: Cost = COST) -> None:
        """``cost``: of a password's hash; a test has one that costs nothing."""
        self.config = config
        self.keys = Keys(config)
        self.passwords = Passwords(self.keys, cost)
        self.guesses = Guesses()
        self.first = First()
        self.once = Once()
        self.challenges = Challenges()

    @cached_property
    def provider(self) -> Provider | None:
        """None: people sign in here alone."""
        from dialpact.application.accounts.provider import Provider  # which loads authlib

        oidc, web = self.config.web.oidc, self.config.web
        return Provider(self.config, oidc, web.base) if oidc else None

    @property
    def named(self) -> tuple[str, ...]:
        """What is no password here because it is the installation's name."""
        return (self.config.node.name, self.config.ledger.origin.replace("/", " "))
