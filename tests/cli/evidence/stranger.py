"""A verifier written from docs/package-format.md alone, as a stranger would: it imports nothing of ours.

What people read (5 to 7 of the page) it leaves to others.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import math
import re
import struct
import zlib
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

MANIFEST = {
    *("format", "made_at", "made_by", "node", "reason", "asked", "calls", "complaint"),
    *("absent", "notes", "keys", "rotations", "files"),
}
RECORD = {"file", "index", "kind", "key", "version", "salt", "proof"}
KEYED = {"decision": "id", "recording": "id", "carrier-leg": "id", "undelivered": "decision"}
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*")


class Bad(Exception):
    """One word of the page."""


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def unzip(data: bytes) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    central, at = b"", 0
    fixed = struct.pack("<HHHHH", 20, 0x0800, 0, 0, 0x21)
    while data[at : at + 4] == b"PK\3\4":
        crc, size, again, length, extra = struct.unpack_from("<IIIHH", data, at + 14)
        name = data[at + 30 : at + 30 + length]
        content = data[at + 30 + length : at + 30 + length + size]
        sound = zlib.crc32(content) == crc and size == again == len(content)
        if (
            data[at + 4 : at + 14] != fixed
            or extra
            or not sound
            or not NAME.fullmatch(name.decode("latin-1"))
        ):
            raise Bad("container")
        sizes = struct.pack("<IIIHH", crc, size, size, length, 0)
        central += b"PK\1\2" + struct.pack("<H", 0x0314) + fixed + sizes
        central += struct.pack("<HHHII", 0, 0, 0, 0x81800000, at) + name
        files[name.decode()] = content
        at += 30 + length + size
    count = len(files)
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, count, count, len(central), at, 0)
    if list(files) != sorted(files) or data[at:] != central + end or not files:
        raise Bad("container")
    return files


def read(text: bytes | str) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in pairs}) != len(pairs):
            raise ValueError(pairs)
        return dict(pairs)

    def number(text: str) -> float:
        if not math.isfinite(float(text)):
            raise ValueError(text)
        return float(text)

    try:
        text = text if isinstance(text, str) else text.decode()
        value = json.loads(text, object_pairs_hook=once, parse_float=number, parse_constant=number)
        json.dumps(value, ensure_ascii=False).encode()
    except ValueError as error:
        raise Bad("form") from error
    return value


def canonical(value: Any) -> str:
    """RFC 8785, for what is in records."""
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 1e21:
            return str(int(value))
        digits, _, exponent = repr(value).partition("e")
        return f"{digits}e{int(exponent):+d}" if exponent else digits
    if isinstance(value, dict):
        return "{" + ",".join(f"{canonical(key)}:{canonical(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def signed(note: str, key: str) -> list[str]:
    body, gap, lines = note.rpartition("\n\n")
    name, id, public = key.split("+", 2)
    raw = base64.b64decode(public)
    if (
        hashlib.sha256(f"{name}\n".encode() + raw).hexdigest()[:8] != id
        or not gap
        or not lines.endswith("\n")
    ):
        raise Bad("signature")
    held = False
    for line in lines[:-1].split("\n"):
        dash, who, text = line.split(" ")
        blob = base64.b64decode(text)
        if dash != "—" or base64.b64encode(blob).decode() != text:
            raise Bad("signature")
        if (who, blob[:4].hex()) == (name, id):
            try:
                Ed25519PublicKey.from_public_bytes(raw[1:]).verify(blob[4:], f"{body}\n".encode())
            except InvalidSignature as error:
                raise Bad("signature") from error
            held = True
    if not held:
        raise Bad("signature")
    return body.split("\n")


def checkpoint(note: str, key: str) -> tuple[int, bytes]:
    try:
        name, size, root = signed(note, key)[:3]
        raw = base64.b64decode(root, validate=True)
    except (Bad, ValueError) as error:
        raise Bad("checkpoint") from error
    spelled = base64.b64encode(raw).decode() == root and re.fullmatch("[1-9][0-9]*", size)
    if not spelled or len(raw) != 32 or name != key.split("+")[0]:
        raise Bad("checkpoint")
    return int(size), raw


def leaf(salt: str, record: bytes) -> bytes:
    return hashlib.sha256(b"\0" + hashlib.sha256(bytes.fromhex(salt) + record).digest()).digest()


def pair(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def included(hash: bytes, index: int, size: int, proof: list[str], root: bytes) -> bool:
    """2.1.3.2, as it stands there."""
    fn, sn, r = index, size - 1, hash
    for step in map(bytes.fromhex, proof):
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = pair(step, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = pair(r, step)
        fn, sn = fn >> 1, sn >> 1
    return index < size and sn == 0 and r == root


def consistent(old: int, before: bytes, size: int, root: bytes, proof: list[str]) -> bool:
    """2.1.4.2, as it stands there."""
    path = [bytes.fromhex(step) for step in proof]
    path = path if old & (old - 1) else [before, *path]
    fn, sn = old - 1, size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = pair(c, fr), pair(c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = pair(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return 0 < old < size and (fr, sr, sn) == (before, root, 0)


def lines(texts: list[str]) -> str:
    return sha("".join(f"{text}\n" for text in texts).encode())


def enclosed(manifest: Any, entries: list[list[str]], withheld: list[str], files: Mapping[str, str]) -> Any:
    groups: dict[str, list[str]] = {}
    for path in sorted(files):
        if not path.startswith(("ledger/", "manifest.")) and "/recordings/" not in path:
            top = path.split("/")
            group = "/".join(top[:2]) if top[0] == "calls" else top[0]
            groups.setdefault(group, []).append(f"{path} {files[path]}")
    named = sorted(f"{kind} {key}" for kind, key in entries) + [f"withheld {one}" for one in withheld]
    about = {name: value for name, value in manifest.items() if name != "files"}
    digests = {group: lines(texts) for group, texts in groups.items()}
    return {"about": sha(canonical(about).encode()), "entries": lines(named), "files": digests}


def verify(data: bytes, key: str) -> None:
    """Bad: the first thing that is wrong."""
    files = unzip(data)
    manifest, proofs = read(files["manifest.json"]), read(files["ledger/proofs.json"])
    for name in files:
        if name.endswith(".json"):
            read(files[name])
    if set(manifest) != MANIFEST or set(proofs) != {"records", "older", "erased", "withheld"}:
        raise Bad("form")
    said = [
        "dialpact-evidence/1",
        f"manifest.json {sha(files['manifest.json'])} {len(files['manifest.json'])}",
    ]
    if signed(files["manifest.sig"].decode(), key) != said or manifest["keys"] != [key]:
        raise Bad("signature")
    listed = {one["path"]: (one["size"], one["sha256"]) for one in manifest["files"]}
    there = {name: (len(text), sha(text)) for name, text in files.items() if not name.startswith("manifest.")}
    once = (len(listed), len(set(manifest["calls"]))) == (len(manifest["files"]), len(manifest["calls"]))
    if not once or manifest["complaint"] not in (None, *range(1, 10)) or manifest["complaint"] is True:
        raise Bad("form")
    if listed != there:
        raise Bad("changed")
    size, root = checkpoint(files["ledger/checkpoint.note"].decode(), key)
    rows: list[tuple[str, dict[str, Any]]] = []
    seen: set[int] = set()
    for one in proofs["records"]:
        text, index = files.get(one["file"], b"{}"), one["index"]
        record = read(text)
        whole = type(index) is int and type(one["version"]) is int and set(one) == RECORD
        same = {name: record.get(name) for name in ("index", "kind", "version")}
        if not whole:
            raise Bad("form")
        if (
            canonical(record).encode() != text
            or same != {name: one[name] for name in same}
            or one["file"] != f"ledger/records/{index:09}-{one['kind']}.json"
            or str(record["row"][KEYED.get(one["kind"], "seq")]) != one["key"]
            or index in seen
            or not included(leaf(one["salt"], text), index, size, one["proof"], root)
        ):
            raise Bad("record")
        seen.add(index)
        rows.append((one["kind"], record["row"]))
    for one in proofs["older"]:
        old, before = checkpoint(files[one["file"]].decode(), key)
        if old != one["size"] or not consistent(old, before, size, root, one["proof"]):
            raise Bad("older")
    named = {one["file"] for one in proofs["records"] + proofs["older"]}
    if (
        {name for name in files if name.startswith("ledger/")}
        - named
        - {"ledger/checkpoint.note", "ledger/proofs.json"}
    ):
        raise Bad("foreign")
    contents(files, rows)
    log(manifest, proofs, rows, {name: value[1] for name, value in listed.items()})


def contents(files: dict[str, bytes], rows: list[tuple[str, dict[str, Any]]]) -> None:
    sums = {name: sha(text) for name, text in files.items()}
    wanted = {name: "" for name in files if re.match("profiles/|calls/.*(recordings/|script.txt)", name)}
    for kind, row in rows:
        if kind == "decision":
            place = f"calls/{row['id']}/decision.json"
            wanted[place] = row["record_sha256"]
            if sums.get(place) != row["record_sha256"]:
                raise Bad("content")
            decision = read(files[place])
            if script := decision["facts"]["script"]:
                wanted[f"calls/{row['id']}/script.txt"] = script["sha256"]
            for one in decision["policy"]:
                wanted[f"profiles/{one['profile']}-{one['sha256'][:16]}.toml"] = one["sha256"]
        for side in ("", "callee_", "agent_") if kind == "recording" else ():
            if row[f"{side}sha256"]:
                name = row[f"{side}path"].split("/")[-1]
                wanted[f"calls/{row['decision']}/recordings/{name}"] = row[f"{side}sha256"]
    if any(sums.get(name) != hash for name, hash in wanted.items()):
        raise Bad("content")


def log(manifest: Any, proofs: Any, rows: list[tuple[str, dict[str, Any]]], sums: dict[str, str]) -> None:
    acts = [row | {"detail": read(row["detail"])} for kind, row in rows if kind == "register-change"]
    who = (manifest["made_by"], manifest["made_at"])
    asked = {"calls": len(manifest["calls"]), "asked": manifest["asked"], "reason": manifest["reason"]}
    for call in manifest["calls"]:
        mine = [
            act
            for act in acts
            if (act["register"], act["action"], act["key"]) == ("evidence", "export", call)
        ]
        mine = [act for act in mine if (act["actor"], act["at"]) == who]
        if not any(act["detail"] | asked == act["detail"] for act in mine):
            raise Bad("export")
    said = [act for act in acts if (act["register"], act["action"]) == ("evidence", "enclosed")]
    own = [["register-change", str(act["seq"])] for act in said]
    entries = [[one["kind"], one["key"]] for one in proofs["records"] + proofs["erased"]]
    entries = [one for one in entries if one not in own]
    if enclosed(manifest, entries, proofs["withheld"], sums) not in [act["detail"] for act in said]:
        raise Bad("enclosed")


def zipped(files: Mapping[str, bytes]) -> bytes:
    """What :func:`unzip` reads."""
    out, central = io.BytesIO(), b""
    fixed = struct.pack("<HHHHH", 20, 0x0800, 0, 0, 0x21)
    for name in sorted(files):
        raw, text = name.encode(), files[name]
        sizes = struct.pack("<IIIHH", zlib.crc32(text), len(text), len(text), len(raw), 0)
        place = struct.pack("<HHHII", 0, 0, 0, 0x81800000, out.tell())
        central += b"PK\1\2" + struct.pack("<H", 0x0314) + fixed + sizes + place + raw
        out.write(b"PK\3\4" + fixed + sizes + raw + text)
    count, at = len(files), out.tell()
    out.write(central + struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, count, count, len(central), at, 0))
    return out.getvalue()
