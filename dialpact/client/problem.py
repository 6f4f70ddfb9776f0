"""What can go wrong for whoever asks."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence

import msgspec

PROBLEM = "application/problem+json"
SHOWN = 5  # places in the text of an exception; all are in its ``errors``


class Place(msgspec.Struct, frozen=True):
    """One of several faults of a request. ``pointer``: where in the body; ``parameter``: of the query
    or the head; ``row`` (and ``sheet``): of the file that was sent.
    """

    code: str = ""
    detail: str = ""
    pointer: str = ""
    parameter: str = ""
    row: int = 0
    sheet: str = ""

    def __str__(self) -> str:
        where = [self.pointer or self.parameter, self.sheet, f"row {self.row}" if self.row else ""]
        return f"{' '.join(filter(None, where))}: {self.detail or self.code}"


class _Said(msgspec.Struct, frozen=True):
    """RFC 9457, with the code of the fault, which is the command line's."""

    title: str = ""
    detail: str = ""
    code: str = ""
    errors: tuple[Place, ...] = ()


class Problem(Exception):
    """The API answered that it does not do it; asking again would not help.

    ``code``: the fault's, for a program (docs/api.md has them); ``detail``: the same in words, in the
    language that the client asks for; ``errors``: one for each wrong place, where there are several.
    """

    def __init__(self, status: int, code: str, detail: str, errors: Sequence[Place] = ()) -> None:
        said = f"{status} {code}: {detail}" if code else f"{status}: {detail}"
        places = [*map(str, errors[:SHOWN]), *["…"] * (len(errors) > SHOWN)]
        super().__init__("; ".join((said, *places)))
        self.status, self.code, self.detail, self.errors = status, code, detail, tuple(errors)


class NoAnswer(Exception):
    """Nobody answered in time, or whoever did was busy to the end: whether it was done is not known.

    What was asked is safe to ask again under the same Idempotency-Key (``key``), and then done once.
    """

    def __init__(self, why: str, key: str = "") -> None:
        super().__init__(why)
        self.key = key


def problem(status: int, headers: Mapping[str, str], body: bytes) -> Problem:
    """Of an answer that is none. What is no problem+json (a proxy's page) is told by its status alone."""
    said = _Said()
    if kind(headers) == PROBLEM:
        with contextlib.suppress(msgspec.DecodeError):
            said = msgspec.json.decode(body, type=_Said)
    return Problem(status, said.code, said.detail or said.title, said.errors)


def kind(headers: Mapping[str, str]) -> str:
    """The media type, without its parameters."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()
