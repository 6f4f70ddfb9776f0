"""Plain registers: entries that are looked up by their id and listed, and nothing more. A file each.

Such a file says what an entry is, and its words; a line in ``plain_names`` puts it into the product: the log
keeps its entries, and ``dialpact NOUN`` has ``add``, ``list``, ``show`` and ``remove``. See CONTRIBUTING.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, cached_property
from importlib import import_module
from types import NoneType, UnionType
from typing import Any, Generic, NamedTuple, TypeVar, Union, get_args, get_origin

from msgspec.structs import FieldInfo, fields

from dialpact.compliance.model import Value
from dialpact.compliance.registers.cell import free_text, identifier, whole_number, yes_or_no
from dialpact.compliance.registers.fault import Fault, shown
from dialpact.compliance.registers.moment import day, moment
from dialpact.compliance.registers.plain_names import NAMES
from dialpact.compliance.texts import Language

# What a field may be, and how it is read.
READERS: Mapping[type, Callable[[str, str], Any]] = {
    str: free_text,
    bool: yes_or_no,
    int: whole_number,
    date: day,
    datetime: moment,
}
_NOUN = re.compile(r"[a-z]+(?:-[a-z]+)*")


class PlainEntry(Value, frozen=True, kw_only=True):
    """Base of an entry. A field with a default may be left out; one that is added later needs a default."""

    id: str


T = TypeVar("T", bound=PlainEntry)


class Words(NamedTuple):
    """What people read in one language."""

    title: str  # of an entry: "Partner"
    about: str  # of the register, for ``--help``
    fields: Mapping[str, str]  # of each field but the id: its heading


class Cell(NamedTuple):
    """A field as a person fills it."""

    kind: type  # of READERS
    needed: bool


@dataclass(frozen=True, eq=False)
class PlainRegister(Generic[T]):
    """Raises TypeError, and so the import fails, where an entry can not be kept or has no words."""

    noun: str  # as the command line and the store know it
    kind: type[T]
    en: Words
    zh: Words

    def __post_init__(self) -> None:
        if not _NOUN.fullmatch(self.noun):
            raise TypeError(f"{self.noun!r}: a register's noun is of lower-case letters and single hyphens")
        for language, words in (("en", self.en), ("zh", self.zh)):
            said = {name for name, heading in words.fields.items() if heading}
            if not words.title or not words.about or said != set(self.cells):
                needed = ", ".join(self.cells)
                raise TypeError(
                    f"{self.noun}: {language} needs a title, what it is about, and headings of: {needed}"
                )

    @cached_property
    def cells(self) -> Mapping[str, Cell]:
        """By the field's name, without the id."""
        return {field.name: _cell(self.noun, field) for field in fields(self.kind) if field.name != "id"}

    @property
    def logged_as(self) -> str:
        """Its name in the log. The blank keeps it apart from those registers that decisions read."""
        return f"plain {self.noun}"

    def words(self, language: Language) -> Words:
        return self.zh if language == "zh" else self.en

    def read(self, id: str, given: Mapping[str, str | None]) -> T:
        """An entry from what a person wrote; None: left out. Fault names the field and what is wrong."""
        for name in given:
            if name not in self.cells:
                raise Fault("unknown-column", column=shown(name), columns=", ".join(self.cells))
        found: dict[str, Any] = {"id": identifier(id, "id")}
        for name, cell in self.cells.items():
            text = given.get(name)
            if text is not None:
                found[name] = READERS[cell.kind](text, name)
            elif cell.needed:
                raise Fault("empty", column=name)
        return self.kind(**found)


def _cell(noun: str, field: FieldInfo) -> Cell:
    alternatives = get_args(field.type) if get_origin(field.type) in (Union, UnionType) else (field.type,)
    kinds = [kind for kind in alternatives if kind is not NoneType]
    if len(kinds) != 1 or not any(kinds[0] is known for known in READERS):
        known = ", ".join(kind.__name__ for kind in READERS)
        raise TypeError(
            f"{noun}: {field.name} is {field.type}, but a field is one of {known}, or that or None"
        )
    if len(alternatives) > 1 and field.default is not None:
        raise TypeError(f"{noun}: {field.name} may be None, so None must be its default")
    return Cell(kinds[0], field.required)


@cache
def plain_registers() -> tuple[PlainRegister[Any], ...]:
    """Those of the product."""
    return tuple(import_module(f"dialpact.compliance.registers.{name}").REGISTER for name in NAMES)
