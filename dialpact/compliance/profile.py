"""Profiles: the rules of one covenant or law as data, and the policy that stacks them.

A profile is a TOML file. It refuses to load rather than to mean something other than its author thought:
unknown keys, empty lists, overlapping windows and contradictions are errors with file, line and reason. Its
sha256 goes into every decision. A later rule is a new section here and a new module in compliance/policy.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from importlib.resources import files
from pathlib import Path

import msgspec

from dialpact.compliance import public_holidays, toml
from dialpact.compliance.calendars import WorkingDays
from dialpact.compliance.errors import ProfileError
from dialpact.compliance.model import PolicyVersion, Term
from dialpact.compliance.numbers.areas import SHIPPED, Areas
from dialpact.compliance.sections import (
    ActorRule,
    Attempts,
    CallerIdRule,
    Clause,
    ConsentRule,
    Days,
    DoNotCallRule,
    Hours,
    LeadsRule,
    Numbers,
    RangeDialling,
    RecordingRule,
    RegistrationRule,
    ResourcesRule,
    ScriptRule,
    Section,
    SuspensionRule,
    TrialRule,
    require,
)
from dialpact.compliance.trial import PROFILE
from dialpact.compliance.zones import ZoneInfo, zone

SUFFIX = ".toml"  # by which a configuration tells a file from a name that ships
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class _Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file."""

    id: str
    version: str
    title: str
    source: str
    looked_up: date | None = None  # when somebody last read it
    timezone: str  # IANA name; the local time of every rule here
    numbers: Numbers
    # The rules, by the names of their modules in compliance/policy, in the order in which they are judged.
    trial: TrialRule | None = None  # of the profile that ships for it alone (compliance.trial)
    actor: ActorRule | None = None
    registration: RegistrationRule | None = None
    do_not_call: DoNotCallRule | None = None
    days: Days | None = None
    hours: Hours | None = None
    consent: ConsentRule | None = None
    leads: LeadsRule | None = None
    range_dialling: RangeDialling | None = None
    script: ScriptRule | None = None
    caller_id: CallerIdRule | None = None
    resources: ResourcesRule | None = None
    attempts: Attempts | None = None
    suspension: SuspensionRule | None = None
    recording: RecordingRule | None = None

    def __post_init__(self) -> None:
        reason = "lower-case letters, digits and single hyphens only"
        require(bool(_NAME.fullmatch(self.id)), "id", reason)
        for key in ("version", "title", "source"):
            require(bool(getattr(self, key).strip()), key, "must not be empty")
        require(zone(self.timezone) is not None, "timezone", f"no such time zone: {self.timezone!r}")
        sections = [name for name in self.__struct_fields__ if isinstance(getattr(self, name), Section)]
        require(bool(sections), "id", "no rule but numbers: this profile would permit every call")


class Profile(_Document, dict=True, frozen=True, kw_only=True, forbid_unknown_fields=True):
    text: str  # the file's, so that it can be handed out with a decision
    sha256: str  # of the file's bytes

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def section(self, name: str) -> Clause | None:
        """The section of a rule by its module's name: ``profile.section("hours").clause``."""
        section = getattr(self, name, None)
        return section if isinstance(section, Clause) else None


@dataclass(frozen=True)
class Policy:
    """What is in force here: one or more profiles, of which each binds, the calendar and the area codes."""

    profiles: tuple[Profile, ...]
    calendar: WorkingDays
    areas: Areas = SHIPPED

    def __post_init__(self) -> None:
        if not self.profiles:
            raise ProfileError("a policy without a profile would permit everything")
        names = [profile.id for profile in self.profiles]
        if len(set(names)) < len(names):
            raise ProfileError(f"a profile is listed twice: {', '.join(names)}")
        common_regions(self.profiles)

    @cached_property
    def set_aside(self) -> frozenset[str]:
        """The rules in whose place the trial profile stands, where that is one of these."""
        return frozenset(
            name for profile in self.profiles if profile.trial for name in profile.trial.in_place_of
        )

    @cached_property
    def of_trials(self) -> Policy:
        """By which a trial call is judged: all that binds here, and the trial profile beside it."""
        return replace(self, profiles=(*self.profiles, load(PROFILE)))

    @cached_property
    def versions(self) -> tuple[PolicyVersion, ...]:
        return tuple(
            PolicyVersion(profile=profile.id, version=profile.version, sha256=profile.sha256)
            for profile in self.profiles
        )

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        """How long each profile wants what is known of a call kept; none where it does not say."""
        return terms(self.profiles)

    @cached_property
    def sections(self) -> tuple[Mapping[str, Section], ...]:
        """Of each profile, those that it has, by name."""
        return tuple(
            {
                name: section
                for name in profile.__struct_fields__
                if isinstance(section := getattr(profile, name), Section)
            }
            for profile in self.profiles
        )

    def effective(self, now: datetime) -> bool:
        """Whether any rule of any profile binds on the local day of ``now``."""
        return any(
            now.astimezone(profile.zone).date() >= first
            for profile, first in zip(self.profiles, self._first_days, strict=True)
        )

    @cached_property
    def _first_days(self) -> tuple[date, ...]:
        return tuple(
            min((section.effective_from for section in sections.values()), default=date.max)
            for sections in self.sections
        )

    @cached_property
    def calendar_version(self) -> str:
        """Of all calendar data that these profiles look at."""
        foreign = any(profile.days and profile.days.holidays for profile in self.profiles)
        return f"{self.calendar.version} + {public_holidays.version()}" if foreign else self.calendar.version

    @cached_property
    def areas_version(self) -> str:
        """Of the area codes that numbers of these regions are looked up in; empty where there are none."""
        return self.areas.version if "US" in self.regions else ""

    @cached_property
    def regions(self) -> tuple[str, ...]:
        """The regions that every profile permits, in the first one's order."""
        return common_regions(self.profiles)


