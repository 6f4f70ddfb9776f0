"""``make supervise-demo``: a supervisor and three operators, each with files, key and processes of its own.

Calls are decided by the real gates (FastAGI), without Asterisk; logs are cosigned; reports are handed in; a
complaint is put to all three. One restores a backup and signs a second history, one never says a word. Each
thing that must hold is one line; exit 0 only when all of them do.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import json
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from typer.testing import CliRunner

from dialpact.cli.app import app
from dialpact.compliance.ledger import keys, merkle, witnessing
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.testing.asterisk import FakeAsterisk
from tests.patience import WAIT
from tests.supervision.ports import free_ports

CALLED, QUIET = "13800138000", "13800138001"
CALLER_IDS = {"one": "02787654321", "two": "02787654322", "three": "02787654323"}
NAMES = {"one": "江城呼叫", "two": "楚天客服", "three": "沉默公司"}


class Demo:
    """``say``: where lines go. Every demand that did not hold is in ``failed``."""

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self.folder, self.say = folder, say
        self.failed: list[str] = []
        self.supervisor = folder / "supervisor"
        self.runner = CliRunner()
        ports = free_ports(8)
        self.letters, self.page = ports[:2]
        self.gates = dict(zip(NAMES, ports[2:5], strict=True))
        self.webs = dict(zip(NAMES, ports[5:8], strict=True))

    def holds(self, zh: str, en: str, *, true: bool) -> None:
        self.say(f"  {'✓' if true else '✗'} {zh}  /  {en}")
        if not true:
            self.failed.append(en)

    def heading(self, zh: str, en: str) -> None:
        self.say(f"\n{zh}  /  {en}")

    def run(self, where: Path, *arguments: str, codes: tuple[int, ...] = (0,)) -> Any:
        """A command of the product, in this process; its JSON."""
        config = where / ("supervise.toml" if where == self.supervisor else "dialpact.toml")
        done = self.runner.invoke(app, ["--config", str(config), "--json", *arguments], env={"LC_ALL": "C"})
        if done.exit_code not in codes:
            raise SystemExit(f"{' '.join(arguments)}: {done.exit_code}\n{done.output}\n{done.exception!r}")
        return json.loads(done.stdout) if done.stdout.strip() else None

    def supervise(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> Any:
        return self.run(self.supervisor, "supervise", *arguments, codes=codes)

    def of(self, name: str) -> Path:
        return self.folder / name

    # -- what each side sets up

    def set_up_supervisor(self) -> None:
        self.supervisor.mkdir()
        made = self.supervise("init", "--name", "12321.demo")
        self.vkey = made["vkey"]
        self.witness = self.supervise("key")["witness"]
        file = self.supervisor / "supervise.toml"
        text = file.read_text("utf-8").replace("127.0.0.1:8420", f"127.0.0.1:{self.letters}")
        file.write_text(text.replace("127.0.0.1:8421", f"127.0.0.1:{self.page}"), "utf-8")

    def set_up_operator(self, name: str) -> None:
        where = self.of(name)
        where.mkdir()
        self.run(where, "init")
        file = where / "dialpact.toml"
        text = file.read_text("utf-8").replace('name = "pbx1"', f'name = "{name}"')
        text = text.replace('listen = "127.0.0.1:4573"', f'listen = "127.0.0.1:{self.gates[name]}"')
        text = text.replace('listen = "127.0.0.1:9080"', f'listen = "127.0.0.1:{self.webs[name]}"')
        outside = f'witnesses = ["{self.witness} http://127.0.0.1:{self.letters}"]'
        text = text.replace("witnesses = []", outside)
        # The demo runs at any hour, and without a recorder: calls are decided, recorded and put through.
        text = text.replace('mode = "enforce"', 'mode = "shadow"')
        text += f'\n[supervision]\nurl = "http://127.0.0.1:{self.letters}"\nvkey = "{self.vkey}"\n'
        file.write_text(text, "utf-8")
        key = self.run(where, "ledger", "key")["verifier_key"]
        self.run(where, "business", "add", "acme", "--name", NAMES[name], "--actor", "own-business")
        purpose = ("--industry", "loans", "--purpose", "marketing", "--script", "none")
        self.run(where, "campaign", "add", "spring", "--business", "acme", *purpose)
        issued = ("--licence", "L-1", "--carrier", "CT", "--authenticated", "--valid-from", "2026-01-01")
        self.run(
            *(where, "caller-id", "add", CALLER_IDS[name], "--business", "acme", *issued),
            *("--trunk", "carrier", "--purpose", "marketing"),
        )
        self.supervise(
            *("operator", "add", name, "--name", NAMES[name], "--key", key, "--by", "demo"),
            *("--url", f"http://127.0.0.1:{self.webs[name]}", "--secret", str(where / "supervision.secret")),
            *("--reports-from", months_back(2)),
        )

    # -- the processes

    @contextlib.contextmanager
    def processes(self) -> Iterator[None]:
        """A gate and a web process of the two that speak, and the supervisor's."""
        wanted = [(self.supervisor / "supervise.toml", ("supervise", "serve"), self.letters)]
        for name in ("one", "two"):
            wanted.append((self.of(name) / "dialpact.toml", ("gate",), self.gates[name]))
            wanted.append((self.of(name) / "dialpact.toml", ("web",), self.webs[name]))
        started = []
        with contextlib.ExitStack() as files:
            try:
                for config, words, _ in wanted:
                    log = files.enter_context((config.parent / f"{words[-1]}.log").open("wb"))
                    program = "from dialpact.cli.app import main; main()"
                    command = [sys.executable, "-c", program, "--config", str(config), *words]
                    started.append(subprocess.Popen(command, stdout=log, stderr=log))
                for process, (config, words, port) in zip(started, wanted, strict=True):
                    answers(port, process, config.parent / f"{words[-1]}.log")
                yield
            finally:
                for process in started:
                    process.send_signal(signal.SIGTERM)
                for process in started:
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        process.wait(20)
                    process.kill()
                    process.wait()

    def call(self, name: str, number: str) -> str:
        """As Asterisk asks: the verdict that the gate gives."""
        gate = FakeAsterisk("127.0.0.1", self.gates[name], patience=WAIT)
        told = asyncio.run(gate.dial(number, campaign="spring", caller_id=CALLER_IDS[name], trunk="carrier"))
        return str(told.verdict)

    def play(self) -> None:
        self.heading("一、登记", "1. Everybody is registered")
        self.set_up_supervisor()
        for name in NAMES:
            self.set_up_operator(name)
        listed = self.supervise("operator", "list")
        self.holds("监督方登记了三家企业", "three operators are registered", true=len(listed) == 3)
        with self.processes():
            self.supervised()

    def supervised(self) -> None:
        one, two = self.of("one"), self.of("two")
        self.heading("二、通话由真实的闸门裁决", "2. Calls are decided by the real gates")
        verdicts = [self.call("one", CALLED), self.call("two", QUIET)]
        # In shadow mode the gate lets through what it would block; the finding is on record all the same.
        self.holds(
            f"一号、二号各打一个电话（{verdicts}）", "one and two made a call each", true=len(verdicts) == 2
        )
        called_at = datetime.now(UTC)

        self.heading("三、检查点见证", "3. Checkpoints are cosigned")
        cosigned = [self.run(where, "supervision", "checkpoint") for where in (one, two)]
        self.holds(
            "两家的日志头都得到共签",
            "both logs are cosigned",
            true=all(each["note"].count("\n— ") == 2 for each in cosigned),
        )

        restored = self.back_up("two")

        self.heading("四、月度报告", "4. Monthly reports")
        for back in (2, 1):
            self.run(one, "supervision", "report", months_back(back))
        self.run(two, "supervision", "report", months_back(2))
        unfinished = self.run(one, "supervision", "report", months_back(0), codes=(1,))
        self.holds(
            "未结束的月份不予接收", "a month that is not over is not taken", true="error" in unfinished
        )
        seen = {each["id"]: each for each in self.supervise("status", codes=(0, 3))["operators"]}
        states = {name: [month["state"] for month in each["months"]] for name, each in seen.items()}
        self.holds(
            "一号两个月都已报送", "one has handed in both months", true=states["one"] == ["received"] * 2
        )
        self.holds(
            "二号缺最近一个月",
            "two lacks the last month",
            true=states["two"][0] in ("due", "overdue") and states["two"][1] == "received",
        )
        self.holds(
            "沉默的三号：从未收到检查点，报告逾期",
            "three is silent: no checkpoint, a report overdue",
            true=seen["three"]["log"] == "never" and "report-overdue" in seen["three"]["wrong"],
        )

        self.heading("五、12321 投诉", "5. A complaint from 12321")
        at = called_at.isoformat(timespec="seconds").replace("+00:00", "Z")
        about = ("--reference", "12321-2026-1", "--called-at", at, "--by", "demo")
        self.supervise("complaint", "add", CALLED, *about)
        asked = self.supervise("complaint", "ask", "1", codes=(0, 3))
        found = {each["operator"]: each for each in asked["answers"]}
        self.holds(
            "一号答复“打过”，证据包由监督方自行核验通过",
            "one says it called; its evidence verifies here",
            true=found["one"]["found"] == "called" and found["one"]["proven"],
        )
        self.holds(
            "二号签名答复“没有打过”",
            "two says, signed, that it did not",
            true=found["two"]["found"] == "none",
        )
        self.holds("三号没有答复", "three does not answer", true=found["three"]["found"] == "failed")
        self.holds(
            "号码没有离开监督方：函件和企业日志里都没有",
            "the number left the supervisor in no letter",
            true=CALLED not in json.dumps(asked) and not self.named_in_letters(one),
        )
        self.holds(
            "答复期限为 15 个工作日",
            "due in 15 working days",
            true=asked["due"] is None or asked["left"] <= 15,
        )

        self.heading("六、恢复旧备份", "6. A backup is restored")
        self.fork(restored)
        seen = {each["id"]: each for each in self.supervise("status", codes=(3,))["operators"]}
        self.holds(
            "二号的日志分叉被发现并点名",
            "two's fork is found and named",
            true=seen["two"]["wrong"][0] == "forked",
        )
        forks = self.supervise("fork", "two", codes=(3,))
        self.holds(
            "两份签名原文都已保存",
            "both signed texts are kept",
            true=len(forks) == 1 and forks[0]["one"] != forks[0]["other"],
        )
        self.holds("其他企业不受影响", "nobody else is accused", true="forked" not in seen["one"]["wrong"])

        self.heading("七、页面", "7. The page")
        for path, words in (
            ("/", "江城呼叫"),
            ("/operators/two", "日志分叉"),
            ("/complaints/1", "已答复：打过"),
            ("/explain", "见证"),
        ):
            text = self.shown(path)
            self.holds(f"{path} 用中文显示“{words}”", f"{path} shows it in Chinese", true=words in text)
            self.holds(f"{path} 没有完整号码", f"{path} has no whole number", true=CALLED not in text)

    def named_in_letters(self, where: Path) -> bool:
        with contextlib.closing(sqlite3.connect(where / "dialpact.db")) as db:
            rows = db.execute("SELECT detail FROM register_change WHERE register = 'supervision'").fetchall()
        return CALLED in str(rows)

    def back_up(self, name: str) -> Path:
        """Everything that a restored host has: configuration, key, secret, and the database of now."""
        kept = self.folder / f"{name}-restored"
        kept.mkdir()
        for file in ("dialpact.toml", "ledger.key", "ledger.pub", "supervision.secret"):
            shutil.copy(self.of(name) / file, kept / file)
        with contextlib.closing(sqlite3.connect(self.of(name) / "dialpact.db")) as db:
            db.execute("VACUUM INTO ?", (str(kept / "dialpact.db"),))
        return kept

    def fork(self, restored: Path) -> None:
        """The backup goes on from where it was; then, by whoever has the key, as if nothing had been."""
        listed = self.supervise("status", codes=(0, 3))["operators"]
        last = next(each for each in listed if each["id"] == "two")
        self.run(restored, "business", "add", "other", "--name", "B", "--actor", "own-business")
        said = self.run(restored, "supervision", "checkpoint", codes=(1,))
        self.holds(
            f"恢复旧备份后，产品自己拒绝：{said['error'][:60]}…",
            "the restored installation itself says so, and gets no cosignature",
            true="error" in said,
        )
        leaves = leaves_of(restored)
        while len(leaves) < last["size"]:  # he makes as many entries as the witness has seen
            self.run(restored, "dnc", "add", f"1380013{len(leaves):04}", "--scope", "all")
            leaves = leaves_of(restored)
        size, signer = last["size"], keys.load_file(restored / "ledger.key", last["origin"])
        head = signer.sign(Checkpoint(signer.name, size, merkle.over(leaves)(0, size)).body())
        request = Request(
            f"http://127.0.0.1:{self.letters}/add-checkpoint", witnessing.request(size, [], head)
        )
        try:
            urlopen(request, timeout=30).close()
            status = 200
        except HTTPError as error:
            status = error.code
            error.close()
        self.holds(
            "见证方拒绝共签第二个日志头", "the witness does not cosign the second head", true=status == 422
        )

    def shown(self, path: str) -> str:
        with urlopen(f"http://127.0.0.1:{self.page}{path}", timeout=30) as answer:
            text: str = answer.read().decode()
        return text


