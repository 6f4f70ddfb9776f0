"""The files that hold the ledger's key: the private one, and beside it the line that verifies."""

from __future__ import annotations

import os
import pwd
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
from dialpact.compliance.ledger.checkpoint import ORIGIN
from dialpact.compliance.ledger.note import Signer, Verifier

MOST_BYTES = 1 << 14
_PEM = "-----BEGIN "


def name_of(config: Config) -> str:
    """Of the log, its checkpoints and its key."""
    return ORIGIN + config.node.name


def path_of(config: Config) -> Path:
    return config.path(config.ledger.key_file)


def public_path(key_file: Path) -> Path:
    """``ledger.pub`` beside ``ledger.key``: what may be given to everybody."""
    return key_file.with_suffix(".pub" if key_file.suffix != ".pub" else ".pub.pub")


def pending_path(key_file: Path) -> Path:
    """A new key until the log names it."""
    return key_file.with_name(f"{key_file.name}.new")


def load(config: Config) -> Signer:
    """The key that signs. LedgerError names the file: missing, no key, not ours, open to others."""
    return load_file(path_of(config), name_of(config))


def load_file(file: Path, name: str) -> Signer:
    return signer_of(_private(file), name, f"[ledger] key_file {file}")


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


def _private(file: Path) -> bytes:
    """Its bytes, once its owner and its mode are found to be right; both of the file that is then read."""
    try:
        opened = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise LedgerError(f"[ledger] key_file {file}: {error.strerror or error}") from error
    if not stat.S_ISREG((found := os.fstat(opened)).st_mode):
        os.close(opened)
        raise LedgerError(f"[ledger] key_file {file}: not a file")
    with os.fdopen(opened, "rb") as key:
        if os.geteuid() not in (0, found.st_uid):
            owner, user = _user(found.st_uid), _user(os.geteuid())
            raise LedgerError(f"[ledger] key_file {file}: belongs to {owner}, not to {user} who runs this")
        if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            mode = f"{stat.S_IMODE(found.st_mode):04o}"
            raise LedgerError(f"[ledger] key_file {file}: has mode {mode}, others can use it; chmod 0600 it")
        return key.read(MOST_BYTES)


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
