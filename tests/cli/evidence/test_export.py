"""``evidence export`` and ``verify``: what is in a package, what is not, and what the log says of it."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import pypdf
import pytest

from dialpact.application.evidence import verify
from dialpact.application.evidence.check import CODES
from dialpact.application.evidence.form import Note, Why
from dialpact.cli.command_context import Machine
from dialpact.compliance.clock import stamp
from dialpact.compliance.evidence import thinned
from dialpact.compliance.ledger import record
from dialpact.compliance.model import Consent, Facts
from dialpact.compliance.soundtrack import Silence, Soundtrack
from dialpact.compliance.texts import LANGUAGES
from dialpact.presentation import page, texts
from dialpact.store.sqlite import Store
from dialpact.store.units import decisions, ledger
from tests.cli.conftest import NUMBER, Home
from tests.cli.evidence.conftest import Packaged, no_pdf
from tests.cli.evidence.packages import (
    BY,
    called,
    dispose,
    erase,
    export,
    files,
    judged,
    ours,
    recorded,
    resigned,
    signer,
    theirs,
    witnessed,
    work,
)
from tests.compliance.store_values import AT, attempt, decision

TEXTS = {
    *("decision.json", "call.json", "recordings.json", "incidents.json", "consent.json", "do-not-call.json"),
    *("provenance.json", "caller-id.json", "campaign.json", "complaints.json", "custody.json", "script.json"),
    "script.txt",
}
ROOT = Path(page.__file__).parents[3]
TOP = {
    "README.md",
    "verify.py",
    "shown.py",
    "manifest.json",
    "manifest.sig",
    "ledger/checkpoint.note",
    "ledger/proofs.json",
}


@pytest.fixture
def home(home: Home) -> Home:
    """A PDF takes a second: only the test that looks at it makes one."""
    home.machine = Machine(pdf=no_pdf)
    return home


@pytest.fixture
def call(stocked: Home) -> str:
    return called(stocked)


def about(package: Path, call: str, name: str) -> Any:
    return json.loads(files(package)[f"calls/{call}/{name}.json"])


def manifest(package: Path) -> Any:
    return json.loads(files(package)["manifest.json"])


def valid(home: Home, package: Path) -> None:
    """For both verifiers, by the home's key."""
    key = signer(home).vkey
    assert (ours(package, key), theirs(package, key)) == (set(), set())


def test_a_package_with_all_that_is_known(stocked: Home) -> None:
    call = judged(stocked)
    stocked.machine = Machine()
    paths = recorded(stocked, call, "a")
    package = export(stocked, "--call", call, "--reason", "12321")
    whole = files(package)
    reports = {f"report.{language}.{form}" for language in ("zh", "en") for form in ("html", "pdf")}
    mine = {name.removeprefix(f"calls/{call}/") for name in whole if name.startswith("calls/")}
    assert mine == TEXTS | {f"recordings/{path.name}" for path in paths}
    proofs = ("ledger/records/", "ledger/older/")
    rest = {name for name in whole if not name.startswith(("calls/", "profiles/", *proofs))}
    assert rest == TOP | reports
    (rules,) = (name for name in whole if name.startswith("profiles/"))
    assert hashlib.sha256(whole[rules]).hexdigest()[:16] in rules
    for path in paths:
        assert whole[f"calls/{call}/recordings/{path.name}"] == path.read_bytes()
    assert whole[f"calls/{call}/script.txt"].decode() == "您好，这里是某某公司。"
    for language, says in (("zh", "放行"), ("en", "ALLOWED")):
        assert says in whole[f"report.{language}.html"].decode()
        (stocked.path / "report.pdf").write_bytes(whole[f"report.{language}.pdf"])
        read = pypdf.PdfReader(stocked.path / "report.pdf")
        assert len(read.pages) == 1 and NUMBER in read.pages[0].extract_text()
    (consent,) = about(package, call, "consent")["then"]
    assert (consent["industry"], consent["evidence"]) == ("保险", "form 7")
    (batch,) = about(package, call, "provenance")["now"]
    assert batch["contract"] == "K-1" and "finding" not in batch  # which names numbers of other people
    assert about(package, call, "campaign")["business_then"]["id"] == "acme"
    assert about(package, call, "caller-id")["then"]["number"] == "02787654321"
    assert about(package, call, "call")["callee"] == f"+86{NUMBER}"
    assert about(package, call, "call")["verdict"] == "ALLOW"
    assert {"linkedid", "sip_call_id"} <= set(about(package, call, "call")["unknown"])
    (segment,) = about(package, call, "recordings")["segments"]
    assert [part["state"] for part in segment["files"]] == ["kept"] * 3
    assert manifest(package)["absent"] == []
    valid(stocked, package)
    found = stocked("evidence", "verify", str(package))
    assert (found["valid"], found["findings"]) == (True, [])


