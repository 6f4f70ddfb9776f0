"""Which column of a file is which: by its name, by the names that people use, or by what was said of it.

1. A name counts without its case, spaces, underscores, punctuation and full-width forms, and without remarks
   such as "(required)" beside it; of two in one cell ("手机号/Phone") both must mean the same column. The
   names are in ``column_names``.
2. Where two columns of a file could be the same one, the file is refused with both names: which of them holds
   the person's number is not to be guessed. What was said of a column (``--map number=NAME``) goes before.
3. What is left is left out, and told. A column that is needed and not there refuses the file.
4. A file of numbers alone has no names: one column, or area code and number as the US and Canadian lists have
   them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dialpact.compliance.model import Value
from dialpact.compliance.registers.column_names import columns_by_name, last_names, plain, remarks
from dialpact.compliance.registers.fault import Fault, shown
from dialpact.compliance.registers.guarded import unguarded
from dialpact.compliance.registers.number_parts import PARTS, whole
from dialpact.compliance.registers.sheet import NumberCell, Unread

# What every row may leave empty, so that a file may leave out the column: an opt-out is then of the time of
# the import. Of a file of numbers alone nothing else can be asked.
MAY_LACK: Mapping[str, tuple[str, ...]] = {"dnc": ("value", "requested_at")}
OURS = ("line", "sheet", "reason")  # the columns of a file of bad rows, which is imported again
EMPTY = ("value", "requested_at", "source")
MOST_TOLD = 50  # columns that are told by name
_NAME = 80  # characters of a name that is told
_BESIDE = re.compile(r"[(（\[【]([^()（）\[\]【】]*)[)）\]】]")
_ORDINAL = re.compile(r"[0-9]{1,2}[.、)）:：]\s*(?=\D)")  # "1. phone"
_APART = re.compile(r"[/|\n\r]+")
_COUNTED = re.compile(r"(.*?\D)[1-9]")  # "phone 2"
_LIKE_A_NUMBER = re.compile(r"(?:[0-9][^0-9]{0,2}){7,}")


class Given(Value, frozen=True, kw_only=True):
    """What was said of a file beside its own header.

    ``mapped``: which of the file's names a column goes by. ``constants``: what a column that the file does
    not have holds in every row. ``numbers_only``: the file has no header.
    """

    mapped: Mapping[str, str] = {}
    constants: Mapping[str, str] = {}
    numbers_only: bool = False


@dataclass(frozen=True)
class Resolved:
    """A row's cells in the order of the columns are ``(cells + tail)[place]`` of each place in ``order``."""

    order: list[int]
    width: int  # cells that a row has
    tail: list[str]  # what is put behind a row's own cells
    left_out: tuple[str, ...] = ()  # names of the file's columns that nothing is read from
    read_as: Mapping[str, str] = field(
        default_factory=dict
    )  # column: its name in the file, where it is another
    nameless: tuple[int, ...] = ()  # places of the columns without a name: what they hold is left out as well
    parts: Mapping[str, int] = field(default_factory=dict)  # places of what belongs to the first column too
    chinese: bool = False  # the area code is a Chinese one, which a spreadsheet may have taken its zero from

    @property
    def absent(self) -> list[str] | None:
        """What makes of a row what :meth:`cells` does, behind it; None where that is not enough."""
        behind = self.order[self.width :]
        if self.parts or self.order[: self.width] != list(range(self.width)):
            return None
        return [self.tail[place - self.width] for place in behind]

    def cells(self, row: list[str]) -> list[str]:
        """``row`` has :attr:`width` cells."""
        parts = {part: row[place] for part, place in self.parts.items()} if self.parts else None
        row += self.tail
        found = [row[place] for place in self.order]
        if parts:
            # A cell of a workbook that is not to be trusted stays what it is, and makes the number so.
            odd = [cell for cell in (found[0], *parts.values()) if _is_odd(cell)]
            found[0] = odd[0] if odd else whole(found[0], **parts, chinese=self.chinese)
        return found


def _is_odd(cell: str) -> bool:
    return isinstance(cell, Unread) or (isinstance(cell, NumberCell) and cell.rounded)


NOTHING = Given()


