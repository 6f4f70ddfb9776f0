"""In which zones the area codes of the United States and Canada lie, all of them.

phonenumbers has zones by exchange, and one for all exchanges that it does not list: an overlay of an area in
two zones is in one of them, and of an exchange beyond its list nobody can say in which. So a number is in
every zone of its area: all that phonenumbers has anywhere in it, and what data/north-america.toml adds. That
file also has the codes that are newer than phonenumbers; a folder of the operator's files, of the same form,
adds to it, as to the calendar. Nothing that is added takes a zone away.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from contextvars import ContextVar
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import msgspec

from dialpact.compliance import toml
from dialpact.compliance.errors import AreaError
from dialpact.compliance.numbers import data
from dialpact.compliance.zones import zone

Region = Literal["US", "CA"]
_CODE = re.compile(r"[2-9](?!11)[0-8][0-9]")


class Area(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``covers``: the codes of the areas that it lies over; ``zones``: beyond theirs."""

    code: str
    region: Region
    covers: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    source: str  # who published it
    document: str  # which letter or report, or its day
    area: tuple[Area, ...] = ()


_NONE: Mapping[str, tuple[Area, ...]] = MappingProxyType({})


class Areas:
    """What is known of each area code. Immutable; changed files mean a new object (:func:`load`)."""

    def __init__(self, more: Mapping[str, tuple[Area, ...]] = _NONE, digest: str = "") -> None:
        """``more``: the operator's, by code; ``digest`` of the files they come from. Nothing is read before
        it is asked for.
        """
        self.more = MappingProxyType(dict(more))
        self._digest = digest
        self._kept: dict[str, tuple[str, ...]] = {}

    @cached_property
    def version(self) -> str:
        """Which table, and a hash of the operator's files: stored with every decision that looks at it."""
        return f"areas {self.document}" + (f" + {self._digest}" if self._digest else "")

    @property
    def document(self) -> str:
        """Of which day the table that ships is: ``2026-09-30``."""
        return _shipped().document

    def region(self, code: str) -> str:
        """Of a code that one of the files has; empty for all others, which phonenumbers has or nobody."""
        return next((area.region for area in self._listed(code)), "")

    def newer(self, significant: str) -> str:
        """The region of a number behind +1 that phonenumbers does not know."""
        return self.region(significant[:3])

    def ring(self, significant: str, kind: str) -> tuple[str, ...]:
        """Every zone in which a number behind +1 may ring: a toll-free one is in no area."""
        if kind != "toll-free":
            return self.zones(significant[:3])
        from dialpact.compliance.numbers import metadata

        return metadata.everywhere(1)

    def zones(self, code: str) -> tuple[str, ...]:
        """Every IANA zone of the area, sorted; empty when nothing is known of it.

        >>> Areas().zones("364")
        ('America/Chicago', 'America/New_York')
        """
        found = self._kept.get(code)
        if found is None:
            found = self._kept[code] = tuple(sorted(self._union(code, set())))
        return found

    def _union(self, code: str, seen: set[str]) -> set[str]:
        if code in seen:
            return set()
        seen.add(code)
        from dialpact.compliance.numbers import metadata  # which most commands need not wait for

        found = set(metadata.area_zones(code))
        for area in self._listed(code):
            found.update(area.zones)
            for covered in area.covers:
                found |= self._union(covered, seen)
        return found

    def _listed(self, code: str) -> tuple[Area, ...]:
        return _by_code().get(code, ()) + self.more.get(code, ())


def load(directory: Path | None = None) -> Areas:
    """What ships, with ``directory/*.toml`` on top; AreaError names file and reason."""
    if directory is None:
        return SHIPPED
    if not directory.is_dir():
        raise AreaError(f"{directory}: no such directory")
    more: dict[str, tuple[Area, ...]] = {}
    places: dict[str, Path] = {}
    digest = hashlib.sha256()
    for path in sorted(directory.glob("*.toml")):
        if not path.is_file():  # a pipe would hold up whoever reads it
            raise AreaError(f"{path}: not a file")
        try:
            content = toml.read(path)
        except (OSError, toml.TomlError) as error:
            raise AreaError(f"{path}: {error}") from error
        for area in _read(path, content):
            if area.code in places:
                raise AreaError(f"{path}: {area.code} is already given by {places[area.code].name}")
            places[area.code] = path
            more[area.code] = (area,)
        digest.update(hashlib.sha256(content).digest())
    if not places:
        return SHIPPED
    found = Areas(more, digest.hexdigest()[:16])
    for code, path in places.items():
        if reason := _wrong(more[code][0], found):
            raise AreaError(f"{path}: {code}: {reason}")
    return found


def _read(path: Path, content: bytes) -> tuple[Area, ...]:
    try:
        file = msgspec.convert(toml.parse(content.decode()), _File)
    except (toml.TomlError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise AreaError(f"{path}: {error}") from error
    if not file.source.strip() or not file.document.strip():
        raise AreaError(f"{path}: source and document must say who published it, and where")
    if not file.area:
        raise AreaError(f"{path}: no [[area]] in it")
    return file.area


def _wrong(area: Area, areas: Areas) -> str:
    """What can not be true of it; empty when all can."""
    if not _CODE.fullmatch(area.code):
        return "not an area code"
    if not area.covers and not area.zones:
        return "covers or zones must say where it is"
    if unknown := [name for name in area.zones if zone(name) is None]:
        return f"no such time zone: {unknown[0]!r}"
    if area.code in area.covers:
        return "covers itself"
    if foreign := [code for code in (area.code, *area.covers) if _region(code, areas) != area.region]:
        return f"{foreign[0]} is no area code of {area.region}"
    return "" if areas.zones(area.code) else "nothing is known of the areas that it covers"


def _region(code: str, areas: Areas) -> str:
    """Where a code is: phonenumbers' word counts before any file's."""
    from dialpact.compliance.numbers import metadata

    return metadata.area_region(code) or areas.region(code)


@cache
def _shipped() -> _File:
    return data.read("north-america.toml", _File)


@cache
def _by_code() -> Mapping[str, tuple[Area, ...]]:
    return {area.code: (area,) for area in _shipped().area}


SHIPPED = Areas()
# What a number is read by where nobody names any: a command sets its installation's, for as long as it runs.
KNOWN: ContextVar[Areas] = ContextVar("areas", default=SHIPPED)
