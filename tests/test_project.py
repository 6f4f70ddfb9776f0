"""What the project says of itself: seams and packages. tests/test_docs.py has its pages."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path

import grimp
import pytest

from tests.syntax import tree

ROOT = Path(__file__).parents[1]
ROOMS = ("agi", "ami_listener", "dialpact")
SEAMS = {
    "panoramisk": {"ami_listener/ami/connection.py"},
    "asterisk": {"agi/script.py"},
    "aiosqlite": {"dialpact/store/sqlite/thread.py"},
    # Two of an extra, and by nothing else imported: who has no PostgreSQL has not got them.
    "asyncpg": {"dialpact/store/postgres/connection.py", "dialpact/store/postgres/migrate.py"},
    "greenlet": {"dialpact/store/postgres/plain.py"},
    "zoneinfo": {"dialpact/compliance/zones.py"},
    "tzdata": {"dialpact/compliance/zones.py"},
    "chinese_calendar": {"dialpact/compliance/calendars.py"},
    # (the second takes its pattern of mobile numbers, for the imports' fast path)
    "phonenumbers": {"dialpact/compliance/numbers/metadata.py", "dialpact/compliance/registers/number.py"},
    "holidays": {"dialpact/compliance/public_holidays.py"},
    # (the last goes into evidence packages, and works without the rest of the product)
    "cryptography": {
        "dialpact/application/accounts/keys.py",
        "dialpact/compliance/ledger/keys.py",
        "dialpact/compliance/ledger/note.py",
        "dialpact/compliance/ledger/timestamp.py",
        "dialpact/compliance/webhooks/signature.py",
        "dialpact/application/evidence/verify.py",
    },
    "argon2": {"dialpact/application/accounts/password.py"},
    "pyotp": {"dialpact/application/accounts/totp.py"},
    "segno": {"dialpact/web/console/qr.py"},
    "webauthn": {"dialpact/application/accounts/passkeys.py"},
    "authlib": {"dialpact/application/accounts/provider.py"},
    "joserfc": {"dialpact/application/accounts/provider.py"},
    "rfc3161_client": {"dialpact/compliance/ledger/timestamp.py"},
    "jinja2": {
        "dialpact/presentation/page/template.py",
        "dialpact/web/console/rendering.py",
        "dialpact/web/supervision/page.py",
    },
    "prometheus_client": {"dialpact/web/metrics.py"},
    "uvicorn": {"dialpact/web/process.py"},
    "weasyprint": {"dialpact/presentation/page/paper.py"},
    "pytest": {"dialpact/testing/fixtures.py", "dialpact/testing/plugin.py"},
    "pytest_asyncio": {"dialpact/testing/fixtures.py"},
}


@cache
def imports(file: Path) -> set[str]:
    """The top-level names that a module imports, anywhere in it."""
    found = set()
    for node in ast.walk(tree(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("library", SEAMS)
def test_one_seam_for_each_outside_world(library: str) -> None:
    users = {
        str(file.relative_to(ROOT))
        for room in ROOMS
        for file in (ROOT / room).rglob("*.py")
        if library in imports(file)
    }
    assert users == SEAMS[library]


def circles(imported: dict[str, set[str]]) -> list[list[str]]:
    """Modules that import one another, be it by way of others: each circle whole."""
    reached: dict[str, set[str]] = {}
    for module in imported:
        found, edge = set[str](), [module]
        while edge:
            new = imported[edge.pop()] - found
            found |= new
            edge += new
        reached[module] = found
    round_about = [module for module in sorted(imported) if module in reached[module]]
    return [
        list(circle)
        for circle in dict.fromkeys(
            tuple(other for other in round_about if other in reached[one] and one in reached[other])
            for one in round_about
        )
    ]


def test_no_circle_of_imports() -> None:
    """Also none that only a type checker sees: who needs another's type needs the other."""
    graph = grimp.build_graph(*ROOMS, cache_dir=None)
    assert (
        circles({module: graph.find_modules_directly_imported_by(module) for module in graph.modules}) == []
    )
    circle = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set[str]()}
    assert circles(circle) == [["b", "c"]], "they are found"


def test_production_code_knows_no_other_clock_and_no_tests() -> None:
    """Time is a seam that only code outside the product can use."""
    for room in ROOMS:
        for file in (ROOT / room).rglob("*.py"):
            assert "tests" not in imports(file), file
            if file.name != "clock.py":
                assert not re.search(
                    r"\b(datetime\.now|utcnow|time\.time\(|date\.today)", file.read_text("utf-8")
                ), file


def test_wheel_holds_the_product_and_nothing_else(tmp_path: Path) -> None:
    """tests/deploy/test_wheel.py names what that is; here nothing of it is left out, and nothing is added."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        check=True,
        cwd=ROOT,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0] for name in names}
    others = {top for top in tops if top.endswith((".dist-info", ".data"))}
    assert tops - others == {*ROOMS, "dialplan"} and len(others) == 2
    kept = {
        str(file.relative_to(ROOT))
        for room in (*ROOMS, "dialplan", "deploy")
        for file in (ROOT / room).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts and ROOT / "deploy/debian" not in file.parents
    }
    assert kept == {
        name.partition(".data/data/share/dialpact/")[2] or name for name in names if ".dist-info/" not in name
    }
    (points,) = [name for name in names if name.endswith("entry_points.txt")]
    text = zipfile.ZipFile(wheel).read(points).decode()
    assert "dialpact = dialpact.cli" in text
    assert "dialpact-agi = agi.script:main" in text
    assert "[pytest11]\ndialpact.testing.plugin = dialpact.testing.plugin" in text
