"""A PBX of files and one table, and an adapter for it that does everything an adapter may do."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dialpact.application.pbx.adapter import (
    Block,
    CdrPlace,
    Change,
    Copied,
    Expected,
    Found,
    NewFile,
    Route,
    Row,
    Wishes,
)
from dialpact.application.pbx.host import Host, Ran
from dialpact.application.pbx.manifest import Backup

DIALPLAN = "[general]\nstatic = yes\n\n[from-internal]\nexten => s,1,NoOp()\n"
CUSTOM = b"; mine\r\n[custom]\r\nexten => 1,1,NoOp(\xff)\n\n[hook]\nexten => h,1,NoOp()\nno end"
ENTRY = "exten => _9X.,1,Dial(SIP/x)\n"


@dataclass(frozen=True)
class FileTables:
    """The table is a file of JSON beside the folder; ``without`` takes one line out."""

    def value(self, host: Host, row: Row) -> str | None:
        found = json.loads(table(host).read_text("utf-8")).get(row.key["id"])
        return None if found is None else str(found)

    def put(self, host: Host, row: Row, was: str, becomes: str) -> bool:
        rows = json.loads(table(host).read_text("utf-8"))
        if rows.get(row.key["id"]) != was:
            return False
        table(host).write_text(json.dumps(rows | {row.key["id"]: becomes}), "utf-8")
        return True

    def without(self, row: Row, value: str) -> str | None:
        return value.replace("ask the gate\n", "") if "ask the gate\n" in value else None


def table(host: Host) -> Path:
    return host.root / "table.json"


@dataclass(frozen=True)
class Fake:
    name: str = "fake"
    tables: FileTables = field(default_factory=FileTables)
    text: str = "exten => s,1,Gosub(dialpact-outbound,s,1)\n"

    def recognise(self, host: Host) -> Found | None:
        return (
            Found(self.name, "1.2", host.conf("custom.conf")) if (host.etc / "custom.conf").exists() else None
        )

    def changes(self, host: Host, found: Found, wishes: Wishes) -> Sequence[Change]:
        row = Row("carriers", {"id": "1"}, "entry", ENTRY, "ask the gate\n" + ENTRY)
        return [
            NewFile(host.conf("sub/deep/dialpact.conf"), b"ours\n", 0o640),
            NewFile(host.conf("dialpact.conf"), b"ours\n"),
            Block(host.conf("custom.conf"), self.text),
            Block(host.conf("custom.conf"), "; first\n", "start"),
            Block(host.conf("custom.conf"), "exten => s,1,NoOp()\n", "section:hook"),
            Block(host.conf("missing.conf"), "exten => s,1,NoOp()\n", "section:hook"),
            Copied(
                host.conf("generated.conf"), "copied", "0" * 64, Block(host.conf("override.conf"), "x = 1\n")
            ),
            row,
        ]

    def reload(self, found: Found) -> Sequence[Sequence[str]]:
        return [["fake", "reload"]]

    def routes(self, host: Host, found: Found, wishes: Wishes) -> Sequence[Route]:
        return []

    def expected(self, host: Host, found: Found, wishes: Wishes) -> Sequence[Expected]:
        return []

    def cdr(self, host: Host, found: Found) -> CdrPlace:
        return CdrPlace("file", "/var/log/cdr.csv")


def obeys(words: Sequence[str], given: bytes = b"", env: Mapping[str, str] | None = None) -> Ran:
    return Ran(0, "", "")


def world(folder: Path) -> tuple[Host, Backup]:
    """A PBX as its administrator left it, below ``folder``."""
    etc = folder / "root/etc/asterisk"
    etc.mkdir(parents=True)
    (etc / "extensions.conf").write_text(DIALPLAN, "utf-8")
    (etc / "custom.conf").write_bytes(CUSTOM)
    (etc / "custom.conf").chmod(0o664)
    (etc / "override.conf").write_bytes(b"")
    (etc / "generated.conf").write_text("[copied]\na = 1\n", "utf-8")
    host = Host(folder / "root", etc, obeys)
    table(host).write_text(json.dumps({"1": ENTRY}), "utf-8")
    return host, Backup(folder / "pbx-backup")


def everything(folder: Path) -> dict[str, tuple[bytes, int, int]]:
    """Each file below the root: content, mode, time of its last change; folders as well."""
    found = {}
    for path in sorted((folder / "root").rglob("*")):
        about = path.stat()
        if path.is_dir():
            found[str(path.relative_to(folder))] = (b"", about.st_mode, 0)
        else:
            time = about.st_mtime_ns if path.suffix == ".conf" else 0
            found[str(path.relative_to(folder))] = (path.read_bytes(), about.st_mode, time)
    return found
