#!/usr/bin/env python3
"""Checks an unpacked evidence package: python3 verify.py [FOLDER] [KEY|FILE]. Exit 0: valid, 3: findings.

Needs Python 3.9 and `cryptography`, not Dialpact. Take KEY from somebody else than the package's sender."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

BAD = (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError, InvalidSignature)
found: set[tuple[str, str]] = set()
sums: dict[str, tuple[int, str]] = {}  # of each file: size and SHA-256


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def decoded(text: str) -> bytes:
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError("not the one right spelling")
    return data


def opened(note: bytes, keys: list[str]) -> list[str]:
    """The lines of a signed note (C2SP signed-note, Ed25519) that one of the keys has signed."""
    body, _, signatures = note.decode().rpartition("\n\n")
    signed = False
    for dash, name, encoded in (line.split(" ") for line in signatures.split("\n")[:-1]):
        signature = decoded(encoded)
        for key in (key for key in keys if dash == "\u2014" and key.startswith(f"{name}+")):
            raw = decoded(key.split("+", 2)[2])
            mark = sha256(f"{name}\n".encode() + raw)[:4]
            if raw[0] == 1 and key.startswith(f"{name}+{mark.hex()}+") and signature[:4] == mark:
                Ed25519PublicKey.from_public_bytes(raw[1:]).verify(signature[4:], f"{body}\n".encode())
                signed = True
    return body.split("\n") if signed else []


def tree(note: bytes, keys: list[str]) -> Any:
    _, size, root = opened(note, keys)[:3]
    right = re.fullmatch("[1-9][0-9]{0,18}", size) and len(decoded(root)) == 32
    return (int(size), decoded(root)) if right else False


def climb(proof: list[str], number: int, last: int, start: bytes) -> tuple[bytes, bytes]:
    """RFC 9162, 2.1.3.2 and 2.1.4.2: the older and the newer root to which the proof leads."""
    older = newer = start
    for step in map(bytes.fromhex, proof):
        if last == 0:
            raise ValueError("too long a proof")
        if number & 1 or number == last:
            older, newer = sha256(b"\1" + step + older), sha256(b"\1" + step + newer)
            while number and not number & 1:
                number, last = number >> 1, last >> 1
        else:
            newer = sha256(b"\1" + newer + step)
        number, last = number >> 1, last >> 1
    return (older, newer) if last == 0 else (b"", b"")


def record(texts: dict[str, bytes], entry: Any, size: int, root: bytes) -> Any:
    content, index = json.loads(texts[entry["file"]]), entry["index"]
    leaf = sha256(b"\0" + sha256(bytes.fromhex(entry["salt"]) + texts[entry["file"]]))
    same = (content["index"], content["kind"], content["version"]) == (index, entry["kind"], entry["version"])
    placed = same and type(index) is int and 0 <= index < size
    return content if placed and climb(entry["proof"], index, size - 1, leaf)[1] == root else False


def consistent(texts: dict[str, bytes], entry: Any, keys: list[str], size: int, root: bytes) -> bool:
    before, its_root = tree(texts[entry["file"]], keys)
    number, last, path = before - 1, size - 1, list(entry["proof"])
    while number & 1:
        number, last = number >> 1, last >> 1
    path = [its_root.hex(), *path] if number == 0 else path
    return before < size and climb(path[1:], number, last, bytes.fromhex(path[0])) == (its_root, root)


def attempt(code: str, where: str, check: Any, *given: Any) -> Any:
    """The check's answer; a finding where it fails, whatever in the package made it fail."""
    try:
        if (answer := check(*given)) is not False:
            return answer
    except BAD:
        pass
    return found.add((code, where))


def links(manifest: Any, rows: list[Any]) -> None:
    """What is outside the ledger, against the hashes that the ledger's records have of it."""
    wanted = {f"calls/{call}/decision.json": "" for call in manifest["calls"]}
    wanted.update({name: "" for name in sums if "/recordings/" in name})
    logged = [(row["register"], row["action"], row["key"]) for kind, row in rows if kind == "register-change"]
    for kind, row in rows:
        if kind == "decision":
            wanted[f"calls/{row['id']}/decision.json"] = row["record_sha256"]
        for side in ("", "callee_", "agent_") if kind == "recording" else ():
            name = f"calls/{row['decision']}/recordings/{row[side + 'path'].rpartition('/')[2]}"
            if row[side + "sha256"] and ("recording", "dispose", row["id"]) not in logged:
                wanted[name] = row[side + "sha256"]
    found.update(("export", call) for call in manifest["calls"] if ("evidence", "export", call) not in logged)
    found.update(("content", name) for name, hash in wanted.items() if sums.get(name, (0, "-"))[1] != hash)


def examine(folder: Path, key: str) -> str:
    texts = {}
    for path in (path for path in folder.rglob("*") if path.is_file()):
        name, data = path.relative_to(folder).as_posix(), path.read_bytes()
        sums[name] = (len(data), sha256(data).hex())
        texts[name] = data[: 1 << 24]
    manifest = json.loads(texts["manifest.json"])
    keys = [key, *manifest["keys"][1:]] if key else manifest["keys"]
    said = ["dialpact-evidence/1", "manifest.json {1} {0}".format(*sums["manifest.json"])]
    attempt("signature", "manifest.sig", lambda: opened(texts["manifest.sig"], keys[:1]) == said)
    listed = {one["path"]: (one["size"], one["sha256"]) for one in manifest["files"]}
    for name in (listed.keys() | sums.keys()) - {"manifest.json", "manifest.sig"}:
        if listed.get(name) != sums.get(name):
            found.add(("missing" if name not in sums else "changed" if name in listed else "foreign", name))
    head = "ledger/checkpoint.note"
    size, root = attempt("checkpoint", head, lambda: tree(texts[head], keys[:1])) or (0, b"")
    proofs = json.loads(texts["ledger/proofs.json"])
    records = [attempt("record", one["file"], record, texts, one, size, root) for one in proofs["records"]]
    for one in proofs["older"]:
        attempt("older", one["file"], consistent, texts, one, keys, size, root)
    links(manifest, [(one["kind"], one["row"]) for one in records if one])
    return f"{len(manifest['calls'])} calls, {len(records)} records, checkpoint of {size} records"


if __name__ == "__main__":
    given = [*sys.argv[1:], "", ""]
    trusted = Path(given[1]).read_text("utf-8").strip() if Path(given[1]).is_file() else given[1]
    summary = attempt("form", "package", examine, Path(given[0] or Path(__file__).parent), trusted)
    if not trusted:
        found.add(("key", "not given: so far only the sender vouches for this package"))
    sys.stdout.write(
        "".join(f"{code}: {where!a}\n" for code, where in sorted(found)) or f"VALID: {summary}\n"
    )
    sys.exit(3 if found else 0)
