"""Area codes: every zone of each, those newer than the library, and the operator's files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dialpact.compliance.errors import AreaError
from dialpact.compliance.numbers import australia, metadata, parse
from dialpact.compliance.numbers.areas import SHIPPED, load
from dialpact.compliance.zones import zone
from tests.compliance.zones import FOLDER, NAMES, codes, render

NY, CHICAGO, DENVER, LA = "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"
# Every area of the United States in two zones, as NANPA's report of 2026-09-30 has it (TIME_ZONE, with the
# zones of the code that an overlay lies over), and what it leaves out: the Navajo Nation, the Aleutians.
TWO_ZONES = {
    **{code: {NY, CHICAGO} for code in ("219", "270", "364", "423", "729", "574", "606")},
    **{code: {NY, CHICAGO} for code in ("448", "850", "812", "930", "906", "931")},
    **{code: {CHICAGO, DENVER} for code in ("308", "605", "620", "701", "785", "915")},
    **{code: {DENVER, LA} for code in ("208", "986", "458", "541", "775")},
    "928": {DENVER, "America/Phoenix"},
    "907": {"America/Anchorage", "America/Adak"},
}
NEWER = {
    **dict.fromkeys(("465", "624", "679", "729"), NY),
    **dict.fromkeys(("457", "471", "483", "621", "861", "924"), CHICAGO),
    **dict.fromkeys(("357", "837"), LA),
    "436": NY,
}


@pytest.mark.parametrize("name", NAMES)
def test_whose_hour_changes_is_seen(name: str) -> None:
    assert (FOLDER / f"{name}.toml").read_text("utf-8") == render(name)


@pytest.mark.parametrize(("code", "zones"), TWO_ZONES.items())
def test_an_area_in_two_zones_is_in_both(code: str, zones: set[str]) -> None:
    found = set(SHIPPED.zones(code))
    # Another name of the same clock counts.
    same = {"America/Boise": DENVER}
    assert zones <= found | {same.get(name, name) for name in found}


def test_no_number_of_the_united_states_has_fewer_zones_than_its_area() -> None:
    for code in codes("US"):
        area = set(SHIPPED.zones(code))
        assert area, code
        for exchange in range(200, 1000, 9):
            found = parse(f"+1{code}{exchange}4567", regions=("US",))
            if not found.problem:
                assert set(found.zones) == area, found.e164
                assert set(metadata.zones(1, found.e164[2:])) <= area or code in NEWER, found.e164


def test_no_area_has_fewer_zones_than_the_library_has_for_its_numbers() -> None:
    for code in (*codes("US"), *codes("CA")):
        for exchange in range(200, 1000, 9):
            known = set(metadata.zones(1, f"{code}{exchange}4567"))
            assert known <= set(SHIPPED.zones(code)) or code in NEWER, (code, exchange)


def test_no_number_of_australia_has_fewer_zones_than_its_area() -> None:
    seen = set()
    for block in range(200_000, 900_000, 7):
        found = parse(f"+61{block}123", regions=("AU",))
        if not found.problem:
            own = found.e164[3:]
            seen.add(own[0])
            assert {*australia.area(own), *metadata.zones(61, own)} == set(found.zones), found.e164
            assert set(australia.areas()[own[0]]) <= set(found.zones), found.e164
    assert seen == {"2", "3", "4", "7", "8"}


def test_every_zone_is_one() -> None:
    named = {name for code in (*codes("US"), *codes("CA")) for name in SHIPPED.zones(code)}
    for zones in (*australia.areas().values(), metadata.everywhere(1), metadata.everywhere(33)):
        named |= set(zones)
    assert [name for name in sorted(named) if zone(name) is None] == []


@pytest.mark.parametrize(("code", "place"), NEWER.items())
def test_an_area_code_newer_than_the_library_is_called(code: str, place: str) -> None:
    found = parse(f"({code}) 234-5678", regions=("US",))
    assert (found.e164, found.kind, found.region) == (f"+1{code}2345678", "fixed-or-mobile", "US")
    assert place in found.zones
    for never in (f"{code}5550100", f"{code}9112345", f"{code}1234567"):
        assert parse(never, regions=("US",)).problem, "what is no number in any area"


FILE = """
source = "NANPA, Planning Letter 637"
document = "2027-12-06"
[[area]]
code = "565"
region = "US"
covers = ["912"]
"""


def written(folder: Path, text: str, name: str = "areas.toml") -> Path:
    (folder / name).write_text(text, "utf-8")
    return folder


def test_the_operator_adds_area_codes(tmp_path: Path) -> None:
    text = """
