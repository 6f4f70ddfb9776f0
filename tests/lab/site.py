"""A call centre in the lab: configuration, registers and the product's daemons beside one Asterisk."""

from __future__ import annotations

import atexit
import contextlib
import importlib.util
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dialpact.compliance.ledger import keys
from dialpact.store.sqlite import create
from tests.lab.clock import set_clock
from tests.lab.pbx import Pbx
from tests.lab.program import EACH

ROOT = Path(__file__).parents[2]
SAMPLES = Path(__file__).with_name("samples")
DIALPLAN = ROOT / "dialplan" / "extensions_dialpact.conf"
FEATURES = ROOT / "dialplan" / "features_dialpact.conf"
MANAGER = ROOT / "dialplan" / "manager_dialpact.conf"
SECRET = "lab-secret"
PROFILE = "any-hour.toml"  # of Site.now
WORKING_HOURS = datetime.fromisoformat("2026-11-24T10:00:00+08:00")  # a Tuesday

CONFIG = """\
[node]
name = "lab"
[store]
url = "sqlite:dialpact.db"
[gate]
listen = "127.0.0.1:{gate}"
[ami]
port = {ami}
username = "dialpact"
secret_file = "ami.secret"
[recording]
directory = "{recordings}"
min_free_mb = 16
[policy]
profiles = ["{profile}"]
mode = "{mode}"
[trunks.carrier]
endpoint = "PJSIP/carrier"
[trunks.carrier2]
endpoint = "PJSIP/carrier2"
"""


def product(**variables: str) -> dict[str, Any]:
    """What a ``Pbx`` with the product's dialplan and its manager user is made with."""
    rendered = Path(tempfile.mkdtemp(prefix="dialpact-lab-conf-")) / MANAGER.name
    atexit.register(shutil.rmtree, rendered.parent)
    rendered.write_text(MANAGER.read_text("utf-8").replace("REPLACE-ME", SECRET), "utf-8")
    return {
        "dialplan": [DIALPLAN],
        "features": [FEATURES],
        "manager": [rendered],
        "variables": {"DIALPACT_GATE": "127.0.0.1:@gate_port@", **variables},
    }


