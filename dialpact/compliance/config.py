"""The configuration file: TOML, every key known, every path relative to the file's own folder."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec

from dialpact.compliance import hashing_secret, secret_file, toml
from dialpact.compliance.addresses import is_loopback, split_address
from dialpact.compliance.endpoints import Endpoint, Unknown, endpoint
from dialpact.compliance.errors import ConfigError, ConfigForbidden, LedgerError
from dialpact.compliance.numbers import Shape, is_area_code, shape
from dialpact.compliance.webhooks import settings as webhooks
from dialpact.compliance.webhooks.settings import WebhookConfig as WebhookConfig

SEARCH = (
    Path("dialpact.toml"),
    Path("/etc/dialpact/dialpact.toml"),
    Path("/var/lib/dialpact/dialpact.toml"),  # as the Debian package makes it
)
# What Asterisk is told to write to: MixMonitor hands the name to a shell when it contains "$(", so nothing
# but these characters may ever be part of it.
SAFE_PATH = re.compile(r"/[A-Za-z0-9_./-]{1,200}")
FORMATS = ("wav", "sln", "ulaw", "alaw")  # those whose length and level we can prove

Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.-]{1,64}\Z")]
Origin = Annotated[str, msgspec.Meta(pattern=r"^(dialpact(/[A-Za-z0-9_.-]{1,64}){1,4})?\Z")]
Supervisor = Literal["record", "cut", "report"]
Keys = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-D*#]{2,8}\Z")]
Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class NodeConfig(_Section, frozen=True, kw_only=True):
    name: Name = "pbx1"


class StoreConfig(_Section, frozen=True, kw_only=True):
    url: str = "sqlite:dialpact.db"


class GateConfig(_Section, frozen=True, kw_only=True):
    listen: str = "127.0.0.1:4573"
    deadline_ms: Annotated[int, msgspec.Meta(ge=100, le=2500)] = 1500
    max_sessions: Annotated[int, msgspec.Meta(ge=10, le=100_000)] = 4096

    @property
    def address(self) -> tuple[str, int]:
        return split_address(self.listen)


class AmiConfig(_Section, frozen=True, kw_only=True):
    host: str = "127.0.0.1"
    port: Port = 5038
    username: Name = "dialpact"
    secret_file: str = "ami.secret"  # noqa: S105 - the name of a file
    doctor_username: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.-]{0,64}\Z")] = ""
    doctor_secret_file: str = "doctor.secret"  # noqa: S105 - the name of a file


class RecordingConfig(_Section, frozen=True, kw_only=True):
    directory: str = "/var/spool/asterisk/dialpact"
    format: Literal["wav", "sln", "ulaw", "alaw"] = "wav"
    min_free_mb: Annotated[int, msgspec.Meta(ge=1)] = 64


class PolicyConfig(_Section, frozen=True, kw_only=True):
    profiles: tuple[str, ...] = ("cn-hubei-2018",)
    mode: Literal["enforce", "shadow"] = "enforce"
    calendars: str = ""  # folder with operator-supplied calendar years
    areas: str = ""  # folder with operator-supplied area codes


class Trunk(_Section, frozen=True, kw_only=True):
    endpoint: str
    channels: str = ""  # of DAHDI: lines and spans of a group ("1-15,17-31", "i1,i2")
    dial_format: str = "national"
    area_code: str = ""
    business: str = ""
    bypass: Literal["cut", "report"] = "cut"  # what becomes of a call on it that went round the gate
    caller_id: Literal["cut", "report"] = "cut"  # of one that left by another number than the gate was told
    supervisor: Supervisor = "record"  # whose voice the customer hears and the call's recording does not

    def owns(self, channel: str) -> bool:
        """Whether ``channel`` (``PJSIP/carrier-0000002a``) is a leg of this trunk."""
        return self.leaves_by.owns(channel)

    @property
    def leaves_by(self) -> Endpoint:
        """Raises compliance.endpoints.Unknown; a loaded configuration has none such."""
        return endpoint(self.endpoint, self.channels)

    @property
    def pjsip(self) -> str:
        """The name of its endpoint in pjsip.conf; empty for other drivers."""
        way = self.leaves_by
        return way.peer if way.technology == "PJSIP" else ""


class OptOutConfig(_Section, frozen=True, kw_only=True):
    """The opt-out keys; the same as in features_dialpact.conf."""

    callee_key: Keys = "*9"
    agent_key: Keys = "*9"


class WitnessConfig(_Section, frozen=True, kw_only=True):
    """Where a witness answers (`add-checkpoint` below it), and its cosigner's key."""

    url: str
    vkey: str


