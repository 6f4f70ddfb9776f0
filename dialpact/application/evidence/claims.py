"""What a package says of itself, against what the log says of it.

1. That it was exported so: who, when, why, what was asked for, and how many calls (``export``).
2. What was enclosed (``enclosed``). A package from before the log had a word on that says so: everything that
   is not derived from its records is then unproven.
3. Whose keys are named in it (``foreign``), and their changes (``record``).
4. What must be there by the records that are (``omitted``).
"""

from __future__ import annotations

from collections.abc import Iterator

from dialpact.application.evidence import enclosed
from dialpact.application.evidence.form import ENCLOSED, EXPORTED, LEDGER, MANIFEST, SIGNATURE
from dialpact.application.evidence.proven import ProvenRecords, Row, detail
from dialpact.application.evidence.verdict import PackageFlaw
from dialpact.compliance.ledger import rotation

ROTATED = (rotation.ACTION, "resume")  # what puts another key in force


def form_of(package: ProvenRecords) -> int:
    """Of packages, as the log has it: the newest that it has of one of these calls."""
    forms = [detail(act).get("form", 1) for act in package.acts(*EXPORTED)]
    forms += [detail(act).get("form", 1) for act in package.acts("complaint", EXPORTED[1])]
    return max((form for form in forms if isinstance(form, int)), default=1)


def flaws(package: ProvenRecords) -> Iterator[PackageFlaw]:
    yield from _exports(package)
    yield from _keys(package)
    form = form_of(package)
    if form >= enclosed.FORM:
        yield from _enclosed(package)
    if form > enclosed.FORM:  # by a later version: what it shows can not be judged here
        yield PackageFlaw("form", f"form {form}")


def unproven(package: ProvenRecords) -> Iterator[str]:
    if form_of(package) < enclosed.FORM:
        own = (LEDGER, MANIFEST, SIGNATURE)
        named = {enclosed.group(name) for name in package.members if not name.startswith(own)}
        yield from {"calls/*" if name.startswith("calls/") else name for name in named}


def _exports(package: ProvenRecords) -> Iterator[PackageFlaw]:
    manifest = package.manifest
    asked = [(EXPORTED[0], call, call) for call in manifest.calls]
    if manifest.complaint is not None:
        asked.append(("complaint", str(manifest.complaint), f"complaint {manifest.complaint}"))
    for register, key, where in asked:
        logged = package.acts(register, EXPORTED[1], key=key)
        if not any(_is_this(package, act) for act in logged):
            yield PackageFlaw("export", where)


def _is_this(package: ProvenRecords, act: Row) -> bool:
    """Whether a line of the log is of this export. (One from before has nothing of some of it.)"""
    manifest, told = package.manifest, detail(act)
    said = {"asked": manifest.asked, "calls": len(manifest.calls), "reason": manifest.reason}
    who = (act.get("actor"), act.get("at")) == (manifest.made_by, manifest.made_at)
    return who and all(told.get(name, value) == value for name, value in said.items())


def _keys(package: ProvenRecords) -> Iterator[PackageFlaw]:
    manifest = package.manifest
    links = [(one.old, one.new, one.word) for one in manifest.rotations]
    acts = package.of("register-change", register=rotation.REGISTER)
    logged = [detail(act) for act in acts if act.get("action") in ROTATED]
    if links != [(one.get("old"), one.get("new"), one.get("word")) for one in logged]:
        yield PackageFlaw("record", "rotations")
    known = [manifest.keys[0], *(old for old, _, _ in reversed(links))]
    for key in manifest.keys:
        if key not in known:
            yield PackageFlaw("foreign", key)


def _enclosed(package: ProvenRecords) -> Iterator[PackageFlaw]:
    acts = package.acts(*ENCLOSED)
    mine = {("register-change", str(act.get("seq"))) for act in acts}
    proofs = package.proofs
    entries = [(one.kind, one.key) for one in proofs.records]
    entries += [(one.kind, one.key) for one in proofs.erased]
    there = enclosed.digests(
        package.about,
        [entry for entry in entries if entry not in mine],
        proofs.withheld,
        {one.path: one.sha256 for one in package.manifest.files},
    )
    logged = [told for act in acts if (told := detail(act)).keys() == there.keys()]
    if there in logged:
        return
    said = logged[-1] if logged else {}
    for name in ("about", "entries"):
        if said.get(name) != there[name]:
            yield PackageFlaw("enclosed", MANIFEST if name == "about" else LEDGER)
    files = said.get("files")
    files = files if isinstance(files, dict) else {}
    for name in sorted(files.keys() | there["files"].keys()):
        if files.get(name) != there["files"].get(name):
            yield PackageFlaw("enclosed", name)
