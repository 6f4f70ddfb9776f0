"""``consent`` with the hash of its evidence and the version of what was agreed to."""

from __future__ import annotations

import hashlib

import pytest

from tests.cli.conftest import Home

FORM = "我同意接听保险电话".encode() * 300_000  # several pieces
HASH = hashlib.sha256(FORM).hexdigest()
OTHER = "f" * 64
ADD = ("consent", "add", "13800138001", "--business", "acme", "--industry", "保险", "--evidence", "form 8")
ADD = (*ADD, "--granted-at", "2026-11-01")
HEADER = "number,business,industry,granted_at,expires_at,evidence"
ROW = "13800138001,acme,保险,2026-11-01,,form 8"


def test_the_files_hash_is_registered(stocked: Home) -> None:
    given = ("--evidence-file", stocked.file("form.pdf", FORM), "--wording", "V3-2026")
    assert stocked(*ADD, *given)["entry"]["evidence_sha256"] == HASH
    (entry,) = stocked("consent", "show", "13800138001")["entries"]
    assert (entry["evidence_sha256"], entry["wording"]) == (HASH, "V3-2026")
    assert stocked(*ADD, "--evidence-sha256", HASH.upper(), "--wording", "V3-2026")["result"] == "already"


@pytest.mark.parametrize(
    ("more", "says", "reason"),
    [
        (("--evidence-sha256", "abc"), "64", "too short"),
        (("--evidence-sha256", "g" * 64), "64", "no hexadecimal digit"),
        (("--evidence-file", "none.pdf"), "none.pdf", "no such file"),
        (("--evidence-file", "form.pdf", "--evidence-sha256", OTHER), HASH, "the two contradict each other"),
    ],
)
def test_what_proves_nothing(stocked: Home, more: tuple[str, ...], says: str, reason: str) -> None:
    stocked.file("form.pdf", FORM)
    assert says in stocked(*ADD, *more, code=1)["error"], reason
    assert stocked("consent", "list", "--number", "13800138001") == []


@pytest.mark.parametrize(
    "more", [(), ("--evidence-sha256", OTHER), ("--evidence-sha256", HASH, "--wording", "V4")]
)
def test_other_proof_for_the_same_consent_is_refused(stocked: Home, more: tuple[str, ...]) -> None:
    stocked.run(*ADD, "--evidence-sha256", HASH, "--wording", "V3")
    assert "other evidence" in stocked(*ADD, *more, code=1)["error"]


def imported(home: Home, header: str, *rows: str, code: int = 0) -> dict:
    return home("consent", "import", home.file("c.csv", "\n".join([header, *rows])), code=code)


@pytest.mark.parametrize(
    ("header", "cells", "expected"),
    [
        (HEADER, "", ("", "")),
        (f"{HEADER},evidence_sha256", f",{HASH}", (HASH, "")),
        (f"{HEADER},wording", ",V3", ("", "V3")),
        (f"{HEADER},wording,evidence_sha256", f",V3,{HASH.upper()}", (HASH, "V3")),
        (f"{HEADER},evidence_sha256,wording", ",,", ("", "")),
    ],
)
def test_a_file_may_have_the_columns(
    stocked: Home, header: str, cells: str, expected: tuple[str, str]
) -> None:
    assert imported(stocked, header, ROW + cells)["applied"] == 1
    (entry,) = stocked("consent", "list", "--number", "13800138001")
    assert (entry["evidence_sha256"], entry["wording"]) == expected
    assert imported(stocked, header, ROW + cells)["already"] == 1


def test_rows_that_contradict_each_other_or_the_register(stocked: Home) -> None:
    header = f"{HEADER},evidence_sha256,wording"
    twice = imported(stocked, header, f"{ROW},{HASH},V3", f"{ROW},{HASH},V4", code=1)
    assert [(error["line"], error["code"]) for error in twice["errors"]] == [(3, "given-twice")]
    imported(stocked, header, f"{ROW},{HASH},V3")
    for cells in (f",{OTHER},V3", f",{HASH},V4", ",,"):
        clash = imported(stocked, header, ROW + cells, code=1)
        assert [error["code"] for error in clash["errors"]] == ["consent-differs"]
    bad = imported(stocked, header, f"{ROW},abc,V3", code=1)
    assert [error["code"] for error in bad["errors"]] == ["bad-sha256"]


def test_the_columns_of_the_contract_stay_required(stocked: Home) -> None:
    file = stocked.file("c.csv", f"number,evidence_sha256,wording\n13800138001,{HASH},V3\n")
    assert "missing: business" in stocked("consent", "import", file, code=1)["error"]


def kept(home: Home) -> set[str]:
    return {entry.name for entry in (home.path / "consent-evidence").iterdir() if len(entry.name) == 64}


def test_a_file_is_kept_beside_its_hash(stocked: Home) -> None:
    given = ("--evidence-file", stocked.file("form.pdf", FORM), "--keep")
    assert stocked(*ADD, *given)["entry"]["evidence_sha256"] == HASH
    assert kept(stocked) == {HASH}
    assert stocked("consent", "verify") == {"checked": 1, "elsewhere": 0, "findings": []}
    assert "1 proofs verified" in stocked.run("consent", "verify").stdout
    stocked.run(*ADD, *given)
    assert kept(stocked) == {HASH}


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--keep",), "--evidence-file"),
        (("--keep", "--evidence-sha256", HASH), "--evidence-file"),
        (("--keep", "--evidence-file", "form.docx"), "pdf"),
        (("--keep", "--evidence-file", "empty.pdf"), "empty"),
    ],
)
def test_what_can_not_be_kept_registers_nothing(stocked: Home, more: tuple[str, ...], says: str) -> None:
    stocked.file("form.docx", FORM)
    stocked.file("empty.pdf", b"")
    assert says in stocked(*ADD, *more, code=1)["error"]
    assert stocked("consent", "list", "--number", "13800138001") == []


def test_what_is_not_as_it_was_brought_is_found(stocked: Home) -> None:
    stocked.run(*ADD, "--evidence-file", stocked.file("form.pdf", FORM), "--keep")
    (stocked.path / "consent-evidence" / HASH).write_bytes(b"I agree to everything")
    done = stocked("consent", "verify", code=3)
    assert done["findings"] == [{"sha256": HASH, "problem": "changed", "named": True}]
    said = stocked.run("consent", "verify", code=3).stdout
    assert "is another than was brought in" in said and "named by a consent" in said


def test_a_proof_that_is_kept_elsewhere_was_not_looked_at(stocked: Home) -> None:
    stocked.run(*ADD, "--evidence-sha256", HASH)
    assert stocked("consent", "verify", code=3) == {"checked": 0, "elsewhere": 1, "findings": []}
    assert "not looked at" in stocked.run("consent", "verify", code=3).stderr
