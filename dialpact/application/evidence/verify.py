#!/usr/bin/env python3
"""Checks an evidence package: python3 verify.py FILE.zip|FOLDER KEY|FILE. Exit 0: valid, 3: findings.

Needs Python 3.9 and `cryptography`, not Dialpact. Take KEY from somebody else than the package's sender."""

import base64
import contextlib
import json
import mmap
import re
import struct
import sys
import zipfile
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

NAME = re.compile(rb"(?=.{1,200}\Z)[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*")
FORM = struct.pack("<4s5H", b"PK\3\4", 20, 0x800, 0, 0, 0x21)
EXTRA = re.compile(r"(^|[/\\])(__MACOSX[/\\]|\.DS_Store$|\._|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE)
MOST = (16 << 20, 1 << 30)  # bytes of a list, of a recording
HEAD = "ledger/checkpoint.note"
found: set[tuple[str, str]] = set()


def unpacked(package: Path) -> Any:
    """The files of a zip. As it was exported it has one form: each byte is content or has one right value."""
    zipped, right, central, at = zipfile.ZipFile(package), True, bytearray(), 0
    entries, names = zipped.infolist(), zipped.namelist()
    files = [(one.filename, partial(zipped.read, one)) for one in entries]
    with package.open("rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    bounded = all(one.file_size <= MOST["/recordings/" in one.filename] for one in entries)
    if data.find(FORM) < 0 and bounded and len(names) <= 20_000:
        return loose(files)
    for name, one in ((one.filename.encode(), one) for one in entries):
        form = FORM[4:] + struct.pack("<3I2H", one.CRC, one.file_size, one.file_size, len(name), 0)
        right &= data[at : at + 30 + len(name)] == FORM[:4] + form + name and bool(NAME.fullmatch(name))
        central += b"PK\1\2\x14\3" + form + struct.pack("<3H2I", 0, 0, 0, 0o100600 << 16, at) + name
        at += 30 + len(name) + one.file_size
    central += struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, len(names), len(names), len(central), at, 0)
    if not right or names != sorted(set(names))[:20_000] or data[at : at + len(central) + 1] != central:
        raise ValueError(f"byte {at}")
    return files


def loose(files: Any) -> Any:
    """Of a folder, or a zip by another program: without what systems add, and the folder that all is in."""
    files = [(name.replace("\\", "/"), read) for name, read in files if not EXTRA.search(name)]
    top = min((name[:-13] for name, _ in files if f"/{name}".endswith("/manifest.json")), key=len)
    inside = [(name[len(top) * name.startswith(top) :], read) for name, read in files if name[-1] != "/"]
    if len(dict(inside)) < len(inside):
        raise ValueError("a name twice")
    return inside


def opened(note: bytes, key: str) -> list[str]:
    """The lines of a note (C2SP signed-note, Ed25519) that the key has signed."""
    body, _, signatures = note.decode().rpartition("\n\n")
    name, mark, public = key.split("+", 2)
    raw = base64.b64decode(public, validate=True)
    identity = sha256(f"{name}\n".encode() + raw).digest()[:4]
    held = False
    for dash, signer, encoded in (line.split(" ") for line in signatures.split("\n")[:-1]):
        signature = base64.b64decode(encoded, validate=True)
        if dash != "\u2014" or base64.b64encode(signature).decode() != encoded or len(signature) < 5:
            raise ValueError("not the one right spelling")
        if (signer, signature[:4], mark, raw[0]) == (name, identity, identity.hex(), 1):
            Ed25519PublicKey.from_public_bytes(raw[1:]).verify(signature[4:], f"{body}\n".encode())
            held = True
    if not held or not note.endswith(b"\n"):
        raise ValueError("not signed by this key")
    return body.split("\n")


def root_of(proof: list[str], index: int, size: int, leaf: bytes) -> bytes:
    """RFC 9162, 2.1.3: the root to which the proof leads from a leaf."""
    if size == 1:
        return b"" if proof else leaf
    half, step = 1 << (size - 1).bit_length() - 1, bytes.fromhex(proof[-1])
    if index < half:
        return sha256(b"\1" + root_of(proof[:-1], index, half, leaf) + step).digest()
    return sha256(b"\1" + step + root_of(proof[:-1], index - half, size - half, leaf)).digest()


def record(texts: dict[str, bytes], one: Any, gone: list[Any], size: int, root: bytes) -> Any:
    """The record, at its place in the tree. Of an erased one, that the log says that it was erased."""
    index = one["index"]
    if "leaf" in one:
        said, leaf = any(first <= index <= last for first, last in gone), bytes.fromhex(one["leaf"])
    else:
        said, salted = json.loads(texts[one["file"]]), bytes.fromhex(one["salt"]) + texts[one["file"]]
        leaf = sha256(b"\0" + sha256(salted).digest()).digest()
        said = said if all(said[name] == one[name] for name in ("index", "kind", "version")) else False
    placed = type(index) is int and 0 <= index < size
    return said if placed and root_of(one["proof"], index, size, leaf) == root else False


def attempt(code: str, where: str, check: Any, *given: Any) -> Any:
    """The check's answer; a finding where it fails, whatever in the package made it fail."""
    with contextlib.suppress(Exception):
        if (answer := check(*given)) is not False:
            return answer
    return found.add((code, where))


def examine(package: Path, key: str) -> str:
    sums, texts = {}, {}
    paths = filter(Path.is_file, package.rglob("*"))
    folder = [(path.relative_to(package).as_posix(), path.read_bytes) for path in paths]
    for name, data in (
        (name, read()) for name, read in (unpacked(package) if package.is_file() else loose(folder))
    ):
        sums[name] = (len(data), sha256(data).hexdigest())
        texts[name] = b"" if "/recordings/" in name else data
    manifest, proofs = json.loads(texts["manifest.json"]), json.loads(texts["ledger/proofs.json"])
    now, signer = key, manifest["keys"][0]
    for old, new, word in ((one["old"], one["new"], one["word"].encode()) for one in manifest["rotations"]):
        if old == now and word and opened(word, old) == [old.partition("+")[0], f"next key {new}"]:
            now = new  # the trusted key vouches for it, or one that it vouches for
    key = signer if now in ("", signer) else key
    said = ["dialpact-evidence/1", "manifest.json {1} {0}".format(*sums["manifest.json"])]
    attempt("signature", "manifest.sig", lambda: opened(texts["manifest.sig"], key) == said)
    listed = {one["path"]: (one["size"], one["sha256"]) for one in manifest["files"]}
    for name in (listed.keys() | sums.keys()) - {"manifest.json", "manifest.sig"}:
        if listed.get(name) != sums.get(name):
            found.add(("missing" if name not in sums else "changed" if name in listed else "foreign", name))
    name, number, root64 = (attempt("checkpoint", HEAD, opened, texts.get(HEAD), key) or ["", "0", ""])[:3]
    if number != "0" and name != key.partition("+")[0]:
        found.add(("checkpoint", HEAD))  # of another log
    size, root = int(number), base64.b64decode(root64, validate=True)
    told = [attempt("record", one["file"], record, texts, one, [], size, root) for one in proofs["records"]]
    acts = [one["row"] for one in told if one and one["kind"] == "register-change"]
    logged = [(row["register"], row["action"], row["key"]) for row in acts]
    erasures = [row["detail"] for row in acts if (row["register"], row["action"]) == ("ledger", "erase")]
    gone = [run for detail in erasures for run in json.loads(detail)["leaves"]]
    for one in proofs["erased"]:
        attempt("record", f"{one['kind']} {one['key']}", record, texts, one, gone, size, root)
    # What is outside the ledger, against the hashes that the ledger's records have of it.
    erased = [one["key"] for one in proofs["erased"] if one["kind"] == "decision"]
    wanted = {f"calls/{call}/decision.json": "" for call in manifest["calls"] if call not in erased}
    wanted.update({name: "" for name in sums if "/recordings/" in name})
    for kind, row in ((one["kind"], one["row"]) for one in told if one):
        if kind == "decision":
            wanted[f"calls/{row['id']}/decision.json"] = row["record_sha256"]
        for side in ("", "callee_", "agent_") if kind == "recording" else ():
            name = f"calls/{row['decision']}/recordings/{row[side + 'path'].rpartition('/')[2]}"
            if row[side + "sha256"] and ("recording", "dispose", row["id"]) not in logged:
                wanted[name] = row[side + "sha256"]
    found.update(("content", name) for name, sha in wanted.items() if sums.get(name, (0, "-"))[1] != sha)
    found.update(("export", call) for call in manifest["calls"] if ("evidence", "export", call) not in logged)
    return f"{len(manifest['calls'])} calls, {len(told)} records, checkpoint of {size} records"


if __name__ == "__main__":
    given, key, *_ = [*sys.argv[1:], "", ""]
    key = Path(key).read_text("utf-8").strip() if Path(key).is_file() else key
    summary = attempt("form", ascii(given), examine, Path(given or Path(__file__).parent), key)
    if not key:
        found.add(("key", "not given: so far only the sender vouches for this package"))
    sys.stdout.write("".join(f"{code}: {at!a}\n" for code, at in sorted(found)) or f"VALID: {summary}\n")
    sys.exit(3 if found else 0)
