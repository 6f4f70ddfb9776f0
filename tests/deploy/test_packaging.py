"""What the Debian package is made of, without a Debian: pins, man pages, completion, its scripts."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEBIAN = ROOT / "deploy" / "debian"
sys.path.insert(0, str(DEBIAN))
import completion  # type: ignore[import-not-found]  # noqa: E402
import libraries  # type: ignore[import-not-found]  # noqa: E402
import manual  # type: ignore[import-not-found]  # noqa: E402

LOCK = (ROOT / "requirements.lock").read_text("utf-8")


def test_every_pin_has_its_hashes() -> None:
    """Of the product and of what builds its package."""
    for lock in (LOCK, (DEBIAN / "requirements.lock").read_text("utf-8")):
        known = libraries.locked(lock)
        assert len(known) > 5 and set(known) == set(re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE))
        assert all("--hash=sha256:" in libraries.pinned(lock, [name]) for name in known)
    assert "starlette" in libraries.locked(LOCK)


def test_what_is_not_pinned_is_not_packed() -> None:
    lock = "a==1 \\\n    --hash=sha256:00\nb==2\n"
    assert libraries.pinned(lock, ["a"]) == "a==1 \\\n    --hash=sha256:00\n"
    for name in ("b", "c"):
        with pytest.raises(ValueError, match=f"no hash of {name}: make lock"):
            libraries.pinned(lock, ["a", name])


def test_there_is_a_page_for_each_command_with_all_of_its_options() -> None:
    from dialpact.cli.app import PLACES

    pages = manual.pages("1.2.3", "2026-11-29")
    assert {name.rpartition(".")[0] for name in pages} == {"dialpact", *(f"dialpact-{one}" for one in PLACES)}
    assert {"dialpact-gate.8", "dialpact-listener.8", "dialpact-web.8", "dialpact-dnc.1"} <= set(pages)
    assert (
        r"\-\-skip\-bad" in pages["dialpact-dnc.1"] and ".SS dialpact dnc import" in pages["dialpact-dnc.1"]
    )
    for name, text in pages.items():
        assert text.startswith(f'.TH "{name.rpartition(".")[0].upper()}" {name[-1]} "2026-11-29"'), name
        assert "Traceback" not in text and "\n'" not in text, name


@pytest.mark.parametrize(
    ("shell", "asked"),
    [
        ("bash", {"COMP_WORDS": "dialpact dnc im", "COMP_CWORD": "2"}),
        ("zsh", {"_TYPER_COMPLETE_ARGS": "dialpact dnc im"}),
        ("fish", {"_TYPER_COMPLETE_ARGS": "dialpact dnc im", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}),
    ],
)
def test_shells_are_answered(shell: str, asked: dict[str, str]) -> None:
    assert any(f"complete_{shell}" in script for script in completion.scripts().values())
    done = subprocess.run(
        [sys.executable, "-c", "from dialpact.cli.app import main; main()"],
        env={**os.environ, **asked, "_DIALPACT_COMPLETE": f"complete_{shell}"},
        capture_output=True,
        text=True,
    )
    assert "import" in done.stdout and "add" not in done.stdout, done.stderr


def test_its_scripts_are_a_shell_s() -> None:
    shell = shutil.which("dash") or "sh"
    for script in [*(DEBIAN / "control").glob("p*"), DEBIAN / "control/config", DEBIAN / "control/common.sh"]:
        assert subprocess.run([shell, "-n", script]).returncode == 0, script
    text = (DEBIAN / "control/prerm").read_text("utf-8")
    assert "failed-upgrade" in text, "dpkg asks the new package when the old one refuses"