[[area]]
code = "761"
region = "US"
zones = ["America/New_York", "America/Chicago"]
[[area]]
code = "212"
region = "US"
zones = ["America/Chicago"]
[[area]]
code = "851"
region = "CA"
covers = ["780"]
"""
    areas = load(written(tmp_path, FILE + text))
    found = {
        code: parse(f"+1{code}2345678", regions=("US",), areas=areas) for code in ("565", "761", "212", "851")
    }
    assert found["565"].zones == (NY,) and found["565"].e164
    assert found["761"].zones == found["212"].zones == (CHICAGO, NY)
    assert found["851"].detail == "foreign-region" and areas.zones("851") == ("America/Edmonton",)
    assert parse("+15652345678", regions=("US",)).detail == "unassigned"
    assert parse("+12122345678", regions=("US",)).zones == (NY,), "what ships is as it was"
    assert areas.version.startswith(f"{SHIPPED.version} + ")
    again = written(tmp_path, FILE + text.replace("Chicago", "Denver"))
    assert load(again).version != areas.version


def test_a_folder_without_a_file_adds_nothing(tmp_path: Path) -> None:
    assert load(None) is load(tmp_path) is SHIPPED


WRONG = [
    ("565", "56", "not an area code"),
    ("565", "811", "not an area code"),
    ("565", "591", "not an area code"),
    ('"US"', '"MX"', "Invalid enum value"),
    ('covers = ["912"]', "", "covers or zones must say where it is"),
    ('["912"]', '["565"]', "covers itself"),
    ('["912"]', '["416"]', "416 is no area code of US"),
    ('["912"]', '["577"]', "577 is no area code of US"),
    ('["912"]', '["876"]', "876 is no area code of US"),
    ('"565"', '"876"', "876 is no area code of US"),
    ('"565"', '"416"', "416 is no area code of US"),
    ('"565"', '"800"', "800 is no area code of US"),
    ('covers = ["912"]', 'zones = ["America/Atlanta"]', "no such time zone: 'America/Atlanta'"),
    ("NANPA, Planning Letter 637", " ", "source and document"),
    ("2027-12-06", "", "source and document"),
    ("region", "regions", "unknown field"),
    ('code = "565"', 'code = "565', "line 5"),
    ("[[area]]", "[[areas]]", "unknown field"),
]


@pytest.mark.parametrize(("old", "new", "reason"), WRONG)
def test_what_can_not_be_true_is_refused(tmp_path: Path, old: str, new: str, reason: str) -> None:
    assert old in FILE
    with pytest.raises(AreaError) as error:
        load(written(tmp_path, FILE.replace(old, new)))
    assert str(error.value).startswith(str(tmp_path / "areas.toml")) and reason in str(error.value)


def test_files_that_can_not_be_read_are_refused(tmp_path: Path) -> None:
    with pytest.raises(AreaError, match="no such directory"):
        load(tmp_path / "nowhere")
    with pytest.raises(AreaError, match=r"no \[\[area\]\]"):
        load(written(tmp_path, 'source = "s"\ndocument = "d"\n'))
    written(tmp_path, FILE)
    written(tmp_path, FILE, "b.toml")
    with pytest.raises(AreaError, match=r"565 is already given by areas\.toml"):
        load(tmp_path)
    (tmp_path / "b.toml").unlink()
    os.mkfifo(tmp_path / "b.toml")  # which nobody writes to
    with pytest.raises(AreaError, match=r"b\.toml: not a file"):
        load(tmp_path)
    (tmp_path / "b.toml").unlink()
    (tmp_path / "b.toml").write_bytes(b"\xff")
    with pytest.raises(AreaError, match=r"b\.toml"):
        load(tmp_path)


OVERSEAS = [
    "0262 12 34 56", "0263 01 23 45", "0268 81 23 45", "0269 61 23 45", "0508 41 23 45", "0590 12 34 56",
    "0591 12 34 56", "0594 21 23 45", "0596 12 34 56", "0598 71 23 45", "0639 01 23 45", "0690 12 34 56",
    "0691 23 45 67", "0692 12 34 56", "0693 01 23 45", "0694 20 12 34", "0696 12 34 56", "0697 12 34 56",
    "0708 41 23 45", "0709 01 23 45", "0939 51 23 45", "0939 61 23 45", "0939 71 23 45", "0939 81 23 45",
    "0939 91 23 45", "0947 01 23 45", "0947 51 23 45", "0947 61 23 45", "0947 71 23 45", "0947 81 23 45",
    "0947 91 23 45", "0976 01 23 45", "0976 91 23 45",
]  # fmt: skip


@pytest.mark.parametrize("number", OVERSEAS)
def test_an_overseas_number_is_none_of_paris(number: str) -> None:
    for given in (number, f"+33 (0){number[1:]}", f"+33 {number[1:]}", f"0033{number[1:]}"):
        found = parse(given, regions=("FR",))
        assert (found.problem, found.detail) == ("invalid-number", "foreign-region"), given


@pytest.mark.parametrize("number", ["0261 12 34 56", "0270 12 34 56", "0587 12 34 56", "0638 12 34 56",
                                    "0695 12 34 56", "0698 12 34 56", "0939 01 23 45", "0948 01 23 45",
                                    "0975 12 34 56", "0977 12 34 56"])  # fmt: skip
def test_its_neighbours_are(number: str) -> None:
    assert parse(number, regions=("FR",)).zones == ("Europe/Paris",)
