"""A project that is not this one: the wheel's content, the plugin found by its entry point."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.kit import pages

ROOT = Path(__file__).parents[2]
SETTINGS = "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
WHAT_IS_IMPORTED = """
import sys

def pytest_unconfigure():
    rooms = {"agi", "ami_listener", "dialpact"}
    plugin = {"dialpact", "dialpact.testing", "dialpact.testing.plugin", "dialpact.testing.fixtures"}
    ours = [name for name in sys.modules if name.partition(".")[0] in rooms]
    print("IMPORTED", sorted(name for name in ours if name not in plugin))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the wheel would install."""
    made = tmp_path_factory.mktemp("wheel")
    build = (sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(made))
    subprocess.run(build, check=True, cwd=ROOT, capture_output=True)
    (wheel,) = made.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(made / "site")
    return made / "site"


def run_pytest(installed: Path, project: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """As their own command would, and no warning is ours."""
    (project / "pytest.ini").write_text(SETTINGS)
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-W", "error", "-p", "no:cacheprovider", *options],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_first_example_of_the_page(installed: Path, tmp_path: Path) -> None:
    check = f"import dialpact.testing\nassert dialpact.testing.__file__.startswith({str(installed)!r})\n"
    (tmp_path / "test_lunch.py").write_text(check + pages.code("testing.md")[0])
    done = run_pytest(installed, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


@pytest.mark.parametrize("options", [(), ("-p", "no:asyncio", "-o", "addopts=")])
def test_harmless_to_others(installed: Path, tmp_path: Path, options: Sequence[str]) -> None:
    """Nothing of the product is imported in a run that has nothing to do with it."""
    (tmp_path / "conftest.py").write_text(WHAT_IS_IMPORTED)
    (tmp_path / "test_theirs.py").write_text("def test_theirs():\n    pass\n")
    settings = (
        [] if not options else ["-W", "ignore::pytest.PytestConfigWarning"]
    )  # their ini names asyncio's
    done = run_pytest(installed, tmp_path, *options, *settings)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "IMPORTED []" in done.stdout


def test_public_names_are_typed(installed: Path) -> None:
    assert (installed / "dialpact" / "py.typed").is_file()


def test_coverage_sees_what_a_fixture_imports(installed: Path, tmp_path: Path) -> None:
    """Whatever a plugin imports before the measurement begins would seem never to have run."""
    (tmp_path / "test_lunch.py").write_text(pages.code("testing.md")[0])
    done = run_pytest(
        installed,
        tmp_path,
        "--cov=dialpact.compliance.reasons",
        "--cov=dialpact.testing",
        "--cov-report=term",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = {
        line.split()[0].rpartition("/")[2]: line.split()
        for line in done.stdout.splitlines()
        if ".py " in line
    }
    assert lines["reasons.py"][-1] == "100%", done.stdout
    assert int(lines["fixtures.py"][-1].rstrip("%")) > 60, done.stdout
    assert int(lines["plugin.py"][1]) < 10, "all of it is imported too early to be seen"
