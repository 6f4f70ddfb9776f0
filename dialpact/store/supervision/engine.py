"""The supervisor's database by its nouns: :class:`dialpact.store.ports.supervision.SupervisionStore`."""

from __future__ import annotations

from functools import cached_property

from dialpact.store.supervision.complaints import Complaints
from dialpact.store.supervision.connection import SupervisionDatabase
from dialpact.store.supervision.heads import Heads
from dialpact.store.supervision.operators import Operators
from dialpact.store.supervision.reports import Reports


class SupervisionStore(SupervisionDatabase):
    @cached_property
    def operators(self) -> Operators:
        return Operators(self)

    @cached_property
    def heads(self) -> Heads:
        return Heads(self)

    @cached_property
    def reports(self) -> Reports:
        return Reports(self)

    @cached_property
    def complaints(self) -> Complaints:
        return Complaints(self)
