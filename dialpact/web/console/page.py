"""What a page is: its address, who may open it, what is sent to it, and what it shows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO, Generic, Literal, TypeVar

import msgspec
from starlette.responses import Response

from dialpact.application.context import Context
from dialpact.compliance.errors import DialpactError
from dialpact.compliance.registers.account import Account, Role
from dialpact.compliance.registers.session import Session
from dialpact.compliance.texts import Language
from dialpact.compliance.zones import ZoneInfo
from dialpact.web.console import texts
from dialpact.web.site import Site

Method = Literal["GET", "POST"]
MOST_BODY = 1 << 20  # bytes
SECONDS = 30.0
EVERYBODY = frozenset(Role)


class Form(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what is sent to a page: of a GET what stands behind the question mark, of a POST the fields of
    a form. Fields: ``str``, ``int``, ``bool`` (a box: its value is ``true``), ``date``, ``datetime`` (without
    a zone: in the installation's), a ``Literal``, ``tuple[str, ...]`` (a name that comes several times). A
    field that is empty and has a default has come to be that.
    """


class NoForm(Form, frozen=True, kw_only=True):
    pass


class Paged(Form, frozen=True, kw_only=True):
    """Of a list. ``after``: the ``next`` of the part before."""

    after: str = ""


class Upload(msgspec.Struct, frozen=True):
    """A file that was sent: at its beginning, and gone after the answer. ``name``: as the sender calls it."""

    name: str
    media_type: str
    file: BinaryIO
    bytes: int


F = TypeVar("F", bound=Form)


@dataclass(frozen=True, kw_only=True)
class Asked(Generic[F]):
    """A page that may be opened. ``context``: its actor is the account, with the rights of its role.

    ``zone``: of the installation. ``now``: in it. ``htmx``: only a part of the page is wanted. ``files``: by
    the names of their fields. ``session``: None: nobody is signed in. ``still``: whether it holds yet and the
    account is what it was, for what lasts; StoreError.
    """

    site: Site
    context: Context
    account: Account
    form: F
    path: Mapping[str, str]
    files: Mapping[str, Upload]
    language: Language
    now: datetime
    zone: ZoneInfo
    htmx: bool
    headers: Mapping[str, str]  # by their names in small letters
    still: Callable[[], Awaitable[bool]]
    url: str  # its path
    session: Session | None = None
    address: str = ""  # of who asks
    cookies: Mapping[str, str] = field(default_factory=dict)

    def text(self, key: str, **values: object) -> str:
        return texts.text(key, self.language, **values)

    def fault(self, error: DialpactError) -> str:
        """Why it can not be done, in words."""
        return texts.fault(error, self.language)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A page made of a template. ``part``: the block that an htmx request is answered with; empty: all of it.

    ``cookies``: by name, with their values; empty: to be forgotten.
    """

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    part: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Redirect:
    """What was asked is done. ``said``: the key of a text that the next page has on top."""

    to: str
    said: str = ""
    cookies: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Asked[F]], Awaitable[Shown | Redirect | Response]]


@dataclass(frozen=True, kw_only=True)
class Page(Generic[F]):
    """``action``: its name in the table of roles and pages, in the log and in tests. ``roles``: None: whoever
    can reach us. ``changes``: something is another after it; of an auditor nothing ever is. ``nav``: the key
    of its text in the navigation; empty: it stands not there. ``badge``: how many things wait there for who
    asks. ``seconds``: None: as long as somebody looks. ``uploads``: files may come with the form.
    ``at_once``: so many are taken in and answered at the same time; 0: as many as come. ``noted``: that an
    auditor opens it is an act; False: it is a part of what was one, as the sound that a player asks for.
    """

    method: Method
    path: str
    action: str
    roles: frozenset[Role] | None
    handle: Handler[F]
    form: type[F] | None = None
    changes: bool = False
    uploads: bool = False
    most_body: int | Callable[[Site], int] = MOST_BODY
    at_once: int = 0
    seconds: float | None = SECONDS
    nav: str = ""
    badge: Callable[[Context], Awaitable[int]] | None = None
    noted: bool = True

    def __post_init__(self) -> None:
        if self.changes and self.roles and Role.AUDITOR in self.roles:
            raise ValueError(f"{self.action}: an auditor changes nothing")

    @property
    def name(self) -> str:
        """``POST /recordings/{id}/hold``."""
        return f"{self.method} {self.path}"


AnyPage = Page[Any]
Pages = Sequence[AnyPage]
