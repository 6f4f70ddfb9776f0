"""Flip any byte of a package, cheat in any way: both verifiers name it, and neither falls over."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialpact.application.evidence import verify
from dialpact.compliance.ledger import keys
from dialpact.compliance.ledger import record as record_of
from tests.cli.evidence.conftest import Packaged
from tests.cli.evidence.packages import Files, files, ours, packed, resigned, theirs
from tests.syntax import tree

PROOFS, HEAD, MANIFEST = "ledger/proofs.json", "ledger/checkpoint.note", "manifest.json"
SCRIPT = Path(verify.__file__)


def flipped(data: bytes, place: int, bit: int = 1) -> bytes:
    return data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :]


def refused(packaged: Packaged, data: bytes) -> set[str]:
    """The codes of the findings. Both verifiers have some, and the same but for the container's place."""
    made = packaged.file(data)
    one, other = ours(made, packaged.key), theirs(made, packaged.key)
    assert one and other, (one, other)
    return {code for code, _ in one}


def test_both_find_it_valid(packaged: Packaged) -> None:
    assert (ours(packaged.package, packaged.key), theirs(packaged.package, packaged.key)) == (set(), set())


def test_the_form_is_the_one_of_its_files(packaged: Packaged) -> None:
    """No byte of a package is anything but its files' content, or what follows from it."""
    assert packed(files(packaged.package)) == packaged.data
    with zipfile.ZipFile(packaged.package) as other:
        assert other.testzip() is None
        assert {name: other.read(name) for name in other.namelist()} == files(packaged.package)


def test_each_structure_of_the_zip_and_each_file(packaged: Packaged) -> None:
    """Every byte of a local header, a central entry and the end; of each file first, middle and last."""
    with zipfile.ZipFile(packaged.package) as opened:
        entries, central = opened.infolist(), opened.start_dir
    places = set(range(entries[1].header_offset, entries[1].header_offset + 30 + len(entries[1].filename)))
    places |= set(range(central, central + 46 + len(entries[0].filename)))
    places |= set(range(len(packaged.data) - 22, len(packaged.data)))
    for entry in entries:
        start = entry.header_offset + 30 + len(entry.filename)
        places |= {start, start + entry.file_size // 2, start + entry.file_size - 1}
        places.add(entry.header_offset + 14)  # its checksum
    assert len(places) > 250
    for place in sorted(places):
        refused(packaged, flipped(packaged.data, place))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 1 << 30), bit=st.sampled_from([1, 2, 4, 8, 16, 32, 64, 128]))
def test_any_bit(packaged: Packaged, place: int, bit: int) -> None:
    refused(packaged, flipped(packaged.data, place % len(packaged.data), bit))


