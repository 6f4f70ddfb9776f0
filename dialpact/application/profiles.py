"""The profiles that ship, to be looked at and copied: the rules as data, each with where it comes from."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from dialpact.compliance import profile as profiles
from dialpact.compliance.errors import ProfileError
from dialpact.compliance.ledger import keys
from dialpact.compliance.model import Value
from dialpact.compliance.profile import Profile
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.sections import Clause, Section

_ORIGIN = frozenset(field.name for field in msgspec.structs.fields(Section))


class ListedProfile(Value, frozen=True, kw_only=True):
    """``rules``: the names of its sections. ``in_force``: as it ships, or this ``file``; None: there is no
    configuration to say so. ``file``: empty for one that ships.
    """

    id: str
    version: str
    title: str
    regions: tuple[str, ...]
    rules: tuple[str, ...]
    looked_up: date | None
    in_force: bool | None
    file: str
    sha256: str


class ShownSection(Value, frozen=True, kw_only=True):
    """``settings``: its other keys as plain data, also those that the file leaves at their defaults."""

    section: str
    clause: str
    source: str
    looked_up: date | None
    unconfirmed: str
    effective_from: date | None  # of [numbers]: none
    purposes: tuple[str, ...]
    settings: dict[str, Any]


class ShownProfile(Value, frozen=True, kw_only=True):
    """``text``: the file as it is."""

    id: str
    version: str
    title: str
    source: str
    looked_up: date | None
    timezone: str
    sha256: str
    sections: tuple[ShownSection, ...]
    text: str


def listed(
    in_force: Collection[str] | None, files: Iterable[Path] = ()
) -> tuple[tuple[ListedProfile, ...], tuple[ProfileError, ...]]:
    """All that ship, by their names, then the ``files`` that are in force; and of the files that can not be
    read, why. ``in_force``: as the configuration names them.
    """
    found = [
        _listed(profiles.load(name), in_force=None if in_force is None else name in in_force)
        for name in profiles.names()
    ]
    faults = []
    for file in files:
        try:
            found.append(_listed(profiles.load(file), in_force=True, file=str(file)))
        except ProfileError as error:
            faults.append(error)
    return tuple(found), tuple(faults)


def _listed(found: Profile, *, in_force: bool | None, file: str = "") -> ListedProfile:
    return ListedProfile(
        id=found.id,
        version=found.version,
        title=found.title,
        regions=found.numbers.regions,
        rules=tuple(name for name, section in _sections(found) if isinstance(section, Section)),
        looked_up=found.looked_up,
        in_force=in_force,
        file=file,
        sha256=found.sha256,
    )


def show(name: str) -> ShownProfile:
    """One that ships, or a file. ProfileError."""
    return shown(profiles.load(name))


def shown(found: Profile) -> ShownProfile:
    """One that was read before."""
    return ShownProfile(
        id=found.id,
        version=found.version,
        title=found.title,
        source=found.source,
        looked_up=found.looked_up,
        timezone=found.timezone,
        sha256=found.sha256,
        sections=tuple(_shown(*one) for one in _sections(found)),
        text=found.text,
    )


def copy(name: str, file: Path) -> Profile:
    """``file`` is the profile's own bytes when this returns. ProfileError; Fault, and never over anything."""
    found = profiles.load(name)
    if file.suffix != profiles.SUFFIX:
        raise Fault("no-profile-file", file=str(file))
    try:
        keys.write_new(file, found.text.encode(), 0o644)
    except FileExistsError as error:
        raise Fault("exists", file=str(file)) from error
    except OSError:
        file.unlink(missing_ok=True)  # half of it
        raise
    return found


def _sections(profile: Profile) -> tuple[tuple[str, Clause], ...]:
    """Those that it has, in the order in which they are judged."""
    found = ((name, getattr(profile, name)) for name in profile.__struct_fields__)
    return tuple((name, section) for name, section in found if isinstance(section, Clause))


def _shown(name: str, section: Clause) -> ShownSection:
    bound = section if isinstance(section, Section) else None
    return ShownSection(
        section=name,
        clause=section.clause,
        source=section.source,
        looked_up=section.looked_up,
        unconfirmed=section.unconfirmed,
        effective_from=bound.effective_from if bound else None,
        purposes=bound.purposes if bound else (),
        settings={
            key: msgspec.to_builtins(getattr(section, key), builtin_types=(date,))
            for key in section.__struct_fields__
            if key not in _ORIGIN
        },
    )
