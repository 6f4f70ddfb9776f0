"""The PostgreSQL engine: an open database with an answer to the nouns that are alike on every engine."""

from __future__ import annotations

from dialpact.store.postgres.connection import Database
from dialpact.store.units.nouns import Nouns


class Store(Database, Nouns):
    """Fulfils :class:`dialpact.store.ports.Store`, but for what an engine answers by itself."""
