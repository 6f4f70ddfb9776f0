"""What supervisor and operator write to each other: a signed note of two lines, the kind and one line of
JSON. Pure.

The kind is the first line of what is signed, so that no letter passes for another one, nor for a checkpoint,
whose second line is a number, nor for a key's successor.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated, Literal, TypeVar

import msgspec

from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import note
from dialpact.compliance.ledger.note import Signer, Verifier
from dialpact.compliance.supervision.refusal import Refusal

MOST_BYTES = 8 << 10
ANSWER_BYTES = 1200  # of an answer's JSON, always: its length says nothing of what it says
LIVES = timedelta(minutes=10)  # from a letter's date to its end
SKEW = timedelta(minutes=2)  # between the two sides' clocks
LONGEST = timedelta(days=3)  # of the time that one question asks about

Id = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}\Z")]
Digest = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Count = Annotated[int, msgspec.Meta(ge=0, le=(1 << 53) - 1)]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
Said = Literal["called", "blocked", "none", "unknown"]
SAID: tuple[Said, ...] = ("called", "blocked", "none", "unknown")


class Letter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``id`` is used once. ``operator``: the name of his log, ``supervisor``: of the other side's key."""

    id: Id
    operator: Name
    supervisor: Name
    at: Instant
    until: Instant  # after that it counts for nothing


class Question(Letter, frozen=True, kw_only=True, tag="question"):
    """Did you call this number in this time? ``callee``: :func:`keyed`."""

    since: Instant
    before: Instant
    callee: Digest


class Request(Letter, frozen=True, kw_only=True, tag="request"):
    """The evidence of what was answered to ``question``."""

    question: Id


class Answer(Letter, frozen=True, kw_only=True, tag="answer"):
    """``said``: ``called``, ``blocked`` (attempted only), ``none``, ``unknown`` (records of then are erased,
    or may be lost with a backup).

    ``question``: the SHA-256 of the whole letter that is answered. ``looked``: decisions of that time that
    were compared; ``erased``: those that could not be; ``around``: calls of that time that went round the
    gate, whose numbers nobody knows.
    """

    question: Digest
    said: Said
    calls: Count
    looked: Count
    erased: Count
    around: Count
    pad: str = ""


class Receipt(Letter, frozen=True, kw_only=True, tag="receipt"):
    """That a report was taken: the supervisor's word to the operator."""

    month: Annotated[str, msgspec.Meta(max_length=7)]
    sha256: Digest


L = TypeVar("L", bound=Letter)


def keyed(secret: bytes, question: str, number: str) -> str:
    """A callee (E.164) as one operator alone can compare it, in one question alone."""
    said = f"dialpact-callee/1\n{question}\n{number}"
    return hmac.new(secret, said.encode(), hashlib.sha256).hexdigest()


def sealed(signer: Signer, letter: Letter) -> str:
    """The signed note. An answer is filled up to its one length."""
    if isinstance(letter, Answer):
        bare = len(msgspec.json.encode(msgspec.structs.replace(letter, pad="")))
        letter = msgspec.structs.replace(letter, pad="." * (ANSWER_BYTES - bare))
    return signer.sign(f"{_kind(type(letter))}\n{msgspec.json.encode(letter).decode()}\n")


def opened(text: str, kind: type[L], signers: Iterable[Verifier]) -> L:
    """Refusal: ``too-large``, ``malformed``, ``not-signed`` by any of them."""
    if len(text) > MOST_BYTES:
        raise Refusal("too-large", 413)
    try:
        body = note.split(text)[0]
    except LedgerError as error:
        raise Refusal("malformed", 400) from error
    try:
        note.verify(text, signers)
    except LedgerError as error:
        raise Refusal("not-signed", 403) from error
    lines = body.split("\n")
    if len(lines) != 3 or lines[0] != _kind(kind):
        raise Refusal("malformed", 400)
    try:
        return msgspec.json.decode(lines[1], type=kind)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Refusal("malformed", 400) from error


def check_date(letter: Letter, now: datetime) -> None:
    """Refusal ``expired``: it is too old, of the future, or means to live too long."""
    if not (now - LIVES - SKEW <= letter.at <= now + SKEW and now <= letter.until <= letter.at + LIVES):
        raise Refusal("expired")


def check_window(question: Question, now: datetime) -> None:
    """Refusal: ``window-too-long``, ``to-come``."""
    if not timedelta() < question.before - question.since <= LONGEST:
        raise Refusal("window-too-long")
    if question.since > now:
        raise Refusal("to-come")


def digest(text: str) -> str:
    """Of a whole letter, by which its answer names it."""
    return hashlib.sha256(text.encode()).hexdigest()


def _kind(kind: type[Letter]) -> str:
    return f"dialpact-{kind.__struct_config__.tag}/1"
