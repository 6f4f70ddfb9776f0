"""A package that another program zipped anew is verified by its contents; both verifiers agree."""

from __future__ import annotations

import io
import shutil
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialpact.application.evidence import check, zipped_anew
from dialpact.compliance.ledger.note import Verifier
from tests.cli.evidence.conftest import Packaged
from tests.cli.evidence.packages import Files, files, ours, theirs

Member = tuple[str, bytes]


def zipped(
    members: list[Member], method: int = zipfile.ZIP_DEFLATED, comment: bytes = b"", dated: int = 2026
) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Duplicate name")
        made.comment = comment
        for name, data in members:
            made.writestr(zipfile.ZipInfo(name, (dated, 11, 5, 9, 5, 0)), data, method)
    return target.getvalue()


def under(top: str, whole: Files) -> list[Member]:
    return [(top + name, data) for name, data in whole.items()]


def folders(whole: Files) -> list[Member]:
    names = {name.rpartition("/")[0] + "/" for name in whole if "/" in name}
    return [*((name, b"") for name in sorted(names)), *whole.items()]


MAC: list[Member] = [("__MACOSX/._package", b"\0\5\26\7"), ("__MACOSX/package/._manifest.json", b"x")]
ANEW: dict[str, Callable[[Files], bytes]] = {
    "compressed": lambda whole: zipped(list(whole.items())),
    "stored, with other times": lambda whole: zipped(list(whole.items()), zipfile.ZIP_STORED),
    "stored, with the times of before": lambda whole: zipped(
        list(whole.items()), zipfile.ZIP_STORED, dated=1980
    ),
    "another order": lambda whole: zipped(list(reversed(whole.items()))),
    "with folders": lambda whole: zipped(folders(whole)),
    "in a folder": lambda whole: zipped([("package/", b""), *under("package/", whole)]),
    "in two folders": lambda whole: zipped(under("Anhang 1/package/", whole)),
    "in a folder with a Chinese name": lambda whole: zipped(under("证据包/", whole)),
    "by a Mac": lambda whole: zipped([*under("package/", whole), ("package/.DS_Store", b"x"), *MAC]),
    "by Windows": lambda whole: zipped([*whole.items(), ("Thumbs.db", b"x"), ("desktop.ini", b"x")]),
    "with backslashes": lambda whole: zipped(
        [(name.replace("/", "\\"), data) for name, data in whole.items()]
    ),
    "with a comment": lambda whole: zipped(list(whole.items()), comment=b"sent by mail"),
}


@pytest.mark.parametrize("make", ANEW.values(), ids=list(ANEW))
def test_its_contents_are_verified(packaged: Packaged, make: Callable[[Files], bytes]) -> None:
    made = packaged.file(make(files(packaged.package)))
    assert (ours(made, packaged.key), theirs(made, packaged.key)) == (set(), set())
    verdict = check.examine(made, Verifier.parse(packaged.key))
    assert (verdict.valid, verdict.anew) == (True, True)
    said = packaged.home.run("evidence", "verify", str(made), "--key", packaged.key)
    assert "zipped it anew" in said.stderr and "VALID" in said.stdout


def test_what_was_left_out_is_named(packaged: Packaged) -> None:
    made = packaged.file(ANEW["by a Mac"](files(packaged.package)))
    extra = ["__MACOSX/._package", "__MACOSX/package/._manifest.json", "package/.DS_Store"]
    told = packaged.home("evidence", "verify", str(made), "--key", packaged.key)
    assert sorted(told["package"]["ignored"]) == extra
    assert extra[0] in packaged.home.run("evidence", "verify", str(made), "--key", packaged.key).stderr


def test_what_was_exported_was_not_zipped_anew(packaged: Packaged) -> None:
    assert not check.examine(packaged.package, Verifier.parse(packaged.key)).anew


def test_another_zip_program(packaged: Packaged, tmp_path: Path) -> None:
    with zipfile.ZipFile(packaged.package) as opened:
        opened.extractall(tmp_path / "package")
    made = Path(shutil.make_archive(str(tmp_path / "again"), "zip", tmp_path, "package"))
    assert (ours(made, packaged.key), theirs(made, packaged.key)) == (set(), set())


def test_a_zip_within_a_zip_is_told(packaged: Packaged) -> None:
    made = packaged.file(zipped([("package.zip", b"x"), *MAC]))
    assert ours(made, packaged.key) == {("container", "a zip within a zip: package.zip")}
    assert theirs(made, packaged.key)


def but(whole: Files, **changed: bytes) -> list[Member]:
    return list((whole | changed).items())


def mix(whole: Files) -> str:
    return next(name for name in whole if "/recordings/" in name)


