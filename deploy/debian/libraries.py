"""What the package has below ``/opt/dialpact/lib``: for each Python a whole ``site-packages``, of wheels
whose hashes ``requirements.lock`` has. Nothing is run of what is fetched, but pyst2's ``setup.py``, which has
no wheel.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

PYTHONS = ("3.11", "3.13")  # of Debian 12 and 13
EXTRAS = ("pdf", "timestamp")
FROM_SOURCE = ("pyst2",)
PLATFORMS = {"amd64": "x86_64-manylinux_2_36", "arm64": "aarch64-manylinux_2_36"}
LEFT_OUT = ("direct_url.json", "uv_cache.json", "REQUESTED")  # where it was built, and when


def locked(text: str) -> dict[str, str]:
    """Each package's lines of a lock, hashes and all, by its name."""
    blocks = re.findall(r"^(?!#)(\S+?)(==.*(?:\n[ \t]+.*)*)", text, re.MULTILINE)
    return {name: name + rest for name, rest in blocks}


def needed(uv: Path, root: Path, python: str, platform: str) -> list[str]:
    """The packages that the product needs there, with what they need."""
    said = subprocess.run(
        [
            *(str(uv), "pip", "compile", "--quiet", "--no-annotate", "--no-header"),
            *("--python-version", python, "--python-platform", platform),
            *(word for extra in EXTRAS for word in ("--extra", extra)),
            *("--constraints", str(root / "requirements.lock"), str(root / "pyproject.toml")),
        ],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    return sorted(locked(said))


def pinned(lock: str, names: Sequence[str]) -> str:
    """Of the lock what is needed. ValueError for what it has not, or has without a hash."""
    known = locked(lock)
    for name in names:
        if "--hash=sha256:" not in known.get(name, ""):
            raise ValueError(f"requirements.lock has no hash of {name}: make lock")
    return "".join(f"{known[name]}\n" for name in names)


def installed(uv: Path, root: Path, wheel: Path, python: str, platform: str, site: Path) -> None:
    """Fills ``site``, which is not there yet."""
    wanted = site.with_name(f"{site.name}.lock")
    names = needed(uv, root, python, platform)
    wanted.write_text(pinned((root / "requirements.lock").read_text("utf-8"), names), "utf-8")
    install = [
        *(str(uv), "pip", "install", "--quiet", "--no-deps", "--link-mode=copy", "--target", str(site)),
        *("--python-version", python, "--python-platform", platform),
    ]
    build = root / "deploy/debian/requirements.lock"
    subprocess.run(
        [
            *(*install, "--require-hashes", "--only-binary", ":all:"),
            *(word for name in FROM_SOURCE for word in ("--no-binary", name)),
            *("--build-constraints", str(build), "--requirements", str(wanted)),
        ],
        check=True,
    )
    subprocess.run([*install, str(wheel)], check=True)
    wanted.unlink()
    for folder in ("bin", "share"):  # programs and pages of others; ours come another way
        shutil.rmtree(site / folder, ignore_errors=True)
    for file in [site / ".lock", *(found for name in LEFT_OUT for found in site.glob(f"*.dist-info/{name}"))]:
        file.unlink(missing_ok=True)
    for record in sorted(site.glob("*.dist-info/RECORD")):
        record.write_text(_record(record.read_text("utf-8"), site), "utf-8")


def _record(text: str, site: Path) -> str:
    """The lines of what is there."""
    out = io.StringIO()
    rows = (row for row in csv.reader(io.StringIO(text)) if row and (site / row[0]).exists())
    csv.writer(out, lineterminator="\n").writerows(sorted(rows))
    return out.getvalue()


def share(folders: Sequence[Path]) -> None:
    """Files that are the same are one, under several names: the archive has them once."""
    first: dict[bytes, Path] = {}
    for file in _files(folders):
        same = first.setdefault(hashlib.sha256(file.read_bytes()).digest(), file)
        if same is not file:
            file.unlink()
            os.link(same, file)


def _files(folders: Sequence[Path]) -> Iterator[Path]:
    for folder in folders:
        yield from sorted(file for file in folder.rglob("*") if file.is_file() and not file.is_symlink())
