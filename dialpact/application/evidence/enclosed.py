"""What the log says of a package's contents, before the package is signed: who signs another later has to
write into the log as well.

Three digests are an act of the log (register ``evidence``, action ``enclosed``), which is in the package's
own checkpoint: of the manifest without its list of files; of which records are in it; of the files, by groups
(a call's folder without its recordings, of which the records have the hashes; ``profiles``; each file at the
top).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from dialpact.application.evidence.form import LEDGER, MANIFEST, RECORDINGS, SIGNATURE
from dialpact.compliance.evidence import Key
from dialpact.compliance.ledger.record import canonical

FORM = 2  # of packages, as the log's line of an export has it: this one has the digests


def digests(
    about: Mapping[str, Any], entries: Iterable[Key], withheld: Iterable[str], files: Mapping[str, str]
) -> dict[str, Any]:
    """``about``: the manifest; ``entries``: kind and key of each record but this very act's; ``files``: the
    SHA-256 of each by its path.
    """
    groups: dict[str, list[str]] = {}
    for path, sha256 in sorted(files.items()):
        if not path.startswith(LEDGER) and path not in (MANIFEST, SIGNATURE) and RECORDINGS not in path:
            groups.setdefault(group(path), []).append(f"{path} {sha256}")
    named = [*sorted(f"{kind} {key}" for kind, key in entries), *(f"withheld {one}" for one in withheld)]
    return {
        "about": _sha256(canonical({name: value for name, value in about.items() if name != "files"})),
        "entries": _lines(named),
        "files": {name: _lines(lines) for name, lines in groups.items()},
    }


def group(path: str) -> str:
    """
    >>> group("calls/0af3/script.txt"), group("profiles/a.toml"), group("README.md")
    ('calls/0af3', 'profiles', 'README.md')
    """
    return "/".join(path.split("/")[: 2 if path.startswith("calls/") else 1])


def _lines(lines: Iterable[str]) -> str:
    return _sha256("".join(f"{line}\n" for line in lines).encode())


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
