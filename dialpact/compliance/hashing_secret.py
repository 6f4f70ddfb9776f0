"""The secret of keyed hashes: 32 bytes in a file that nobody else can read.

Who knows what was hashed, a telephone number or a token, finds it by trying; not without this.
"""

from __future__ import annotations

import os
from pathlib import Path

from dialpact.compliance import masking
from dialpact.compliance.errors import ConfigError

BYTES = 32
HANDED = "CREDENTIALS_DIRECTORY"  # by systemd, to a service that has a user of its own


def read(section: str, file: Path) -> bytes:
    """Read when it is needed. ConfigError."""
    return _read(f"[{section}] secret_file {file}", file, guarded=False)


def handed(section: str, name: str, file: Path) -> bytes:
    """What the service manager hands over as ``name``, in a folder shut to others; else as :func:`read`."""
    folder = os.environ.get(HANDED)
    found = Path(folder, name) if folder else None
    if found is None or not found.is_file():
        return read(section, file)
    return _read(f"[{section}] secret_file {found}", found, guarded=True)


def _read(place: str, file: Path, *, guarded: bool) -> bytes:
    try:
        with file.open("rb") as opened:
            mode, content = os.fstat(opened.fileno()).st_mode, opened.read(256)
        text = content.decode("ascii").strip()
        found = bytes.fromhex(text)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "not hexadecimal"
        raise ConfigError(f"{place}: {why}") from error
    if mode & 0o077 and not guarded:
        raise ConfigError(f"{place}: others can read it (chmod 600)")
    if len(found) != BYTES:
        raise ConfigError(f"{place}: not of {BYTES} bytes in hexadecimal")
    masking.hide(text)
    return found
