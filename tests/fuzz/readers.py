"""What reads texts of others: each as a target, with what must hold whatever comes in."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

from agi import protocol
from agi.protocol import HungUp, Malformed, Reply, Request
from ami_listener.ami import events, wire
from dialpact.application.policy import load_policy
from dialpact.application.sheets import open_sheets
from dialpact.cli.init import template
from dialpact.compliance import calendars, config, profile
from dialpact.compliance.cdr import CdrRecord, Master
from dialpact.compliance.errors import AreaError, CalendarError, ConfigError, LedgerError, ProfileError
from dialpact.compliance.ledger import der, history, keys, note, witnessing
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.ledger.note import Verifier
from dialpact.compliance.ledger.timestamp import accuracy_of
from dialpact.compliance.numbers import areas
from dialpact.compliance.registers import dnc, script
from dialpact.compliance.registers.columns import Given
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.formats import CARRIER_LIST, IMPORTED
from dialpact.compliance.registers.table import Table
from dialpact.presentation import texts
from dialpact.testing.agi_header import Ringing, header
from tests.fuzz.engine import ROOT, Target
from tests.fuzz.folders import folder
from tests.outsiders import Cosigner
from tests.workbooks import packed, parts, table
from tests.workbooks import sheet as sheet_of

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
TRANSCRIPTS = ROOT / "tests" / "transcripts"
SAMPLES = ROOT / "tests" / "lab" / "samples"
FOLDER = folder()


def cuts(data: bytes) -> list[list[bytes]]:
    """The same bytes in one lump, one by one, and in pieces."""
    return [
        [data],
        [data[place : place + 1] for place in range(len(data))],
        [data[place : place + 7] for place in range(0, len(data), 7)],
    ]


# AGI


def agi_session(data: bytes) -> None:
    """Only events come out, the same however it was cut, and a broken session stays broken."""
    told = []
    for pieces in cuts(data[:20_000]):
        session, found = protocol.AgiSession(), []
        for piece in pieces:
            found += session.receive(piece)
        assert all(isinstance(one, Request | Reply | HungUp | Malformed) for one in found)
        assert sum(isinstance(one, Request) for one in found) <= 1
        told.append([one for one in found if not isinstance(one, HungUp)][:1])
        if any(isinstance(one, Malformed) for one in found):
            assert not any(isinstance(one, Request | Reply) for one in session.receive(AGI))
    # (a reply in the header's own segment is an attack, in one of its own it is early: both refuse)
    kinds = {tuple(type(one) for one in first) for first in told}
    assert len(kinds) == 1 or kinds <= {(Request,), (Malformed,)}, kinds


# AMI


def ami_stream(data: bytes) -> None:
    """The same messages however they were cut; an event only from one without a flaw."""
    told = []
    for pieces in cuts(b"Asterisk Call Manager/9.0.0\r\n" + data):
        framer, found = wire.Framer(), []
        for piece in pieces:
            found += framer.feed(piece)
        told.append((found, framer.skipped))
    assert told[0] == told[1] == told[2]
    for message in told[0][0]:
        event = events.read(message)
        assert event is None or not message.flaw
        if isinstance(event, events.ChannelEvent):
            assert event.channel.isprintable()


# Imports

# What a header may have, and what tells two columns apart.
NAMES = tuple(
    name.encode() for name in ("手机号", "电话", "area code", "区号", "（必填）", "/", "line,reason,")
)
FORMATS = {**IMPORTED, "carrier-list": CARRIER_LIST}


def imported(name: str, data: bytes) -> None:
    """Each line gives a value or a fault that can be said in both languages; no line is lost."""
    form = FORMATS[name]
    constants = {"scope": "all"} if name == "dnc" and b"scope" not in data else {}
    given = Given(numbers_only=data.endswith(b"7"), constants=constants)
    try:
        sheets = open_sheets(io.BytesIO(data))
        table = Table(sheets, form.columns, form.others, kind=form.kind, given=given)
    except Fault as fault:
        said(fault)
        return
    last = 0
    for line, cells in table:
        assert line > last
        last = line
        try:
            if isinstance(cells, Fault):
                raise cells
            assert form.read(cells, NOW) is not None
        except Fault as fault:
            said(fault)


WORKBOOK = parts(
    {"a": "", "b": ""}, strings=["<t>13800138000</t>", "<t>all</t>"], formats=["yyyy-mm-dd", "000"]
)


def workbook(part: str, data: bytes) -> None:
    """A part of a workbook; no row is lost without a word."""
    imported("dnc", packed(WORKBOOK | {part: data}))


def said(fault: Fault) -> None:
    for language in ("en", "zh"):
        text = texts.fault_text(fault, language)  # type: ignore[arg-type]
        assert text and len(text) < 2000 and text.isprintable(), text


def script_text(data: bytes) -> None:
    try:
        script.read(data)
    except Fault as fault:
        said(fault)


# Rules and settings


def settings(data: bytes) -> None:
    file = FOLDER / "dialpact.toml"
    file.write_bytes(data)
    try:
        found = config.load(file)
        load_policy(found)
    except (ConfigError, ProfileError, CalendarError, AreaError) as error:
        assert str(error)
        return
    assert found.trunks and found.policy.profiles and found.gate.deadline_ms <= 2500


def rules(data: bytes) -> None:
    try:
        found = profile.parse(data, "fuzzed.toml")
        profile.Policy((found,), calendars.load())
    except ProfileError as error:
        assert str(error)


def calendar(data: bytes) -> None:
    folder = FOLDER / "calendars"
    folder.mkdir(exist_ok=True)
    (folder / "2027.toml").write_bytes(data)
    try:
        calendars.load(folder)
    except CalendarError as error:
        assert "2027.toml" in str(error)


def area_codes(data: bytes) -> None:
    folder = FOLDER / "areas"
    folder.mkdir(exist_ok=True)
    (folder / "2027.toml").write_bytes(data)
    try:
        found = areas.load(folder)
    except AreaError as error:
        assert "2027.toml" in str(error)
        return
    assert all(found.zones(code) for code in found.more), "an area without a zone is nowhere"


# Evidence

KEY = keys.signer_of(keys.generate(), "dialpact/pbx1")
NOTE = KEY.sign(f"dialpact/pbx1\n3\n{'A' * 43}=\n")


def signed_note(data: bytes) -> None:
    """Only what was signed is ever verified."""
    try:
        text = data.decode("utf-8", "surrogateescape")
        found = note.verify(text, [KEY.verifier])
        Checkpoint.parse(found)
    except (LedgerError, UnicodeError) as error:
        assert str(error)
        return
    assert text.partition("\n\n")[0] == NOTE.partition("\n\n")[0]


OLD = keys.signer_of(keys.generate(), "dialpact/pbx1")
LIST = history.written(KEY, [(OLD.verifier, Checkpoint(OLD.name, size, b"r" * 32)) for size in (0, 7, 12)])


def key_history(data: bytes) -> None:
    """As the key's holder might sign it: what is read vouches for what stands in it, and has one form."""
    body = data.decode("utf-8", "replace")
    try:
        text = KEY.sign(body if body.endswith("\n") else f"{body}\n")
        found = history.read(text, KEY.verifier)
    except LedgerError as error:
        assert str(error)
        return
    lines, vkey = text.partition("\n\n")[0].split("\n")[2:], ""
    for line in lines:
        if not line.startswith(" "):
            vkey = line
            continue
        _, size, root = line.split(" ")
        head = Checkpoint.parse(f"{vkey.partition('+')[0]}\n{size}\n{root}\n")
        assert found.vouches(vkey, head)