WRONG: dict[str, tuple[Callable[[Files], list[Member]], str]] = {
    "a recording changed": (lambda whole: but(whole, **{mix(whole): b"RIFF"}), "changed"),
    "a file more": (lambda whole: but(whole, **{"more.txt": b"x"}), "foreign"),
    "a file less": (lambda whole: [one for one in whole.items() if one[0] != "README.md"], "missing"),
    "another manifest": (
        lambda whole: but(whole, **{"manifest.json": whole["manifest.json"] + b" "}),
        "signature",
    ),
    "a file beside its folder": (lambda whole: [*under("p/", whole), ("q/more.txt", b"x")], "foreign"),
    "a name twice": (lambda whole: [*whole.items(), ("README.md", b"x")], "container"),
    "a name twice, once with a backslash": (
        lambda whole: [*whole.items(), (mix(whole).replace("/", "\\"), b"x")],
        "container",
    ),
    "a name that leads out": (lambda whole: [*whole.items(), ("../../etc/cron.d/x", b"x")], "container"),
    "nothing but what a Mac adds": (lambda whole: MAC, "form"),
}


@pytest.mark.parametrize(("make", "code"), WRONG.values(), ids=list(WRONG))
def test_what_is_wrong_in_it_is_named(
    packaged: Packaged, make: Callable[[Files], list[Member]], code: str
) -> None:
    made = packaged.file(zipped(make(files(packaged.package))))
    one, other = ours(made, packaged.key), theirs(made, packaged.key)
    assert code in {found for found, _ in one}, one
    assert other


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_few_programs_read_is_not_read(packaged: Packaged, method: int) -> None:
    made = packaged.file(zipped(list(files(packaged.package).items()), method))
    assert {code for code, _ in ours(made, packaged.key)} == {"container"}


@pytest.mark.parametrize("place", range(7))
def test_a_byte_that_is_wrong_in_what_is_compressed(packaged: Packaged, place: int) -> None:
    data = bytearray(zipped(list(files(packaged.package).items())))
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        entry = opened.infolist()[place]
    data[entry.header_offset + 30 + len(entry.filename) + entry.compress_size // 2] ^= 1
    made = packaged.file(bytes(data))
    assert ours(made, packaged.key) and theirs(made, packaged.key)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, 1 << 30), st.integers(0, 255)), max_size=4),
    st.integers(0, 60),
    st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]),
)
def test_bytes_that_are_wrong_make_nobody_fall_over(
    packaged: Packaged, flips: list[tuple[int, int]], cut: int, method: int
) -> None:
    """And what is found valid has the contents that were signed, whatever is around them."""
    whole = files(packaged.package)
    data = bytearray(zipped(list(whole.items()), method))
    data = data[: len(data) - cut]
    central = data.rfind(b"PK\1\2")
    for place, byte in flips:
        near = central + place % (len(data) - central) if place % 2 else place % len(data)
        data[near] = byte
    made = packaged.file(bytes(data))
    one, other = ours(made, packaged.key), theirs(made, packaged.key)
    assert bool(one) == bool(other) or "container" in {code for code, _ in one}
    if not one:
        ignored: list[str] = []
        with made.open("rb") as opened:
            read = {name: member.content for name, member in zipped_anew.read(opened, ignored)}
        assert read == whole


def test_a_package_that_was_added_to_by_a_zip_program(packaged: Packaged) -> None:
    """What is of the one form in part was changed by somebody."""
    made = packaged.file(packaged.data)
    with zipfile.ZipFile(made, "a") as opened:
        opened.writestr(".DS_Store", b"x")
    assert {code for code, _ in ours(made, packaged.key)} == {"container"}
    assert theirs(made, packaged.key)


@pytest.mark.parametrize(("language", "says"), [("en", "is a folder"), ("zh", "是目录")])
def test_a_folder_is_told_what_is_wanted(
    packaged: Packaged, tmp_path: Path, language: str, says: str
) -> None:
    said = packaged.home.run("evidence", "verify", str(tmp_path), "--lang", language, code=1).stderr
    assert says in said and "verify.py" in said and "FILE.zip" in said


def test_a_folder_as_a_mac_unpacks_it(packaged: Packaged, tmp_path: Path) -> None:
    """By the stand-alone script."""
    with zipfile.ZipFile(packaged.package) as opened:
        opened.extractall(tmp_path / "downloads" / "package")
    (tmp_path / "downloads" / ".DS_Store").write_bytes(b"x")
    assert theirs(tmp_path / "downloads", packaged.key) == set()
    (tmp_path / "downloads" / "package" / "more.txt").write_bytes(b"x")
    assert theirs(tmp_path / "downloads", packaged.key) == {("foreign", "more.txt")}
