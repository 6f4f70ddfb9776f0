"""What the page in front of a package is made of, and who makes it: a door, which has the words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

import msgspec

from dialpact.application.evidence.container import Source
from dialpact.application.evidence.folder import Folder
from dialpact.application.evidence.form import Note
from dialpact.application.evidence.matching import CallQuestion
from dialpact.compliance.evidence.rows import ComplaintRow
from dialpact.compliance.ledger.checkpoint import Checkpoint


class Cover(msgspec.Struct, frozen=True, kw_only=True):
    """What is the same for every call of a package."""

    question: CallQuestion
    complaint: ComplaintRow | None
    head: Checkpoint
    key: str
    made_at: datetime
    by: str
    reason: str
    node: str


class Pages(NamedTuple):
    """``files``: by their names in the package. ``notes``: what could not be made, and why."""

    files: Mapping[str, Source]
    notes: Sequence[Note]


class Renderer(Protocol):
    def __call__(self, cover: Cover, folders: Sequence[Folder], notes: Sequence[Note], /) -> Pages:
        """From the package's own files, without asking anybody. Runs beside the loop: it takes seconds."""
