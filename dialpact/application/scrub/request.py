"""What is asked of a list, and what came out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from dialpact.compliance.model import Mode, Value
from dialpact.compliance.registers.columns import NOTHING, Given
from dialpact.compliance.registers.sheet import Remark
from dialpact.compliance.texts import Language

Form = Literal["csv", "jsonl"]


class ScrubRequest(Value, frozen=True, kw_only=True):
    """For which calls a list is scrubbed: what ``dialpact check`` is told beside the number.

    ``at``: another instant than now. ``form`` of the result; empty: as the list's, of a workbook CSV.
    ``numbers``: they are shown; else they are masked. ``language``: of what is said of a bad row.
    ``sheets``: the ones of a workbook that are wanted, else all. ``given``: what was said of its columns.
    """

    campaign: str
    caller_id: str
    trunk: str = ""
    agent: str = ""
    at: datetime | None = None
    form: Form | Literal[""] = ""
    numbers: bool = True
    language: Language = "en"
    sheets: tuple[str, ...] = ()
    given: Given = NOTHING


class Scrubbed(Value, frozen=True, kw_only=True):
    """``callable`` rows may be called; of the others, ``bad`` ones are no row with one number in it, and
    ``blocked`` has how many of the rest are blocked for each reason: a row counts for each of its own.
    """

    rows: int
    callable: int
    blocked: Mapping[str, int]
    bad: int
    as_of: datetime  # of the snapshot
    at: datetime  # at which the calls would be made
    mode: Mode
    form: Form
    bytes: int  # of the result
    sha256: str  # of the result
    list_sha256: str  # of the list; empty: it is a batch of the register
    counted_up: str = ""  # why the list looks like range dialling; empty where no profile finds that
    read_as: Mapping[str, str] = {}  # column: its name in the file, where it is another
    left_out: tuple[str, ...] = ()  # columns of the file that nothing was read from
    remarks: tuple[Remark, ...] = ()  # what is to be said of the file

    @property
    def clean(self) -> bool:
        """Whether every row may be called, one after the other."""
        return self.callable == self.rows and not self.counted_up
