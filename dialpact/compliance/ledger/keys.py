"""The files that hold the ledger's key: the private one, and beside it the line that verifies."""

from __future__ import annotations

import os
import pwd
import re
import secrets
import stat
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from dialpact.compliance.config import Config
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import history
from dialpact.compliance.ledger.checkpoint import ORIGIN
from dialpact.compliance.ledger.history import History
from dialpact.compliance.ledger.note import Signer, Verifier

MOST_BYTES = 1 << 14
_PEM = "-----BEGIN "
_RESUMED = re.compile(r"/r-[0-9a-f]{8}")  # behind a name: a log that went on from a backup


def configured_name(config: Config) -> str:
    """Of the log as it was begun."""
    return config.ledger.origin or ORIGIN + config.node.name


def name_of(config: Config) -> str:
    """Of the log, its checkpoints and its key: the configured one, or what ``ledger.pub`` says it became when
    the log went on from a backup that was restored.
    """
    configured = configured_name(config)
    try:
        said = load_public(public_path(path_of(config))).name
    except LedgerError:
        return configured
    return said if became(configured, said) else configured


def became(configured: str, name: str) -> bool:
    """Whether ``name`` is the configured one, or that of a log of this name that went on from a backup."""
    return name == configured or bool(
        name.startswith(configured) and _RESUMED.fullmatch(name[len(configured) :])
    )


def resumed_name(config: Config) -> str:
    """A new one for a log that goes on from a backup."""
    return f"{configured_name(config)}/r-{secrets.token_hex(4)}"


def tag(config: Config, name: str) -> str:
    """Tells the files of a log that went on from those of before; empty for the configured name."""
    configured = configured_name(config)
    return name[len(configured) :].replace("/", "-") if became(configured, name) else ""


def path_of(config: Config) -> Path:
    return config.path(config.ledger.key_file)


def public_path(key_file: Path) -> Path:
    """``ledger.pub`` beside ``ledger.key``: what may be given to everybody."""
    return key_file.with_suffix(".pub" if key_file.suffix != ".pub" else ".pub.pub")


def head_path(key_file: Path) -> Path:
    """``ledger.head`` beside ``ledger.key``: the head that was signed last. In no backup of the database."""
    return key_file.with_suffix(".head" if key_file.suffix != ".head" else ".head.head")


def history_path(public: Path) -> Path:
    """``ledger.history`` beside ``ledger.pub``: what earlier keys have signed, in the present one's word."""
    return public.with_suffix(".history" if public.suffix != ".history" else ".history.history")


def pending_path(key_file: Path) -> Path:
    """A new key until the log names it."""
    return key_file.with_name(f"{key_file.name}.new")


def load(config: Config) -> Signer:
    """The key that signs. LedgerError names the file: missing, no key, not ours, open to others."""
    return load_file(path_of(config), name_of(config))


def load_file(file: Path, name: str, setting: str = "[ledger] key_file") -> Signer:
    """``setting``: what names the file, in whose configuration it may be. LedgerError as :func:`load`."""
    place = f"{setting} {file}"
    return signer_of(_private(file, place), name, place)


def signer_of(pem: bytes, name: str, place: str = "the key") -> Signer:
    """From PKCS #8 in PEM without a password."""
    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise LedgerError(f"{place}: no private key in PEM without a password") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise LedgerError(f"{place}: not an Ed25519 key")
    return Signer(name, key)


def generate() -> bytes:
    """A new private key: Ed25519, PKCS #8 in PEM."""
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def write_new(file: Path, content: bytes, mode: int) -> None:
    """On disk when it returns. Never over a file that is there; the mode holds from the first byte on."""
    with os.fdopen(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, mode), "wb") as made:
        made.write(content)
        made.flush()
        os.fsync(made.fileno())
    sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """What was made, renamed or linked in it outlives a power cut."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def put(file: Path, content: bytes, mode: int) -> None:
    """Whole or not at all, on disk when it returns, in the place of what was there."""
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, mode), "wb") as made:
        made.write(content)
        made.flush()
        os.fsync(made.fileno())
    fresh.chmod(mode)
    os.replace(fresh, file)  # noqa: PTH105 - (the tests of a crash count renames of the key)
    sync_folder(file.parent)


def keep_old(file: Path, key_id: bytes) -> Path:
    """The key's file under another name too, before a new one takes its place."""
    kept = file.with_name(f"{file.name}.old-{key_id.hex()}")
    if kept.exists() and not kept.samefile(file):
        raise LedgerError(f"{kept} is there already and is another file")
    if not kept.exists():
        os.link(file, kept)
        sync_folder(file.parent)
    return kept


def publish(file: Path, signer: Signer) -> None:
    """``ledger.pub`` says the key in force; written only when it says something else."""
    public, line = public_path(file), f"{signer.vkey}\n"
    try:
        if public.read_text("utf-8") == line:
            return
    except (OSError, UnicodeDecodeError):
        pass  # missing, or no text: written anew
    fresh = public.with_name(f".{public.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    write_new(fresh, line.encode(), 0o644)
    fresh.chmod(0o644)
    fresh.replace(public)
    sync_folder(public.parent)


def load_history(public: Path, key: Verifier) -> History | None:
    """What earlier keys have signed, as the file beside a public key says; None: there is none.

    LedgerError: it is there, and is not this key's word.
    """
    file = history_path(public)
    return read_history(file, key) if file.exists() else None


def read_history(file: Path, key: Verifier) -> History:
    """LedgerError: it can not be read, or is not this key's word."""
    try:
        with file.open("rb") as opened:
            text = opened.read(history.MOST_BYTES + 1).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise LedgerError(f"{file}: {getattr(error, 'strerror', None) or error}") from error
    return history.read(text, key)


def load_public(text_or_path: str | Path, name: str = "") -> Verifier:
    """A verifier key line, a file with one, or a file with (or the text of) a PEM public key.

    A PEM key does not say whose it is: then ``name`` does. LedgerError otherwise.
    """
    text = str(text_or_path)
    if isinstance(text_or_path, Path) or not (text.count("+") > 1 or text.lstrip().startswith(_PEM)):
        text = _read(Path(text_or_path))
    text = text.strip()
    if not text.startswith(_PEM):
        return Verifier.parse(text)
    try:
        key = load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise LedgerError("no public key in PEM") from error
    if not isinstance(key, Ed25519PublicKey):
        raise LedgerError("not an Ed25519 key")
    if not name:
        raise LedgerError("a key in PEM does not say which log it belongs to: give the line of ledger.pub")
    return Verifier(name, key.public_bytes_raw())


def _read(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return opened.read(MOST_BYTES).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise LedgerError(f"{file}: {getattr(error, 'strerror', None) or error}") from error


def _private(file: Path, place: str) -> bytes:
    """Its bytes, once its owner and its mode are found to be right; both of the file that is then read."""
    try:
        opened = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise LedgerError(f"{place}: {error.strerror or error}") from error
    if not stat.S_ISREG((found := os.fstat(opened)).st_mode):
        os.close(opened)
        raise LedgerError(f"{place}: not a file")
    with os.fdopen(opened, "rb") as key:
        if os.geteuid() not in (0, found.st_uid):
            owner, user = _user(found.st_uid), _user(os.geteuid())
            raise LedgerError(f"{place}: belongs to {owner}, not to {user} who runs this")
        if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            mode = f"{stat.S_IMODE(found.st_mode):04o}"
            raise LedgerError(f"{place}: has mode {mode}, others can use it; chmod 0600 it")
        return key.read(MOST_BYTES)


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
