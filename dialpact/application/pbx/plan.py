"""What an installation would change: each file and value as it is, was before us, and is to be."""

from __future__ import annotations

import grp
import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version

from dialpact.application.pbx import fences
from dialpact.application.pbx.adapter import Adapter, Block, Change, Copied, Found, NewFile, Row
from dialpact.application.pbx.host import Host
from dialpact.application.pbx.manifest import Backup, Entry, Manifest, Original, RowEntry
from dialpact.application.pbx.places import Kind, Place, Present, missing_folders, place
from dialpact.compliance.registers.fault import Fault


@dataclass(frozen=True)
class FilePlan:
    """``present``: as it is now; ``base``: without us; ``wanted``: with us. None: no file.

    ``entry``: what the manifest is to say; None: nothing of ours is in it in the end. ``aside``: what
    somebody changed in a file of ours, which gives way.
    """

    place: Place
    present: Present | None
    base: bytes | None
    wanted: bytes | None
    kind: Kind
    entry: Entry | None
    aside: bytes | None = None

    @property
    def path(self) -> str:
        return self.place.path

    @property
    def changes(self) -> bool:
        there = self.present
        if there is None or self.wanted is None:
            return (there is None) != (self.wanted is None)
        return there.content != self.wanted or (there.mode, there.uid, there.gid) != (
            self.kind.mode,
            self.kind.uid,
            self.kind.gid,
        )


@dataclass(frozen=True)
class RowPlan:
    """``base``: the value without us. ``gone``: nothing of ours is in it in the end."""

    row: Row
    present: str
    base: str
    gone: bool = False

    @property
    def changes(self) -> bool:
        return self.present != self.row.after


@dataclass(frozen=True)
class Plan:
    """``finished``: what was installed before was brought to its end."""

    adapter: Adapter
    found: Found
    files: tuple[FilePlan, ...]
    rows: tuple[RowPlan, ...]
    originals: tuple[Original, ...]
    finished: bool
    campaign: str = ""
    chosen: Mapping[str, str] = field(default_factory=dict)
    hidden: tuple[str, ...] = field(default=(), repr=False)  # words that nobody is shown

    @property
    def nothing(self) -> bool:
        """All is there already."""
        return self.finished and not any(
            [*(one.changes for one in self.files), *(one.changes for one in self.rows)]
        )


def sha256(content: bytes | None) -> str:
    return "" if content is None else hashlib.sha256(content).hexdigest()


def planned(
    host: Host,
    adapter: Adapter,
    found: Found,
    changes: Sequence[Change],
    backup: Backup,
    known: Manifest | None,
) -> Plan:
    """Reads what there is; changes nothing. Fault."""
    if known is not None and known.adapter != adapter.name:
        raise Fault("pbx-other", pbx=known.adapter, wanted=adapter.name)
    if known is not None and known.etc != str(host.etc):
        raise Fault("pbx-elsewhere", folder=known.etc, wanted=str(host.etc))
    look = _Look(host, adapter.name, backup, known)
    files = list(look.files(changes))
    wanted = {one.path for one in files}
    if known is not None:
        files += [look.gone(entry) for entry in known.files if entry.path not in wanted]
    asked = [change for change in changes if isinstance(change, Row)]
    rows = [look.row(adapter, row) for row in asked]
    if known is not None:
        rows += [look.given_back(adapter, old) for old in known.rows if not any(_same(old, r) for r in asked)]
    originals = tuple(
        Original(path=change.path, context=change.context, sha256=change.sha256)
        for change in changes
        if isinstance(change, Copied)
    )
    finished = known is not None and known.state == "installed" and known.originals == originals
    return Plan(adapter, found, tuple(files), tuple(rows), originals, finished)


