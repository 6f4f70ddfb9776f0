"""What is said in the installation of ``before/``: calls, recordings, evidence, ledger, reports."""

from __future__ import annotations

from hashlib import md5

from dialpact.store.sqlite import create
from tests.compliance import cdr_lab
from tests.golden.house import House, of_before

CALL, RECORDING = (md5(name.encode()).hexdigest() for name in ("call 0", "a"))
MUTED, FAILED = (md5(name.encode()).hexdigest() for name in ("b", "c"))
NOBODY = "0" * 32
WHY = "--reason 'court case 13' --by li"
DAY = "--from 2026-11-24 --to 2026-11-24"


def opened(house: House) -> None:
    """The first commands open it; then each register of it."""
    of_before(house)
    create(house.path / "dialpact.db")  # brings it up to date, which ``ledger verify`` never does
    house.tell(
        """
        * ledger verify --key first.pub --checkpoint older.note --checkpoint newer.note
        * business show acme
        * campaign show renewal
        * caller-id show 02787654321
        * script show pitch --text
        * consent show 13800138000
        * dnc list
        * leads show 1
        * leads find 13800138000
        * complaint show 1
        * suspension list --all
        """,
    )


def calls(house: House) -> None:
    house.tell(
        f"""
        * calls list
        * calls list --verdict BLOCK
        calls list --number '138 0013 8000' --limit 1 --json
        calls list --campaign other
        calls list --since 2026-11-24 --until '2026-11-24 10:06' --lang zh
        * calls show {CALL}
        calls show {NOBODY} --json
        dnc add 13800138000 --scope business --value acme --call {CALL} --by chen --json
        * incidents list
        incidents list --full
        incidents list --kind no-decision --json
        incidents list --since '2026-11-24 10:30' --limit 1 --lang zh
        * incidents count
        """,
    )


def recordings(house: House) -> None:
    house.tell(
        f"""
        * recordings list
        * recordings list --state failed
        recordings list --held --json
        recordings list --due --lang zh
        recordings list --number 13800138000 --limit 1
        * recordings show {RECORDING}
        * recordings show {MUTED}
        recordings show {FAILED} --lang zh
        * recordings verify
        recordings verify --sample 1 --since 2026-11-30
        * recordings holds
        recordings hold {RECORDING} {WHY}
        recordings hold --call {CALL} {WHY} --json
        recordings hold {NOBODY} {WHY}
        recordings hold {WHY} --lang zh
        recordings holds --recording {RECORDING} --json
        recordings release 2 --reason over --by li
        recordings release 2 --reason over --by li --json
        recordings release 9 --reason over --by li --lang zh
        * recordings holds --all
        recordings keep {RECORDING} --until 2028-01-01 {WHY}
        recordings keep {RECORDING} --until 2027-01-01 {WHY} --json
        recordings keep {FAILED} --until 2028-01-01 {WHY} --lang zh
        recordings keep --by-profiles --json
        recordings keep --by-profiles
        recordings settle {FAILED} --answered no {WHY}
        recordings settle {RECORDING} --answered no {WHY} --json
        * recordings purge --by chen
        recordings show {RECORDING} --json
        """,
    )
    house.file("spool/a.wav", b"changed")
    (house.path / "spool" / "b-agent.wav").unlink()
    house.file("spool/stranger.wav", b"x")
    house.read("recordings verify")


def evidence(house: House) -> None:
    house.tell(
        f"""
        * evidence verify package.zip --key ledger.pub --checkpoint older.note
        evidence verify package.zip --key ledger.pub --checkpoint newer.note
        evidence verify package.zip --key first.pub --json
        evidence verify package.zip
        evidence export --call {CALL} --reason 12321 --by chen -o one.zip
        evidence export --call {CALL} --reason 12321 --by chen -o one.zip --json
        evidence export --complaint 1 --reason 12321 --by chen -o two.zip --json
        evidence export --callee 13800138000 --reason 12321 --by chen -o three.zip --lang zh
        evidence export --call {NOBODY} --reason 12321 --by chen -o four.zip --json
        evidence verify three.zip --key ledger.pub --json
        """,
    )
    data = (house.path / "package.zip").read_bytes()
    house.file("flipped.zip", data[:200] + bytes([data[200] ^ 1]) + data[201:])
    house.read("evidence verify flipped.zip --key ledger.pub")


def ledger(house: House) -> None:
    house.tell(
        """
        * ledger key
        * ledger list --limit 12
        ledger list --from 3 --limit 2 --json
        * ledger show 3
        ledger checkpoint
        ledger checkpoint --json
        ledger checkpoint -o now.note --lang zh
        * ledger verify --checkpoint now.note --key ledger.pub
        ledger verify --from 1 --to 3 --json
        ledger verify --from 3 --to 1
        ledger verify --key nowhere --lang zh
        ledger rotate --reason 'one more' --by chen
        ledger verify --key first.pub --checkpoint older.note --json
        ledger erase --by chen --reason 'time over'
        ledger erase --by chen --reason 'time over' --json
        ledger show 9999
        """,
    )


def reports(house: House) -> None:
    for scene in ("answered", "ungated", "another-number"):
        house.file(f"{scene}.csv", cdr_lab.csv(scene))
    house.file("bad.csv", b"garbage\n" + cdr_lab.csv("answered"))
    cdr = "--cdr answered.csv --cdr ungated.csv --cdr another-number.csv --timezone UTC"
    house.tell(
        f"""
        report inspection {DAY} --by chen --lang zh
        report inspection {DAY} --by chen --json
        report inspection {DAY} --by chen --format csv --full --lang en
        report inspection {DAY} --by chen --format html -o report.html
        report inspection {DAY} --by chen --format pdf -o report.pdf --json
        * reconcile {cdr}
        reconcile {cdr} --limit 1 --full
        reconcile --cdr bad.csv --timezone UTC --json
        reconcile --cdr bad.csv --timezone UTC --since 2026-11-24 --until 2026-11-25 --lang zh
        reconcile {cdr} --write-incidents --by chen
        incidents count --json
        * replay {cdr} --campaign renewal --caller-id 02787654321
        replay {cdr} --rules hours,days --list --limit 2 --campaign renewal --json
        replay --cdr bad.csv --timezone UTC --rules nonsense
        """,
    )
