"""The program as a whole: options before and after, exit codes, failures in one line, the daemons."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.bench.import_bench import PROGRAM
from tests.cli.conftest import Home

ROOT = Path(__file__).parents[2]
REPORT = ("report", "inspection", "--from", "2026-11-01", "--to", "2026-11-02", "--by", "x", "-o")


def start(home: Home, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=home.path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def program(home: Home, *arguments: str) -> tuple[int, str, str]:
    process = start(home, *arguments)
    stdout, stderr = process.communicate(timeout=60)
    return process.returncode, stdout, stderr


def test_the_real_exit_codes(home: Home) -> None:
    assert program(home, "dnc", "list", "--json")[:2] == (0, "[]\n")
    assert program(home, "dnc", "add", "110")[0] == 1
    assert program(home, "dnc", "add")[0] == 2
    assert program(home, "nonsense")[0] == 2
    assert program(home, "check", "110", "--campaign", "c", "--caller-id", "95588")[0] == 3


def test_options_before_and_after(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    config = ("--config", str(home.config))
    assert home.run(*config, "--json", "dnc", "list").stdout == "[]\n"
    assert home.run("dnc", "list", *config, "--json").stdout == "[]\n"
    assert "没有找到" in home.run("--lang", "zh", "dnc", "list", *config).stderr
    monkeypatch.setenv("DIALPACT_CONFIG", str(home.config))
    assert home("dnc", "list") == []


def test_a_failure_is_one_line(home: Home) -> None:
    (home.path / "dialpact.db").unlink()
    code, stdout, stderr = program(home, "dnc", "list")
    assert (code, stdout, stderr.count("\n")) == (1, "", 1)
    assert stderr.startswith("dialpact: Database gone:")
    code, stdout, _ = program(home, "dnc", "list", "--json")
    assert (code, list(json.loads(stdout))) == (1, ["error"])
    assert not (home.path / "dialpact.db").exists()


def full(home: Home, *arguments: str, closed: str = "", lang: str = "C.UTF-8") -> tuple[int, list[str]]:
    """Exit code and stderr of a command whose standard output is full, or ``closed``."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": lang}
    run = ["sh", "-c", f'exec "$@" {closed or ">/dev/full"}', "sh", sys.executable, "-c", PROGRAM, *arguments]
    done = subprocess.run(run, cwd=home.path, env=environment, stderr=subprocess.PIPE, text=True)
    return done.returncode, done.stderr.splitlines()


@pytest.mark.parametrize(
    "command",
    [
        ("-h",),
        ("--version",),
        ("dnc", "add", "-h"),
        ("consent", "list", "--json"),
        ("business", "list"),
        ("status",),
        ("ledger", "verify", "--json"),
    ],
)
def test_an_answer_that_can_not_be_written(home: Home, command: tuple[str, ...]) -> None:
    home.run("business", "add", "acme", "--name", "A", "--actor", "own-business")
    code, said = full(home, *command)
    assert (code, len(said)) == (1, 1), said
    assert said[0].startswith("dialpact: the answer can not be written to standard output: No space")


def test_what_was_stored_and_could_not_be_printed(home: Home) -> None:
    add = ("dnc", "add", "13800138000")
    code, said = full(home, *add)
    assert (code, len(said), "is stored all the same" in said[1]) == (1, 2, True), said
    assert len(home("dnc", "list")) == 1
    code, said = full(home, *add, "--lang", "zh")
    assert (code, len(said), "无法写到标准输出" in said[0]) == (1, 2, True), said
    code, said = full(home, "dnc", "add", "110", "--json")
    assert (code, len(said)) == (1, 2), said
    assert "110" in said[0]


def test_without_a_standard_output_nothing_is_done(home: Home) -> None:
    code, said = full(home, "dnc", "add", "13800138000", closed=">&-")
    assert (code, said) == (1, ["dialpact: standard output is closed; nothing was done"])
    assert home("dnc", "list") == []
    code, said = full(home, "-h", closed=">&-", lang="zh_CN.UTF-8")
    assert (code, said) == (1, ["dialpact：标准输出已关闭，未执行任何操作"])
    assert full(home, "dnc", "add", "13800138000", closed="2>&-") == (0, [])


@pytest.mark.parametrize(
    ("command", "said", "chinese"),
    [
        (("evidence", "verify", "x.zip"), "x.zip: No such file or directory", "x.zip：文件或目录不存在"),
        (("dnc", "import", "x.csv"), "x.csv: No such file or directory", "x.csv：文件或目录不存在"),
        (("replay", "--cdr", "taken"), "taken: Is a directory", "taken：是一个目录"),
        (("ledger", "checkpoint", "-o", "no/x"), "no/x: No such file or directory", "no/x：文件或目录不存在"),
        (
            ("ledger", "verify", "--checkpoint", "x"),
            "x: No such file or directory",
            "x：文件或目录不存在",
        ),
        (
            ("ledger", "timestamp-verify", "x", "--checkpoint", "y", "--ca", "z"),
            "y: No such file or directory",
            "y：文件或目录不存在",
        ),
        (
            ("init", "--config", "dialpact.db/x/y.toml"),
            "{home}/dialpact.db/x: Not a directory",
            "{home}/dialpact.db/x：不是目录",
        ),
        ((*REPORT, "no/r.html"), "no: no such directory", "no：没有这个目录"),
        ((*REPORT, "taken"), "taken: Is a directory", "taken：是一个目录"),
    ],
)
def test_a_file_s_failure_is_its_name_and_the_reason(
    home: Home, command: tuple[str, ...], said: str, chinese: str
) -> None:
    (home.path / "taken").mkdir()
    assert home(*command, code=1)["error"] == said.format(home=home.path)
    assert home(*command, "--lang", "zh", code=1)["error"] == chinese.format(home=home.path)