COSIGNER = Cosigner()
COSIGNED = COSIGNER.line(NOTE).encode()


def witness_answer(data: bytes) -> None:
    """Whatever comes is one word, and a cosignature only where the witness has signed this very note."""
    for status in (200, 409):
        found = witnessing.heard(COSIGNER.witness, 1, NOTE, status, witnessing.SIZE_KIND, data)
        assert (found.word == "cosigned") == (found.cosigned is not None)
        if found.cosigned:
            assert found.cosigned.line.encode() == COSIGNED


def asn1(data: bytes) -> None:
    """Values that were read are the bytes that were there."""
    try:
        found = der.values(data)
        accuracy_of(data)
    except (ValueError, KeyError):
        return
    assert sum(len(one.content) for one in found) < len(data) or not data


def public_key(data: bytes) -> None:
    try:
        Verifier.parse(data.decode("utf-8", "replace"))
    except LedgerError as error:
        assert str(error)


# CDR


def cdr(data: bytes) -> None:
    """No byte makes a line vanish; every one is a record, a fault, or one of a header."""
    master = Master(io.BytesIO(data), ZoneInfo("Asia/Shanghai"))
    text = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    there = [number for number, line in enumerate(text, 1) if line.rstrip(b"\r")]
    found = []
    try:
        for line, one in master:
            assert line == master.lines
            found.append(line)
            if isinstance(one, Fault):
                said(one)
            else:
                assert isinstance(one, CdrRecord) and one.start.tzinfo is not None
    except Fault as fault:
        said(fault)
    else:
        assert set(found) <= set(there) and len(found) + master.left_out == len(there)


AGI = header(Ringing(channel="PJSIP/a-1", uniqueid="1.1"))
AGI_TOKENS = (
    b"agi_",
    b"agi_arg_1: ",
    b"agi_network_script: outbound\n",
    b"200 result=1 (x)\n",
    b"HANGUP\n",
    b"520-",
    b"510 ",
)
AMI_TOKENS = (
    b"Event: Hangup\r\n",
    b"Privilege: call,all\r\n",
    b"Response: Success\r\n",
    b"Uniqueid: ",
    b"ActionID: ",
    b"Channel: PJSIP/carrier-00000001\r\n",
)
TOML_TOKENS = (
    b"[policy]\n",
    b"profiles = []\n",
    b'mode = "shadow"\n',
    b"[[",
    b"1979-05-27",
    b"inf",
    b"= true\n",
    b"'''",
    b"[trunks.x]\n",
)