def answers(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until something listens there."""
    end = time.monotonic() + WAIT
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"{log.name} does not come up:\n{log.read_text()[-2000:]}") from None
            time.sleep(0.05)
        else:
            return


def leaves_of(where: Path) -> list[bytes]:
    with contextlib.closing(sqlite3.connect(where / "dialpact.db")) as db:
        return [bytes(leaf) for (leaf,) in db.execute("SELECT leaf FROM ledger ORDER BY leaf_index")]


def months_back(count: int) -> str:
    """The month so many before this one, in Beijing."""
    day = (datetime.now(UTC) + timedelta(hours=8)).date().replace(day=1)
    for _ in range(count):
        day = (day - timedelta(days=1)).replace(day=1)
    return day.strftime("%Y-%m")


def run(folder: Path, say: Callable[[str], None]) -> list[str]:
    """What did not hold."""
    demo = Demo(folder, say)
    demo.play()
    return demo.failed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", metavar="FOLDER", help="leave everything there, to be looked at")
    given = parser.parse_args()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", line_buffering=True)
    begun = time.monotonic()
    folder = Path(given.keep).absolute() if given.keep else Path(tempfile.mkdtemp(prefix="supervise-demo-"))
    folder.mkdir(exist_ok=True)
    try:
        failed = run(folder, print)
    finally:
        if not given.keep:
            shutil.rmtree(folder, ignore_errors=True)
    print(f"\n{time.monotonic() - begun:.0f} s. ", end="")
    if failed:
        print(f"没有做到 / did not hold: {'; '.join(failed)}")
        return 1
    print("全部做到。 / All of it holds.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