def test_registrations_with_an_authority_are_in_it(stocked: Home, call: str) -> None:
    add = ("registration", "add", "business", "acme", "us-tx", "--valid-from", "2026-01-01", "--by", "chen")
    stocked.run(*add)
    package = export(stocked, "--call", call, "--reason", "12321")
    campaign = about(package, call, "campaign")
    assert campaign["registrations_then"] == []  # no profile asked
    (change,) = campaign["registrations_history"]
    assert (change["actor"], change["action"], change["detail"]["kind"]) == ("chen", "add", "us-tx")


def test_where_a_refusal_can_be_heard_is_true_to_time(stocked: Home, call: str) -> None:
    """Nobody sent from second 0.5 to 1.5 of the call, so the file is a second shorter than the talk."""
    silence = Silence(begin=0.5, end=1.0, reason="lost")
    track = Soundtrack(
        since=stamp(AT),
        index=((0.0, 0.0), (0.5, 0.5), (1.5, 0.5), (2.0, 1.0)),
        silent={"callee": (silence,)},
        unsent=((0.5, 1.5, 1.0),),
        drawn={"callee": "ab" * 32, "agent": "cd" * 32},
    )
    recorded(stocked, call, "a", sound=track.encode())
    at = AT + timedelta(seconds=1.8)
    key = {"how": "callee-key", "scope": "all", "node": "pbx1", "channel": "PJSIP/carrier-1"}
    work(stocked, lambda store: store.opt_outs.from_call(call, at=at, **key))
    package = export(stocked, "--call", call, "--reason", "12321")
    (said,) = about(package, call, "do-not-call")["said"]
    assert said["heard_at"] == {"file": f"calls/{call}/recordings/a.wav", "from": 0.8, "to": 0.8}
    assert said["position"] is None
    (segment,) = about(package, call, "recordings")["segments"]
    assert segment["sound"]["silent"]["callee"][0]["reason"] == "lost"
    assert segment["part"] == "carrier"
    report = files(package)["report.en.html"].decode()
    assert "a.wav, second 0.8" in report
    assert "Segment 1: callee silent from 0.5 to 1.0 s of the call although packets came" in report
    assert "第 1 段：通话第 0.5 至 1.5 秒双方均未发送" in files(package)["report.zh.html"].decode()
    valid(stocked, package)


def test_a_package_says_what_the_carrier_s_leg_is_joined_by(stocked: Home, call: str) -> None:
    recorded(stocked, call, "a")
    witnessed(stocked, call)
    package = export(stocked, "--call", call, "--reason", "12321")
    said = about(package, call, "call")
    assert (said["linkedid"], said["sip_call_id"], said["hangup_cause"]) == ("1.0", "c0ffee@pbx", 16)
    assert (said["caller_id"], said["may_leave_as"], said["sent_from"]) == (
        "02787654321",
        ["02787654321"],
        "02787654321",
    )
    assert said["carrier_legs"][0]["sent_from"] == "02787654321"
    assert "02787654321, left as 02787654321" in files(package)["report.en.html"].decode()
    assert said["ringing_at"] and not {"linkedid", "sip_call_id", "ringing_at"} & set(said["unknown"])
    (leg,) = said["carrier_legs"]
    assert (leg["dial_status"], leg["uniqueid"]) == ("ANSWER", "1.1") and leg["first_recorded_at"]
    assert "carrier-leg" in {
        one["kind"] for one in json.loads(files(package)["ledger/proofs.json"])["records"]
    }
    valid(stocked, package)


def test_a_leg_whose_end_was_missed_is_said_to_be_unknown(stocked: Home, call: str) -> None:
    recorded(stocked, call, "a")
    witnessed(stocked, call, hangup_cause=None, sip_call_id="", sent_from="")
    said = about(export(stocked, "--call", call, "--reason", "12321"), call, "call")
    assert {"hangup_cause", "sip_call_id", "sent_from"} <= set(said["unknown"])
    assert said["carrier_legs"][0]["sip_call_id"] is None