def resolve(
    header: Sequence[str],
    needed: Sequence[str],
    optional: Sequence[str] = (),
    given: Given = NOTHING,
    kind: str = "",
) -> Resolved:
    """Of a file with a header. ``kind``: see ``column_names``; no kind knows no other names."""
    columns = (*needed, *optional)
    meant = (*columns, *PARTS)
    header = [_told(name) for name in header]
    places = _mapped(header, meant, given.mapped)
    taken = set(places.values())
    found: dict[str, list[int]] = {}
    for place, name in enumerate(header):
        if place not in taken and (column := column_of(name, meant, kind)):
            found.setdefault(column, []).append(place)
    for column, claims in found.items():
        if column not in places:
            places[column] = _one(column, claims, header, kind)
    _check_constants(given.constants, columns, places, header)
    there = {*places, *given.constants, *MAY_LACK.get(kind, ())}
    missing = [name for name in needed if name not in there]
    if missing:
        raise _missing(missing, needed, header, any_known=bool(places))
    left = [place for place in range(len(header)) if place not in places.values()]
    if {"line", "reason"} <= {header[place].lower() for place in left}:
        left = [place for place in left if header[place].lower() not in OURS]
    area = header[places["area_code"]] if "area_code" in places else ""
    return _resolved(
        columns,
        places,
        len(header),
        given.constants,
        left_out=_names(header, [place for place in left if header[place]]),
        nameless=tuple(place for place in left if not header[place]),
        parts={part: places[part] for part in PARTS if part in places},
        chinese=not area.isascii(),
        read_as={
            column: header[place]
            for column, place in sorted(places.items(), key=lambda one: one[1])
            if header[place].lower() != column
        },
    )


def known(header: Sequence[str], columns: Sequence[str], given: Given = NOTHING, kind: str = "") -> int:
    """How many of the cells name a column: what tells a header from a title above it."""
    mapped = {plain(name) for name in given.mapped.values()}
    return sum(
        1 for name in header if name and (plain(name) in mapped or column_of(name, columns, kind) is not None)
    )


def headless(
    first: Sequence[str],
    needed: Sequence[str],
    optional: Sequence[str] = (),
    given: Given = NOTHING,
    kind: str = "",
) -> Resolved | None:
    """Of a file of numbers alone, by its first line. None: that line is a heading, ask for the next one."""
    if not any(character.isdecimal() for cell in first for character in cell):
        return None
    cells = len(first)
    if cells > (2 if "areacode" in columns_by_name(kind) else 1):
        raise Fault("more-than-numbers", found=str(cells))
    columns = (*needed, *optional)
    _check_constants(given.constants, columns, {"number": 0}, ["number"])
    places = {"number": cells - 1}
    missing = [name for name in needed if name not in {"number", *given.constants, *EMPTY}]
    if missing:
        raise Fault("missing-beside-numbers", column=", ".join(missing))
    return _resolved(columns, places, cells, given.constants, parts={"area_code": 0} if cells == 2 else {})


def mapping(texts: Sequence[str]) -> dict[str, str]:
    """``number=联系电话``, as the command line takes it. Fault for what has not this form."""
    found: dict[str, str] = {}
    for text in texts:
        column, equals, name = text.partition("=")
        column, name = column.strip().lower(), name.strip()
        if not equals or not column or not name:
            raise Fault("no-mapping", value=shown(text))
        if found.setdefault(column, name) != name:
            raise Fault("mapped-twice", column=column)
    return found


def canonical(mapped: Mapping[str, str], kinds: Sequence[str]) -> dict[str, str]:
    """With our names of the columns where people's stand: ``号码=电话``. What is none in these kinds of file,
    or is another in each of them, stays as it is.
    """
    found: dict[str, str] = {}
    for name, wanted in mapped.items():
        known = {columns_by_name(kind).get(plain(name)) for kind in kinds} - {None}
        column = known.pop() if len(known) == 1 else None
        if found.setdefault(column or name, wanted) != wanted:
            raise Fault("mapped-twice", column=column or name)
    return found


