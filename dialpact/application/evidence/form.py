"""What a package's lists look like: the manifest, and the proofs. Both the maker and the examiner use it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from dialpact.compliance.ledger.rotation import Rotation

FORMAT: Literal["dialpact-evidence/1"] = "dialpact-evidence/1"
MANIFEST = "manifest.json"
SIGNATURE = "manifest.sig"
CHECKPOINT = "ledger/checkpoint.note"
PROOFS = "ledger/proofs.json"
SCRIPTS = ("verify.py", "shown.py")  # that verify without Dialpact
LEDGER = "ledger/"
STAMPS = "ledger/stamps/"
RECORDINGS = "/recordings/"
SIDES = ("", "callee_", "agent_")  # of a recording's columns: the mix, and each direction
EXPORTED = ("evidence", "export")  # register and action of the log's line of an export,
ENCLOSED = ("evidence", "enclosed")  # of what was enclosed in it,
DISPOSED = ("recording", "dispose")  # of a recording's end,
ERASED = ("ledger", "erase")  # and of the end of what is known of calls

Why = Literal["running", "disposed", "missing", "changed", "unreadable", "erased"]
Size = Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]
Hash = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}\\Z")]
Salt = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}\\Z")]
Proof = Annotated[list[Hash], msgspec.Meta(max_length=63)]


class ListedCall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    path: str
    size: Size
    sha256: Hash


class Absent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A recording's file that is not in the package, or not as it was recorded."""

    path: str
    why: Why


class Note(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be known of a package besides. Each code has its text in both languages."""

    code: Literal[
        "version-unknown",
        "script-unknown",
        "profile-unknown",
        "not-in-ledger",
        "no-pdf",
        "erased",
        "erased-unproven",
        "unrecorded",
        "others",
        "forked",
        "restored",
    ]
    about: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``keys``: the one that signs, then older ones of this ledger. ``notes``: what is to be known too."""

    format: Literal["dialpact-evidence/1"]
    made_at: str
    made_by: str
    node: str
    reason: str
    asked: dict[str, Any]
    calls: list[Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}\\Z")]]
    complaint: Size | None
    absent: list[Absent]
    notes: list[Note]
    keys: Annotated[list[str], msgspec.Meta(min_length=1, max_length=100)]
    rotations: list[Rotation]  # of the ledger's key, the oldest first
    files: list[ListedCall]


class RecordProof(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One record: its file, its place, its salt, and the way from its leaf to the root."""

    file: str
    index: Size
    kind: str
    key: str
    version: int
    salt: Salt
    proof: Proof


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a leaf of the ledger is the hash of."""

    index: Size
    kind: str
    row: dict[str, Any]
    version: int


class Older(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An older checkpoint, and the proof that its tree is the beginning of this one."""

    file: str
    size: Size
    proof: Proof


class ErasedCall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A record whose content was erased when its time was over. Its leaf is still in the tree."""

    index: Size
    kind: str
    key: str
    leaf: Hash
    proof: Proof


class ProofList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    records: list[RecordProof]
    older: list[Older]
    erased: list[ErasedCall]
    withheld: list[str]  # leaves that tell of other people


def signed_text(sha256: str, size: int) -> str:
    """What the signature of a package is made over."""
    return f"{FORMAT}\n{MANIFEST} {sha256} {size}\n"


def record_name(index: int, kind: str) -> str:
    return f"{LEDGER}records/{index:09}-{kind}.json"


def older_name(size: int) -> str:
    return f"{LEDGER}older/{size:09}.note"


def stamp_name(size: int, kind: str) -> str:
    """``kind``: ``.note`` for the checkpoint as it was stamped, ``.tsr`` for the authority's answer."""
    return f"{STAMPS}{size:09}{kind}"


def recording_name(row: Mapping[str, Any], side: str) -> str:
    """Where a package has the file of a recording's row."""
    file = str(row.get(f"{side}path")).rpartition("/")[2]
    return f"calls/{row.get('decision')}{RECORDINGS}{file}"


def pretty(value: object) -> bytes:
    """JSON for people and programs, the same bytes for the same value."""
    return msgspec.json.format(msgspec.json.encode(value, order="deterministic"), indent=1) + b"\n"