def stored(pattern: str) -> list[bytes]:
    found = [file.read_bytes() for file in sorted(ROOT.glob(pattern))]
    assert found, pattern
    return found


def _targets() -> list[Target]:
    agi_samples = [
        AGI,
        *(
            b"\n".join(line[2:] for line in text.split(b"\n") if line[:2] in (b"A ", b"> ", b"< "))
            for text in stored("tests/transcripts/agi/*.txt")
        ),
    ]
    master = b"".join(stored("tests/transcripts/cdr/*.csv"))
    csv = {
        "dnc": stored("tests/lab/samples/dnc.csv"),
        "consent": stored("tests/lab/samples/consent.csv"),
        "caller-id": stored("tests/lab/samples/caller-id.csv"),
        "leads": stored("tests/lab/samples/leads.csv"),
        "carrier-list": [b"number,holder,business\n02788880007,\xe6\x9f\x90,jianghan\n"],
    }
    imports = [
        Target(
            f"import-{name}",
            [*found, *(text.decode("utf-8-sig").encode("gb18030") for text in found)],
            lambda data, name=name: imported(name, data),  # type: ignore[misc]
            (b"2026-01-01", b"*", b"all", b"business", b"\xa3\xac", b"yes", *NAMES),
        )
        for name, found in csv.items()
    ]
    row = '<row r="{0}" hidden="1"><c r="A{0}" t="s"><v>0</v></c><c s="1"><v>46027</v></c></row>'
    sheet = sheet_of(table(dnc.COLUMNS) + "".join(row.format(number) for number in range(2, 6)))
    cells = (b'<c t="n"><f>1</f></c>', b'<c t="e"><v>', b'<c r="XFD1" s="2">', b"<row/>", b"1E308")
    imports += [
        Target(f"import-{name}", [text.encode()], partial(workbook, part), (*cells, b"<!DOCTYPE x>"))
        for name, part, text in (
            ("sheet", "xl/worksheets/sheet1.xml", sheet),
            ("strings", "xl/sharedStrings.xml", str(WORKBOOK["xl/sharedStrings.xml"])),
            ("styles", "xl/styles.xml", str(WORKBOOK["xl/styles.xml"])),
            ("book", "xl/workbook.xml", str(WORKBOOK["xl/workbook.xml"])),
        )
    ]
    zipped = stored("tests/corpus/lists/*.xlsx")
    imports.append(
        Target("import-workbook", zipped, partial(imported, "dnc"), (b"PK\x01\x02", b"PK\x05\x06"))
    )
    config_text = template("en", "cn-hubei-2018").encode()
    return [
        Target("agi-session", agi_samples, agi_session, AGI_TOKENS),
        Target("ami-stream", stored("tests/transcripts/ami/*.txt"), ami_stream, AMI_TOKENS, examples=60),
        *imports,
        Target("script", stored("tests/lab/samples/script.txt"), script_text),
        Target("config", [config_text], settings, TOML_TOKENS, examples=150),
        Target("profile", stored("dialpact/compliance/profiles/*.toml"), rules, TOML_TOKENS, examples=150),
        Target(
            "calendar",
            [b'year = 2027\nsource = "x"\ndocument = "y"\noff = [2027-01-01]\nworking = [2027-01-09]\n'],
            calendar,
            TOML_TOKENS,
        ),
        Target(
            "areas",
            [
                b'source = "x"\ndocument = "y"\n[[area]]\ncode = "565"\nregion = "US"\n'
                b'covers = ["912"]\nzones = ["America/New_York"]\n'
            ],
            area_codes,
            TOML_TOKENS,
        ),
        Target("signed-note", [NOTE.encode()], signed_note, ("\u2014 dialpact/pbx1 ".encode(),)),
        Target("key-history", [LIST.partition("\n\n")[0].encode()], key_history, (b"\n ", b"earlier keys")),
        Target("public-key", [KEY.vkey.encode()], public_key, (b"+",)),
        Target("witness-answer", [COSIGNED, b"7\n"], witness_answer, ("\u2014 ".encode(), b"\n\n")),
        Target("asn1", [bytes.fromhex("300c020101800201f4810164"), b"\x04\x81\xc8" + bytes(200)], asn1),
        Target(
            "cdr",
            [*stored("tests/transcripts/cdr/*.csv"), *stored("tests/corpus/cdr/*.csv"), master],
            cdr,
            (b'"",', b"2026-11-24 10:00:00"),
        ),
    ]


TARGETS = {target.name: target for target in _targets()}
