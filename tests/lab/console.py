"""The console over the calls of the last ``make demo``: ``make console`` opens it, ``make console-stop`` ends
it.

The demo leaves its site here, in ``.lab/console``: database, configuration, recordings. The console alone
runs on it, with the machine's own time; gate and listener do not, and its first page says so.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.lab.site import ROOT, Site
from tests.patience import WAIT

FOLDER = ROOT / ".lab" / "console"
PLACE = FOLDER / "place"  # the path by which the recordings are known in the database
PID, LOG = FOLDER / "web.pid", FOLDER / "web.log"
PORT = 9080
SOON = 2.0
LINK = re.compile(r"https?://[^\s\"\\]+/welcome[^\s\"\\]*")
WORDS = {
    "en": {
        "open": "The console runs on these calls:  {address}",
        "link": "The first account, by this link (once):  {link}",
        "again": "It goes on until `make console-stop`; `make console` opens it again.",
        "none": "There is nothing to look at yet: make demo",
        "stopped": "The console is stopped.",
        "failed": "The console did not start; the end of {log}:",
    },
    "zh": {
        "open": "控制台已在这些通话上运行： {address}",
        "link": "用此链接（仅一次）建立第一个账号： {link}",
        "again": "它会一直运行，直到 `make console-stop`；`make console` 可再次打开。",
        "none": "还没有可看的内容，请先运行： make demo",
        "stopped": "控制台已停止。",
        "failed": "控制台没有启动，{log} 的末尾：",
    },
}


def keep(site: Site) -> None:
    """What the demo has made, before its Asterisk and its folders go."""
    stop()
    shutil.rmtree(FOLDER, ignore_errors=True)
    (FOLDER / "home").mkdir(parents=True)
    shutil.copytree(site.folder, FOLDER / "home" / "dialpact")
    shutil.copytree(site.pbx.recordings, FOLDER / "home" / "recordings")
    secret = FOLDER / "home" / "dialpact" / "api.secret"
    secret.touch(0o600)
    secret.write_text(f"{secrets.token_hex(32)}\n", "ascii")
    PLACE.write_text(str(site.pbx.home), "utf-8")


def linked() -> None:
    """The recordings are where the database says."""
    place = Path(PLACE.read_text("utf-8"))
    if not place.exists():
        place.unlink(missing_ok=True)
        place.symlink_to(FOLDER / "home")


def start(language: str) -> str:
    """What is to be said of it. RuntimeError when it does not start."""
    words = WORDS[language]
    if not PLACE.exists():
        raise RuntimeError(words["none"])
    stop()
    linked()
    config = FOLDER / "home" / "dialpact" / "dialpact.toml"
    port = _free()
    text = re.sub(r"\n\[web\]\nlisten = .*\n", "\n", config.read_text("utf-8"))
    config.write_text(f'{text}\n[web]\nlisten = "127.0.0.1:{port}"\n', "utf-8")
    program = "from dialpact.cli.app import main; main()"
    with LOG.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", program, "--config", str(config), "--lang", language, "web"],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    PID.write_text(str(process.pid), "ascii")
    address = f"http://127.0.0.1:{port}/"
    until = time.monotonic() + WAIT
    while '"listening"' not in (said := LOG.read_text("utf-8", "replace")):
        if process.poll() is not None or time.monotonic() > until:
            tail = "\n".join(said.splitlines()[-10:])
            raise RuntimeError(f"{words['failed'].format(log=LOG)}\n{tail}")
        time.sleep(0.1)
    # (Where there is no account yet, it is the next thing that is said.)
    until = time.monotonic() + SOON
    while not (found := LINK.search(LOG.read_text("utf-8", "replace"))) and time.monotonic() < until:
        time.sleep(0.1)
    lines = [words["open"].format(address=address)]
    if found:
        lines.append(words["link"].format(link=found[0]))
    return "\n".join([*lines, words["again"]])


def stop() -> bool:
    """Whether one ran."""
    try:
        pid = int(PID.read_text("ascii"))
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return False
    PID.unlink(missing_ok=True)
    if str(FOLDER).encode() not in command:
        return False  # (the number is another's by now)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + WAIT
        while Path(f"/proc/{pid}").exists() and time.monotonic() < until:
            time.sleep(0.05)
    return True


def _free() -> int:
    """The one that the documentation names, or any."""
    for port in (PORT, 0):
        with contextlib.suppress(OSError), socket.socket() as found:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            found.bind(("127.0.0.1", port))
            return int(found.getsockname()[1])
    raise RuntimeError("no port is free")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lang", choices=("en", "zh"), default="en")
    parser.add_argument("--stop", action="store_true")
    options = parser.parse_args()
    if options.stop:
        stop()
        print(WORDS[options.lang]["stopped"])
        return 0
    try:
        print(start(options.lang))
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