class _Look:
    def __init__(self, host: Host, adapter: str, backup: Backup, known: Manifest | None) -> None:
        self._host, self._adapter, self._backup, self._known = host, adapter, backup, known
        self._version = version("dialpact")

    def files(self, changes: Iterable[Change]) -> Iterable[FilePlan]:
        """Those that are wholly ours first."""
        blocks: dict[str, list[Block]] = {}
        for change in changes:
            if isinstance(change, NewFile):
                yield self._new(change)
            elif not isinstance(change, Row):
                block = change.block if isinstance(change, Copied) else change
                blocks.setdefault(block.path, []).append(block)
        for path, asked in blocks.items():
            yield self._fenced(path, asked)

    def _new(self, change: NewFile) -> FilePlan:
        at = place(self._host, change.path)
        present, entry = at.read(), self._entry(change.path)
        base, aside = None if present is None else present.content, None
        if entry is not None:
            base = self._backup.original(entry.before) if entry.before else None
            if present is not None and sha256(present.content) not in (entry.before, entry.after):
                aside = present.content
        kind = Kind(change.mode, *self._owner(at, change.group, present))
        same = present is not None and present.content == change.content and entry is None
        if same and present is not None:  # somebody has put it there: it is his
            return FilePlan(at, present, base, change.content, _kind(present), None)
        new = self._entry_of(at, present, base, change.content, kind, (), entry)
        return FilePlan(at, present, base, change.content, kind, new, aside)

    def _fenced(self, path: str, blocks: Sequence[Block]) -> FilePlan:
        at = place(self._host, path)
        present, entry = at.read(), self._entry(path)
        base = self._base(at, present, entry)
        wanted, texts = fences.with_blocks(base or b"", blocks, self._adapter, self._version)
        made = Kind(blocks[0].mode, *self._owner(at, blocks[0].group, present))
        kind = made if present is None else _kind(present)
        new = self._entry_of(at, present, base, wanted, kind, texts, entry)
        return FilePlan(at, present, base, wanted, kind, new)

    def gone(self, entry: Entry) -> FilePlan:
        """One that an older version had, and this one has not: as it was."""
        at = place(self._host, entry.path)
        present = at.read()
        base = self._base(at, present, entry)
        kind = Kind(entry.mode, entry.uid, entry.gid) if present is None else _kind(present)
        return FilePlan(at, present, base, base, kind, None)

    def row(self, adapter: Adapter, row: Row) -> RowPlan:
        """Fault: the adapter has no tables, or the row is not there."""
        if adapter.tables is None:
            raise Fault("pbx-no-tables", table=row.table)
        present = adapter.tables.value(self._host, row)
        if present is None:
            raise Fault("pbx-row", table=row.table, row=_key(row))
        known = next((one for one in self._known.rows if _same(one, row)), None) if self._known else None
        if known is None or present == known.before:
            return RowPlan(row, present, present)
        if present == known.after:
            return RowPlan(row, present, known.before)
        return RowPlan(row, present, adapter.tables.without(row, present) or row.before)

    def given_back(self, adapter: Adapter, old: RowEntry) -> RowPlan:
        """One that an older version changed, and this one does not."""
        row = Row(old.table, old.key, old.column, old.after, old.before)
        now = adapter.tables.value(self._host, row) if adapter.tables is not None else None
        if adapter.tables is None or now is None:
            raise Fault("pbx-row", table=row.table, row=_key(row))
        if now not in (old.before, old.after):
            base = adapter.tables.without(row, now)
            row = Row(old.table, old.key, old.column, now, now if base is None else base)
        return RowPlan(row, now, row.after, gone=True)

    def _entry(self, path: str) -> Entry | None:
        return self._known.entry(path) if self._known else None

    def _base(self, at: Place, present: Present | None, entry: Entry | None) -> bytes | None:
        """The file without us: the kept original where nobody else has changed it since."""
        if entry is not None:
            now = sha256(present.content) if present else ""
            if now in (entry.before, entry.after):
                return self._backup.original(entry.before) if entry.before else None
        if present is None:
            return None
        texts = {fences.sha256(text): text for text in entry.blocks} if entry else {}
        bare = fences.without_blocks(present.content, at.path, texts).content
        return None if not bare.strip() and entry is not None and not entry.before else bare

    def _entry_of(
        self,
        at: Place,
        present: Present | None,
        base: bytes | None,
        wanted: bytes,
        kind: Kind,
        texts: tuple[str, ...],
        entry: Entry | None,
    ) -> Entry:
        before = sha256(base)
        if entry is not None and entry.before == before:
            about = (entry.mode, entry.uid, entry.gid, entry.mtime_ns)
        elif present is not None:
            about = (present.mode, present.uid, present.gid, present.mtime_ns)
        else:
            about = (kind.mode, kind.uid, kind.gid, 0)
        made = missing_folders(at) + (entry.made if entry else ())
        return Entry(
            path=at.path,
            before=before,
            after=sha256(wanted),
            mode=about[0],
            uid=about[1],
            gid=about[2],
            mtime_ns=about[3],
            temporary=entry.temporary if entry else f".{at.name}.dialpact-{secrets.token_hex(6)}",
            made=tuple(dict.fromkeys(made)),
            blocks=texts,
        )

    def _owner(self, at: Place, group: str, present: Present | None) -> tuple[int, int]:
        """Of a file that is made: the folder's owner's, unless it is to have a group that there is."""
        folder = at.whose()
        if present is not None and not group:
            return present.uid, present.gid
        return folder.st_uid, _group(self._host, group, folder.st_gid)


def _group(host: Host, name: str, other: int) -> int:
    """``other``: of a host that has no such group."""
    if not name:
        return other
    if str(host.root) == "/":
        try:
            return grp.getgrnam(name).gr_gid
        except KeyError:
            return other
    for line in (host.text("/etc/group") or "").splitlines():
        given = line.split(":")
        if given[0] == name and len(given) > 2 and given[2].isdigit():
            return int(given[2])
    return other


def _kind(present: Present) -> Kind:
    return Kind(present.mode, present.uid, present.gid)


def _key(row: Row) -> str:
    return ", ".join(f"{name} {value}" for name, value in row.key.items())


def _same(known: RowEntry, row: Row) -> bool:
    return (known.table, known.key, known.column) == (row.table, dict(row.key), row.column)
