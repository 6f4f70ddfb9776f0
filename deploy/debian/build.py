"""``make deb``: ``dist/dialpact_VERSION_ARCH.deb``, and its bill of materials beside it.

One package for Debian 12 and 13: it has the libraries for the Pythons of both, and takes those of the Python
that is there. A package for each release would go when Debian is upgraded under it, and the gate with it.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import completion
import libraries
import manual

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CONTROL = HERE / "control"
SCRIPTS = ("preinst", "postinst", "prerm", "postrm", "config")
PLAIN = ("templates", "triggers", "conffiles")
UNITS = ("dialpact.service", "dialpact-gate.service", "dialpact-listener.service", "dialpact-web.service")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make deb", description="Build the Debian package.")
    parser.add_argument("--tools", type=Path, default=ROOT / ".deb/venv", help="the environment that builds")
    parser.add_argument("--into", type=Path, default=ROOT / "dist", help="where the package goes")
    parser.add_argument("--quick", action="store_true", help="a larger package, sooner")
    given = parser.parse_args()
    os.umask(0o022)
    with tempfile.TemporaryDirectory(prefix="dialpact-deb-") as folder:
        made = package(Path(folder), given.tools.absolute(), given.into.absolute(), given.quick)
    print(made)
    return 0


def epoch() -> int:
    """When this is from: what two builds of the same have in common."""
    if stated := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(stated)
    said = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True)
    if said.returncode:
        raise SystemExit("no git history here: set SOURCE_DATE_EPOCH to the seconds of this version")
    return int(said.stdout)


def package(work: Path, tools: Path, into: Path, quick: bool) -> Path:
    when = epoch()
    os.environ["SOURCE_DATE_EPOCH"] = str(when)
    version = str(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"])
    arch = subprocess.run(
        ["dpkg", "--print-architecture"], check=True, capture_output=True, text=True
    ).stdout.strip()
    if arch not in libraries.PLATFORMS:
        raise SystemExit(f"{arch}: packages are built on {' and '.join(libraries.PLATFORMS)}")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(work)],
        check=True,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
    (wheel,) = work.glob("*.whl")
    tree = work / "tree"
    sites = program(tree, work, wheel, tools / "bin/uv", libraries.PLATFORMS[arch])
    bill = subprocess.run(
        [
            *(str(tools / "bin/python"), str(HERE / "sbom.py"), version, str(when)),
            *(str(ROOT / "dialpact/web/console/static/vendor/vendor.toml"), *map(str, sites)),
        ],
        check=True,
        stdout=subprocess.PIPE,
    ).stdout
    around(tree, version, datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%d"), bill)
    libraries.share([tree / "opt/dialpact/lib", tree / "opt/dialpact/share"])
    control(tree, version, arch)
    settled(tree, when)
    into.mkdir(parents=True, exist_ok=True)
    made = into / f"dialpact_{version}_{arch}.deb"
    level = "-z0" if quick else "-z6"
    # (one thread: else the bytes would tell how many processors built it)
    squeeze = ["--threads-max=1", "-Zxz", level]
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", *squeeze, "--build", str(tree), str(made)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    made.with_suffix(".cdx.json").write_bytes(bill)
    return made


def program(tree: Path, work: Path, wheel: Path, uv: Path, platform: str) -> list[Path]:
    """The virtual environment, for whichever of the Pythons is the host's; its folders of libraries."""
    home, sites = tree / "opt/dialpact", []
    (home / "bin").mkdir(parents=True)
    (home / "bin/python3").symlink_to("/usr/bin/python3")
    (home / "bin/python").symlink_to("python3")
    (home / "pyvenv.cfg").write_text("home = /usr/bin\ninclude-system-site-packages = false\n", "utf-8")
    for python in libraries.PYTHONS:
        site = home / f"lib/python{python}/site-packages"
        site.parent.mkdir(parents=True)
        libraries.installed(uv, ROOT, wheel, python, platform, site)
        sites.append(site)
    points = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    for name, point in points.items():
        module, _, function = point.partition(":")
        script = home / "bin" / name
        script.write_text(
            "#!/opt/dialpact/bin/python3 -I\nimport sys\n\n"
            f"from {module} import {function}\n\nsys.exit({function}())\n",
            "utf-8",
        )
        script.chmod(0o755)
        put(tree / "usr/bin" / name).symlink_to(f"/opt/dialpact/bin/{name}")
    return sites