def terms(profiles: Iterable[Profile]) -> tuple[Term, ...]:
    """How long each wants what is known of a call kept; none of one that does not say."""
    return tuple(
        Term(months=profile.recording.retention_months, timezone=profile.timezone)
        for profile in profiles
        if profile.recording and profile.recording.retention_months
    )


def common_regions(profiles: Sequence[Profile]) -> tuple[str, ...]:
    """Those that every profile permits, in the first one's order. ProfileError where there is none."""
    first, *others = (profile.numbers.regions for profile in profiles)
    found = tuple(region for region in first if all(region in other for other in others))
    if not found:
        names = ", ".join(profile.id for profile in profiles)
        raise ProfileError(f"{names} have no region in common: no number could be called")
    return found


def load(name_or_path: str | Path) -> Profile:
    """Read a profile: a name that ships (``cn-hubei-2018``), or the path of a ``.toml`` file.

    ProfileError names file, line where it is known, and reason.
    """
    shipped = isinstance(name_or_path, str) and is_name(name_or_path)
    if shipped:
        where = files("dialpact.compliance").joinpath("profiles", f"{name_or_path}.toml")
        if not _NAME.fullmatch(str(name_or_path)) or not where.is_file():
            raise ProfileError(f"no profile {str(name_or_path)!r}; there are: {', '.join(names())}")
        content = where.read_bytes()
    else:
        try:
            content = toml.read(Path(name_or_path))
        except OSError as error:
            raise ProfileError(f"{name_or_path}: {error.strerror}") from error
        except ValueError as error:  # too large, or no path at all: a null character in it
            raise ProfileError(f"{str(name_or_path)!r}: {error}") from error
    profile = parse(content, str(name_or_path))
    if shipped and profile.id != name_or_path:
        raise ProfileError(f"{name_or_path}: calls itself {profile.id!r}")
    return profile


def is_name(text: str) -> bool:
    """Whether it names one that ships, there or not; all else is a file's path."""
    return not text.endswith(SUFFIX) and "/" not in text


def names() -> tuple[str, ...]:
    """The profiles that ship."""
    folder = files("dialpact.compliance").joinpath("profiles")
    return tuple(sorted(item.name[:-5] for item in folder.iterdir() if item.name.endswith(".toml")))


def parse(content: bytes, origin: str) -> Profile:
    """The profile in ``content``; ``origin`` is what an error calls it."""
    try:
        text = content.decode()
        document = msgspec.convert(toml.parse(text), _Document)
    except UnicodeDecodeError as error:
        raise ProfileError(f"{origin}: not UTF-8 ({error.reason} at byte {error.start})") from error
    except toml.TomlError as error:
        raise ProfileError(f"{origin}: {error}") from error
    except msgspec.ValidationError as error:
        section, key = _place(str(error))
        where = _line_in_table(text, str(error)) or _line(text, section, key)
        raise ProfileError(f"{origin}{where}: {error}") from error
    fields = {name: getattr(document, name) for name in document.__struct_fields__}
    return Profile(**fields, text=text, sha256=hashlib.sha256(content).hexdigest())


def _place(message: str) -> tuple[str, str]:
    """Section and key that a message of msgspec names; empty where it names none.

    "Object contains unknown field `x` - at `$.hours`", "Expected `int`, got `str` - at `$.hours.guard`",
    "windows: must not be empty - at `$.hours`" (ours).
    """
    path = re.search(r"at `\$([^`]*)`", message)
    parts = re.findall(r"\.(\w+)", path[1]) if path else []
    if named := re.search(r"(?:unknown|required) field `([^`]*)`|^(\w+): ", message):
        parts.append(named[1] or named[2])
    section, key = (["", *parts] if len(parts) < 2 else parts)[:2] if parts else ("", "")
    return section, key


def _line_in_table(text: str, message: str) -> str:
    """``", line N"`` of a key in one of the ``[[section.key]]``, or of its header; empty for any other."""
    if not (path := re.search(r"at `\$\.(\w+)\.(\w+)\[(\d+)\](?:\.(\w+))?", message)):
        return ""
    named = re.search(r"(?:unknown|required) field `([^`]*)`|^(\w+): ", message)
    key = path[4] or (named and (named[1] or named[2])) or ""
    before, found = int(path[3]) + 1, ""
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r"\s*\[", line):
            if found:
                break
            before -= bool(re.match(rf"\s*\[\[\s*{path[1]}\s*\.\s*{path[2]}\s*\]\]", line))
            found = f", line {number}" if not before else ""
        elif found and re.match(rf"\s*{re.escape(key)}\s*=", line):
            return f", line {number}"
    return found


def _line(text: str, section: str, key: str) -> str:
    """``", line N"`` of the key, else of its section's header, else nothing."""
    here, header = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if heading := re.match(r"\s*\[+\s*\"?([\w-]+)", line):
            here = heading[1]
            if here in (section, key):
                header = header or number
        if here == section and key and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line):
            return f", line {number}"
    return f", line {header}" if header else ""
