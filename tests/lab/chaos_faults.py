"""What goes wrong, by name: each fault strikes, and is mended as a service manager or an operator would."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.lab.bootstrap import LabError
from tests.lab.manager import act
from tests.lab.pbx import Pbx
from tests.lab.ports import SIZE, PortBlock
from tests.lab.relay import Relay
from tests.lab.site import PROFILE, SECRET, Site

ROOM_MB = 2048  # of the recordings' own file system; only what is used is taken
OUTAGE = (0.1, 7.0)  # seconds until it is mended
PAUSE = (6.0, 16.0)  # seconds of calm between two strikes
AT_ONCE = (1, 1, 2, 2, 3)  # faults in one strike, as often as it stands here
RECOVERY = 60.0  # seconds in which everything has to be well again by itself
JUMPS = (timedelta(hours=3), timedelta(hours=-2), timedelta(hours=30), timedelta(minutes=-7))


@dataclass(frozen=True)
class Stage:
    """What a fault may touch, and ports that no Asterisk before has used for sound."""

    pbx: Pbx
    site: Site
    cable: Relay  # between the listener and Asterisk
    dice: random.Random
    spare: PortBlock = field(default_factory=PortBlock)
    ranges: Iterator[int] = field(default_factory=lambda: itertools.cycle(range(2, SIZE - 98, 99)))
    open: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def start(self, role: str) -> None:
        """As a service manager: one that does not come up is tried again later."""
        with contextlib.suppress(RuntimeError, TimeoutError):
            self.site.start(role)

    def restart(self, role: str) -> None:
        with contextlib.suppress(KeyError):
            self.site.stop(role)  # collects what was killed
        self.start(role)

    def alive(self, role: str) -> bool:
        with contextlib.suppress(KeyError):
            return self.site.process(role).poll() is None
        return False


@dataclass(frozen=True)
class Fault:
    """``strike`` returns at once; ``mend`` when it has done its part. One fault of a ``part`` at a time."""

    name: str
    part: str
    strike: Callable[[Stage], None]
    mend: Callable[[Stage], None] = lambda stage: None


def _signal(role: str, number: signal.Signals) -> Callable[[Stage], None]:
    return lambda stage: stage.site.process(role).send_signal(number)


def _daemon(role: str) -> list[Fault]:
    def restart(stage: Stage) -> None:
        stage.restart(role)

    return [
        Fault(f"kill -9 of the {role}", role, _signal(role, signal.SIGKILL), restart),
        Fault(f"SIGTERM of the {role}", role, _signal(role, signal.SIGTERM), restart),
        Fault(f"the {role} hangs", role, _signal(role, signal.SIGSTOP), _signal(role, signal.SIGCONT)),
    ]


def _start_asterisk(stage: Stage) -> None:
    """Peers of the killed one go on sending for seconds: on a port of a new call that would be heard."""
    first = stage.spare.first + next(stage.ranges)
    first += first % 2
    conf = stage.pbx.home / "etc/rtp.conf"
    text = re.sub(r"rtpstart = \d+", f"rtpstart = {first}", conf.read_text())
    conf.write_text(re.sub(r"rtpend = \d+", f"rtpend = {first + 97}", text))
    if not stage.pbx.pid:
        stage.pbx.start()


def _restart_now(stage: Stage) -> None:
    with contextlib.suppress(LabError):  # it is gone before it could say so
        stage.pbx.cli("core restart now")


def _booted(stage: Stage) -> None:
    until = time.monotonic() + RECOVERY
    while stage.pbx.pid:
        with contextlib.suppress(LabError, subprocess.TimeoutExpired):
            if "fully booted" in stage.pbx.cli("core waitfullybooted", timeout=20):
                return
        if time.monotonic() > until:
            break
        time.sleep(0.1)
    _start_asterisk(stage)


def _lock(stage: Stage) -> None:
    connection = stage.open.enter_context(
        contextlib.closing(sqlite3.connect(stage.site.database, 5, isolation_level=None))
    )
    with contextlib.suppress(sqlite3.OperationalError):  # another one was quicker
        connection.execute("BEGIN EXCLUSIVE")


def _aside(stage: Stage) -> Path:
    return stage.site.folder / "aside"


def _store_gone(stage: Stage) -> None:
    _aside(stage).mkdir(exist_ok=True)
    for file in stage.site.folder.glob("dialpact.db*"):
        file.rename(_aside(stage) / file.name)


def _store_back(stage: Stage) -> None:
    for file in _aside(stage).iterdir():
        file.rename(stage.site.folder / file.name)


def _folders(stage: Stage) -> list[Path]:
    top = stage.pbx.recordings.resolve()
    return [top, *(path for path in top.rglob("*") if path.is_dir())]


def _mode(mode: int) -> Callable[[Stage], None]:
    def change(stage: Stage) -> None:
        for folder in _folders(stage):
            folder.chmod(mode)

    return change


def recordings_mounted(pbx: Pbx) -> None:
    """A file system of the recordings' own, that can be full."""
    where = pbx.recordings.resolve()
    owner = where.stat()
    _mount(where, f"size={ROOM_MB}m", "-t", "tmpfs", "tmpfs")

    def unmount() -> None:
        subprocess.run(["umount", "--lazy", str(where)], check=False)

    pbx.on_close(unmount)
    where.chmod(0o755)
    os.chown(where, owner.st_uid, owner.st_gid)