class LedgerConfig(_Section, frozen=True, kw_only=True):
    """``witnesses``: each as a table, or as a line of both, in any order, with a space or a plus between."""

    key_file: str = "ledger.key"
    origin: Origin = ""  # the log's name in the world; empty: dialpact/<node>, as before there was a choice
    checkpoints: str = ""  # folder for copies of the signed tree heads
    witnesses: tuple[WitnessConfig | str, ...] = ()
    tsa: str = ""  # address of an authority for timestamps (RFC 3161)
    tsa_ca: str = ""  # its certificates, in PEM
    on_fork: Literal["go-on", "stop"] = "go-on"  # what becomes of calls while the log may not be signed

    @property
    def named(self) -> tuple[WitnessConfig, ...]:
        """The witnesses. ConfigError for a line that is none."""
        return tuple(map(_witness, self.witnesses))


class SupervisionConfig(_Section, frozen=True, kw_only=True):
    """Who supervises this operator, and where. ``vkey``: the key that signs the letters and cosigns."""

    url: str = ""
    vkey: str = ""
    secret_file: str = "supervision.secret"  # noqa: S105 - the name of a file
    letters_per_hour: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 120

    @property
    def supervised(self) -> bool:
        """Somebody may ask, and is answered."""
        return bool(self.url and self.vkey)

    def secret(self, config: Config) -> bytes:
        """Of the keyed hashes. Read when it is needed. ConfigError."""
        return hashing_secret.read("supervision", config.path(self.secret_file))


class MetricsConfig(_Section, frozen=True, kw_only=True):
    listen: str = "127.0.0.1:9464"  # of `serve` and `gate`
    listener: str = "127.0.0.1:9465"  # of `listener`, when it runs apart
    web: str = "127.0.0.1:9466"  # of `web`

    def of(self, role: str) -> tuple[str, int]:
        """Where a daemon of this role answers. ConfigError."""
        return split_address({"listener": self.listener, "web": self.web}.get(role, self.listen))


class OidcConfig(_Section, frozen=True, kw_only=True):
    """An identity provider by which people sign in. ``claim``: of its ID token, what an account's ``subject``
    is; ``amr``, ``acr``: what it says of who has shown two factors.
    """

    issuer: Annotated[str, msgspec.Meta(pattern=r"^https?://[^\s?#@]+\Z")]
    client_id: Annotated[str, msgspec.Meta(min_length=1)]
    secret_file: str = "oidc.secret"  # noqa: S105 - the name of a file
    name: str = ""  # as people call it
    claim: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.-]{1,64}\Z")] = "sub"
    scopes: tuple[str, ...] = ()
    amr: tuple[str, ...] = ("mfa",)
    acr: tuple[str, ...] = ()

    def secret(self, config: Config) -> str:
        """Of us, at the provider. Read when it is needed. ConfigError."""
        return secret_file.read("web.oidc", "secret_file", config.path(self.secret_file))


class WebConfig(_Section, frozen=True, kw_only=True):
    """Of `dialpact web`. ``base_url``: how others reach it, where that is another address. ``behind_proxy``:
    whoever connects from this host says for whom. ``most_package_mb``: of an evidence package that anybody
    may have checked.
    """

    listen: str = "127.0.0.1:9080"
    base_url: Annotated[str, msgspec.Meta(pattern=r"^(https?://[^\s/?#@]+(/[^\s?#]*[^\s?#/])?)?\Z")] = ""
    certificate: str = ""  # PEM, with its chain; empty: no TLS, and then the loopback address alone
    private_key: str = ""
    behind_proxy: bool = False
    idle_minutes: Annotated[int, msgspec.Meta(ge=5, le=720)] = 30  # of a session that nobody uses
    session_hours: Annotated[int, msgspec.Meta(ge=1, le=24)] = 12  # of a session, whatever is done in it
    oidc: OidcConfig | None = None
    most_package_mb: Annotated[int, msgspec.Meta(ge=1, le=4096)] = 256

    @property
    def address(self) -> tuple[str, int]:
        return split_address(self.listen)

    @property
    def base(self) -> str:
        """The beginning of the addresses of its pages, as people reach them."""
        return self.base_url or f"{'https' if self.secure else 'http'}://{self.listen}"

    @property
    def secure(self) -> bool:
        """Browsers reach it over TLS alone."""
        return bool(self.certificate) or self.base_url.startswith("https:")

    @property
    def exposed(self) -> bool:
        """Others than this host's own users could ask, and read along."""
        return not self.certificate and not is_loopback(self.address[0])


