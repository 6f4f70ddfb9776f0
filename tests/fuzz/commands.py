"""Files that are given to the command line: how it ends, what it says, and what is in the database then.

An input for the imports is the register's name on a line, then the file. One for ``lists`` is a JSON list:
which list of a package, the way to a value in it, and the JSON text that is put there and signed again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import random
import sqlite3
from functools import cache
from typing import Any, NamedTuple

from typer.testing import CliRunner

from dialpact.cli.app import app
from dialpact.compliance import calendars, config, profile
from dialpact.compliance.errors import ProfileError
from dialpact.compliance.judge import Judge
from dialpact.compliance.model import Facts
from dialpact.compliance.registers import caller_id, carrier_list, consent, dnc, leads
from tests.cli.conftest import Home
from tests.cli.evidence.packages import ours, packed, resigned, signer, theirs
from tests.fuzz.engine import Target, hostile
from tests.fuzz.folders import folder
from tests.fuzz.living import package
from tests.fuzz.readers import NOW, SAMPLES, TOML_TOKENS, stored

BY = ("--by", "chen")
BATCH = ("--campaign", "spring", "--partner", "p", "--contract", "k", "--basis", "consent")


class Done(NamedTuple):
    code: int
    out: str
    err: str


class Desk:
    """A home with configuration, database, a business and a campaign."""

    def __init__(self) -> None:
        self.home = folder("desk-")
        for command in (
            ("init",),
            ("business", "add", "acme", "--name", "某某公司", "--actor", "own-business"),
            (
                "campaign",
                "add",
                "spring",
                "--business",
                "acme",
                "--industry",
                "loans",
                "--purpose",
                "marketing",
            ),
        ):
            assert self.run(*command).code == 0, command

    def file(self, name: str, content: bytes) -> str:
        (self.home / name).write_bytes(content)
        return name

    def run(self, *arguments: str) -> Done:
        """As documented: no traceback, an exit code that means something, no failure without words."""
        with contextlib.chdir(self.home):
            env = {"LC_ALL": "en_GB.UTF-8", "COLUMNS": "80", "DIALPACT_CONFIG": ""}
            result = CliRunner().invoke(app, [*arguments], env=env)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code in (0, 1, 2, 3), result.exit_code
        assert "Traceback" not in result.output, result.output
        assert result.exit_code in (0, 3) or result.output.strip(), arguments
        return Done(result.exit_code, result.stdout, result.stderr)

    def rows(self, *tables: str) -> list[int]:
        with contextlib.closing(sqlite3.connect(self.home / "dialpact.db")) as db:
            return [db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables]


@cache
def desk() -> Desk:
    return Desk()


# Imports

Import = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], str]
# Register -> its columns, the command before the file, what comes behind it, the table that it fills.
IMPORTS: dict[str, Import] = {
    "dnc": (dnc.COLUMNS, ("dnc", "import"), (), "do_not_call"),
    "consent": ((*consent.COLUMNS, *consent.OPTIONAL), ("consent", "import"), (), "consent"),
    "caller-id": ((*caller_id.COLUMNS, *caller_id.OPTIONAL), ("caller-id", "import"), (), "caller_id"),
    "leads": (leads.COLUMNS, ("leads", "import"), BATCH, "lead"),
    "carrier-list": (
        (*carrier_list.COLUMNS, *carrier_list.OPTIONAL),
        ("caller-id", "reconcile", "--carrier-list"),
        (),
        "caller_id",
    ),
}
CELLS = (
    *(b"13800138000", b"+8613800138001", b"02712345678", b"110", b"all", b"industry", b"business", b"loans"),
    *(b"acme", b"2026-01-01", b"2026-06-01T09:12:00+08:00", b"yes", b"*", b"carrier;backup", b"marketing"),
    *(
        b"9999-12-31",
        b"1969-12-31",
        b"0001-01-01T00:00:00+23:59",
        b'"a,b"',
        "是".encode("gb18030"),
        b"9" * 30,
    ),
)


def table(dice: random.Random) -> bytes:
    name = dice.choice(sorted(IMPORTS))
    columns = IMPORTS[name][0]
    rows = [
        b",".join(dice.choice(CELLS) if dice.randrange(3) else hostile(dice, *CELLS) for _ in columns)
        for _ in range(dice.randrange(6))
    ]
    head = ",".join(columns).encode()
    return name.encode() + b"\n" + dice.choice((b"\n", b"\r\n", b"\r")).join([head, *rows])


def imports(data: bytes) -> None:
    """All or nothing; each bad row told with line and reason; its figures are those of the database."""
    name, _, content = data.partition(b"\n")
    register = name.decode("ascii", "replace")
    if register == "script":
        _script(content)
    elif register == "complaint":
        _complaint(content)
    elif register in IMPORTS:
        _table(register, content)


def _table(register: str, content: bytes) -> None:
    _, command, more, into = IMPORTS[register]
    file = desk().file("given.csv", content)
    before = desk().rows(into, "register_change", "batch")
    done = desk().run(*command, file, *more, *BY, "--json")
    after = desk().rows(into, "register_change", "batch")
    answer = json.loads(done.out)
    assert done.code != 1 or before == after, "refused, and yet something was changed"
    if "error" in answer:
        assert done.code == 1 and answer["error"]
        return
    errors = answer["errors"]
    lines = content.count(b"\n") + content.count(b"\r") + 1
    assert len(errors) == answer["bad"]
    assert all(1 < one["line"] <= lines and one["reason"] and one["code"] for one in errors), errors
    assert (done.code == 1) == bool(answer["bad"]), "bad rows, and yet taken"
    if register == "carrier-list":
        return
    assert answer["rows"] == answer["good"] + answer["bad"]
    if done.code != 1:
        assert answer["applied"] + answer["already"] == answer["good"], answer
        assert 0 <= after[0] - before[0] <= answer["applied"], (before, after, answer)


def _script(content: bytes) -> None:
    file = desk().file("script.txt", content)
    before = desk().rows("script", "register_change")
    done = desk().run("script", "add", "pitch", "--file", file, *BY, "--json")
    assert done.code == 0 or before == desk().rows("script", "register_change")
    assert desk().run("script", "check", file).code in (0, 1, 3)


def _complaint(content: bytes) -> None:
    number, at, source, caller, note = (*content.decode("utf-8", "surrogateescape").split("\n"), *[""] * 5)[
        :5
    ]
    before = desk().rows("complaint", "register_change")
    options = ("--at", at, "--source", source, "--caller-id", caller, "--note", note)
    done = desk().run("complaint", "add", *options, *BY, "--json", "--", number)
    assert done.code == 0 or before == desk().rows("complaint", "register_change")


# CDR files


def master(data: bytes) -> None:
    """replay and reconcile: whatever the lines are, each that can not be read is told."""
    file = desk().file("Master.csv", data)
    for arguments in (
        ("replay", "--cdr", file, "--context", "dialpact-outbound", "--list", "--json"),
        ("reconcile", "--cdr", file, "--notes", "--json"),
    ):
        done = desk().run(*arguments)
        answer = json.loads(done.out)
        if "error" in answer:
            assert done.code == 1 and answer["error"]
            continue
        assert all(one["line"] > 0 and one["reason"] for one in answer["errors"]), answer["errors"]
        assert desk().run(*arguments[:-1]).code == done.code


# Rules that are taken must be rules that can be asked


def judged_by(data: bytes) -> None:
    """A profile that loads judges every attempt, lets no emergency number pass, nor anybody unregistered."""
    try:
        found = profile.parse(data, "fuzzed.toml")
        policy = profile.Policy((found,), calendars.load())
    except ProfileError:
        return
    judge = Judge(policy, {"carrier": config.Trunk(endpoint="carrier")}, "pbx1")
    for number in ("13800138000", "02712345678", "+33123456789", "110", "000", "911", "x\0\n", ""):
        for said in ("spring", "\0\n" + "x" * 300):
            attempt = judge.attempt(number, said, said, agent=said, trunk="carrier", uniqueid=said)
            made = judge.decide(attempt, Facts(), NOW)
            if made.allowed:
                assert number[-6:].isdigit(), number
                actor = found.actor
                assert not actor or actor.effective_from > NOW.astimezone(found.zone).date(), (
                    "nobody is known"
                )


# The lists of a package, changed by somebody who has its key

WORDS = (
    *(
        "",
        "NaN",
        "Infinity",
        "null",
        "true",
        "[]",
        "{}",
        '""',
        "0",
        "-1",
        "1e999",
        "1.5",
        "9" * 30,
        "9" * 5000,
    ),
    *("[" * 5000, '{"a":' * 5000, '"\\ud800"', '"\xff"', '"../../etc/passwd"', "[[]]", '[""]', "[null]"),
    *('{"a": 1, "a": 2}', '"+"', '["a+b+c"]', f'"{"0" * 32}"', f'"{"0" * 64}"', f'["{"0" * 64}"]', "\0"),
)
KEYS = (
    *("format", "calls", "files", "keys", "rotations", "absent", "notes", "made_at", "asked", "complaint"),
    *("records", "older", "erased", "withheld", "index", "kind", "key", "version", "salt", "proof", "file"),
    *("size", "path", "sha256", "leaf", 0, 1, 2),
)


def change(dice: random.Random) -> bytes:
    way = [dice.choice(KEYS) for _ in range(dice.randrange(4))]
    if dice.randrange(2):
        way = [dice.choice(KEYS[10:14]), 0, dice.choice(KEYS)]
    name = dice.choice(("manifest.json", "ledger/proofs.json"))
    return json.dumps([name, way, dice.choice(WORDS)]).encode()


def lists(data: bytes) -> None:
    """Neither verifier falls over, and what one finds in the ledger's part the other finds too.

    (The two differ in "form" alone: each reads less of some list than the other, and can not find malformed
    what it does not look at.)
    """
    known = package()
    try:
        name, way, value = json.loads(data)
        raw = _put(known.members[name].decode(), way, str(value)).encode("latin-1", "backslashreplace")
    except (ValueError, TypeError, KeyError, IndexError, RecursionError, AttributeError):
        return
    by = signer(Home(known.file.parent))
    if name == "manifest.json":
        said = f"dialpact-evidence/1\n{name} {hashlib.sha256(raw).hexdigest()} {len(raw)}\n"
        made = packed(known.members | {name: raw, "manifest.sig": by.sign(said).encode()})
    else:
        made = resigned(known.members | {name: raw}, by)
    known.made.write_bytes(made)
    for key in (known.key, ""):
        one = {code for code, _ in ours(known.made, key)} - {"key"}
        other = {code for code, _ in theirs(known.made, key)}
        assert "form" in one | other or one == other, (one, other)


def _put(text: str, way: list[Any], value: str) -> str:
    """The JSON with the raw text ``value`` at the end of the way."""
    if not way:
        return value
    document = json.loads(text)
    inner = document
    for step in way[:-1]:
        inner = inner[step]
    inner[way[-1]] = "\1"
    return json.dumps(document).replace(json.dumps("\1"), value)


def _samples() -> list[bytes]:
    found = []
    for name in ("dnc", "consent", "caller-id", "leads"):
        text = (SAMPLES / f"{name}.csv").read_text("utf-8")
        head = f"{name}\n".encode()
        found += [head + text.encode(), head + text.encode("utf-8-sig"), head + text.encode("gb18030")]
    return [
        *found,
        b"carrier-list\nnumber,holder,business\n02788880007,\xe6\x9f\x90,jianghan\n",
        b"script\n" + (SAMPLES / "script.txt").read_bytes(),
        b"complaint\n13800138000\n2026-11-24 10:00\n12321\n02788880007\nsaid no",
    ]


COMMANDS = {
    target.name: target
    for target in (
        Target("imports", _samples(), imports, CELLS, 30, built=table),
        Target(
            "cdr-commands", [b"".join(stored("tests/transcripts/cdr/*.csv"))], master, (b'"",', b"110"), 4
        ),
        Target("judged-by", stored("dialpact/compliance/profiles/*.toml"), judged_by, TOML_TOKENS, 100),
        Target("lists", [b'["manifest.json", ["calls"], "[]"]'], lists, (), 60, built=change),
    )
}