def acts(home: Home, call: str) -> list[dict[str, Any]]:
    """The lines of the custody log about the call's exports."""
    with sqlite3.connect(home.path / "dialpact.db") as connection:
        connection.row_factory = sqlite3.Row
        found = connection.execute(
            "SELECT * FROM register_change WHERE register = 'evidence' AND key = ? ORDER BY seq", [call]
        ).fetchall()
    connection.close()
    return [dict(row) for row in found]


def test_whose_it_is_and_that_nothing_is_overwritten(stocked: Home, call: str) -> None:
    package = export(stocked, "--call", call)
    assert stat.S_IMODE(package.stat().st_mode) == 0o600
    before = package.read_bytes()
    again = ("evidence", "export", "--call", call, "-o", "package.zip", *BY)
    assert "package.zip" in stocked.run(*again, code=1).output
    assert package.read_bytes() == before
    exports = [line["action"] for line in acts(stocked, call)]
    assert exports == ["export", "given-out"]  # what is refused at once was no export
    package.unlink()

    def meanwhile(html: str) -> bytes:
        package.write_bytes(before)  # somebody else makes the file
        return b"%PDF"

    stocked.machine = Machine(pdf=meanwhile)
    assert "package.zip" in stocked.run(*again, code=1).output
    assert package.read_bytes() == before
    stocked.machine = Machine(pdf=no_pdf)
    stocked.run(*again, "--force")
    assert package.read_bytes() != before
    (stocked.path / "link.zip").symlink_to("elsewhere.zip")
    stocked.run("evidence", "export", "--call", call, "-o", "link.zip", *BY, code=1)
    assert not (stocked.path / "elsewhere.zip").exists()
    assert json.loads(acts(stocked, call)[-1]["detail"])["file"] == "package.zip"
    stocked.run("evidence", "export", "--call", call, "-o", "none/a.zip", *BY, code=1)
    assert [path.name for path in stocked.path.glob(".*zip*")] == []