class ApiConfig(_Section, frozen=True, kw_only=True):
    """What programs ask of `dialpact web`. ``folder``: for files that are asked for and handed in;
    ``consent_evidence``: for those that prove consents.
    """

    secret_file: str = "api.secret"  # noqa: S105 - the name of a file
    requests_per_minute: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 15_000  # of one key
    folder: str = "api-files"
    consent_evidence: str = "consent-evidence"
    results_days: Annotated[int, msgspec.Meta(ge=1, le=366)] = 7
    most_upload_mb: Annotated[int, msgspec.Meta(ge=1, le=4096)] = 256  # of a list that is sent

    def secret(self, config: Config) -> bytes:
        """Of the keyed hashes of its tokens. Read when it is needed. ConfigError."""
        return hashing_secret.handed("api", "api.secret", config.path(self.secret_file))


class Config(_Section, frozen=True, kw_only=True):
    """The whole file. ``origin`` is its path; paths in it are resolved against the folder it lies in."""

    trunks: dict[str, Trunk]
    node: NodeConfig = NodeConfig()
    store: StoreConfig = StoreConfig()
    gate: GateConfig = GateConfig()
    ami: AmiConfig = AmiConfig()
    recording: RecordingConfig = RecordingConfig()
    policy: PolicyConfig = PolicyConfig()
    opt_out: OptOutConfig = OptOutConfig()
    ledger: LedgerConfig = LedgerConfig()
    metrics: MetricsConfig | None = None
    web: WebConfig = WebConfig()
    api: ApiConfig = ApiConfig()
    supervision: SupervisionConfig | None = None
    webhooks: dict[str, WebhookConfig] = {}
    origin: str = ""

    def path(self, text: str) -> Path:
        return Path(self.origin).parent / text

    @property
    def database(self) -> Path:
        scheme, _, rest = self.store.url.partition(":")
        if scheme != "sqlite" or not rest:
            raise ConfigError(
                f"{self.origin}: [store] url: only sqlite:PATH is known, not {self.store.url!r}"
            )
        return self.path(rest.removeprefix("//"))

    @property
    def guarded(self) -> frozenset[str]:
        """The trunks on which a call that went round the gate is cut; none in shadow mode."""
        if self.policy.mode == "shadow":
            return frozenset()
        return frozenset(name for name, trunk in self.trunks.items() if trunk.bypass == "cut")

    @property
    def numbered(self) -> frozenset[str]:
        """The trunks on which a call that left by another number is cut; none in shadow mode."""
        if self.policy.mode == "shadow":
            return frozenset()
        return frozenset(name for name, trunk in self.trunks.items() if trunk.caller_id == "cut")

    @property
    def shapes(self) -> dict[str, Shape]:
        """How each trunk wants its numbers."""
        return {name: shape(trunk.dial_format) for name, trunk in self.trunks.items()}

    @property
    def recordings(self) -> Path:
        return Path(self.recording.directory)

    def ami_secret(self) -> str:
        """Read when it is needed and kept nowhere else. Raises ConfigError when unreadable or unusable."""
        return secret_file.read("ami", "secret_file", self.path(self.ami.secret_file))

    def doctor_secret(self) -> str:
        """Of the doctor's own user, the same way."""
        return secret_file.read("ami", "doctor_secret_file", self.path(self.ami.doctor_secret_file))

    def the_trunk(self, name: str) -> str:
        """``name``, or the only trunk's name when it is empty. An unknown one is returned as it is."""
        return next(iter(self.trunks)) if not name and len(self.trunks) == 1 else name


def _witness(given: WitnessConfig | str) -> WitnessConfig:
    if isinstance(given, WitnessConfig):
        return given
    if found := re.fullmatch(r"(?P<url>https?://\S+)\s+(?P<vkey>\S+)", given.strip()):
        return WitnessConfig(**found.groupdict())
    if found := re.fullmatch(r"(?P<vkey>\S+?)(?:\s+|\+)(?P<url>https?://\S+)", given.strip()):
        return WitnessConfig(**found.groupdict())
    raise ConfigError(f"[ledger] witnesses: not a verifier key and an address: {given!r}")