def column_of(name: str, columns: Sequence[str], kind: str = "") -> str | None:
    """The column that a header's cell names; None when it names none of these."""
    if (exact := name.strip().lower()) in columns:
        return exact
    if ordinal := _ORDINAL.match(name):
        name = name[ordinal.end() :]
    base = _BESIDE.sub("", name)
    parts = [plain(part) for part in _APART.split(base) if plain(part)]
    beside = [plain(part) for part in _BESIDE.findall(name)]
    names = columns_by_name(kind)
    means = {
        _column(part, names) for part in (*parts, *(one for one in beside if one and one not in remarks()))
    }
    whole = _column(plain(name), names)  # "行业/企业" is one name
    if whole is None and len(means) == 1:
        (whole,) = means
    elif whole is None and len(beside) == 1:
        whole = _column(beside[0] + plain(base), names)  # "电话（家庭）" is 家庭电话
    return whole if whole in columns else None


def _column(name: str, names: Mapping[str, str]) -> str | None:
    if name in names:
        return names[name]
    counted = _COUNTED.fullmatch(name)
    column = names.get(counted[1]) if counted else None
    return column if column == "number" else None


def _told(name: str) -> str:
    return " ".join(unguarded(name).split())


def _mapped(header: Sequence[str], columns: Sequence[str], mapped: Mapping[str, str]) -> dict[str, int]:
    """Fault for a name that the file does not have, or has twice."""
    places: dict[str, int] = {}
    for column, wanted in mapped.items():
        if column not in columns:
            raise Fault("unknown-column", column=shown(column), columns=", ".join(columns))
        found = [place for place, name in enumerate(header) if name == _told(wanted)]
        found = found or [place for place, name in enumerate(header) if name and plain(name) == plain(wanted)]
        if not found:
            raise Fault("no-such-header", column=column, value=shown(wanted), found=_listed(header))
        if len(found) > 1:
            raise Fault("column-twice", column=shown(wanted))
        if found[0] in places.values():
            raise Fault("mapped-twice", column=shown(wanted))
        places[column] = found[0]
    return places


def _one(column: str, claims: list[int], header: Sequence[str], kind: str) -> int:
    """The place of the column among those that could be it. Fault when more than one could."""
    if len(claims) > 1:
        last = last_names(kind)
        claims = [place for place in claims if plain(header[place]) not in last] or claims
    if len(claims) == 1:
        return claims[0]
    names = [header[place] for place in claims]
    if len({plain(name) for name in names}) == 1:
        raise Fault(
            "column-twice", column=names[0].lower() if names[0].lower() == column else shown(names[0])
        )
    raise Fault("column-ambiguous", column=column, found=_listed(names), first=shown(names[0]))


def _check_constants(
    constants: Mapping[str, str], columns: Sequence[str], places: Mapping[str, int], header: Sequence[str]
) -> None:
    for column in constants:
        if column not in columns:
            raise Fault("unknown-column", column=shown(column), columns=", ".join(columns))
        if column in places:
            raise Fault("given-and-there", column=column, value=shown(header[places[column]]))


def _missing(missing: list[str], needed: Sequence[str], header: Sequence[str], *, any_known: bool) -> Fault:
    if not any_known and any(_LIKE_A_NUMBER.search(name) for name in header):
        return Fault("headless", columns=", ".join(needed))
    columns = ", ".join(needed)
    return Fault("missing-column", column=", ".join(missing), columns=columns, found=_listed(header))


def _resolved(
    columns: Sequence[str],
    places: Mapping[str, int],
    width: int,
    constants: Mapping[str, str],
    *,
    left_out: tuple[str, ...] = (),
    read_as: Mapping[str, str] | None = None,
    nameless: tuple[int, ...] = (),
    parts: Mapping[str, int] | None = None,
    chinese: bool = False,
) -> Resolved:
    tail = ["", *constants.values()]  # the first is what an absent column has
    behind = {column: width + place for place, column in enumerate(constants, 1)}
    order = [places.get(column, behind.get(column, width)) for column in columns]
    return Resolved(order, width, tail, left_out, read_as or {}, nameless, parts or {}, chinese)


def _names(header: Sequence[str], places: Sequence[int]) -> tuple[str, ...]:
    names = [header[place][:_NAME] for place in places[:MOST_TOLD]]
    return (*names, "…") if len(places) > MOST_TOLD else tuple(names)


def _listed(names: Sequence[str]) -> str:
    """For a message: bounded, quoted."""
    found = [shown(name) for name in names if name][:20]
    return ", ".join(found) + (", …" if len([name for name in names if name]) > 20 else "")
