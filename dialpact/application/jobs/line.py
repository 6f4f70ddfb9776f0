"""What the runner and its worker say to each other: a line of JSON each.

To the worker: a job. From it: how far it is, now and then, and once how it ended.
"""

from __future__ import annotations

import msgspec

from dialpact.application.jobs.kinds import Outcome
from dialpact.compliance.jobs import Job, JobError


class Far(msgspec.Struct, frozen=True, kw_only=True, tag="far"):
    rows: int
    of: int | None


class Done(msgspec.Struct, frozen=True, kw_only=True, tag="done"):
    """Its file has its name, and is on disk."""

    outcome: Outcome


class Failed(msgspec.Struct, frozen=True, kw_only=True, tag="failed"):
    error: JobError


Said = Far | Done | Failed
_said = msgspec.json.Decoder(Said)
_job = msgspec.json.Decoder(Job)


def written(message: Said | Job) -> bytes:
    return msgspec.json.encode(message) + b"\n"


def said(line: bytes) -> Said:
    """ValueError for what is no such line."""
    found: Said = _said.decode(line)
    return found


def asked(line: bytes) -> Job:
    """ValueError likewise."""
    return _job.decode(line)
