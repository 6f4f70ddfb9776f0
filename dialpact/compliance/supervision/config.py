"""The supervisor's configuration file: TOML, every key known, paths relative to the file's folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec

from dialpact.compliance import toml
from dialpact.compliance.addresses import is_loopback, split_address
from dialpact.compliance.errors import ConfigError

DEFAULT = Path("supervise.toml")
SEARCH = (DEFAULT, Path("/etc/dialpact/supervise.toml"))


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class SupervisorConfig(_Section, frozen=True, kw_only=True):
    name: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_./-]{1,100}\Z")] = "supervisor"
    title: Annotated[str, msgspec.Meta(max_length=100)] = ""  # above the page
    key_file: str = "supervise.key"
    database: str = "supervise.db"
    packages: str = "packages"  # folder of what operators gave out
    calendars: str = ""  # folder with calendar years, as [policy] calendars


class WitnessConfig(_Section, frozen=True, kw_only=True):
    """Where operators come in."""

    listen: str = "127.0.0.1:8420"
    certificate: str = ""  # PEM; without it only loopback is listened on
    certificate_key: str = ""
    late_minutes: Annotated[int, msgspec.Meta(ge=1, le=10_080)] = 60  # without a checkpoint: a gap


class PageConfig(_Section, frozen=True, kw_only=True):
    """Where people look. It has no login of its own, so it is on loopback only."""

    listen: str = "127.0.0.1:8421"
    host: Annotated[str, msgspec.Meta(max_length=200)] = ""  # name by which a proxy in front asks for it


class ReportsConfig(_Section, frozen=True, kw_only=True):
    due_day: Annotated[int, msgspec.Meta(ge=1, le=28)] = 10  # of the month after


class ComplaintsConfig(_Section, frozen=True, kw_only=True):
    answer_days: Annotated[int, msgspec.Meta(ge=1, le=90)] = 15  # working days
    package_mb: Annotated[int, msgspec.Meta(ge=1, le=4096)] = 512
    seconds: Annotated[int, msgspec.Meta(ge=1, le=600)] = 60  # for an operator's answer


class SuperviseConfig(_Section, frozen=True, kw_only=True):
    supervisor: SupervisorConfig = SupervisorConfig()
    witness: WitnessConfig = WitnessConfig()
    page: PageConfig = PageConfig()
    reports: ReportsConfig = ReportsConfig()
    complaints: ComplaintsConfig = ComplaintsConfig()
    origin: str = ""

    def path(self, text: str) -> Path:
        return Path(self.origin).parent / text

    @property
    def key_file(self) -> Path:
        return self.path(self.supervisor.key_file)

    @property
    def database(self) -> Path:
        return self.path(self.supervisor.database)

    @property
    def packages(self) -> Path:
        return self.path(self.supervisor.packages)


def find(explicit: Path | None) -> Path:
    """ConfigError where none is named and none lies where one is looked for."""
    if explicit:
        return explicit
    for candidate in SEARCH:
        if candidate.is_file():
            return candidate
    raise ConfigError(
        "no configuration: make one with `dialpact supervise init`, or name it with --config FILE"
    )


def load(explicit: Path | None) -> SuperviseConfig:
    """ConfigError with file, place and reason."""
    file = find(explicit)
    try:
        raw: dict[str, Any] = toml.parse(toml.read(file).decode("utf-8-sig"))
        if "origin" in raw:
            raise ConfigError(f"{file}: unknown key `origin`")
        config = msgspec.convert({**raw, "origin": str(file.absolute())}, SuperviseConfig)
        _check(config)
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror or error}") from error
    except (UnicodeDecodeError, toml.TomlError, msgspec.ValidationError) as error:
        raise ConfigError(f"{file}: {error}") from error
    return config


def _check(config: SuperviseConfig) -> None:
    if bool(config.witness.certificate) != bool(config.witness.certificate_key):
        raise ConfigError("[witness] certificate and certificate_key belong together")
    if not config.witness.certificate and not is_loopback(split_address(config.witness.listen)[0]):
        raise ConfigError("[witness] listen: without a certificate only a loopback address is listened on")
    if not is_loopback(split_address(config.page.listen)[0]):
        raise ConfigError("[page] listen: the page has no login, so only a loopback address is listened on")


def safe_url(text: str) -> str:
    """Where letters go: https, or http on loopback; no user, query or fragment. ConfigError."""
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError as error:
        raise ConfigError(f"not an address: {text[:200]!r}") from error
    plain = url.scheme == "http" and is_loopback(url.hostname or "")
    if not (plain or url.scheme == "https") or not url.hostname or port == 0:
        raise ConfigError(f"not an https address (or http on loopback): {text[:200]!r}")
    if (
        url.username is not None
        or url.query
        or url.fragment
        or not text.isascii()
        or not text.isprintable()
        or " " in text
    ):
        raise ConfigError(f"an address without user, query and fragment is needed, not {text[:200]!r}")
    return text.rstrip("/")
