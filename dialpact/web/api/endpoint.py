"""What an endpoint is: what may be asked there, by whom, and everything that it can answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated, BinaryIO, Generic, Literal, TypeVar

import msgspec
from starlette.responses import Response

from dialpact.application.context import Context
from dialpact.compliance import masking
from dialpact.compliance.numbers.dial import masked
from dialpact.compliance.registers.api_key import ApiKey, Scope
from dialpact.compliance.texts import Language
from dialpact.store.ports.idempotency import Written
from dialpact.web.site import Site

Method = Literal["GET", "POST", "DELETE"]
Limit = Annotated[int, msgspec.Meta(ge=1, le=1000)]  # rows of a part
ANY_KEY = tuple(Scope)
MOST_BODY = 1 << 20  # bytes
SECONDS = 30.0


class Query(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what may stand behind the question mark. Fields: ``str``, ``int``, ``bool``, ``date``,
    ``datetime``, a ``Literal``, each with a default or ``| None``.
    """


class NoQuery(Query, frozen=True, kw_only=True):
    pass


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what is sent as JSON, and of the objects in it."""


class Paged(Query, frozen=True, kw_only=True):
    """Of a list. ``after``: the ``next`` of the part before."""

    after: str = ""
    limit: Limit = 100


class Upload(msgspec.Struct, frozen=True):
    """What was sent as it is: ``file`` is at its beginning, and gone after the answer."""

    file: BinaryIO
    media_type: str
    bytes: int
    sha256: str


class Again(msgspec.Struct, frozen=True):
    """A request with an Idempotency-Key. ``act``: 32 hex digits, the same each time it comes: an id for what
    is made. ``written``: what an earlier try has put in that was cut off before its answer; mostly nothing.
    """

    act: str
    written: tuple[Written, ...] = ()
    named: bool = False  # whether it came with an Idempotency-Key

    def of(self, kind: str) -> str | None:
        """The key of the first record of this kind, that the try before has put in."""
        return next((one.key for one in self.written if one.kind == kind), None)


Q = TypeVar("Q", bound=Query)
B = TypeVar("B")


@dataclass(frozen=True, kw_only=True)
class Asked(Generic[Q, B]):
    """A question that may be asked. ``context``: its actor is the key, with the rights of its scopes."""

    site: Site
    context: Context
    key: ApiKey
    path: Mapping[str, str]
    query: Q
    body: B
    language: Language
    upload: Upload | None
    again: Again
    method: str  # as it was asked: of a GET also HEAD
    headers: Mapping[str, str]  # by their names in small letters

    @property
    def sees_numbers(self) -> bool:
        return Scope.NUMBERS in self.key.scopes

    def number(self, e164: str) -> str:
        """As this key may see it."""
        return e164 if self.sees_numbers else masked(e164)

    def text(self, written: str) -> str:
        """What somebody has written, and may have a number in it, as this key may see it."""
        return written if self.sees_numbers else masking.text(written)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """``body``: of the type that the endpoint says for ``status``; or a response of Starlette's as it is, for
    files.
    """

    status: int = HTTPStatus.OK
    body: msgspec.Struct | Response | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Endpoint(Generic[Q, B]):
    """``answers``: by status, the struct of a JSON answer; a file's media type, or several; None: no content.

    ``uploads``: media types of a body that is taken as it is; with a ``body`` as well, whoever sends JSON
    sends that. ``most_body``: in bytes, of what is no JSON beside a file. ``problems``: statuses beside those
    that follow from the rest (``document`` has them). ``fields``: headers that it takes, and what they say:
    what must not stand in an address, beside a body that is a file. ``scope``: any one of these; None:
    whoever can reach us. ``kept``: whether a request that comes again under its Idempotency-Key is told what
    was answered then; else the handler is asked again. ``failing``: the status of a failure of ours, for 500
    and 503.
    """

    method: Method
    path: str
    scope: Scope | tuple[Scope, ...] | None
    summary: str
    handle: Callable[[Asked[Q, B]], Awaitable[Answer]]
    answers: Mapping[int, type[msgspec.Struct] | str | tuple[str, ...] | None]
    query: type[Q] | None = None
    body: type[B] | None = None
    uploads: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    most_body: int | Callable[[Site], int] = MOST_BODY
    seconds: float = SECONDS
    problems: tuple[int, ...] = ()
    kept: bool = True
    failing: int | None = None

    @property
    def scopes(self) -> tuple[Scope, ...]:
        if self.scope is None:
            return ()
        return (self.scope,) if isinstance(self.scope, Scope) else self.scope

    @property
    def name(self) -> str:
        """What it goes by in the document, in tables and in tests: ``GET /v1/key``."""
        return f"{self.method} {self.path}"
