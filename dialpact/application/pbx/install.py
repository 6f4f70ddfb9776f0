"""An installation: which PBX there is (``choose``), what would change (``look``), doing it (``apply``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version

import msgspec

from dialpact.application.pbx.adapter import Adapter, Found, Row, Wishes
from dialpact.application.pbx.host import Host
from dialpact.application.pbx.manifest import VERSION, Backup, Manifest, RowEntry
from dialpact.application.pbx.notice import Notice
from dialpact.application.pbx.plan import FilePlan, Plan, planned
from dialpact.application.pbx.reloading import Reloaded, reload
from dialpact.compliance.registers.fault import Fault, shown


@dataclass(frozen=True)
class Applied:
    """``reloaded``: what put it in force, one after the other."""

    remarks: tuple[Notice, ...]
    reloaded: tuple[Reloaded, ...]


def choose(host: Host, adapters: Sequence[Adapter], name: str = "") -> tuple[Adapter, Found]:
    """The PBX that is there. ``name``: the one that is asked for. ``plain`` where no other is. Fault."""
    known = {adapter.name: adapter for adapter in adapters}
    if name:
        if name not in known:
            raise Fault("pbx-unknown", pbx=shown(name), known=", ".join(known))
        found = known[name].recognise(host)
        if found is None:
            raise Fault("pbx-not-there", pbx=name, folder=str(host.etc))
        return known[name], found
    there = [
        (adapter, found)
        for adapter in adapters
        if adapter.name != "plain" and (found := adapter.recognise(host)) is not None
    ]
    if len(there) > 1:
        named = "; ".join(f"{found.name} {found.version} ({found.seen_in})" for _, found in there)
        raise Fault("pbx-several", found=named, known=", ".join(adapter.name for adapter, _ in there))
    if there:
        return there[0]
    plain = known.get("plain")
    if plain is None or (found := plain.recognise(host)) is None:
        raise Fault("pbx-none", folder=str(host.etc), known=", ".join(known))
    return plain, found


def look(host: Host, adapter: Adapter, found: Found, wishes: Wishes, backup: Backup) -> Plan:
    """What would be done; nothing is changed. Fault."""
    plan = planned(host, adapter, found, adapter.changes(host, found, wishes), backup, backup.look())
    hidden = (wishes.ami_secret,) if wishes.ami_secret else ()
    return replace(plan, campaign=wishes.campaign, chosen=dict(wishes.chosen), hidden=hidden)


def apply(host: Host, plan: Plan, backup: Backup) -> Applied:
    """Does what :func:`look` said. Fault: something is no longer as it was then; nothing is changed then."""
    with backup.held():
        for one in plan.files:
            if one.place.read() != one.present:
                raise Fault("pbx-changed", file=one.path)
        if (before := backup.look()) is not None and before.adapter != plan.adapter.name:
            raise Fault("pbx-other", pbx=before.adapter, wanted=plan.adapter.name)
        backup.write(_keep(host, plan, backup, before))
        remarks = [_write(one, backup) for one in plan.files]
        for row in plan.rows:
            if row.changes:
                _put(host, plan.adapter, row.row, row.present)
        reloaded = reload(host, plan.adapter.reload(plan.found))
        if all(one.done or one.absent for one in reloaded):
            backup.write(_manifest(host, plan, "installed"))
    return Applied(tuple(one for one in remarks if one), reloaded)


def _keep(host: Host, plan: Plan, backup: Backup, before: Manifest | None) -> Manifest:
    """The originals are on the disk; and the manifest, with what an older one alone has."""
    for one in plan.files:
        if one.base is not None and one.entry is not None:
            backup.keep(one.base)
    manifest = _manifest(host, plan, "writing")
    if before is None:
        return manifest
    paths = {one.path for one in manifest.files}
    columns = [(row.table, row.key, row.column) for row in manifest.rows]
    return msgspec.structs.replace(
        manifest,
        files=manifest.files + tuple(one for one in before.files if one.path not in paths),
        rows=manifest.rows
        + tuple(row for row in before.rows if (row.table, row.key, row.column) not in columns),
    )


def _manifest(host: Host, plan: Plan, state: str) -> Manifest:
    rows = tuple(
        RowEntry(
            table=one.row.table,
            key=dict(one.row.key),
            column=one.row.column,
            before=one.base,
            after=one.row.after,
        )
        for one in plan.rows
        if not one.gone and one.base != one.row.after
    )
    return Manifest(
        version=VERSION,
        adapter=plan.adapter.name,
        pbx_version=plan.found.version,
        dialpact=version("dialpact"),
        etc=str(host.etc),
        state="installed" if state == "installed" else "writing",
        files=tuple(one.entry for one in plan.files if one.entry is not None),
        rows=rows,
        originals=plan.originals,
        campaign=plan.campaign,
        chosen=dict(plan.chosen),
    )


def _write(one: FilePlan, backup: Backup) -> Notice | None:
    if one.entry is not None:
        one.place.sweep(one.entry.temporary)
    if not one.changes:
        return None
    remark = None
    if one.aside is not None:
        kept = backup.set_aside(one.place.name, one.aside)
        remark = Notice("aside", {"file": one.path, "kept": str(kept)})
    if one.wanted is None:
        one.place.remove()
        return remark
    temporary = one.entry.temporary if one.entry else f".{one.place.name}.dialpact"
    if one.entry is not None and one.entry.made:
        one.place.make_folders(one.entry.made)
    one.place.write(one.wanted, one.kind, temporary)
    return remark


def _put(host: Host, adapter: Adapter, row: Row, present: str) -> None:
    if adapter.tables is None or not adapter.tables.put(host, row, present, row.after):
        raise Fault("pbx-changed", file=f"{row.table}.{row.column}")
