"""The folder of one Asterisk: its configuration, and what it writes, by one path for it and for the host."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.lab.bootstrap import Installation
from tests.lab.ports import PortBlock

CONF = Path(__file__).with_name("conf")
PREFIX = "dialpact-lab-"
FOLDERS = ("etc", "lib/keys", "spool", "run", "log/cdr-csv", "agi-bin", "recordings")


class Home:
    """``/tmp/dialpact-lab-XXXX`` in the chroot, and a link of the same name on the host to it.

    The lock in it tells a lab in use from what a killed test run left behind.
    """

    def __init__(self, installation: Installation) -> None:
        root = installation.root
        for left in Path(f"{root or ''}/tmp").glob(f"{PREFIX}*"):
            _sweep(left)
        # It gets its name when it is locked: another lab that starts now would sweep it away otherwise.
        begun = Path(tempfile.mkdtemp(prefix=f".{PREFIX}", dir=f"{root or ''}/tmp"))
        self._lock = (begun / "lock").open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        inside = begun.rename(begun.with_name(begun.name.removeprefix(".")))
        self.path = Path("/tmp", inside.name)
        if root:
            self.path.symlink_to(inside)
        self._owner = installation.owner

    def configure(
        self,
        ports: PortBlock,
        variables: Mapping[str, str],
        included: Mapping[str, Sequence[Path]],
        pjsip: str = "",
    ) -> None:
        """Fill in the lab's own configuration and append an ``#include`` of each of the ``included`` files.

        ``@home@``, ``@gate_port@`` and so on are filled in, in ``variables`` and ``pjsip`` (more of
        pjsip.conf) too; ``included`` stay as is.
        """
        for name in FOLDERS:
            (self.path / name).mkdir(parents=True)
        words = {
            "home": str(self.path),
            "sip_port": str(ports.sip),
            "ami_port": str(ports.ami),
            "gate_port": str(ports.gate),
            "carrier_port": str(ports.carrier),
            "carrier2_port": str(ports.carrier2),
            **{f"{agent}_port": str(port) for agent, port in ports.agents.items()},
            "http_port": str(ports.http),
            "rtp_first": str(ports.rtp[0]),
            "rtp_last": str(ports.rtp[1]),
        }
        etc = self.path / "etc"
        for template in CONF.glob("*.conf"):
            (etc / template.name).write_text(_fill(template.read_text(), words))
        with (etc / "pjsip.conf").open("a") as conf:
            conf.write("\n" + _fill(pjsip, words))
        for main, files in included.items():
            with (etc / main).open("a") as conf:
                for number, file in enumerate(files):
                    # The number keeps two files of one name apart.
                    conf.write(f"\n#include {number}-{file.name}\n")
                    shutil.copyfile(file, etc / f"{number}-{file.name}")
        # At the end, as the last setting of a global is the one that holds.
        with (etc / "extensions.conf").open("a") as conf:
            conf.write("\n[globals]\n")
            conf.writelines(f"{name}={_fill(value, words)}\n" for name, value in variables.items())
        inside = self.path.resolve()
        for path in (inside, *inside.rglob("*")):
            os.chown(path, *self._owner)
        inside.chmod(0o755)

    def remove(self) -> None:
        """Remove the folder and the link."""
        _remove(self.path)
        self._lock.close()


def _fill(text: str, words: Mapping[str, str]) -> str:
    for name, value in words.items():
        text = text.replace(f"@{name}@", value)
    return text


def _remove(path: Path) -> None:
    shutil.rmtree(path.resolve(), ignore_errors=True)
    path.unlink(missing_ok=True)


def _sweep(inside: Path) -> None:
    try:
        with (inside / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(Path("/tmp", inside.name))
    except OSError:
        return  # in use, or just being removed by its owner
