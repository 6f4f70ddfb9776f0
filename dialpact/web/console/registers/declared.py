"""What a page of a register is made of, declared: columns, fields of forms, what may be done to an entry.

1. A register is declared in a file of its own; ``pages`` makes its pages of that, ``templates/registers``
   shows them. What is checked and written is the use cases' (``dialpact.application``), the same as the
   command line's.
2. What an entry goes by may be a telephone number (``by_number``). That is in no address: a list and an entry
   are asked for by POST, and an entry has an address by the leaf of an act on it.
3. A value is said by the catalogue where it is a word of ours (``words``: the table), and is shown as it is
   where a person wrote it. Whatever is shown is escaped by the template.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from dialpact.application.browsing import Entry
from dialpact.compliance.registers.account import Role
from dialpact.compliance.texts import Language
from dialpact.store.ports.page import Page as Part
from dialpact.web.console.page import Asked, Form, Paged

READERS = frozenset({Role.ADMINISTRATOR, Role.OFFICER, Role.AUDITOR})
EVERYBODY = READERS | {Role.SUPERVISOR}  # each as far as he may see
OFFICERS = frozenset({Role.OFFICER})

# number: a telephone number, which a supervisor sees masked; own: a number of ours, which everybody sees.
Look = Literal["text", "number", "own", "code", "moment", "day", "count", "flag", "list", "badge", "long"]
FieldKind = Literal["text", "textarea", "date", "moment", "choice", "box", "boxes", "file", "hidden"]
BadgeKind = Literal["ok", "bad", "open", "plain"]


@dataclass(frozen=True, kw_only=True)
class Column:
    """``value``: of a row; else its attribute of that name. ``words``: the table of a value's words.
    ``heading``: its text; else that of the column, or ``said``. ``to``: the register whose entry it names.
    """

    name: str
    look: Look = "text"
    value: Callable[[Asked[Any], Any], object] | None = None
    words: str = ""
    heading: str = ""
    said: Callable[[Language], str] | None = None
    to: str = ""


@dataclass(frozen=True, kw_only=True)
class Badge:
    """A value with the frame that goes with it. ``key``: of its text."""

    kind: BadgeKind
    key: str


@dataclass(frozen=True, kw_only=True)
class Field:
    """``options``: of a choice, the values; ``words``: the table of their words; empty: a value is its own.
    ``known``: the register whose ids are proposed. ``label``: else the column's. ``value``: at first.
    """

    name: str
    kind: FieldKind = "text"
    needed: bool = False
    options: Sequence[str] = ()
    words: str = ""
    known: str = ""
    label: str = ""
    said: Callable[[Language], str] | None = None
    hint: str = ""
    most: int = 500
    value: str = ""


REASON = Field(name="reason", needed=True, label="registers.reason", kind="textarea")
NO_REASON = Field(name="reason", label="registers.reason", kind="textarea")


@dataclass(frozen=True, kw_only=True)
class Done:
    """``key``: of the entry that it was done to, as the log has it. ``said``: the text on top of its page.
    ``to``: another page than the entry's.
    """

    key: str
    said: str
    to: str = ""


class OfEntry(Form, frozen=True, kw_only=True):
    """Base of what an act is sent. ``key``: what its entry goes by."""

    key: str


class Reasoned(OfEntry, frozen=True, kw_only=True):
    reason: str


@dataclass(frozen=True, kw_only=True)
class Deed:
    """What may be done to an entry. ``name``: its place in the address. ``texts``: its name in the tables
    ``registers-act`` and ``registers-act-what``, where others are called so as well. ``rows``: of a row what
    is sent with it; None: not to this one. Without it the act is the whole entry's, where ``when`` of its
    rows holds. ``now``: of the last row's fields, what they are to begin with. ``sends``: of the rows, what
    is sent with it.
    """

    name: str
    form: type[OfEntry]
    fields: Sequence[Field]
    do: Callable[[Asked[Any]], Awaitable[Done]]
    roles: frozenset[Role] = OFFICERS
    rows: Callable[[Any], Mapping[str, str] | None] | None = None
    when: Callable[[Sequence[Any]], bool] = bool
    now: Callable[[Any], Mapping[str, str]] | None = None
    sends: Callable[[Sequence[Any]], Mapping[str, str]] | None = None
    grave: bool = False
    uploads: bool = False
    most_body: int = 1 << 20
    texts: str = ""


@dataclass(frozen=True, kw_only=True)
class Addition:
    form: type[Form]
    fields: Sequence[Field]
    do: Callable[[Asked[Any]], Awaitable[Done]]
    roles: frozenset[Role] = OFFICERS
    uploads: bool = False
    most_body: int = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Whole:
    """An entry to be shown. ``shown``: what it goes by, as people read it; ``values``: for a template of its
    own; ``alerts``: texts' keys and their values, of what wants a person. ``begin``: what fields of acts
    are to begin with.
    """

    entry: Entry[Any]
    shown: str
    values: Mapping[str, Any] = field(default_factory=dict)
    alerts: Sequence[tuple[str, Mapping[str, str]]] = ()
    begin: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Register:
    """``noun``: as the command line knows it. ``log``: its name in the log. ``key``: of a row, what its entry
    goes by. ``whole``: by what the address or the form has. ``kept``: columns of an entry, where it has more
    than the list. ``titled``: title and what it is about, where the catalogue has none (a plain register).
    """

    noun: str
    columns: Sequence[Column]
    search: type[Paged]
    filters: Sequence[Field]
    listed: Callable[[Asked[Any]], Awaitable[Part[Any]]]
    key: Callable[[Any], str]
    whole: Callable[[Asked[Any], str], Awaitable[Whole]]
    kept: Sequence[Column] = ()
    add: Addition | None = None
    acts: Sequence[Deed] = ()
    by_number: bool = False
    searched_by_number: bool = False  # and no entry goes by one
    readers: frozenset[Role] = READERS
    template: str = "registers/entry.html"
    imported: bool = False
    exported: bool = False
    log: str = ""
    titled: Callable[[Language], tuple[str, str]] | None = None
    beside: Sequence[tuple[str, str, frozenset[Role]]] = ()  # other pages: address, text, for whom

    @property
    def logged_as(self) -> str:
        return self.log or self.noun

    @property
    def secret(self) -> bool:
        """Whether what is searched for may be in no address."""
        return self.by_number or self.searched_by_number

    @property
    def path(self) -> str:
        return f"/registers/{self.noun}"
