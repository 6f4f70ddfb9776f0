"""Is Dialpact still in the PBX as ``dialpact asterisk install`` put it there, and does every route ask?"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass

from dialpact.application.context import Context
from dialpact.application.doctor.finding import DoctorFinding, Site, fail, ok, skip, warn
from dialpact.application.pbx import original
from dialpact.application.pbx.adapter import Adapter, Found
from dialpact.application.pbx.host import Host
from dialpact.application.pbx.install import choose
from dialpact.application.pbx.manifest import Backup, Manifest
from dialpact.application.pbx.places import place
from dialpact.application.pbx.plan import sha256
from dialpact.application.pbx.prove import Proof, RouteProof, prove
from dialpact.application.pbx.wishes import wished
from dialpact.compliance.errors import DialpactError

UNKNOWN = "?"  # a version that nobody could be asked for


@dataclass(frozen=True)
class InstalledPbx:
    """What is looked at. ``calls``: each route is tried by a call that must be refused."""

    host: Host
    backup: Backup
    adapters: Sequence[Adapter]
    context: Context
    calls: bool = False


async def examined(site: Site, pbx: InstalledPbx) -> AsyncIterator[DoctorFinding]:
    """Nothing where nothing was installed, unless calls are asked for."""
    if await asyncio.to_thread(_of_another, pbx.backup):
        yield skip("pbx-not-this-user", folder=pbx.backup.folder)
        return
    try:
        manifest = await asyncio.to_thread(pbx.backup.look)
        if manifest is None and not pbx.calls:
            return
        for item in await asyncio.to_thread(_files, pbx, manifest):
            yield item
        adapter, found = await asyncio.to_thread(_adapter, pbx, manifest)
        wishes = await asyncio.to_thread(wished, site.config, "", (), manifest)
        proof = await prove(pbx.host, adapter, found, wishes, site.config, pbx.context, calls=pbx.calls)
    except DialpactError as error:
        yield fail("pbx-unreadable", error=error)
        return
    for item in _proof(proof):
        yield item


def _of_another(backup: Backup) -> bool:
    try:
        return backup.folder.lstat().st_uid != os.geteuid() != 0
    except OSError:
        return False


def _adapter(pbx: InstalledPbx, manifest: Manifest | None) -> tuple[Adapter, Found]:
    return choose(pbx.host, pbx.adapters, manifest.adapter if manifest else "")


def _files(pbx: InstalledPbx, manifest: Manifest | None) -> list[DoctorFinding]:
    return list(_looked(pbx, manifest)) if manifest is not None else []


def _looked(pbx: InstalledPbx, manifest: Manifest) -> Iterator[DoctorFinding]:
    if manifest.state != "installed":
        yield fail("pbx-unfinished", pbx=manifest.adapter)
    bad = 0
    for entry in manifest.files:
        present = place(pbx.host, entry.path).read()
        now = sha256(present.content) if present else ""
        if now == entry.after:
            continue
        bad += 1
        if present is None or now == entry.before:
            yield fail("pbx-file-lost", file=entry.path)
        elif entry.blocks and all(block.encode() in present.content for block in entry.blocks):
            bad -= 1  # somebody has changed what is his
        else:
            yield warn("pbx-file-changed", file=entry.path)
    adapter = next((one for one in pbx.adapters if one.name == manifest.adapter), None)
    for kept in manifest.originals:
        name = os.path.relpath(kept.path, pbx.host.conf(""))
        if original.checksum(original.lines(pbx.host, name, kept.context)) != kept.sha256:
            bad += 1
            yield fail("pbx-original-changed", file=kept.path, context=kept.context)
    found = adapter.recognise(pbx.host) if adapter is not None else None
    if found is not None and found.version not in (manifest.pbx_version, UNKNOWN):
        yield warn("pbx-upgraded", pbx=found.name, was=manifest.pbx_version, version=found.version)
    if not bad:
        yield ok("pbx-files", pbx=manifest.adapter, count=len(manifest.files))


def _proof(proof: Proof) -> Iterator[DoctorFinding]:
    for missing in proof.missing:
        yield fail("pbx-missing", missing=missing)
    for one in proof.routes:
        yield _route(one)
    if not proof.routes:
        yield warn("pbx-no-routes")


def _route(one: RouteProof) -> DoctorFinding:
    about = {**(one.values or {}), "route": one.route.name, "trunk": one.route.trunk, "number": one.number}
    if one.result == "proven":
        return ok("pbx-route-proven", **about)
    if one.result == "goes-round":
        write = "; ".join(one.route.lines) or "-"
        at = one.route.place or "-"
        return fail("pbx-route-round", **about, reason=f"pbx-round.{one.why}", where=at, write=write)
    if one.why == "no-call":
        return ok("pbx-route", **about)
    if one.why == "emergency":
        return skip("pbx-route-emergency", **about)
    if one.why == "behind":
        return skip("pbx-route-behind", **about)
    return fail("pbx-route-unproven", **about, reason=f"pbx-proof.{one.why}")
