"""What the wheel holds, by kind of file, and nothing of any other kind; the product finds it there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHARED = "dialpact-*.data/data/share/dialpact/deploy"
# Each stands for at least one file.
HELD = (
    *("agi/*.py", "ami_listener/*.py", "dialpact/*.py", "dialpact/py.typed"),
    *("dialplan/*.conf", "dialplan/recipes/*.conf"),
    *(
        f"{SHARED}/nginx/*.conf",
        f"{SHARED}/prometheus/*.yml",
        f"{SHARED}/grafana/*.json",
        f"{SHARED}/systemd/*.service",
    ),
    *(
        f"{SHARED}/systemd/*.sysusers.conf",
        f"{SHARED}/systemd/*.tmpfiles.conf",
        f"{SHARED}/systemd/*.d/*.conf",
    ),
    *("dialpact/compliance/profiles/*.toml", "dialpact/compliance/numbers/data/*"),
    *("dialpact/compliance/registers/*.toml", "dialpact/compliance/registers/passwords/*.bin"),
    *("dialpact/compliance/texts/*.toml", "dialpact/compliance/supervision/words/*.toml"),
    *(
        "dialpact/presentation/texts/*.toml",
        "dialpact/presentation/page/templates/*.html",
        "dialpact/presentation/page/templates/*.css",
    ),
    *("dialpact/store/sqlite/migrations/*.sql", "dialpact/store/units/sql/*.sql"),
    *("dialpact/store/postgres/migrations/*.sql", "dialpact/store/postgres/sql/*.sql"),
    *("dialpact/store/supervision/migrations/*.sql", "dialpact/store/supervision/sql/*.sql"),
    *("dialpact/cli/templates/*.toml", "dialpact/application/evidence/*.md"),
    *("dialpact/web/api/texts/*.toml", "dialpact/web/console/texts/*.toml"),
    *("dialpact/web/console/templates/*.html", "dialpact/web/console/static/*.css"),
    *("dialpact/web/console/static/*.js", "dialpact/web/console/static/*.svg"),
    *("dialpact/web/console/static/vendor/*.js", "dialpact/web/console/static/vendor/*.css"),
    *("dialpact/web/console/static/vendor/vendor.toml", "dialpact/web/console/static/vendor/licences/*"),
    *("dialpact/web/supervision/*.css", "dialpact/web/supervision/templates/*.html"),
    *("dialpact-*.dist-info/METADATA", "dialpact-*.dist-info/WHEEL", "dialpact-*.dist-info/RECORD"),
    *("dialpact-*.dist-info/entry_points.txt", "dialpact-*.dist-info/licenses/LICENSE"),
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        check=True,
        cwd=ROOT,
        capture_output=True,
    )
    (made,) = folder.glob("*.whl")
    return made


def test_it_holds_each_kind_of_file_and_no_other(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for pattern in HELD:
        assert any(fnmatchcase(name, pattern) for name in names), pattern
    others = [name for name in names if not any(fnmatchcase(name, pattern) for pattern in HELD)]
    assert others == []
    assert not [name for name in names if name.startswith(("tests", "docs", "findings")) or "debian" in name]
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]


LOOK = """
import json, sys
sys.path.insert(0, sys.argv[1])
from importlib.resources import files
from dialpact.application.doctor.dialplan import shipped
from dialpact.compliance import profile
from dialpact.store.sqlite import migrate
import dialpact
print(json.dumps({
    "from": dialpact.__file__,
    "contexts": sorted(shipped().contexts),
    "features": files("dialplan").joinpath("features_dialpact.conf").is_file(),
    "profiles": sorted(profile.names()),
    "migrations": migrate.latest(),
}))
"""


def test_what_is_installed_finds_its_dialplan_and_the_rest(wheel: Path, tmp_path: Path) -> None:
    """Unpacked as pip does, away from this repository."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    there = subprocess.run(
        [sys.executable, "-P", "-c", LOOK, str(tmp_path)],
        check=True,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    found = json.loads(there.stdout)
    assert found["from"].startswith(str(tmp_path))
    assert {"dialpact-outbound", "dialpact-answered", "dialpact-refused"} <= set(found["contexts"])
    assert found["features"]
    assert "cn-hubei-2018" in found["profiles"] and found["migrations"] >= 30