@pytest.mark.parametrize(
    "command",
    [
        ("calls", "list"),
        ("incidents", "list"),
        ("incidents", "count"),
        ("recordings", "list"),
        ("recordings", "verify"),
    ],
)
def test_a_time_that_ends_before_it_begins_is_refused(home: Home, command: tuple[str, str]) -> None:
    """An empty list would be a clean answer about what was not looked at."""
    said = home(*command, "--since", "2026-11-25", "--until", "2026-11-24", code=1)["error"]
    assert said == "ends (2026-11-24) before it begins (2026-11-25)"
    home.run(*command, "--since", "2026-11-24", "--until", "2026-11-24")


def test_no_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "none.toml" in Home(tmp_path)("dnc", "list", "--config", "none.toml", code=1)["error"]


def test_help_names_every_command(home: Home) -> None:
    help = home.run("--help").stdout
    for name in (
        "init",
        "check",
        "serve",
        "gate",
        "listener",
        "business",
        "campaign",
        "caller-id",
        "consent",
    ):
        assert name in help
    for name in ("dnc", "calls", "recordings"):
        assert name in help


def test_a_table_in_a_pipe_is_not_cut(home: Home) -> None:
    name = "很长的名称" * 40
    home.run("business", "add", "acme", "--name", name, "--actor", "own-business")
    assert name in "".join(home.run("business", "list").stdout.split())


def test_a_terminal_that_can_not_show_chinese(home: Home) -> None:
    home.run("business", "add", "acme", "--name", "某某", "--actor", "own-business")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "latin-1"}
    run = [sys.executable, "-c", PROGRAM, "business", "list"]
    done = subprocess.run(run, cwd=home.path, env=environment, capture_output=True)
    assert (done.returncode, b"??" in done.stdout) == (0, True), done.stderr
    done = subprocess.run([*run, "--json"], cwd=home.path, env=environment, capture_output=True)
    assert json.loads(done.stdout.decode("utf-8"))[0]["name"] == "某某"


def events_until(process: subprocess.Popen[str], event: str) -> list[dict[str, str]]:
    """Log lines up to the one wanted; the test's timeout ends the waiting."""
    seen = []
    for line in process.stderr or ():
        seen.append(json.loads(line))
        if seen[-1]["event"] == event:
            return seen
    raise AssertionError(f"no {event!r} in {seen}")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize(
    ("daemon", "up"),
    [("gate", "gate listening"), ("serve", "recorder lease"), ("listener", "recorder lease")],
)
def test_a_daemon_ends_in_order(home: Home, daemon: str, up: str, number: signal.Signals) -> None:
    # Port 1 has no manager: the listener runs, says that it can not record, and tries again.
    text = home.config.read_text("utf-8").replace(":4573", ":0").replace("5038", "1")
    home.config.write_text(text, "utf-8")
    process = start(home, daemon)
    seen = events_until(process, up)
    if daemon == "gate":
        with socket.create_connection(("127.0.0.1", int(seen[-1]["port"]))):
            pass
    process.send_signal(number)
    stdout, rest = process.communicate(timeout=30)
    seen += [json.loads(line) for line in rest.splitlines()]
    assert (process.returncode, stdout) == (0, ""), seen
    assert (seen[0]["event"], seen[-1]["event"]) == ("starting", "stopped")
    assert not [line for line in seen if line["level"] in ("error", "critical")]


def test_a_gate_that_can_not_listen_fails(home: Home) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        home.config.write_text(home.config.read_text("utf-8").replace("4573", str(port)), "utf-8")
        code, _, stderr = program(home, "gate")
    assert code == 1
    (failure,) = [json.loads(line) for line in stderr.splitlines() if "failed" in line]
    assert str(port) in failure["error"]


def of_another_program(version: int) -> bytes:
    with tempfile.NamedTemporaryFile() as file:
        other = sqlite3.connect(file.name)
        other.executescript(f"CREATE TABLE song (name); PRAGMA user_version = {version}")
        other.close()
        return Path(file.name).read_bytes()


@pytest.mark.parametrize("command", [("calls", "list"), ("ledger", "verify")])
@pytest.mark.parametrize("content", [b"", of_another_program(0), of_another_program(3)])
def test_a_database_of_another_program_stays_as_it_is(
    home: Home, command: tuple[str, str], content: bytes
) -> None:
    database = home.path / "dialpact.db"
    home.file(database.name, content)
    before = hashlib.sha256(content).hexdigest()
    assert "not a Dialpact database" in home(*command, code=1)["error"]
    assert hashlib.sha256(database.read_bytes()).hexdigest() == before
    assert database.stat().st_size == len(content)
    assert [path.name for path in home.path.glob("dialpact.db-*")] == []


@pytest.mark.parametrize(("content", "why"), [(None, "unable to open"), (b"", "not a Dialpact database")])
def test_a_gate_without_its_database_never_listens(home: Home, content: bytes | None, why: str) -> None:
    home.config.write_text(home.config.read_text("utf-8").replace("4573", "0"), "utf-8")
    database = home.path / "dialpact.db"
    database.unlink()
    if content is not None:
        database.write_bytes(content)
    code, _, stderr = program(home, "gate")
    assert code == 1
    said = {line["event"]: line for line in map(json.loads, stderr.splitlines())}
    assert why in said["failed"]["error"]
    assert "gate listening" not in said