def test_the_export_is_in_the_log_and_in_its_own_checkpoint(stocked: Home, call: str) -> None:
    package = export(stocked, "--call", call, "--reason", "12321")
    (line,) = about(package, call, "custody")["exports"]
    assert (line["register"], line["action"], line["actor"]) == ("evidence", "export", "chen")
    assert line["detail"]["reason"] == "12321"
    records = [json.loads(data) for name, data in files(package).items() if "/records/" in name]
    assert any(one["row"].get("register") == "evidence" and one["row"]["key"] == call for one in records)
    data = package.read_bytes()
    first = {"file": "package.zip", "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    again = export(stocked, "--call", call, "--force")
    acts = [line["action"] for line in about(again, call, "custody")["exports"]]
    assert acts == ["export", "given-out", "export"]
    given = about(again, call, "custody")["exports"][1]["detail"]
    assert given == first
    assert stocked("ledger", "verify")["findings"] == 0


@pytest.mark.parametrize("what", ["missing", "changed", "unreadable"])
def test_a_recording_that_is_not_as_it_was(stocked: Home, call: str, what: str) -> None:
    path = recorded(stocked, call, "a")[1]
    if what == "changed":
        path.write_bytes(path.read_bytes() + b"\0")
    else:
        path.unlink()
    if what == "unreadable":
        path.symlink_to("/etc/hostname")  # must not come into the package
    package = export(stocked, "--call", call, code=3)
    name = f"calls/{call}/recordings/{path.name}"
    assert manifest(package)["absent"] == [{"path": name, "why": what}]
    assert (name in files(package)) == (what == "changed")
    key = signer(stocked).vkey
    assert ours(package, key) == theirs(package, key) == {("content", name)}
    assert stocked("evidence", "verify", str(package), code=3)["findings"][0]["where"] == name


def test_a_recording_that_goes_on(stocked: Home, call: str) -> None:
    recorded(stocked, call, "a")
    recorded(stocked, call, "b", ended=False, after=3)
    package = export(stocked, "--call", call)
    assert {one["why"] for one in manifest(package)["absent"]} == {"running"}
    assert about(package, call, "recordings")["gaps"][0]["seconds"] == 1.0
    valid(stocked, package)


def test_a_recording_whose_time_is_over(stocked: Home, call: str) -> None:
    recorded(stocked, call, "a")
    dispose(stocked, "a")
    package = export(stocked, "--call", call)
    assert {one["why"] for one in manifest(package)["absent"]} == {"disposed"}
    acts = [line["action"] for line in about(package, call, "custody")["recordings"]]
    assert acts == ["dispose"]
    valid(stocked, package)


def test_a_call_whose_record_was_erased(stocked: Home, call: str) -> None:
    """What is left is given out, without a number, and the leaf with the log's word for the erasure."""
    paths = recorded(stocked, call, "a")
    dispose(stocked, "a")
    erase(stocked)
    package = export(stocked, "--call", call)
    whole = files(package)
    assert f"calls/{call}/decision.json" not in whole and not paths[0].exists()
    assert not any("/recordings/" in name for name in whole)
    assert {one["why"] for one in manifest(package)["absent"]} == {"disposed"}
    assert manifest(package)["notes"][0]["code"] == "erased"
    assert NUMBER not in "".join(
        data.decode("utf-8", "replace") for name, data in whole.items() if "calls/" in name
    )
    proofs = json.loads(whole["ledger/proofs.json"])
    assert [one["kind"] for one in proofs["erased"]] == ["decision", "recording"]
    assert "号码已清除" in whole["report.zh.html"].decode()
    valid(stocked, package)
    name, key = f"calls/{call}/call.json", signer(stocked)
    lie = json.dumps(json.loads(whole[name]) | {"verdict": "BLOCK"}).encode()
    package.write_bytes(resigned(whole | {name: lie}, key))
    reports = {("shown", f"report.{language}.html") for language in ("zh", "en")}  # which say the other thing
    found = {("shown", name), ("enclosed", f"calls/{call}"), *reports}
    assert ours(package, key.vkey) == theirs(package, key.vkey) == found


def test_a_refused_call_and_one_without_a_recording(stocked: Home) -> None:
    made = decision(attempt("+8613800138001"), allowed=False)
    work(stocked, lambda store: store.transact(lambda connection: decisions.record(connection, [made])))
    package = export(stocked, "--call", made.id)
    assert about(package, made.id, "call")["disposition"] == "refused"
    assert "BLOCKED" in files(package)["report.en.html"].decode()
    valid(stocked, package)


def test_those_of_a_callee(stocked: Home, call: str) -> None:
    later = called(stocked, AT + timedelta(hours=2))
    assert manifest(export(stocked, "--callee", NUMBER))["calls"] == [call, later]
    near = ("--around", "2026-11-24 11:50", "--within", "10")
    assert manifest(export(stocked, "--callee", NUMBER, *near, "--force"))["calls"] == [later]
    over = ("--caller-id", "02787654321", "--force")
    assert manifest(export(stocked, "--callee", NUMBER, *over))["calls"] == [call, later]
    valid(stocked, stocked.path / "package.zip")


@pytest.mark.parametrize(
    ("question", "code", "says"),
    [
        ((), 1, "--call"),
        (("--call", "0" * 32, "--callee", NUMBER), 1, "--call"),
        (("--call", "0" * 32), 1, "0" * 32),
        (("--complaint", "9"), 1, "9"),
        (("--callee", "13800138009"), 1, "13800138009"),
        (("--callee", NUMBER, "--caller-id", "95588"), 1, NUMBER),
        (("--callee", NUMBER, "--within", "3"), 1, "--around"),
        (("--call", "0" * 32, "--around", "2026-11-24 10:00"), 1, "--callee"),
    ],
)
def test_what_is_no_question(
    stocked: Home, call: str, question: tuple[str, ...], code: int, says: str
) -> None:
    answer = stocked.run("evidence", "export", *question, "-o", "a.zip", *BY, code=code)
    assert says in answer.output
    assert not (stocked.path / "a.zip").exists()


def test_a_complaint_and_its_history(stocked: Home, call: str) -> None:
    stocked.run("complaint", "add", NUMBER, "--at", AT.isoformat(), "--received-at", AT.isoformat(), *BY)
    package = export(stocked, "--complaint", "1")
    filed = json.loads(files(package)["complaint.json"])
    assert (filed["complaint"]["decision"], manifest(package)["complaint"]) == (call, 1)
    assert filed["complaint"]["number"] == f"+86{NUMBER}"
    assert [line["action"] for line in filed["history"]] == ["add", "export"]
    after = [line["action"] for line in stocked("complaint", "show", "1")["history"]]
    assert after == ["add", "export", "given-out"]
    valid(stocked, package)


def test_a_complaint_about_a_call_that_nobody_made(stocked: Home) -> None:
    stocked.run("complaint", "add", NUMBER, "--at", AT.isoformat(), "--received-at", AT.isoformat(), *BY)
    package = export(stocked, "--complaint", "1")
    assert manifest(package)["calls"] == []
    assert "No attempt to call this person" in files(package)["report.en.html"].decode()
    valid(stocked, package)


def test_the_first_key_and_the_last(stocked: Home, call: str) -> None:
    first = signer(stocked).vkey
    stocked.run("ledger", "checkpoint", "-o", "first.note")
    for _ in range(2):
        stocked.run("ledger", "rotate", "--reason", "yearly", *BY)
    package = export(stocked, "--call", call)
    valid(stocked, package)
    assert (ours(package, first), theirs(package, first)) == (set(), set())
    stocked.run("evidence", "verify", "package.zip", "--key", first, "--checkpoint", "first.note")
    broken = json.loads(files(package)["manifest.json"])["rotations"]
    assert len(broken) == 2 and all(one["word"] for one in broken)


def test_a_package_from_before_a_rotation(stocked: Home, call: str) -> None:
    """By the new key: believed where its history has the head, so a thief of the old one can add nothing."""
    package, old = export(stocked, "--call", call), signer(stocked)
    stocked.run("ledger", "rotate", "--reason", "stolen", *BY)
    history = (stocked.path / "ledger.history").read_bytes()
    new = signer(stocked).vkey
    for found in (ours(package, new), theirs(package, new)):
        assert ("signature", "manifest.sig") in found
    stocked.run("evidence", "verify", str(package), "--key", "ledger.pub")
    assert theirs(package, new, history) == set()
    forged = json.loads(files(package)["manifest.json"])
    head = files(package)["ledger/checkpoint.note"].decode().split("\n")
    note = old.sign("\n".join([head[0], head[1], "A" * 43 + "=", ""])).encode()
    made = stocked.path / "stolen.zip"
    made.write_bytes(
        resigned(files(package) | {"ledger/checkpoint.note": note}, old, reason=forged["reason"])
    )
    stocked.run("evidence", "verify", str(made), "--key", "ledger.pub", code=3)
    assert ("signature", "manifest.sig") in theirs(made, new, history)


def test_a_lost_key_vouches_for_none(stocked: Home, call: str) -> None:
    first = signer(stocked).vkey
    (stocked.path / "ledger.key").unlink()
    stocked.run("ledger", "rotate", "--lost", "--reason", "fire", *BY)
    package = export(stocked, "--call", call)
    valid(stocked, package)
    for found in (ours(package, first), theirs(package, first)):
        assert ("signature", "manifest.sig") in found


def test_another_name_of_the_node(stocked: Home, call: str) -> None:
    stocked.run("ledger", "checkpoint")
    text = stocked.config.read_text("utf-8")
    stocked.config.write_text(text.replace("/pbx1/", "/pbx2/"), "utf-8")
    stocked.run("ledger", "rotate", "--reason", "moved", *BY)
    package = export(stocked, "--call", call)
    key = signer(stocked).vkey
    assert "/pbx2/" in key
    assert (ours(package, key), theirs(package, key)) == (set(), set())


def test_against_a_checkpoint_that_was_kept(
    stocked: Home, call: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    stocked.run("ledger", "checkpoint", "-o", "old.note")
    stocked.run("dnc", "add", "13800138002", "--scope", "all", "--source", "x")
    package = export(stocked, "--call", call)
    verify = ("evidence", "verify", str(package), "--checkpoint")
    stocked.run(*verify, "old.note")
    stocked.run("ledger", "checkpoint", "-o", "later.note")
    later = stocked("evidence", "verify", str(package), "--checkpoint", "later.note", code=3)
    assert [one["code"] for one in later["findings"]] == ["held-unproven"]
    # The same key and another history: what one sees who kept a checkpoint before the log was rewritten.
    text = (stocked.path / "old.note").read_text("utf-8").rpartition("\n\n")[0].split("\n")
    other = signer(stocked).sign("\n".join([text[0], text[1], "A" * 43 + "=", ""]))
    (stocked.path / "other.note").write_text(other, "utf-8")
    found = stocked(*verify, "other.note", code=3)
    assert [one["code"] for one in found["findings"]] == ["held-contradicted"]
    (stocked.path / "no.note").write_bytes(b"\xff")
    assert "no.note" in stocked.run(*verify, "no.note", code=1).output
    (stocked.path / "no.note").write_text("hello", "utf-8")
    assert [one["code"] for one in stocked(*verify, "no.note", code=3)["findings"]] == ["held"]


def test_checkpoints_are_thinned_by_day() -> None:
    """One every ten minutes for 500 days: 200 newest, then the last of each of 366 days, and in order."""
    start = datetime(2025, 1, 1, tzinfo=UTC)
    stored = {size: stamp(start + timedelta(minutes=10 * size)) for size in range(1, 144 * 500)}
    found = thinned(stored)
    assert found == sorted(set(found)) and len(found) == 200 + 366
    assert found[-200:] == list(range(144 * 500 - 200, 144 * 500))
    days = [stored[size][11:16] for size in found[:365]]
    assert set(days) == {"23:50"}
    assert thinned({3: stored[3]}) == [3] and thinned({}) == []


def test_without_a_key_it_is_only_intact(
    packaged: Packaged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    elsewhere = Home(tmp_path)
    answer = elsewhere.run("evidence", "verify", str(packaged.package), code=3)
    assert "INTACT, but not proven" in answer.output
    assert "完好" in elsewhere.run("evidence", "verify", str(packaged.package), "--lang", "zh", code=3).output
    assert elsewhere("evidence", "verify", str(packaged.package), "--key", packaged.key)["valid"]
    made = packaged.file(packaged.data[:-1])
    assert "NOT VALID" in elsewhere.run("evidence", "verify", str(made), code=3).output
    elsewhere.run("evidence", "verify", str(packaged.package), "--key", "x+y", code=1)


@pytest.mark.parametrize(("language", "says"), [("en", "without PDF"), ("zh", "未附 PDF")])
def test_without_weasyprint(stocked: Home, call: str, language: str, says: str) -> None:
    made = ("evidence", "export", "--call", call, "-o", "package.zip", "--lang", language, *BY)
    assert says in stocked.run(*made).output
    package = stocked.path / "package.zip"
    assert "report.zh.html" in files(package) and "report.zh.pdf" not in files(package)
    assert "no-pdf" in [one["code"] for one in manifest(package)["notes"]]
    valid(stocked, package)


def test_a_log_that_was_changed_gives_out_nothing(stocked: Home, call: str) -> None:
    """What can not be proven is not given out as if it were; the export stays in the log."""
    with sqlite3.connect(stocked.path / "dialpact.db") as connection:
        connection.execute("DROP TRIGGER decision_is_final")
        connection.execute("UPDATE decision SET verdict = 'BLOCK'")
    connection.close()
    answer = stocked.run("evidence", "export", "--call", call, "-o", "package.zip", *BY, code=1)
    assert "does not verify" in answer.output
    assert not (stocked.path / "package.zip").exists()


def test_every_code_has_its_text() -> None:
    note = get_args(get_type_hints(Note)["code"])
    wanted = {"evidence": CODES, "absent": get_args(Why), "note": note}
    for language in LANGUAGES:
        for table, codes in wanted.items():
            assert all(texts.text(f"{table}.{code}", language, about="x") for code in codes)


@pytest.mark.parametrize("name", ["evidence.md", "evidence.zh-CN.md"])
def test_the_page_names_every_finding_and_every_reason(name: str) -> None:
    text = (ROOT / "docs" / name).read_text("utf-8")
    assert len(text.splitlines()) <= 110
    first_cells = " ".join(line.split("|")[1] for line in text.splitlines() if line.startswith("|"))
    for word in (*CODES, *get_args(Why), *TOP - {"ledger/proofs.json"}):
        assert f"`{word}`" in first_cells, word


def _of_before(stocked: Home) -> None:
    """The erasures' lines are as programs of before wrote them, under leaves of their own."""
    with closing(sqlite3.connect(stocked.path / "dialpact.db", isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        for name in ("register_change_is_final", "ledger_is_final"):
            connection.execute(f"DROP TRIGGER {name}")
        taken = "UPDATE register_change SET detail = json_remove(detail, '$.remains') WHERE action = 'erase'"
        connection.execute(taken)
        for (seq,) in connection.execute("SELECT seq FROM register_change WHERE action = 'erase'").fetchall():
            entry = ledger.entry_of(connection, "register-change", str(seq))
            assert entry is not None and entry.salt is not None
            content = ledger.content_of(connection, entry.leaf_index, entry.kind, entry.key)
            assert content is not None
            leaf = record.leaf(entry.salt, content)
            connection.execute("UPDATE ledger SET leaf = ? WHERE leaf_index = ?", (leaf, entry.leaf_index))


@pytest.mark.parametrize(
    ("how", "said", "marked"),
    [("now", "proven", False), ("before", "unproven", True), ("changed", "changed", True)],
)
def test_what_is_left_of_an_erased_call_is_marked_where_nothing_proves_it(
    stocked: Home, call: str, how: str, said: str, marked: bool
) -> None:
    recorded(stocked, call, "a")
    dispose(stocked, "a")
    erase(stocked)
    if how == "before":
        _of_before(stocked)
    if how == "changed":
        with closing(sqlite3.connect(stocked.path / "dialpact.db", isolation_level=None)) as connection:
            connection.execute("DROP TRIGGER decision_is_final")
            connection.execute("UPDATE decision SET campaign = 'x' WHERE id = ?", [call])
    shown = stocked("calls", "show", call, code=1)["error"]
    assert {"proven": "as it was then", "unproven": "before this build", "changed": "not what"}[said] in shown
    (row,) = stocked("recordings", "list")
    about_it = stocked("recordings", "show", row["id"])
    assert about_it["remains"] == ("unproven" if how == "before" else "proven")
    assert ("Unproven" in stocked.run("recordings", "show", row["id"]).output) == (how == "before")
    package = export(stocked, "--call", call)
    assert about(package, call, "call")["remains"] == said
    codes = {note["code"] for note in manifest(package)["notes"]}
    assert ("erased-unproven" in codes) == marked
    assert ("unproven: what is shown" in files(package)["report.en.html"].decode()) == marked
    valid(stocked, package)


def test_an_answered_leg_that_nobody_recorded(stocked: Home, call: str) -> None:
    """The package says it, and both verifiers; with an incident that tells of it, it is no omission."""
    witnessed(stocked, call)
    package, key = export(stocked, "--call", call, code=3), signer(stocked).vkey
    assert ours(package, key) == theirs(package, key) == {("omitted", call)}
    assert ("unrecorded", call) in [(note["code"], note["about"]) for note in manifest(package)["notes"]]
    told = {"kind": "unrecorded", "decision": call, "channel": "PJSIP/carrier-1", "detail": "no file"}
    work(stocked, lambda store: store.incidents.add(at=AT, node="pbx1", **told))
    valid(stocked, export(stocked, "--call", call, "--force"))


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("empty", 1),
        ("blank", 1),
        ("folder", 1),
        ("none", 1),
        ("size 0", 3),
        ("zeros", 3),
        ("wide", 3),
        ("plus", 3),
    ],
)
def test_what_is_no_checkpoint_of_a_size(packaged: Packaged, tmp_path: Path, what: str, code: int) -> None:
    """By the right key; the script says ``held`` of each."""
    file, origin = tmp_path / "kept.note", packaged.signer.name
    sizes = {"size 0": "0", "zeros": "007", "wide": "\uff17", "plus": "+7"}
    if what in sizes:
        root = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
        file.write_text(packaged.signer.sign(f"{origin}\n{sizes[what]}\n{root}\n"), "utf-8")
    elif what == "folder":
        file.mkdir()
    elif what != "none":
        file.write_text("" if what == "empty" else " \n")
    asked = ("evidence", "verify", str(packaged.package), "--key", packaged.key, "--checkpoint", str(file))
    said = packaged.home.run(*asked, "--json", code=code)
    if code == 3:
        assert [one["code"] for one in json.loads(said.stdout)["findings"]] == ["held"]
    run = [sys.executable, verify.__file__, str(packaged.package), packaged.key, "--checkpoint", str(file)]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout[:5], done.stderr) == (3, "held:", "")


def test_registers_that_changed_since(stocked: Home, call: str) -> None:
    """Taken out, withdrawn, shortened, imported: what they are now fits what the log says, for both."""
    refuse, listed = (
        ("--scope", "industry", "--value", "保险", "--reason", "error", *BY),
        ("--source", "x", *BY),
    )
    stocked.run("dnc", "add", NUMBER, "--scope", "industry", "--value", "保险", "--source", "x", *BY)
    stocked.run("dnc", "remove", NUMBER, *refuse)
    stocked.run("dnc", "import", stocked.file("dnc.csv", f"number\n{NUMBER}\n"), "--scope", "all", *listed)
    again = ("--business", "acme", "--industry", "保险", "--evidence", "form 8")
    stocked.run("consent", "add", NUMBER, *again, "--granted-at", "2026-02-05T10:00:00+02:00", *BY)
    stocked.run("consent", "withdraw", NUMBER, "--business", "acme", "--reason", "asked", *BY)
    package = export(stocked, "--call", call)
    acts = [line["action"] for line in about(package, call, "do-not-call")["history"]]
    assert acts == ["add", "remove", "import"]
    assert [line["action"] for line in about(package, call, "consent")["history"]] == [
        "add",
        "add",
        "withdraw",
    ]
    now = about(package, call, "consent")["now"]
    assert now and all(one["withdrawn_at"] for one in now)
    valid(stocked, package)


@pytest.mark.parametrize("number", ["110", "", "x<b>'\"&/;", "+12125550100", "95588", "0" * 70])
def test_whatever_was_dialled(stocked: Home, number: str) -> None:
    """The report and the lists of a call to what is no number are compared too."""
    call = judged(stocked, number=number)
    package = export(stocked, "--call", call)
    assert about(package, call, "call")["callee_as_dialled"] or not number
    valid(stocked, package)


@pytest.mark.parametrize("mode", ["shadow", "enforce"])
def test_whatever_others_have_named(stocked: Home, mode: str) -> None:
    """Names and notes come from other people: no tag of theirs, and no sign, makes a report another one."""
    name = '</dd></dl><h1>"all\'s" & well</h1>&lt;br&gt;<!-- {0} {x} %s | = ~ @\r\n\u202e\u2028&zwj;'
    consent = Consent(
        number=f"+86{NUMBER}",
        business="acme",
        industry=name,
        granted_at=AT,
        expires_at=AT,
        evidence=name,
        withdrawn_at=AT,
        evidence_sha256="0" * 64,
        wording=name,
    )
    made = decision(attempt(), allowed=False)
    asked = msgspec.structs.replace(made.attempt, agent=name[:64], campaign=name[:64])
    made = msgspec.structs.replace(
        made, facts=Facts(consents=(consent, consent)), attempt=asked, mode=mode, dial="13800138000"
    )
    told = {"kind": "silence", "decision": made.id, "channel": "PJSIP/carrier-1", "detail": name}

    async def happen(store: Store) -> None:
        await store.transact(lambda connection: decisions.record(connection, [made]))
        await store.incidents.add(at=AT, node="pbx1", **told)
        await store.incidents.add(at=AT, node="pbx1", **told)

    work(stocked, happen)
    recorded(stocked, made.id, "a", part="joined")
    recorded(stocked, made.id, "b", after=3, ended=False)
    stocked.run(
        "evidence", "export", "--call", made.id, "-o", "package.zip", "--reason", "<b>it's</b> & so", *BY
    )
    report = files(stocked.path / "package.zip")["report.en.html"].decode()
    assert ("shadow mode: put through" in report) == (mode == "shadow") and "<h1>&#34;" not in report
    valid(stocked, stocked.path / "package.zip")


def test_a_decision_from_before_that_tells_others_numbers_says_so(stocked: Home) -> None:
    """It can not be changed without breaking its leaf: who hands it on is told, and who gets it."""
    known = Facts(neighbours=(-3, 1, 2))
    made = msgspec.structs.replace(decision(), facts=known)
    work(stocked, lambda store: store.transact(lambda connection: decisions.record(connection, [made])))
    stocked.run("evidence", "export", "--call", made.id, "-o", "package.zip", *BY)
    package = stocked.path / "package.zip"
    assert ("others", made.id) in [(note["code"], note["about"]) for note in manifest(package)["notes"]]
    assert "others were called" in files(package)["report.en.html"].decode()
    valid(stocked, package)
