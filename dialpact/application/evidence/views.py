"""What people read in a package, made anew from the proven records and compared (``shown``).

A call's lists are made by the very functions that the maker has (``folder``), only of rows that were found in
the ledger. What such a list says under ``unproven`` is taken as it stands, and named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from dialpact.application.evidence import kept
from dialpact.application.evidence.facts import unrecorded
from dialpact.application.evidence.folder import folder
from dialpact.application.evidence.form import DISPOSED, SCRIPTS, SIDES
from dialpact.application.evidence.proven import WRONG, ProvenRecords, Row, detail
from dialpact.application.evidence.sound import KNOWN
from dialpact.application.evidence.strict import strict
from dialpact.application.evidence.verdict import PackageFlaw
from dialpact.compliance.evidence import Dossier, is_of, keys_of
from dialpact.compliance.evidence.rows import TABLES
from dialpact.compliance.model import Decision

KEPT = ("keep", "policy")  # how the log says that a recording is kept longer
DEFAULTS = {"continues": "", "part": "carrier", "sound": "", "unseen": 0, "disposed_at": None}
DEFAULTS |= {"sent_from": "", "interlock": "", "supervision": "{}"}  # of records from before they had it


class CallView:
    """One call of a package: its folder, and the rows that the log has of it."""

    def __init__(self, package: ProvenRecords, id: str) -> None:
        self.package, self.id = package, id
        self.why = {one.path: one.why for one in package.manifest.absent}
        (self.decision,) = package.of("decision", id=id)
        self.stored = strict(package.text(self.name("decision.json")))

    def name(self, name: str) -> str:
        return f"calls/{self.id}/{name}"

    def stated(self, name: str) -> Any:
        """A list as the package has it; empty for none."""
        try:
            return strict(self.package.text(self.name(f"{name}.json")))
        except (ValueError, RecursionError):
            return {}

    def now(self, name: str, member: str = "now") -> list[dict[str, Any]]:
        """What is stated of a register as it is now: no record says it."""
        stated = self.stated(name)
        found = stated.get(member) if isinstance(stated, dict) else None
        return [one for one in found or [] if isinstance(one, dict)]

    def dossier(self) -> Dossier:
        recordings = [self._recording(row) for row in self._mine("recording")]
        running = [one for one in self.now("recordings", "segments") if not one.get("ended_at")]
        recordings += [self._running(one) for one in running]
        recordings.sort(key=lambda row: (row["started_at"], row["id"]))
        undelivered = self._mine("undelivered")
        return Dossier(
            decision=_row("decision", {**self.decision, "record": self._text()}),  # type: ignore[arg-type]
            undelivered=undelivered[0] if undelivered else None,  # type: ignore[arg-type]
            recordings=recordings,  # type: ignore[arg-type]
            carrier_legs=self._legs(),  # type: ignore[arg-type]
            incidents=self._mine("incident"),  # type: ignore[arg-type]
            opt_outs=self._opt_outs(),  # type: ignore[arg-type]
            do_not_call=[],
            consents=[],
            batches=[],
            script=None,
            complaints=[],
            changes=self._changes([row["id"] for row in recordings]),  # type: ignore[arg-type]
            withheld=[],
        )

    def state_of(self, row: Mapping[str, Any], side: str, name: str) -> str:
        if not row["ended_at"]:
            return "running"
        if not row[f"{side}sha256"]:
            return "none"
        return "disposed" if row["disposed_at"] else self.why.get(name, "kept")

    def _text(self) -> str:
        return self.package.text(self.name("decision.json")).decode()

    def _mine(self, kind: str) -> list[Row]:
        return self.package.of(kind, decision=self.id)

    def _recording(self, row: Row) -> dict[str, Any]:
        """As it stands now: kept until the last day that the log says, and when it was disposed of."""
        acts = [act for word in KEPT for act in self.package.acts("recording", word, key=row["id"])]
        days = [row["keep_until"], *(detail(act).get("to") for act in acts)]
        gone = self.package.acts(*DISPOSED, key=row["id"])
        told = {"keep_until": max(filter(None, days), default=None)}
        told["disposed_at"] = gone[-1]["at"] if gone else None
        return _row("recording", {**row, **told})

    def _running(self, stated: Mapping[str, Any]) -> dict[str, Any]:
        """One that goes on has no entry yet: it is taken as it is stated, without an end or a hash."""
        told: dict[str, Any] = {"decision": self.id, "number": self.decision["number"], "sound": ""}
        for side, part in zip(SIDES, stated["files"], strict=True):
            told |= {f"{side}path": part["name"], f"{side}dbfs": part.get("dbfs")}
        names = set(KNOWN) - {"ended_at"}
        return _row("recording", told | {name: stated[name] for name in names})

    def _legs(self) -> list[dict[str, Any]]:
        legs = [_row("carrier_leg", row) for row in self._mine("carrier-leg")]
        stated = self.stated("call")
        going_on = stated.get("legs_going_on") if isinstance(stated, dict) else None
        unended = [_row("carrier_leg", {"uniqueid": one, "ended_at": None}) for one in going_on or []]
        return sorted(legs, key=lambda leg: (leg["dialled_at"], leg["id"])) + unended

    def _opt_outs(self) -> list[Row]:
        number = self.decision["number"]
        return self.package.of("opt-out", number=int(number[1:])) if number else []

    def _changes(self, recordings: list[str]) -> dict[str, list[Row]]:
        batches = [one.get("id") for one in self.now("provenance")]
        complaints = [one.get("id") for one in self.now("complaints", "complaints")]
        keyed = keys_of(
            self.decision, self.stored, batches=batches, recordings=recordings, complaints=complaints
        )
        imported = {
            one.get("seq") for name in ("consent", "do-not-call") for one in self.now(name, "history")
        }
        changes: dict[str, list[Row]] = {}
        for act in self.package.of("register-change"):
            register, key = act["register"], act["key"]
            consent = (register, key) == ("consent", self.decision["number"])
            brought = act["action"] == "import" and register in ("consent", "dnc") and act["seq"] in imported
            if (
                (register, key) in keyed
                or brought
                or (consent and not brought and is_of(act, self.decision["business"]))
            ):
                changes.setdefault(f"{register} {key}", []).append(act)
        return changes


def flaws(package: ProvenRecords) -> Iterator[PackageFlaw]:
    for id in package.manifest.calls:
        rows = package.of("decision", id=id)
        sha256 = package.sha256(
            f"calls/{id}/decision.json"
        )  # a changed one is told, and nothing follows from it
        if rows and rows[0].get("record_sha256") == sha256 and id not in package.erased("decision"):
            if not _is_known(package.text(f"calls/{id}/decision.json")):
                continue  # a decision by another version: see ``unproven``
            try:
                yield from _call(CallView(package, id))
            except (msgspec.MsgspecError, *WRONG):
                yield PackageFlaw("shown", f"calls/{id}")
    if package.manifest.complaint is not None:
        try:
            right = _complaint(package, str(package.manifest.complaint))
        except WRONG:
            right = False
        if not right:
            yield PackageFlaw("shown", "complaint.json")


def unproven(package: ProvenRecords) -> Iterator[str]:
    """What the lists themselves say that no record proves, and what no verifier can derive."""
    yield from (f"manifest.json: {member}" for member in ("absent", "node", "notes"))
    yield "entries that were left out"
    for id in package.manifest.calls:
        if not _is_known(package.text(f"calls/{id}/decision.json") or b"null"):
            yield "calls/*: of another version"
    for name in sorted(package.members):
        if name.endswith(".pdf") or name in ("README.md", *SCRIPTS):
            yield name
        elif name.startswith("calls/") and name.endswith(".json"):
            try:
                stated = strict(package.text(name))
            except (ValueError, RecursionError):
                continue
            where = f"calls/*/{name.rpartition('/')[2]}"  # one line for all calls
            for member in _admitted(stated) if isinstance(stated, dict) else ():
                yield f"{where}: {member}"


def _is_known(decision: bytes) -> bool:
    """Whether this version can read it."""
    try:
        msgspec.json.decode(decision, type=Decision | None)
    except (msgspec.MsgspecError, ValueError, RecursionError):  # half a character is no MsgspecError
        return False
    return True


def _admitted(stated: dict[str, Any]) -> Iterator[str]:
    """What a list says of itself that no record proves, and what goes on, of which there is none yet."""
    if stated.get("legs_going_on"):
        yield "legs_going_on"
    segments, members = stated.get("segments"), stated.get("unproven")
    if isinstance(segments, list) and any(not one["ended_at"] for one in segments):
        yield "segments that go on"
    yield from members if isinstance(members, list) else ()


def _call(view: CallView) -> Iterator[PackageFlaw]:
    dossier = view.dossier()
    made = folder(dossier, view.state_of)
    silent = unrecorded(dossier.carrier_legs, dossier.recordings)
    if silent and not dossier.incidents and not view.package.erased("recording"):
        yield PackageFlaw("omitted", view.id)
    for name, content in made.files.items():
        if not name.endswith(".json") or not isinstance(content, bytes) or name.endswith("/decision.json"):
            continue
        try:
            stated, expected = strict(view.package.text(name)), strict(content)
        except (ValueError, RecursionError):
            stated, expected = None, {}
        if isinstance(stated, dict) and isinstance(expected, dict):
            for member in expected.get("unproven", ()):
                expected[member] = stated.get(member)
        if stated != expected or _lacks(name.rpartition("/")[2], expected):
            yield PackageFlaw("shown", name)


def _lacks(name: str, said: Any) -> bool:
    """Whether a register as it is said to be now has less than the log says."""
    if name == "consent.json":
        return kept.lacks_consent(said["history"], said["now"])
    return name == "do-not-call.json" and kept.lacks_refusal(said["history"], said["now"])


def _complaint(package: ProvenRecords, key: str) -> bool:
    """Whether it has the complaint's history, as the log has it."""
    stated = strict(package.text("complaint.json"))
    acts = package.of("register-change", register="complaint", key=key)
    logged = [{**act, "detail": strict(act["detail"])} for act in acts]
    return bool(stated["history"] == logged and str(stated["complaint"]["id"]) == key)


def _row(table: str, columns: Mapping[str, Any]) -> dict[str, Any]:
    """A whole row: what a record of an earlier version does not have is as the store has it."""
    wanted = TABLES[table].__annotations__
    return {name: columns.get(name, DEFAULTS.get(name)) for name in wanted}