def test_each_file_changed_by_one_who_knows_zip(packaged: Packaged) -> None:
    """The container is right again, so it is the content that tells; the verifiers agree to the word."""
    whole = files(packaged.package)
    for name, data in whole.items():
        for place in (0, len(data) // 3, len(data) // 2, len(data) - 1):
            made = packaged.file(packed(whole | {name: flipped(data, place)}))
            one, other = ours(made, packaged.key), theirs(made, packaged.key)
            named = {where for _, where in one}
            assert name in named or (name == MANIFEST and "manifest.sig" in named), (name, place, one)
            if not any("form" in code for code, _ in one | other):
                assert one == other, (name, place)
            assert other


@pytest.mark.parametrize("bit", [1, 128])
def test_every_byte_of_every_list(packaged: Packaged, bit: int) -> None:
    """Of what is parsed, not only hashed: no byte of it makes a verifier fall over."""
    whole = files(packaged.package)
    record = next(name for name in whole if name.endswith("-decision.json"))
    older = next(name for name in whole if name.startswith("ledger/older/"))
    for name in (record, older, HEAD, "manifest.sig"):
        for place in range(len(whole[name])):
            made = packaged.file(packed(whole | {name: flipped(whole[name], place, bit)}))
            assert ours(made, packaged.key) and theirs(made, packaged.key), (name, place)


def test_each_file_taken_out_or_put_in(packaged: Packaged) -> None:
    whole = files(packaged.package)
    for name in whole:
        less = {other: data for other, data in whole.items() if other != name}
        found = refused(packaged, packed(less))
        assert found & {"missing", "form", "signature"}, name
    assert refused(packaged, packed(whole | {"more.txt": b""})) == {"foreign"}
    inside = f"calls/{packaged.call}/recordings/c.wav"
    assert refused(packaged, packed(whole | {inside: b"x"})) == {"foreign", "content"}


def stored(*members: tuple[str, bytes], **about: Any) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", **about) as made:
        for name, data in members:
            made.writestr(zipfile.ZipInfo(name), data)
    return target.getvalue()


def bomb(_: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("manifest.json", b"0" * (64 << 20))
    return target.getvalue()


def huge(data: bytes) -> bytes:
    """The first file says that it has 4 GiB."""
    return data[:18] + b"\xff\xff\xff\xff\xff\xff\xff\xff" + data[26:]


def counted(data: bytes) -> bytes:
    return data[:-14] + struct.pack("<2H", 0xFFFF, 0xFFFF) + data[-10:]


class Twice(dict[str, bytes]):
    def items(self) -> Any:
        return [*super().items(), *super().items()]


def repeated(data: bytes) -> bytes:
    """Each file twice, in the one form apart from that."""
    with zipfile.ZipFile(io.BytesIO(data)) as whole:
        return packed(Twice({name: whole.read(name) for name in whole.namelist()}))


CONTAINERS: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda data: b"",
    "no zip": lambda data: b"hello",
    "cut": lambda data: data[:-1],
    "cut in the middle": lambda data: data[: len(data) // 2],
    "cut in a header": lambda data: data[:17],
    "only the end": lambda data: data[-22:],
    "longer": lambda data: data + b"\0",
    "much longer": lambda data: data + data,
    "before": lambda data: b"#!/bin/sh\n" + data,
    "a comment": lambda data: data[:-2] + b"\1\0x",
    "bomb": bomb,
    "huge file": huge,
    "huge count": counted,
    "repeated": repeated,
    "up": lambda data: stored(("../../etc/cron.d/x", b"x")),
    "absolute": lambda data: stored(("/etc/passwd", b"x")),
    "backslash": lambda data: stored(("..\\x", b"x")),
    "a folder": lambda data: stored(("calls/", b"")),
    "hidden": lambda data: stored((".bashrc", b"x")),
    "control": lambda data: stored(("a\nb", b"x")),
    "long name": lambda data: stored(("a" * 201, b"x")),
    "empty zip": lambda data: packed({}),
}


@pytest.mark.parametrize("cheat", CONTAINERS.values(), ids=list(CONTAINERS))
def test_what_is_no_package(packaged: Packaged, cheat: Callable[[bytes], bytes]) -> None:
    assert refused(packaged, cheat(packaged.data)) & {"container", "form"}


@pytest.mark.parametrize("name", ["../x", "/x", "a//b", "a/../b", "a/.b", "", "a\\b", "é", "a\n"])
def test_names_that_lead_out(packaged: Packaged, name: str) -> None:
    """In the one form, and signed: refused for the name alone."""
    data = resigned(files(packaged.package) | {name: b"x"}, packaged.signer)
    assert refused(packaged, data) & {"container", "form"}


def test_the_one_form_is_that_of_a_zip(packaged: Packaged) -> None:
    """What ``packed`` makes of files is what the product makes of them: what is refused then is the cheat."""
    assert packed(files(packaged.package)) == packaged.data


def test_too_many_files(packaged: Packaged) -> None:
    many = {f"f{number:05}": b"" for number in range(20_001 - len(files(packaged.package)))}
    data = resigned(files(packaged.package) | many, packaged.signer)
    assert refused(packaged, data) == {"container"}
    fewer = {name: data for name, data in many.items() if name != "f00000"}
    made = packaged.file(resigned(files(packaged.package) | fewer, packaged.signer))
    added = {("enclosed", name) for name in fewer}  # no more is wrong than that the log does not know of them
    assert (ours(made, packaged.key), theirs(made, packaged.key)) == (added, added)


def test_a_signature_has_one_spelling(packaged: Packaged) -> None:
    """The last character before the padding has two bits that decoding passes over."""
    whole = files(packaged.package)
    text = whole["manifest.sig"].decode()
    last = text[-3]
    for other in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/":
        note = f"{text[:-3]}{other}=\n".encode()
        made = packaged.file(packed(whole | {"manifest.sig": note}))
        expected = set() if other == last else {("signature", "manifest.sig")}
        assert ours(made, packaged.key) == theirs(made, packaged.key) == expected, other
    for tail in ("x", "\n", "\n\n", " "):
        refused(packaged, packed(whole | {"manifest.sig": (text + tail).encode()}))


def scalars(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in items:
        yield from scalars(each, (*path, key))


def put(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    if not path:
        return other
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = put(copy[path[0]], path[1:], other)
    return copy


@pytest.mark.parametrize("other", [None, [], {}, "x", -1, 10**30, True, 1.5, [[]], "\ud800"], ids=repr)
def test_wrong_types_in_a_list_that_is_signed(packaged: Packaged, other: Any) -> None:
    """Whatever stands where in the proofs: a verdict, and of both the same."""
    whole = files(packaged.package)
    proofs = json.loads(whole[PROOFS])
    manifest = json.loads(whole[MANIFEST])
    proofs["records"], proofs["older"] = proofs["records"][:2], proofs["older"][:1]
    loose = {"key", "withheld", "older"}  # not what a verdict of the script rests on
    for path in scalars(proofs):
        made = packaged.file(
            resigned(whole | {PROOFS: json.dumps(put(proofs, path, other)).encode()}, packaged.signer)
        )
        one, other_ = ours(made, packaged.key), theirs(made, packaged.key)
        if not loose & set(path):
            assert one and other_, (path, one, other_)
    for path in scalars(manifest):
        if path[:1] != ("files",) or path[1:2] == (0,):
            changed = json.dumps(put(manifest, path, other)).encode()
            refused(packaged, packed(whole | {MANIFEST: changed}))  # not signed again


@pytest.mark.parametrize("text", [b"", b"[", b"[" * 100_000, b"\xff", b"{}", b"null", b"[]", b"1e999"])
@pytest.mark.parametrize("name", [MANIFEST, PROOFS, HEAD, "manifest.sig"])
def test_what_is_no_list(packaged: Packaged, name: str, text: bytes) -> None:
    whole = files(packaged.package)
    refused(packaged, packed(whole | {name: text}))
    if name in (PROOFS, HEAD):
        refused(packaged, resigned(whole | {name: text}, packaged.signer))


def cheats(whole: Files, packaged: Packaged) -> dict[str, tuple[Files, str]]:
    """What one who has the key could sign, and the code that tells it."""
    proofs = json.loads(whole[PROOFS])
    first = next(one for one in proofs["records"] if one["kind"] == "decision")
    decision = f"calls/{packaged.call}/decision.json"
    mix = f"calls/{packaged.call}/recordings/a.wav"

    def but(change: Callable[[dict[str, Any]], object]) -> dict[str, bytes]:
        copy = json.loads(whole[PROOFS])
        change(copy)
        return {PROOFS: json.dumps(copy).encode()}

    def record(**row: object) -> dict[str, bytes]:
        content = json.loads(whole[first["file"]])
        return {first["file"]: json.dumps(content | {"row": content["row"] | row}).encode()}

    def gone(copy: dict[str, Any]) -> None:
        copy["records"] = [one for one in copy["records"] if one["kind"] != "decision"]
        leaf = {"index": first["index"], "kind": "decision", "key": packaged.call, "proof": first["proof"]}
        copy["erased"] = [leaf | {"leaf": hash_of(whole, first)}]

    def hash_of(whole: Files, one: dict[str, Any]) -> str:
        return record_of.leaf(bytes.fromhex(one["salt"]), whole[one["file"]]).hex()

    def each(name: str, value: object) -> Callable[[dict[str, Any]], object]:
        return lambda copy: copy["records"].__getitem__(0).__setitem__(name, value)

    return {
        "another decision": ({decision: b"{}"}, "content"),
        "another recording": ({mix: b"RIFF"}, "content"),
        "another record": (record(verdict="BLOCK"), "record"),
        "another salt": (but(each("salt", "00" * 16)), "record"),
        "another place": (but(each("index", 1)), "record"),
        "another proof": (but(each("proof", ["00" * 32])), "record"),
        "a longer proof": (but(lambda copy: copy["records"][0]["proof"].append("00" * 32)), "record"),
        "another kind": (but(each("kind", "clock")), "record"),
        "a decision kept back": (
            but(lambda copy: copy.update(records=[o for o in copy["records"] if o["kind"] != "decision"])),
            "content",
        ),
        "recordings kept back": (
            but(lambda copy: copy.update(records=[o for o in copy["records"] if o["kind"] != "recording"])),
            "content",
        ),
        "an export kept back": (
            but(
                lambda copy: copy.update(
                    records=[o for o in copy["records"] if o["kind"] != "register-change"]
                )
            ),
            "export",
        ),
        "an erasure that nobody logged": (but(gone) | {decision: b""}, "record"),
    }


def test_what_the_signer_could_do(packaged: Packaged) -> None:
    whole = files(packaged.package)
    for name, (change, code) in cheats(whole, packaged).items():
        members = {path: data for path, data in (whole | change).items() if data}
        made = packaged.file(resigned(members, packaged.signer))
        one, other = ours(made, packaged.key), theirs(made, packaged.key)
        assert code in {found for found, _ in one}, (name, one)
        assert one == other, name


def test_an_older_checkpoint_that_is_no_beginning(packaged: Packaged) -> None:
    """Signed by the right key, of a log that was rewritten since; or with a proof of something else."""
    whole = files(packaged.package)
    proofs = json.loads(whole[PROOFS])
    older = proofs["older"][0]
    origin, size = whole[older["file"]].decode().split("\n")[:2]
    rewritten = packaged.signer.sign("\n".join([origin, size, "A" * 43 + "=", ""])).encode()
    foreign = packaged.signer.sign("\n".join(["dialpact/else", size, "A" * 43 + "=", ""])).encode()
    proofs["older"][0]["proof"] = ["00" * 32]
    stranger = keys.signer_of(keys.generate(), "dialpact/pbx1")
    for change in (
        {older["file"]: rewritten},
        {older["file"]: foreign},
        {older["file"]: stranger.sign(whole[older["file"]].decode().rpartition("\n\n")[0] + "\n").encode()},
        {older["file"]: b"x"},
        {PROOFS: json.dumps(proofs).encode()},
    ):
        made = packaged.file(resigned(whole | change, packaged.signer))
        assert ours(made, packaged.key) == {("older", older["file"])}


def test_the_checkpoint_of_another_log(packaged: Packaged) -> None:
    """By the right key, but under another name: no proof of this log."""
    whole = files(packaged.package)
    lines = whole[HEAD].decode().rpartition("\n\n")[0].split("\n")
    for change in (["dialpact/else", *lines[1:]], [lines[0], "1", lines[2]], [*lines[:2], "A" * 43 + "="]):
        note = packaged.signer.sign("\n".join([*change, ""])).encode()
        codes = refused(packaged, resigned(whole | {HEAD: note}, packaged.signer))
        assert codes >= {"checkpoint" if change[0] == "dialpact/else" else "record"}


def test_a_stranger_s_key(packaged: Packaged) -> None:
    stranger = keys.signer_of(keys.generate(), "dialpact/pbx1").vkey
    one = ours(packaged.package, stranger)
    assert {code for code, _ in one} >= {"signature", "checkpoint"}
    assert {code for code, _ in theirs(packaged.package, stranger)} >= {"signature", "checkpoint"}
    assert ours(packaged.package, "") == {("key", "not given")}


def script(*arguments: str, place: Path = SCRIPT) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, str(place), *arguments], capture_output=True, text=True, check=False
    )
    assert not done.stderr
    return done.returncode, done.stdout


def test_the_script_as_it_is_run(packaged: Packaged, tmp_path: Path) -> None:
    public = str(packaged.home.path / "ledger.pub")
    with zipfile.ZipFile(packaged.package) as whole:
        whole.extractall(tmp_path / "out")
    unpacked = tmp_path / "out"
    alone = tmp_path / "verify.py"
    alone.write_bytes((unpacked / "verify.py").read_bytes())
    there = (unpacked / "shown.py").read_text("utf-8")
    assert alone.read_text("utf-8").replace(f"r'''{there}'''", '""') == SCRIPT.read_text("utf-8")
    for key in (public, packaged.key):
        for package in (packaged.package, unpacked):
            code, said = script(str(package), key, place=alone)
            assert (code, said[:6]) == (0, "VALID:"), said
    assert script("", public, place=unpacked / "verify.py")[0] == 0  # its own folder
    code, said = script(str(packaged.package), place=alone)
    assert (code, said) == (3, "key: 'not given: so far only the sender vouches for this package'\n")
    assert script(str(tmp_path / "none.zip"), public, place=alone)[0] == 3
    (unpacked / f"calls/{packaged.call}/recordings/a.wav").write_bytes(b"other")
    code, said = script(str(unpacked), public, place=alone)
    assert code == 3 and "changed: " in said and "content: " in said


def test_the_script_alone_reads_what_people_read(packaged: Packaged, tmp_path: Path) -> None:
    """As it is taken out of a package; of the source, without its part beside it, it says so."""
    whole = files(packaged.package)
    alone = tmp_path / "verify.py"
    alone.write_bytes(whole["verify.py"])
    page = "report.en.html"
    made = packaged.file(
        resigned(whole | {page: whole[page].replace(b"ALLOWED", b"BLOCKED")}, packaged.signer)
    )
    said = f"enclosed: '{page}'\nshown: '{page}'\n"
    assert script(str(made), packaged.key, place=alone) == (3, said)
    alone.write_bytes(SCRIPT.read_bytes())
    code, said = script(str(packaged.package), packaged.key, place=alone)
    assert code == 3 and said.startswith("shown: 'what people read was not compared"), said


def test_the_script_is_short_and_needs_one_library() -> None:
    text = SCRIPT.read_text("utf-8")
    assert len(text.splitlines()) <= 660
    imported = {
        line.split()[1].partition(".")[0]
        for line in text.splitlines()
        if line.startswith(("import ", "from "))
    }
    assert imported - set(sys.stdlib_module_names) == {"cryptography"}
    compile(text, "verify.py", "exec", dont_inherit=True)
    tree(text, feature_version=(3, 9))


def test_a_decision_with_half_a_character(packaged: Packaged) -> None:
    """Found by flipping bits: no text at all, so no reader of JSON says that it is none."""
    name = f"calls/{packaged.call}/decision.json"
    whole = files(packaged.package)
    made = packaged.file(packed(whole | {name: flipped(whole[name], len(whole[name]) // 2, 128)}))
    assert {("changed", name), ("content", name)} <= ours(made, packaged.key) == theirs(made, packaged.key)


@pytest.mark.parametrize("name", ["records", "older", "erased", ""])
def test_a_proof_that_claims_more_than_a_proof_can(packaged: Packaged, name: str) -> None:
    """Found by `make fuzz`: a leaf beside a record was passed over here, and stumbled upon by the script."""
    whole = files(packaged.package)
    proofs = json.loads(whole[PROOFS])
    place = proofs[name] if name else [proofs]
    if not place:
        place.append({"index": 0, "kind": "x", "key": "x", "leaf": "0" * 64, "proof": []})
    place[0]["claim"] = place[0].get("leaf", "0")
    made = packaged.file(resigned(whole | {PROOFS: json.dumps(proofs).encode()}, packaged.signer))
    assert ("form", PROOFS) in ours(made, packaged.key)
