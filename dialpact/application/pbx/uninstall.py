"""Taking back what an installation has changed, also of one that was cut off, or changed by others since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dialpact.application.pbx import fences, places
from dialpact.application.pbx.adapter import Adapter, Found, Row
from dialpact.application.pbx.host import Host
from dialpact.application.pbx.manifest import Backup, Entry, RowEntry
from dialpact.application.pbx.notice import Notice
from dialpact.application.pbx.places import Kind, place
from dialpact.application.pbx.plan import sha256
from dialpact.application.pbx.reloading import Reloaded, reload
from dialpact.compliance.registers.fault import Fault


@dataclass(frozen=True)
class Removed:
    """``restored``: as they were, byte for byte. ``remarks``: of what somebody else has changed meanwhile."""

    adapter: str
    restored: tuple[str, ...]
    remarks: tuple[Notice, ...]
    reloaded: tuple[Reloaded, ...]


def uninstall(host: Host, adapters: Sequence[Adapter], backup: Backup, *, dry: bool = False) -> Removed:
    """Takes back what the manifest says, also of an installation that was cut off. Fault: there is none.

    ``dry``: says what it would do.
    """
    if (manifest := backup.look()) is None:
        raise Fault("pbx-not-installed", folder=str(backup.folder))
    if manifest.etc != str(host.etc):
        raise Fault("pbx-elsewhere", folder=manifest.etc, wanted=str(host.etc))
    adapter = next((one for one in adapters if one.name == manifest.adapter), None)
    if adapter is None:
        raise Fault("pbx-unknown", pbx=manifest.adapter, known=", ".join(one.name for one in adapters))
    if dry:
        undoing = [_undoing(host, entry, backup) for entry in manifest.files]
        remarks = [remark for one in undoing for remark in one.remarks]
        return Removed(adapter.name, tuple(one.path for one in undoing if one.changes), tuple(remarks), ())
    with backup.held():
        restored, remarks = [], []
        for row in reversed(manifest.rows):
            remarks += _give_back(host, adapter, row)
        for entry in reversed(manifest.files):
            one = _undoing(host, entry, backup)
            remarks += one.remarks
            one.do(backup)
            restored += [one.path] if one.changes else []
        found = Found(manifest.adapter, manifest.pbx_version, str(backup.folder))
        reloaded = reload(host, adapter.reload(found))
        backup.forget()
    return Removed(adapter.name, tuple(restored), tuple(remarks), reloaded)


@dataclass(frozen=True)
class Undoing:
    """One file of the manifest: what it is to be again. ``wanted``: None: no file."""

    place: places.Place
    entry: Entry
    present: places.Present | None
    wanted: bytes | None
    remarks: tuple[Notice, ...] = ()
    aside: bytes | None = None

    @property
    def path(self) -> str:
        return self.entry.path

    @property
    def changes(self) -> bool:
        return (self.present.content if self.present else None) != self.wanted

    def do(self, backup: Backup) -> None:
        self.place.sweep(self.entry.temporary)
        if self.aside is not None:
            backup.set_aside(self.place.name, self.aside)
        if not self.changes:
            pass
        elif self.wanted is None:
            self.place.remove()
        else:
            self.place.write(self.wanted, self._kind(), self.entry.temporary)
        self.place.remove_folders(self.entry.made)

    def _kind(self) -> Kind:
        """As it was; but mode and owner that somebody has given a file of his since stay."""
        entry, now = self.entry, self.present
        whole = sha256(self.wanted) == entry.before
        time = entry.mtime_ns if whole else None
        if now is not None and entry.blocks:
            return Kind(now.mode, now.uid, now.gid, time)
        return Kind(entry.mode, entry.uid, entry.gid, time)


def _undoing(host: Host, entry: Entry, backup: Backup) -> Undoing:
    at = place(host, entry.path)
    present = at.read()
    before = backup.original(entry.before) if entry.before else None
    now = sha256(present.content) if present else ""
    if now in (entry.before, entry.after):
        return Undoing(at, entry, present, before)
    if present is None:
        return Undoing(at, entry, None, None, (Notice("vanished", {"file": entry.path}),))
    if not entry.blocks:
        kept = backup.aside(at.name, present.content)
        said = Notice("aside", {"file": entry.path, "kept": str(kept)})
        return Undoing(at, entry, present, before, (said,), present.content)
    texts = {fences.sha256(text): text for text in entry.blocks}
    bare = fences.without_blocks(present.content, entry.path, texts)
    remarks = [Notice("changed", {"file": entry.path})]
    aside = None
    if any(fence.altered for fence in bare.fences):
        aside = present.content
        kept = backup.aside(at.name, present.content)
        values = {"file": entry.path, "kept": str(kept), "lines": str(bare.kept)}
        remarks.append(Notice("altered", values))
    wanted = None if not entry.before and not bare.content.strip() else bare.content
    return Undoing(at, entry, present, wanted, tuple(remarks), aside)


def _give_back(host: Host, adapter: Adapter, entry: RowEntry) -> list[Notice]:
    """The value of one row as it was; what somebody has changed in it since stays."""
    row = Row(entry.table, entry.key, entry.column, entry.before, entry.after)
    where = {"table": f"{row.table}.{row.column}", "key": ", ".join(f"{k} {v}" for k, v in row.key.items())}
    now = adapter.tables.value(host, row) if adapter.tables is not None else None
    if adapter.tables is None or now is None:
        return [Notice("row-gone", where)]
    if now == entry.before:
        return []
    remarks, wanted = [], entry.before
    if now != entry.after:
        bare = adapter.tables.without(row, now)
        remarks.append(Notice("row-changed" if bare is not None else "row-left", where))
        wanted = now if bare is None else bare
    if wanted != now and not adapter.tables.put(host, row, now, wanted):
        raise Fault("pbx-changed", file=where["table"])
    return remarks
