"""What is large on purpose is refused early: memory is counted, time is not, as the machine may be busy."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agi import protocol
from agi.protocol import Malformed
from ami_listener.ami import wire
from dialpact.application.sheets import open_sheets
from dialpact.compliance import calendars, config, profile
from dialpact.compliance.cdr import Master
from dialpact.compliance.errors import AreaError, CalendarError, ConfigError, LedgerError, ProfileError
from dialpact.compliance.ledger import note
from dialpact.compliance.numbers import areas
from dialpact.compliance.registers import dnc, script
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.table import Table
from tests.cli.evidence.packages import ours, theirs
from tests.fuzz.engine import ROOT
from tests.fuzz.living import package
from tests.fuzz.readers import KEY

LINE = 10_000_000  # bytes
SLACK = 4_000_000  # bytes that a reader may use besides what it was given


@pytest.fixture
def peak() -> Iterator[Callable[[], int]]:
    """Bytes allocated at most since the test began."""
    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()


def test_agi_header_without_an_end(peak: Callable[[], int]) -> None:
    session, events = protocol.AgiSession(), []
    for _ in range(LINE // 1000):
        events += session.receive(b"a" * 1000)
    assert [type(one) for one in events] == [Malformed]
    assert peak() < SLACK


def test_ami_value_without_an_end(peak: Callable[[], int]) -> None:
    framer = wire.Framer()
    framer.feed(b"Asterisk Call Manager/9.0.0\r\nEvent: Newchannel\r\nCallerIDName: ")
    for _ in range(LINE // 1000):
        assert framer.feed(b"a" * 1000) == []
    assert [one.name for one in framer.feed(b"\r\n\r\nEvent: FullyBooted\r\n\r\n")] == ["FullyBooted"]
    assert framer.skipped == 1 and peak() < SLACK


@pytest.mark.parametrize(
    "row", [b"a" * LINE, b'"' + b"a" * LINE, b"," * LINE], ids=["cell", "quote", "commas"]
)
def test_row_of_ten_megabytes(row: bytes, peak: Callable[[], int], tmp_path: Path) -> None:
    """The rows after it are read."""
    honest = b"13800138000,all,,2026-08-01T10:00:00+08:00,12321\n"
    file = tmp_path / "dnc.csv"
    file.write_bytes(",".join(dnc.COLUMNS).encode() + b"\n" + row + b"\n" + honest)
    tracemalloc.reset_peak()
    before = peak()
    with file.open("rb") as opened:
        table = Table(open_sheets(opened), dnc.COLUMNS)
        (place, fault), (last, cells) = table
    assert isinstance(fault, Fault) and (place, fault.key, last) == (2, "line-too-long", 3)
    assert not isinstance(cells, Fault) and peak() - before < 2 * SLACK


def test_cdr_line_of_ten_megabytes(peak: Callable[[], int], tmp_path: Path) -> None:
    file = tmp_path / "Master.csv"
    call = (ROOT / "tests/transcripts/cdr/answered.csv").read_bytes()
    file.write_bytes(b"a" * LINE + b"\nx\n" + call)
    tracemalloc.reset_peak()
    before = peak()
    with file.open("rb") as opened:
        found = list(Master(opened, ZoneInfo("Asia/Shanghai")))
    assert [(line, one.key) for line, one in found if isinstance(one, Fault)] == [
        (1, "line-too-long"),
        (2, "cdr-columns"),
    ]
    assert peak() - before < SLACK


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"#" * (1 << 20), ""),  # the most that is read
        (b"#" * ((1 << 20) + 1), "larger than 1 MiB"),
        (b"x = " + b"9" * 4300, ""),  # what Python reads; then it is an unknown key
        (b"x = " + b"9" * 4301, "a number is out of bounds"),
        (b"x = " + b"[" * 5000, "nested too deeply"),
        (b"x = " + b"{a=" * 5000, "nested too deeply"),
    ],
    ids=["1M", "1M+1", "4300", "4301", "arrays", "tables"],
)
def test_rules_and_settings_that_are_too_much(content: bytes, why: str, tmp_path: Path) -> None:
    """Found by `make fuzz`: the last three were tracebacks."""
    file = tmp_path / "2027.toml"
    file.write_bytes(content)
    for load, error in (
        (lambda: profile.load(file), ProfileError),
        (lambda: config.load(file), ConfigError),
        (lambda: calendars.load(tmp_path), CalendarError),
        (lambda: areas.load(tmp_path), AreaError),
    ):
        with pytest.raises(error) as told:
            load()
        assert "2027.toml" in str(told.value) and why in str(told.value)


def test_profile_whose_name_no_system_call_takes() -> None:
    with pytest.raises(ProfileError, match="null"):
        profile.load("a\0b.toml")


def test_note_and_script_of_ten_megabytes() -> None:
    with pytest.raises(LedgerError, match="more than"):
        note.verify("a" * LINE, [KEY.verifier])
    with pytest.raises(Fault):
        script.read(b"a" * LINE)


def bomb() -> bytes:
    """64 MB of zeros in 64 kB, as zip programs make them."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("manifest.json", bytes(64 << 20))
    return made.getvalue()


def claims(size: int) -> bytes:
    """A stored file that says that it has ``size`` bytes, and has a hundred."""
    head = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0x800, 0, 0, 0x21, 0, size, size, 13, 0)
    return head + b"manifest.json" + bytes(100)


@pytest.mark.parametrize(
    "make", [bomb, lambda: claims(1 << 30), lambda: claims(0xFFFFFFFF)], ids=["deflated", "1G", "4G"]
)
def test_zip_bomb(make: Callable[[], bytes], peak: Callable[[], int]) -> None:
    known = package()
    known.made.write_bytes(make())
    tracemalloc.reset_peak()
    before = peak()
    one, other = ours(known.made, known.key), theirs(known.made, known.key)
    assert {code for code, _ in one} == {code for code, _ in other} == {"container"}
    assert peak() - before < SLACK