def _mount(where: Path, options: str, *words: str) -> None:
    subprocess.run(["mount", "-o", options, *words, str(where)], check=True, capture_output=True)


def _full(stage: Stage) -> None:
    where = stage.pbx.recordings.resolve()
    used = sum(path.stat().st_blocks * 512 for path in where.rglob("*") if path.is_file())
    with contextlib.suppress(subprocess.CalledProcessError):  # more was written meanwhile: full anyhow
        _mount(where, f"remount,size={used // 1024 + 256}k")


def _room(stage: Stage) -> None:
    _mount(stage.pbx.recordings.resolve(), f"remount,size={ROOM_MB}m")


def _password(text: str) -> Callable[[Stage], None]:
    def change(stage: Stage) -> None:
        (stage.site.folder / "ami.secret").write_text(text, "ascii")
        stage.restart("listener")

    return change


def _reload(stage: Stage) -> None:
    for role in ("gate", "listener"):
        with contextlib.suppress(KeyError):
            stage.site.process(role).send_signal(signal.SIGHUP)


def _bad_profile(stage: Stage) -> None:
    """An editor's half-written file, and a reload: what is in force stays so."""
    profile = stage.site.folder / PROFILE
    shutil.copyfile(profile, profile.with_suffix(".good"))
    os.truncate(profile, profile.stat().st_size // 2)
    _reload(stage)


def _good_profile(stage: Stage) -> None:
    profile = stage.site.folder / PROFILE
    profile.with_suffix(".good").replace(profile)
    _reload(stage)


def _carrier_legs(stage: Stage) -> list[str]:
    try:
        rows = stage.pbx.cli("core show channels concise", timeout=3).splitlines()
    except (LabError, subprocess.TimeoutExpired):
        return []
    return [row.split("!")[0] for row in rows if row.startswith("PJSIP/carrier-")]


def _somebody(action: str, **headers: str) -> Callable[[Stage], None]:
    """Another user of the manager interface does it to every carrier leg."""

    def do(stage: Stage) -> None:
        for leg in _carrier_legs(stage):
            with contextlib.suppress(OSError):
                act(stage.pbx, action, Channel=leg, **headers)

    return do


def _jump(stage: Stage) -> None:
    stage.site.set_time(datetime.now(UTC) + stage.dice.choice(JUMPS))


def _module(command: str) -> Callable[[Stage], None]:
    def do(stage: Stage) -> None:
        with contextlib.suppress(LabError, subprocess.TimeoutExpired):
            stage.pbx.cli(f"module {command} app_mixmonitor.so", timeout=3)

    return do


def _try(stage: Stage, *words: str) -> None:
    """A command that may fail while things are broken."""
    with contextlib.suppress(AssertionError):
        stage.site.dialpact(*words)


def _purge(stage: Stage) -> None:
    _try(stage, "recordings", "purge", "--yes")


def _hold(stage: Stage) -> None:
    names = sorted(path.name[:32] for path in stage.pbx.recordings.rglob("*-1.wav"))
    if names:
        _try(stage, "recordings", "hold", "--call", stage.dice.choice(names), "--reason", "chaos")
    _purge(stage)


FAULTS = (
    *_daemon("gate"),
    *_daemon("listener"),
    Fault("kill -9 of Asterisk", "asterisk", lambda stage: stage.pbx.kill(), _start_asterisk),
    Fault("Asterisk hangs", "asterisk", lambda stage: stage.pbx.freeze(), lambda stage: stage.pbx.thaw()),
    Fault("core restart now", "asterisk", _restart_now, _booted),
    Fault("the AMI link is cut", "link", lambda s: s.cable.cut(), lambda s: s.cable.mend()),
    Fault("the AMI link is half open", "link", lambda s: s.cable.silence(), lambda s: s.cable.mend()),
    Fault("the database is locked", "store", _lock, lambda stage: stage.open.close()),
    Fault("the database is gone", "store", _store_gone, _store_back),
    Fault("recordings are read-only", "recordings", _mode(0o555), _mode(0o755)),
    Fault("the disk of the recordings is full", "recordings", _full, _room),
    Fault("wrong AMI password", "listener", _password("wrong"), _password(SECRET)),
    Fault("reload of a bad profile", "profile", _bad_profile, _good_profile),
    Fault("somebody stops the recordings", "monitor", _somebody("StopMixMonitor")),
    Fault(
        "somebody mutes the recordings",
        "monitor",
        _somebody("MixMonitorMute", Direction="both", State="1"),
    ),
    Fault("the clock jumps", "clock", _jump, lambda stage: stage.site.set_time(datetime.now(UTC))),
    Fault("the recorder's module is gone", "module", _module("unload"), _module("load")),
    Fault("recordings purge", "retention", _purge),
    Fault("legal hold, then purge", "retention", _hold),
)


@dataclass
class Blow:
    """One fault that struck: when, until when it was mended, and from when on all was well. Epoch seconds."""

    fault: Fault
    began: float
    mended: float = float("inf")
    well: float = float("inf")


class Storm:
    """Strikes while calls go on; every fault once before any comes again."""

    def __init__(self, stage: Stage, faults: tuple[Fault, ...], dice: random.Random) -> None:
        self.stage, self.faults, self._dice = stage, faults, dice
        self.blows: list[Blow] = []
        self.troubles: list[str] = []
        self._deck: list[Fault] = []

    def run(self, until: float, stopped: Callable[[], bool]) -> None:
        """Until the epoch second ``until``; the last strike is mended."""
        while self.faults and self._paused(until, stopped):
            self.strike()

    def _paused(self, until: float, stopped: Callable[[], bool]) -> bool:
        end = time.time() + self._dice.uniform(*PAUSE)
        while time.time() < min(end, until):
            if stopped():
                return False
            time.sleep(0.1)
        return time.time() < until - 5

    def strike(self) -> None:
        """Some faults at once, and each mended after an outage of its own, in any order."""
        blows = []
        for fault in self._draw(self._dice.choice(AT_ONCE)):
            blows.append(Blow(fault, time.time()))
            self.blows.append(blows[-1])
            self._do(fault.strike, fault.name)
        for blow in self._dice.sample(blows, len(blows)):
            time.sleep(self._dice.uniform(*OUTAGE))
            self._do(blow.fault.mend, blow.fault.name)
            blow.mended = time.time()
        names = ", ".join(blow.fault.name for blow in blows)
        if why := self._well():
            self.troubles.append(f"not well within {RECOVERY:.0f} s after: {names}: {why}")
        for blow in blows:
            blow.well = time.time()

    def _do(self, step: Callable[[Stage], None], name: str) -> None:
        """A fault that cannot be made, or mended at once, is told; the run goes on."""
        try:
            step(self.stage)
        except (
            LabError,
            OSError,
            RuntimeError,
            subprocess.SubprocessError,
            sqlite3.Error,
            KeyError,
        ) as error:
            self.troubles.append(
                f"{time.strftime('%H:%M:%S')} {name}: {type(error).__name__}: {str(error)[:200]}"
            )

    def _draw(self, count: int) -> list[Fault]:
        if not self._deck:
            self._deck = self._dice.sample(self.faults, len(self.faults))
        drawn: list[Fault] = []
        for fault in list(self._deck):
            if len(drawn) < count and fault.part not in {other.part for other in drawn}:
                drawn.append(fault)
                self._deck.remove(fault)
        return drawn

    def _well(self) -> str:
        """What a service manager starts again, and then the listener's own word. Why it is not, if so."""
        until = time.monotonic() + RECOVERY
        why = ""
        while time.monotonic() < until:
            if not self.stage.pbx.pid:
                self._do(_start_asterisk, "start of Asterisk")
            for role in ("gate", "listener"):
                if not self.stage.alive(role):
                    self.stage.restart(role)
            try:
                self.stage.site.ready(seconds=3)
            except (TimeoutError, sqlite3.Error) as error:
                why = str(error)
            else:
                return ""
        return why

    def disturbed(self, parts: set[str], begin: float, end: float) -> bool:
        """Whether a fault of one of the parts was on, or its cure was not over, between the two times."""
        return any(
            blow.fault.part in parts and blow.began < end and blow.well + 1 > begin for blow in self.blows
        )
