#!/usr/bin/env python3
"""Checks an evidence package: python3 verify.py FILE.zip|FOLDER KEY|FILE [--checkpoint FILE].

[--witness VKEY]... [--quorum N]: outsiders whom you know, who must have seen each call; [--tsa-ca FILE]: an
authority for timestamps, checked with openssl.
Exit 0: valid, 3: findings. Notes name what no entry of the log proves, and change nothing. Needs Python 3.9
and `cryptography`, not Dialpact. Take KEY from somebody else than the sender. Read `examined` first.
"""

import argparse
import base64
import contextlib
import json
import mmap
import re
import struct
import subprocess
import sys
import tempfile
import zipfile
from datetime import datetime, timedelta, timezone
from functools import lru_cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

NAME = re.compile(rb"(?=.{1,200}\Z)[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*")
FORM = struct.pack("<4s5H", b"PK\3\4", 20, 0x800, 0, 0, 0x21)
EXTRA = re.compile(r"(^|[/\\])(__MACOSX[/\\]|\.DS_Store$|\._|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE)
MOST = (16 << 20, 1 << 30)  # bytes of a list, of a recording
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
PROOFS, HEAD = "ledger/proofs.json", "ledger/checkpoint.note"
SIDES = ("", "callee_", "agent_")  # of a recording: the mix, and each direction
# The form of the lists: a text is a pattern of texts, 0 a whole number, a tuple one of several.
HASH, ID, TEXT, NUMBER = "[0-9a-f]{64}", "[0-9a-f]{32}", ".*", 0
WHY = "running|disposed|missing|changed|unreadable|erased"
NOTE = "version-unknown|script-unknown|profile-unknown|not-in-ledger|no-pdf|erased|erased-unproven"
NOTE += "|unrecorded|others|forked|restored"
LISTS: dict[str, Any] = {
    MANIFEST: {
        "format": "dialpact-evidence/1",
        "made_at": TEXT,
        "made_by": TEXT,
        "node": TEXT,
        "reason": TEXT,
        "asked": dict,
        "calls": [ID],
        "complaint": (NUMBER, None),
        "keys": [TEXT],
        "rotations": [dict],
        "absent": [{"path": TEXT, "why": WHY}],
        "notes": [{"code": NOTE, "about": TEXT}],
        "files": [{"path": TEXT, "size": NUMBER, "sha256": HASH}],
    },
    PROOFS: {
        "records": [
            {
                "file": TEXT,
                "index": NUMBER,
                "kind": TEXT,
                "key": TEXT,
                "version": NUMBER,
                "salt": ID,
                "proof": [HASH],
            }
        ],
        "older": [{"file": TEXT, "size": NUMBER, "proof": [HASH]}],
        "erased": [{"index": NUMBER, "kind": TEXT, "key": TEXT, "leaf": HASH, "proof": [HASH]}],
        "withheld": [TEXT],
    },
}
KEYS = {"decision": "id", "undelivered": "decision", "recording": "id", "carrier-leg": "id"}  # else "seq"
SHOWN = ""  # the text of shown.py, in a package's verify.py; else it lies beside this
found: set[tuple[str, str]] = set()
notes: set[str] = set()
seen: list[str] = []  # what outsiders say


class Unreadable(Exception):
    """A list that can not be read, by its name."""


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
    tops = [name[:-13] for name, _ in files if f"/{name}".endswith("/manifest.json")]
    top = min(tops, key=len, default="")
    inside = [(name[len(top) * name.startswith(top) :], read) for name, read in files if name[-1] != "/"]
    if len(dict(inside)) < len(inside) or [name[-4:].lower() for name, _ in inside] == [".zip"]:
        raise ValueError("a name twice, or a zip within a zip")
    if not all(NAME.fullmatch(name.encode()) for name, _ in inside):
        raise ValueError("a name that leads out")
    return inside


def strict(data: Any) -> Any:
    """JSON that can be read in one way only: no member twice, no half character, no number that is none."""

    def members(pairs: Any) -> Any:
        if len(dict(pairs)) < len(pairs):
            raise ValueError("a member twice")
        return dict(pairs)

    text = data if isinstance(data, str) else data.decode()
    value = json.loads(text, object_pairs_hook=members)
    if re.search(r"\\u[dD]|NaN|Infinity|[eE][+]?\d{3}|\d{300}", text):
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    return value


def fits(value: Any, form: Any) -> bool:
    """Whether it has this form, and no more: what else were in it could only mislead."""
    if isinstance(form, tuple):
        return any(fits(value, each) for each in form)
    if isinstance(form, dict):
        same = type(value) is dict and value.keys() == form.keys()
        return same and all(fits(value[name], form[name]) for name in form)
    if isinstance(form, list):
        return type(value) is list and all(fits(each, form[0]) for each in value)
    if isinstance(form, str):
        return type(value) is str and bool(re.fullmatch(form, value, re.DOTALL))
    if form == NUMBER:
        return type(value) is int and 0 <= value < 1 << 63
    return value is None if form is None else type(value) is form


def list_of(texts: dict[str, bytes], name: str) -> Any:
    """One of the two lists. Nothing is in it twice."""
    with contextlib.suppress(Exception):
        value = strict(texts[name])
        if name == PROOFS and fits(value, LISTS[name]):
            return value
        files = [one["path"] for one in value["files"]]
        once = all(len(set(each)) == len(each) for each in (files, value["calls"], value["keys"]))
        if fits(value, LISTS[name]) and once and value["keys"]:
            return value
    raise Unreadable(name)


def opened(note: bytes, key: str, most: int = 1 << 18) -> list[str]:
    """The lines of a note (C2SP signed-note, Ed25519) that the key has signed."""
    body, _, signatures = note.decode().rpartition("\n\n")
    name, mark, public = key.split("+", 2)
    raw = base64.b64decode(public, validate=True)
    identity = sha256(f"{name}\n".encode() + raw).digest()[:4]
    held, lines = False, [line.split(" ") for line in signatures.split("\n")[:-1]]
    if len(note) > most or len(lines) > 100 or re.search("[\0-\x09\x0b-\x1f]", note.decode()):
        raise ValueError("too long, or with control characters")
    for dash, signer, encoded in lines:
        signature = base64.b64decode(encoded, validate=True)
        spelled = base64.b64encode(signature).decode() == encoded and not re.search(r"^$|\+|\s", signer)
        if dash != "\u2014" or not spelled or len(signature) < 5:
            raise ValueError("not the one right spelling")
        if (signer, signature[:4], mark, raw[0]) == (name, identity, identity.hex(), 1):
            Ed25519PublicKey.from_public_bytes(raw[1:]).verify(signature[4:], f"{body}\n".encode())
            held = True
    if not held or not note.endswith(b"\n"):
        raise ValueError("not signed by this key")
    return body.split("\n")


def head(note: bytes, *keys: str) -> tuple[int, bytes]:
    """Size and root of a checkpoint by one of the keys, each of which signs for the log of its name."""
    for key in keys:
        with contextlib.suppress(Exception):
            name, size, root64, *more = opened(note, key)
            root = base64.b64decode(root64, validate=True)
            right = len(root) == 32 and base64.b64encode(root).decode() == root64 and all(more)
            if name == key.partition("+")[0] and re.fullmatch("[1-9][0-9]{0,18}", size) and right:
                return int(size), root
    raise ValueError("no checkpoint by these keys")


def public(key: str) -> bytes:
    return base64.b64decode(key.split("+", 2)[2], validate=True)[1:]


def outsider(given: str) -> str:
    """The key of a witness, or a file with it. Fails for any other."""
    key = Path(given).read_text("utf-8").strip() if Path(given).is_file() else given
    name, mark, encoded = key.split("+", 2)
    raw = base64.b64decode(encoded, validate=True)
    if raw[:1] != b"\4" or len(raw) != 33 or sha256(f"{name}\n".encode() + raw).hexdigest()[:8] != mark:
        raise ValueError("no witness's key")
    return key


def seen_at(note: bytes, witness: str) -> int:
    """When a witness (C2SP tlog-cosignature, Ed25519) has seen the checkpoint; 0: it does not say.

    Fails for a line by its key that does not hold.
    """
    body, _, signatures = note.decode().rpartition("\n\n")
    name, _, public = witness.split("+", 2)
    raw, found = base64.b64decode(public, validate=True), []
    identity = sha256(f"{name}\n".encode() + raw).digest()[:4]
    for signer, encoded in (line.split(" ")[1:] for line in signatures.split("\n")[:-1]):
        signature = base64.b64decode(encoded, validate=True)
        if (signer, signature[:4]) == (name, identity):
            at = int.from_bytes(signature[4:12], "big")
            said = f"cosignature/v1\ntime {at}\n{body}\n".encode()
            Ed25519PublicKey.from_public_bytes(raw[1:]).verify(signature[12:], said)
            found.append(at if 0 < at < 1 << 63 else 1 // 0)
    return min(found, default=0)


def stamped_at(note: bytes, answer: bytes, roots: Path) -> datetime:
    """At the latest: an authority's time and its accuracy. Fails where openssl does not believe it."""
    with tempfile.TemporaryDirectory() as folder:
        data, reply = Path(folder, "note"), Path(folder, "tsr")
        data.write_bytes(note)
        reply.write_bytes(answer)

        def openssl(*more: Any) -> str:
            run = ["openssl", "ts", *more]
            done = subprocess.run(run, check=True, capture_output=True, text=True, timeout=60)  # noqa: S603
            return done.stdout

        shown = openssl("-reply", "-in", reply, "-text")
        told = re.findall(r"^Time stamp: (\w+ +\d+ [\d:]+)(\.\d+)? (\d+) GMT$", shown, re.MULTILINE)
        (second, fraction, year), parts = told[0], re.findall(r"0x([0-9A-F]+) (seconds|millis|micros)", shown)
        at = datetime.strptime(f"{second} {year} +0000", "%b %d %H:%M:%S %Y %z")
        given = ("-data", data, "-in", reply, "-CAfile", roots, "-attime", f"{at.timestamp():.0f}")
        openssl("-verify", *given)
    unit = {"seconds": 10**6, "millis": 1000, "micros": 1}
    more = sum(int(size, 16) * unit[name] for size, name in parts) - (-float(fraction or 0) * 10**6 // 1)
    return at + timedelta(microseconds=more)


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


def root_of(proof: list[str], index: int, size: int, leaf: bytes) -> bytes:
    """RFC 9162, 2.1.3: the root to which the proof leads from a leaf."""
    if size == 1:
        return b"" if proof else leaf
    half, step = 1 << (size - 1).bit_length() - 1, bytes.fromhex(proof[-1])
    if index < half:
        return node(root_of(proof[:-1], index, half, leaf), step)
    return node(step, root_of(proof[:-1], index - half, size - half, leaf))


def continues(old: int, before: bytes, size: int, root: bytes, proof: list[str]) -> bool:
    """RFC 9162, 2.1.4.2: whether the tree of ``old`` leaves is the beginning of this one."""
    path = [bytes.fromhex(step) for step in proof]
    path = path if old & (old - 1) else [before, *path]
    left, last, first, second = old - 1, size - 1, path[0], path[0]
    while left & 1:
        left, last = left >> 1, last >> 1
    for step in path[1:]:
        if last == 0:
            return False
        if left & 1 or left == last:
            first, second = node(step, first), node(step, second)
            while left and not left & 1:
                left, last = left >> 1, last >> 1
        else:
            second = node(second, step)
        left, last = left >> 1, last >> 1
    return 0 < old < size and last == 0 and (first, second) == (before, root)


def detail(act: Any) -> Any:
    """What a line of the log says besides. Empty for what can not be read."""
    with contextlib.suppress(Exception):
        if isinstance(found := strict(act["detail"]), dict):
            return found
    return {}


def attempt(code: str, where: str, check: Any, *given: Any) -> Any:
    """The check's answer; a finding where it fails, whatever in the package made it fail."""
    with contextlib.suppress(Exception):
        if (answer := check(*given)) is not False:
            return answer
    return found.add((code, where))


def utc(second: int) -> datetime:
    return datetime.fromtimestamp(min(second, 253402300799), timezone.utc)  # noqa: UP017 - Python 3.9


@lru_cache
def loaded(source: str) -> Any:
    names: dict[str, Any] = {}
    exec(compile(source, "shown.py", "exec"), names)  # noqa: S102
    return names


def group(name: str) -> str:
    """Under which the log has the digest of a file: its call's folder, the profiles, or itself."""
    return "/".join(name.split("/")[: 2 if name.startswith("calls/") else 1])


def digest(lines: list[str], end: str = "\n") -> str:
    return sha256("".join(line + end for line in lines).encode()).hexdigest()


class Package:
    """Its files, and what is proven in it. ``rows``: the records' rows by kind; ``acts``: the log's lines."""

    def __init__(self, sums: dict[str, tuple[int, str]], texts: dict[str, bytes]) -> None:
        self.sums, self.texts = sums, texts
        self.manifest = list_of(texts, MANIFEST)
        self.rows: dict[str, list[Any]] = {}
        self.size, self.root, self.form = 0, b"", 1
        self.strict = strict

    def trust(self, key: str, history: bytes) -> None:
        """The signer, if the given key vouches for it, or one that it vouches for; else the given key."""
        now, self.keys = key, list(self.manifest["keys"])
        with contextlib.suppress(Exception):
            for one in self.manifest["rotations"]:
                if one["old"] == now:
                    said = opened(one["word"].encode(), now)
                    if said != [now.partition("+")[0], f"next key {one['new']}"]:
                        break
                    now = one["new"]
        if now not in ("", self.keys[0]) and not self._remembered(key, history):
            self.keys[0] = key

    def _remembered(self, key: str, history: bytes) -> bool:
        """Whether the key has signed that the package's key was its forerunner when it signed this head."""
        with contextlib.suppress(Exception):
            name, title, *lines = opened(history, key, 1 << 24)
            signer, heads = "", set()
            for line in lines:
                signer = signer if line[:1] == " " else line
                heads.add((signer, line))
            size, root = head(self.texts[HEAD], self.keys[0])
            listed = (self.keys[0], f" {size} {base64.b64encode(root).decode()}") in heads
            return listed and (name, title) == (key.partition("+")[0], "earlier keys")
        return False

    def files(self) -> None:
        """The manifest is signed, and lists what is there."""
        size, sum = self.sums[MANIFEST]
        said = ["dialpact-evidence/1", f"{MANIFEST} {sum} {size}"]
        attempt("signature", SIGNATURE, lambda: opened(self.texts[SIGNATURE], self.keys[0]) == said)
        listed = {one["path"]: (one["size"], one["sha256"]) for one in self.manifest["files"]}
        for name in (listed.keys() | self.sums.keys()) - {MANIFEST, SIGNATURE}:
            if listed.get(name) != self.sums.get(name):
                code = "missing" if name not in self.sums else "changed" if name in listed else "foreign"
                found.add((code, name))
        for name in self.texts.keys() - {MANIFEST, PROOFS}:
            if name.endswith(".json") and not name.startswith("ledger/records/"):
                attempt("form", name, strict, self.texts[name])

    def ledger(self) -> None:
        """The records are in the tree that was signed, each once and under its own name."""
        signed = attempt("checkpoint", HEAD, head, self.texts.get(HEAD), self.keys[0])
        self.size, self.root = signed or (0, b"")
        self.heads: dict[str, tuple[int, bytes]] = {}  # checkpoints of this ledger: their sizes and roots
        self.proofs = list_of(self.texts, PROOFS)
        named, places = {HEAD, PROOFS}, set()
        for one in self.proofs["records"]:
            row = one["index"] not in places and attempt("record", one["file"], self._record, one)
            if row:
                self.rows.setdefault(one["kind"], []).append(row)
            elif row is False:
                found.add(("record", one["file"]))
            named.add(one["file"])
            places.add(one["index"])
        self.acts = sorted(self.rows.get("register-change", []), key=lambda act: int(act["seq"]))
        for one in self.proofs["erased"]:
            once = one["index"] not in places
            attempt("record", f"{one['kind']} {one['key']}", self._gone, one, once)
            places.add(one["index"])
        for one in self.proofs["older"]:
            if attempt("older", one["file"], self._older, one):
                self.heads[one["file"]] = head(self.texts[one["file"]], *self.keys)
            named.add(one["file"])
        if signed:
            self.heads[HEAD] = signed
        self.stamps = [name for name in self.sums if re.match("ledger/stamps/.*[.]tsr$", name, re.DOTALL)]
        self.stamps = [name for name in self.stamps if attempt("stamp", name, self._stamp, name)]
        named |= {name[:-4] + end for name in self.stamps for end in (".tsr", ".note")}
        for name in self.sums:
            if name.startswith("ledger/") and name not in named:
                found.add(("foreign", name))  # signed, but nothing proves it

    def _record(self, one: Any) -> Any:
        name, data = f"ledger/records/{one['index']:09}-{one['kind']}.json", self.texts[one["file"]]
        leaf = sha256(b"\0" + sha256(bytes.fromhex(one["salt"]) + data).digest()).digest()
        said = strict(data)
        same = said.keys() == {"index", "kind", "row", "version"} and one["file"] == name
        same &= all(said[each] == one[each] for each in ("index", "kind", "version"))
        key = said["row"][KEYS.get(one["kind"], "seq")]
        same &= str(key) == one["key"] and type(key) is (str if one["kind"] in KEYS else int)
        return said["row"] if same and self._placed(one, leaf) else False

    def _gone(self, one: Any, once: bool) -> bool:
        """Of a record that was erased: that the log says so, and its leaf."""
        runs = [detail(act).get("leaves", []) for act in self.of("ledger", "erase")]
        said = any(first <= one["index"] <= last for each in runs for first, last in each)
        return once and said and self._placed(one, bytes.fromhex(one["leaf"]))

    def _placed(self, one: Any, leaf: bytes) -> bool:
        index = one["index"]
        return index < self.size and root_of(one["proof"], index, self.size, leaf) == self.root

    def _older(self, one: Any) -> bool:
        size, root = head(self.texts[one["file"]], *self.keys)
        name = f"ledger/older/{size:09}.note" == one["file"] and size == one["size"]
        return name and continues(size, root, self.size, self.root, one["proof"])

    def _stamp(self, name: str) -> bool:
        """Beside the checkpoint that it is of, which this ledger continues."""
        found = head(self.texts[name[:-4] + ".note"], *self.keys)
        return found in self.heads.values() and name == f"ledger/stamps/{found[0]:09}.tsr"

    def outside(self, witnesses: list[str], quorum: int, roots: Any) -> list[str]:
        """What outsiders say of each call: by when it was in the log, and when not yet in what they saw."""
        own = {public(key) for key in self.keys}
        trees, stamped, said = [], [], []
        found.update(("witness", one.split("+")[0]) for one in witnesses if public(one) in own)
        witnesses = [one for one in witnesses if public(one) not in own]
        newest = dict.fromkeys(witnesses, 0)
        for name, (size, _) in sorted(self.heads.items(), key=lambda each: each[1][0]):
            told = {one: attempt("witness", name, seen_at, self.texts[name], one) for one in witnesses}
            times = sorted(at for at in told.values() if at)
            for one, at in told.items():
                if at and at < newest[one]:
                    found.add(("witness-time", name))
                newest[one] = max(newest[one], at or 0)
            if len(times) >= quorum > 0:
                trees.append((size, times[quorum - 1], times[-quorum]))
        for name in self.stamps if roots else ():
            note, answer = self.texts[name[:-4] + ".note"], self.texts[name]
            if at := attempt("stamp", name, stamped_at, note, answer, roots):
                stamped.append((head(note, *self.keys)[0], at))
        calls = [one for one in self.proofs["records"] + self.proofs["erased"] if one["kind"] == "decision"]
        rows = {row["id"]: row.get("decided_at") for row in self.rows.get("decision", [])}
        if quorum and not calls and not trees:
            found.add(("quorum", HEAD))
        for one in calls:
            there = sorted(utc(latest) for size, latest, _ in trees if size > one["index"])
            before = [utc(unseen) for size, _, unseen in trees if size <= one["index"]]
            marked = sorted(at for size, at in stamped if size > one["index"])
            if quorum and not there:
                found.add(("quorum", one["key"]))
            if there:
                since = f", not in what they saw at {max(before):%FT%TZ}" if before else ""
                said.append(f"{one['key']}: witnessed at the latest at {min(there):%FT%TZ}{since}")
            if marked:
                said.append(f"{one['key']}: stamped at the latest at {min(marked):%FT%T.%fZ}")
            with contextlib.suppress(ValueError, KeyError):
                decided = str(rows[one["key"]])
                at = datetime.fromisoformat(decided.replace("Z", "+00:00"))
                if any(time + timedelta(minutes=5) < at for time in there[:1] + marked[:1]):
                    found.add(("witness-time", one["key"]))
                if before and at + timedelta(minutes=15) < max(before):
                    said.append(
                        f"{one['key']}: LATE: decided at {decided} by its own word; put in afterwards"
                    )
        return said

    def of(self, register: str, action: str) -> list[Any]:
        return [act for act in self.acts if (act.get("register"), act.get("action")) == (register, action)]

    def content(self) -> None:
        """What is outside the ledger, against the hashes that the ledger's records have of it."""
        erased = [one["key"] for one in self.proofs["erased"] if one["kind"] == "decision"]
        wanted = {f"calls/{call}/decision.json": "" for call in self.manifest["calls"] if call not in erased}
        wanted.update({name: "" for name in self.sums if "/recordings/" in name})
        gone = [act.get("key") for act in self.of("recording", "dispose")]
        for row in self.rows.get("decision", []):
            wanted[f"calls/{row['id']}/decision.json"] = row.get("record_sha256")
        for row in self.rows.get("recording", []):
            for side in SIDES if row["id"] not in gone else ():
                path = str(row.get(side + "path")).rpartition("/")[2]
                if row.get(side + "sha256"):
                    wanted[f"calls/{row.get('decision')}/recordings/{path}"] = row[side + "sha256"]
        found.update(
            ("content", name) for name, sum in wanted.items() if self.sums.get(name, (0, "-"))[1] != sum
        )

    def exports(self) -> None:
        """The log has this export: who, when, why, what was asked for, and of how many calls."""
        calls, complaint = self.manifest["calls"], self.manifest["complaint"]
        asked = [("evidence", call, call) for call in calls]
        if complaint is not None:
            asked.append(("complaint", str(complaint), f"complaint {complaint}"))
        said = {"asked": self.manifest["asked"], "calls": len(calls), "reason": self.manifest["reason"]}
        who = (self.manifest["made_by"], self.manifest["made_at"])
        for register, key, where in asked:
            acts = [act for act in self.of(register, "export") if (act.get("actor"), act.get("at")) == who]
            told = [detail(act) for act in acts if act.get("key") == key]
            if not any(all(one.get(name, said[name]) == said[name] for name in said) for one in told):
                found.add(("export", where))
        links = [(one["old"], one["new"], one["word"]) for one in self.manifest["rotations"]]
        acts = [detail(act) for word in ("rotate", "resume") for act in self.of("ledger", word)]
        logged = [(one.get("old"), one.get("new"), one.get("word")) for one in acts]
        if sorted(map(str, links)) != sorted(map(str, logged)):
            found.add(("record", "rotations"))
        strangers = set(self.manifest["keys"][1:]) - {old for old, _, _ in links}
        found.update(("foreign", key) for key in strangers)

    def enclosed(self) -> None:
        """The log has the digests of what was enclosed. (Not of a package of before: then it is a note.)"""
        acts = [act for each in ("evidence", "complaint") for act in self.of(each, "export")]
        forms = [detail(act).get("form", 1) for act in acts]
        self.form = max([form for form in forms if type(form) is int], default=1)
        if self.form < 2:
            signed = ("ledger/", MANIFEST, SIGNATURE)
            old = {group(name) for name in self.sums if not name.startswith(signed)}
            notes.update("calls/*" if name.startswith("calls/") else name for name in old)
            return
        about = {name: value for name, value in self.manifest.items() if name != "files"}
        acts = self.of("evidence", "enclosed")
        own = [f"register-change {act['seq']}" for act in acts]
        named = [f"{one['kind']} {one['key']}" for one in self.proofs["records"] + self.proofs["erased"]]
        withheld = [f"withheld {one}" for one in self.proofs["withheld"]]
        groups: dict[str, list[str]] = {}
        for name, sum in sorted((one["path"], one["sha256"]) for one in self.manifest["files"]):
            if not re.match(r"ledger/|manifest\.(json|sig)$|.*/recordings/", name):
                groups.setdefault(group(name), []).append(f"{name} {sum}")
        there = {
            MANIFEST: digest(
                [json.dumps(about, ensure_ascii=False, sort_keys=True, separators=(",", ":"))], ""
            ),
            "ledger/": digest([*sorted(one for one in named if one not in own), *withheld]),
            **{name: digest(lines) for name, lines in groups.items()},
        }
        logged = [detail(act) for act in acts]
        whole = [one for one in logged if isinstance(one.get("files"), dict) and len(one) == 3]
        flat = [{MANIFEST: one.get("about"), "ledger/": one.get("entries"), **one["files"]} for one in whole]
        if there not in flat:
            said = flat[-1] if flat else {}
            found.update(("enclosed", name) for name in {*said, *there} if said.get(name) != there.get(name))

    def lines(self, *keyed: tuple[str, str]) -> list[Any]:
        """The log's lines under these registers and keys, as lists have them."""
        acts = [act for act in self.acts if (act.get("register"), act.get("key")) in keyed and act["key"]]
        return [{**act, "detail": strict(act["detail"])} for act in acts]

    def shown(self) -> None:
        """What people read says what the records say: by shown.py, written in here or lying beside this."""
        beside = Path(__file__).with_name("shown.py")
        source = SHOWN or (beside.read_text("utf-8") if beside.is_file() else "")
        if not source:
            found.add(("shown", "what people read was not compared: shown.py is not beside verify.py"))
            return
        names = loaded(source)
        found.update(names["flaws"](self))
        notes.update(names["notes"](self))

    def held(self, note: bytes) -> None:
        """A checkpoint that the examiner kept: this ledger must continue it, or be it."""
        size, root = attempt("held", "not signed by a key of this ledger", head, note, *self.keys) or (0, b"")
        proofs = [one["proof"] for one in self.proofs["older"] if one["size"] == size]
        known = (size, root) == (self.size, self.root)
        with contextlib.suppress(Exception):
            known |= any(continues(size, root, self.size, self.root, proof) for proof in proofs)
        if size and not known:
            code = "held-contradicted" if proofs or size == self.size else "held-unproven"
            found.add((code, f"{size}"))


def examined(
    sums: dict[str, tuple[int, str]],
    texts: dict[str, bytes],
    key: str,
    held: Any,
    history: bytes,
    outside: Any,
) -> str:
    """Each check in its turn."""
    package = Package(sums, texts)
    package.trust(key, history)
    package.files()
    package.ledger()
    package.content()
    package.exports()
    package.enclosed()
    package.shown()
    if held is not None:
        package.held(held)
    seen.extend(package.outside(*outside))
    calls, count = len(package.manifest["calls"]), len(package.proofs["records"])
    return f"{calls} calls, {count} records, checkpoint of {package.size} records"


def examine(
    package: Path, key: str, held: Any = None, history: bytes = b"", outside: Any = ((), 0, None)
) -> str:
    sums, texts = {}, {}
    paths = filter(Path.is_file, package.rglob("*"))
    folder = [(path.relative_to(package).as_posix(), path.read_bytes) for path in paths]
    files = attempt(
        "container", "no package", lambda: unpacked(package) if package.is_file() else loose(folder)
    )
    if files is None:
        return ""
    for name, read in files:
        data = attempt("container", name, read) or b""
        sums[name] = (len(data), sha256(data).hexdigest())
        texts[name] = b"" if "/recordings/" in name else data
    try:
        return examined(sums, texts, key, held, history, outside)
    except Unreadable as problem:
        found.add(("form", str(problem)))
    return ""


if __name__ == "__main__":
    asked = argparse.ArgumentParser()
    asked.add_argument("package", nargs="?", default="")
    asked.add_argument("key", nargs="?", default="")
    asked.add_argument("--checkpoint", type=Path, help="a checkpoint of this ledger that you kept")
    asked.add_argument("--witness", action="append", type=outsider, default=[], help="VKEY or FILE")
    asked.add_argument("--quorum", type=int, help="so many of the witnesses; else all")
    asked.add_argument("--tsa-ca", type=Path, help="certificates (PEM) of an authority for timestamps")
    given = asked.parse_args()
    witnesses = list({public(one): one for one in given.witness}.values())  # whatever else it is called
    quorum = len(witnesses) if given.quorum is None else given.quorum
    if not (given.quorum is None or 0 < quorum <= len(witnesses)):
        asked.error("--quorum: as many as there are witnesses with keys of their own, at most")
    key, history, place = given.key, b"", Path(given.package or Path(__file__).parent)
    if key and Path(key).is_file():
        with contextlib.suppress(OSError):
            history = Path(key).with_suffix(".history").read_bytes()
        key = Path(key).read_text("utf-8").strip()
    held = b"" if given.checkpoint else None  # what can not be read is no checkpoint
    with contextlib.suppress(OSError):
        held = given.checkpoint.read_bytes() if given.checkpoint else None
    outside = (witnesses, quorum, given.tsa_ca)
    summary = attempt("form", ascii(given.package), examine, place, key, held, history, outside)
    if not key:
        found.add(("key", "not given: so far only the sender vouches for this package"))
    sys.stdout.write("".join(f"{code}: {at!a}\n" for code, at in sorted(found)) or f"VALID: {summary}\n")
    sys.stdout.write("".join(f"{said}\n" for said in seen))
    if not found:
        sys.stdout.write("".join(f"not proven by the log: {note}\n" for note in sorted(notes)))
    sys.exit(3 if found else 0)
