"""The SQLite engine: an open database with an answer to every port. A daemon calls :func:`warm`."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from dialpact.store.sqlite.connection import Database
from dialpact.store.units import nouns
from dialpact.store.units.nouns import Nouns

if TYPE_CHECKING:
    from dialpact.store.sqlite.backups import Backups
    from dialpact.store.sqlite.erasure import Erasure
    from dialpact.store.sqlite.list_facts import Lists
    from dialpact.store.sqlite.snapshot import Audits


class Store(Database, Nouns):
    """Fulfils :class:`dialpact.store.ports.Store`."""

    @cached_property
    def audits(self) -> Audits:
        from dialpact.store.sqlite.snapshot import Audits

        return Audits(self)

    @cached_property
    def backups(self) -> Backups:
        from dialpact.store.sqlite.backups import Backups

        return Backups(self)

    @cached_property
    def erasure(self) -> Erasure:
        from dialpact.store.sqlite.erasure import Erasure

        return Erasure(self)

    @cached_property
    def lists(self) -> Lists:
        from dialpact.store.sqlite.list_facts import Lists

        return Lists(self)


def warm() -> None:
    """As :func:`dialpact.store.units.nouns.warm`."""
    nouns.warm(Store(Path()))
