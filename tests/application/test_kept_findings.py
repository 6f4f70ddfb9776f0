"""What a reconciliation found, in a file: each kind by itself, a part at a time, and no cursor but ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialpact.application.reconcile import kept
from dialpact.application.reconcile.kept import BAD, Findings, Section
from dialpact.compliance.reconcile import CdrFinding, Kind
from dialpact.compliance.registers.fault import Fault


def finding(place: int, kind: Kind) -> CdrFinding:
    return CdrFinding(
        *(float(place), place, kind, f"+8613800138{place:03}", "", "carrier", "", ""),
        *("channel", "", "<b>\n.csv", place, {"way": "out"}),
    )


@pytest.fixture
def made(tmp_path: Path) -> tuple[Path, dict[str, Section]]:
    with Findings(tmp_path) as found, (tmp_path / "found").open("wb") as out:
        for place in range(12):
            found.say(finding(place, "emergency" if place % 3 else "without-decision"))
        found.bad("a.csv", 7, Fault("cdr-line", value="x\ny"))
        sections = found.put_into(out)
    assert [path.name for path in tmp_path.iterdir()] == ["found"], "its own files are gone"
    return tmp_path / "found", {one.kind: one for one in sections}


def test_the_gravest_first_and_each_whole(made: tuple[Path, dict[str, Section]]) -> None:
    path, sections = made
    assert [*sections] == ["without-decision", "emergency", BAD]
    assert [one.count for one in sections.values()] == [4, 8, 1]
    with path.open("rb") as file:
        for kind, places in (("without-decision", [0, 3, 6, 9]), ("emergency", [1, 2, 4, 5, 7, 8, 10, 11])):
            found: list[int] = []
            after = ""
            while True:
                page = kept.findings(file, sections[kind], after=after, most=3)
                assert 0 < len(page.rows) <= 3
                found += [one.line for one in page.rows]
                if not (after := page.next):
                    break
            assert found == places
        (bad,) = kept.bad_lines(file, sections[BAD], most=50).rows
        assert (bad.file, bad.line, bad.code, bad.detail) == ("a.csv", 7, "cdr-line", {"value": "x\ny"})
        assert len([*kept.every(file, [*sections.values()])]) == 12, "lines that are none are no findings"


@pytest.mark.parametrize("after", ["x", "-1", "3", "99999", "0" * 30, "١", "1e3"])
def test_a_cursor_that_is_none(made: tuple[Path, dict[str, Section]], after: str) -> None:
    path, sections = made
    with path.open("rb") as file, pytest.raises(Fault, match="cursor"):
        kept.findings(file, sections["without-decision"], after=after, most=3)


def test_a_cursor_of_another_kind(made: tuple[Path, dict[str, Section]]) -> None:
    path, sections = made
    with path.open("rb") as file, pytest.raises(Fault, match="cursor"):
        kept.findings(file, sections["without-decision"], after=str(sections["emergency"].begin), most=3)


def test_nothing_found(tmp_path: Path) -> None:
    with Findings(tmp_path) as found, (tmp_path / "found").open("wb") as out:
        assert found.put_into(out) == ()
