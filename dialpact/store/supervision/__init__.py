"""The supervisor's database on SQLite: its own file, its own migrations."""

from dialpact.store.supervision.connection import create
from dialpact.store.supervision.engine import SupervisionStore

__all__ = ["SupervisionStore", "create"]