class Site:
    """``with Site(pbx) as site``: set up, nothing started. Everything it starts ends with it."""

    def __init__(self, pbx: Pbx, at: datetime = WORKING_HOURS) -> None:
        self.pbx = pbx
        self.folder = pbx.home / "dialpact"
        self.config = self.folder / "dialpact.toml"
        self.database = self.folder / "dialpact.db"
        self.clock = self.folder / "clock"
        self._at = at
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Site:
        self.folder.mkdir()
        self.configure()
        (self.folder / "ami.secret").write_text(SECRET, "ascii")
        keys.write_new(self.folder / "ledger.key", keys.generate(), 0o600)
        self.set_time(self._at)
        create(self.database)
        return self

    def __exit__(self, *_: object) -> None:
        for role in list(self._running):
            self.stop(role)

    def configure(self, ami: int = 0, mode: str = "enforce", profile: str = "cn-hubei-2018") -> None:
        """Writes the configuration; ``ami``: another port than Asterisk's own."""
        ports = self.pbx.ports
        words = {"gate": ports.gate, "ami": ami or ports.ami, "recordings": self.pbx.recordings}
        self.config.write_text(CONFIG.format(**words, mode=mode, profile=profile), "utf-8")

    def now(self) -> None:
        """The machine's own time, and the covenant but for its hours: Asterisk's CDRs know no other time."""
        text = (ROOT / "dialpact/compliance/profiles/cn-hubei-2018.toml").read_text("utf-8")
        for rule, other in {
            'windows = ["08:00-12:00", "14:00-18:30"]': 'windows = ["00:00-24:00"]',
            "guard_seconds = 60": "guard_seconds = 0",
            'kind = "working"': 'kind = "all"',
        }.items():
            assert rule in text
            text = text.replace(rule, other)
        profile = self.folder / PROFILE
        profile.write_text(text, "utf-8")
        self.configure(profile=str(profile))
        self.set_time(datetime.now(UTC))

    def set_time(self, at: datetime) -> None:
        set_clock(self.clock, at)

    def start(self, role: str, **environment: str) -> subprocess.Popen[bytes]:
        """``gate``, ``listener`` or ``web``; returns when it says so. :meth:`log` has what it says."""
        with self._log(role).open("ab") as out:
            before = out.tell()
            process = subprocess.Popen(
                self._program(role),
                cwd=ROOT,
                stderr=out,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **environment},
            )
        self._running[role] = process
        started = {"gate": '"gate listening"', "web": '"listening"'}.get(role, '"starting"')
        self.wait(lambda: started in self.log(role)[before:] or process.poll() is not None, 60)
        if process.poll() is not None:
            raise RuntimeError(f"the {role} did not start:\n{self.log(role)}")
        return process

    def stop(self, role: str) -> None:
        """SIGTERM, and SIGKILL for one that does not heed it."""
        process = self._running.pop(role)
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def process(self, role: str) -> subprocess.Popen[bytes]:
        return self._running[role]

    def _program(self, *words: str) -> list[str]:
        return [
            *(sys.executable, "-m", "tests.lab.program", str(self.clock)),
            *("--config", str(self.config)),
            *words,
        ]

    def _log(self, role: str) -> Path:
        return self.folder / f"{role}.log"

    def log(self, role: str) -> str:
        """All that the daemon has said so far."""
        file = self._log(role)
        return file.read_text("utf-8") if file.exists() else ""

    def dialpact(self, *words: str, code: int | None = 0) -> Any:
        """Runs the command line with ``--json`` against this site; asserts its exit code, but for None."""
        done = subprocess.run(
            self._program(*words, "--json"),
            capture_output=True,
            cwd=ROOT,
            text=True,
        )
        assert code in (None, done.returncode), (
            f"dialpact {' '.join(words)}: {done.returncode}\n{done.stderr}"
        )
        return json.loads(done.stdout) if done.stdout.strip() else None

    def each(self, *commands: Sequence[str]) -> None:
        """Runs one command after the other, all in one process; asserts that each succeeds."""
        done = subprocess.run(
            self._program(EACH),
            input="".join(json.dumps(command) + "\n" for command in commands),
            capture_output=True,
            cwd=ROOT,
            text=True,
        )
        assert done.returncode == 0, done.stderr

    def ready(self, ready: bool = True, seconds: float = 30, why: str = "") -> None:
        """Waits until the listener reports that it could record, or that it could not and ``why``."""
        try:
            self.wait(lambda: self._lease()[0] == ready and why in self._lease()[1], seconds)
        except TimeoutError:
            said = "\n".join(self.log("listener").splitlines()[-20:])
            raise TimeoutError(f"the lease is {self._lease()}; the listener's last lines:\n{said}") from None

    def _lease(self) -> tuple[bool, str]:
        """As the gate sees it."""
        with contextlib.closing(sqlite3.connect(self.database)) as connection:
            row = connection.execute("SELECT ready, why, expires_ns FROM recorder_lease").fetchone()
        if not row:
            return False, ""
        return bool(row[0]) and row[2] > time.monotonic_ns(), row[1]

    def last_call(self) -> dict[str, Any]:
        """The newest decision."""
        found: dict[str, Any] = self.dialpact("calls", "list", "--limit", "1")[0]
        return found

    @staticmethod
    def wait(condition: Any, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > until:
                raise TimeoutError("waited in vain")
            time.sleep(0.02)


def load_samples(site: Site) -> None:
    """By the commands that an operator uses."""
    script = ("--file", str(SAMPLES / "script.txt"))
    marketing = ("--business", "jianghan", "--industry", "loans", "--purpose", "marketing")
    leads = (
        "leads",
        "import",
        str(SAMPLES / "leads.csv"),
        "--partner",
        "江汉银行",
        "--contract",
        "JH-2026-04",
    )
    basis = ("--basis", "consent, PIPL 13")
    site.each(
        ("business", "add", "jianghan", "--name", "江汉金融服务", "--actor", "own-business"),
        ("script", "add", "loans-7", *script),
        ("script", "approve", "loans-7", "--by", "chen"),
        ("campaign", "add", "autumn-loans", *marketing, "--script", "loans-7"),
        ("script", "add", "loans-8", *script),
        ("campaign", "add", "winter-loans", *marketing, "--script", "loans-8"),
        ("caller-id", "import", str(SAMPLES / "caller-id.csv")),
        ("consent", "import", str(SAMPLES / "consent.csv")),
        ("dnc", "import", str(SAMPLES / "dnc.csv")),
        (*leads, "--campaign", "autumn-loans", *basis),
        (*leads, "--campaign", "winter-loans", *basis),
        ("consent", "withdraw", "13800138222", "--business", "jianghan", "--industry", "loans"),
    )


def install_classic(pbx: Pbx) -> None:
    """The classic AGI script with what it imports, where the lab's Asterisk, in its chroot, can start it."""
    library = pbx.home / "agi-lib"
    for name in ("asterisk", "six"):
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        origin = Path(spec.origin)
        if origin.name == "__init__.py":
            shutil.copytree(origin.parent, library / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(origin, library / origin.name)
    (library / "agi").mkdir()
    for name in ("__init__.py", "script.py", "variables.py"):
        shutil.copy(ROOT / "agi" / name, library / "agi" / name)
    script = pbx.home / "agi-bin" / "dialpact-agi"
    script.parent.mkdir(exist_ok=True)
    script.write_text(
        "#!/usr/bin/python3\n"
        "import os, sys\n"
        f"sys.path.insert(0, {str(library)!r})\n"
        f"os.environ['DIALPACT_GATE'] = '127.0.0.1:{pbx.ports.gate}'\n"
        "from agi.script import main\n"
        "sys.exit(main())\n",
        "utf-8",
    )
    script.chmod(0o755)