def _check_outsiders(ledger: LedgerConfig) -> None:
    """Raises ConfigError. What few installations have is only then imported."""
    addresses = [ledger.tsa] if ledger.tsa else []
    if ledger.witnesses:
        from dialpact.compliance.ledger.cosignature import distinct

        try:
            given = [each.vkey for each in ledger.named]
            if len(distinct(given)) < len(given):
                raise ConfigError("[ledger] witnesses: one key twice")
        except LedgerError as error:
            raise ConfigError(f"[ledger] witnesses: {error}") from error
        addresses += [each.url for each in ledger.named]
    for address in addresses:
        if not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", address):
            raise ConfigError(f"[ledger] not an http or https address: {address!r}")


def find(explicit: str | Path | None = None, search: Sequence[Path] = SEARCH) -> Path:
    """``explicit``, else ``$DIALPACT_CONFIG``, else the first of ``search`` that exists."""
    named = explicit or os.environ.get("DIALPACT_CONFIG")
    if named:
        return Path(named)
    shut = None
    for candidate in search:
        try:
            if candidate.is_file():
                return candidate
        except PermissionError:  # it may be there; not in the folder where a command happens to be given
            shut = candidate if candidate.is_absolute() else shut
    if shut:
        raise ConfigForbidden(str(shut))
    raise ConfigError("no configuration: make one with `dialpact init`, or name it with --config FILE")


def load(explicit: str | Path | None = None, search: Sequence[Path] = SEARCH) -> Config:
    """Reads and checks the file. Raises ConfigError with file, place and reason."""
    file = find(explicit, search)
    try:
        raw: dict[str, Any] = toml.parse(toml.read(file).decode("utf-8-sig"))
        if "origin" in raw:  # ours, not a setting
            raise ConfigError(f"{file}: unknown key `origin`")
        config = msgspec.convert({**raw, "origin": str(file.absolute())}, Config)
    except PermissionError as error:
        raise ConfigForbidden(str(file)) from error
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror or error}") from error
    except (UnicodeDecodeError, toml.TomlError) as error:
        raise ConfigError(f"{file}: {error}") from error
    except msgspec.ValidationError as error:
        raise ConfigError(f"{file}: {error}") from error
    _check(config, file)
    return config


def _check(config: Config, file: Path) -> None:
    if not config.trunks:
        raise ConfigError(f"{file}: at least one [trunks.NAME] is needed")
    for name, trunk in config.trunks.items():
        if trunk.area_code and not is_area_code(trunk.area_code):
            raise ConfigError(f"{file}: [trunks.{name}] area_code: no such area code: {trunk.area_code!r}")
        if not re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", name):
            raise ConfigError(f"{file}: [trunks.{name}]: letters, digits, dot, dash and underscore only")
        try:
            trunk.leaves_by  # noqa: B018 - raises when unusable
            shape(trunk.dial_format)
        except Unknown as error:
            raise ConfigError(f"{file}: [trunks.{name}] endpoint: {error}") from error
        except ValueError as error:
            raise ConfigError(f"{file}: [trunks.{name}] dial_format: {error}") from error
    if not config.policy.profiles:
        raise ConfigError(f"{file}: [policy] profiles is empty: without a profile no call could be judged")
    directory = config.recording.directory
    if not SAFE_PATH.fullmatch(directory) or ".." in Path(directory).parts:
        raise ConfigError(
            f"{file}: [recording] directory must be absolute and made of letters, digits and _ . / - only, "
            f"not {directory!r}"
        )
    try:
        config.gate.address  # noqa: B018 - raises when unusable
        if config.metrics is not None:
            for role in ("serve", "listener", "web"):
                config.metrics.of(role)
        config.web.address  # noqa: B018
        if (oidc := config.web.oidc) and not (
            oidc.issuer.startswith("https:") or is_loopback(urlsplit(oidc.issuer).hostname or "")
        ):
            raise ConfigError("[web.oidc] issuer: https, but on this very host")
        _check_outsiders(config.ledger)
        for name, hook in config.webhooks.items():
            if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name):
                raise ConfigError(f"[webhooks.{name}]: letters, digits, dash and underscore only")
            webhooks.check(name, hook)
        config.database  # noqa: B018
    except ConfigError as error:
        raise ConfigError(f"{file}: {error}") from error