def around(tree: Path, version: str, day: str, bill: bytes) -> None:
    """What an administrator looks for, where a Debian has it."""
    shared = tree / "opt/dialpact/share/dialpact"
    for kind in sorted(path.name for path in (ROOT / "deploy").iterdir() if path.name != HERE.name):
        shutil.copytree(ROOT / "deploy" / kind, shared / "deploy" / kind)
    shutil.copytree(ROOT / "dialplan", shared / "dialplan")
    shutil.copytree(ROOT / "tests/lab/samples", shared / "samples")
    put(shared / "sbom.cdx.json").write_bytes(bill)
    put(tree / "usr/share/dialpact").symlink_to("/opt/dialpact/share/dialpact")
    systemd = ROOT / "deploy/systemd"
    for unit in UNITS:
        shutil.copy(systemd / unit, put(tree / "usr/lib/systemd/system" / unit))
    for kind in ("sysusers", "tmpfiles"):
        shutil.copy(systemd / f"dialpact.{kind}.conf", put(tree / f"usr/lib/{kind}.d/dialpact.conf"))
    drop_in = "asterisk.service.d/dialpact.conf"
    shutil.copy(systemd / drop_in, put(tree / "usr/lib/systemd/system" / drop_in))
    for name, text in manual.pages(version, day).items():
        put(tree / f"usr/share/man/man{name[-1]}/{name}.gz").write_bytes(zipped(text))
    for place, text in completion.scripts().items():
        put(tree / place).write_text(text, "utf-8")
    about = tree / "usr/share/doc/dialpact"
    put(about / "changelog.gz").write_bytes(zipped((ROOT / "CHANGELOG.md").read_text("utf-8")))
    shutil.copy(CONTROL / "copyright", about)


def control(tree: Path, version: str, arch: str) -> None:
    folder = tree / "DEBIAN"
    folder.mkdir()
    size = sum(file.stat().st_size for file in unique(tree)) // 1024
    text = (CONTROL / "control").read_text("utf-8")
    for name, value in (("VERSION", version), ("ARCH", arch), ("SIZE", str(size))):
        text = text.replace(f"@{name}@", value)
    (folder / "control").write_text(text, "utf-8")
    common = (CONTROL / "common.sh").read_text("utf-8")
    for name in SCRIPTS:
        script = folder / name
        script.write_text((CONTROL / name).read_text("utf-8").replace("#COMMON#\n", common), "utf-8")
        script.chmod(0o755)
    for name in PLAIN:
        if (CONTROL / name).exists():
            shutil.copy(CONTROL / name, folder)
    sums = [
        f"{hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()}  {file.relative_to(tree)}\n"
        for file in sorted(tree.rglob("*"))
        if file.is_file() and not file.is_symlink() and folder not in file.parents
    ]
    (folder / "md5sums").write_text("".join(sums), "utf-8")


def settled(tree: Path, when: int) -> None:
    """Neither who built it nor when is in it."""
    for file in sorted(tree.rglob("*")):
        if "__pycache__" in file.parts:
            raise SystemExit(f"{file}: compiled")
        if not file.is_symlink():
            file.chmod(0o755 if file.is_dir() or file.stat().st_mode & 0o100 else 0o644)
        os.utime(file, (when, when), follow_symlinks=False)
    tree.chmod(0o755)
    os.utime(tree, (when, when))


def unique(tree: Path) -> list[Path]:
    """Each file once, under whichever name."""
    return list(
        {
            file.lstat().st_ino: file for file in tree.rglob("*") if file.is_file() and not file.is_symlink()
        }.values()
    )


def zipped(text: str) -> bytes:
    return gzip.compress(text.encode(), 9, mtime=0)


def put(file: Path) -> Path:
    """With the folder it lies in."""
    file.parent.mkdir(parents=True, exist_ok=True)
    return file


if __name__ == "__main__":
    sys.exit(main())
