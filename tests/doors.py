"""The table of tasks and doors, ``doors.toml``; ``python -m tests.doors`` makes ``docs/doors.md`` of it."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dialpact.cli.app import COMMANDS, GROUPS, built
from dialpact.web.api.routing import endpoints
from dialpact.web.console.routing import pages

ROOT = Path(__file__).parents[1]
FILE = Path(__file__).with_name("doors.toml")
DOORS = ("cli", "api", "web")
WORDS = {
    "en": (
        "Tasks and doors",
        "[中文](doors.zh-CN.md)",
        "What people do, and where: at the shell, by a program, at a page. What is in no row fails a test.",
        ("task", "command line", "API", "console"),
    ),
    "zh": (
        "任务与入口",
        "[English](doors.md)",
        "人们做什么、从哪里做：命令行、程序接口或网页。不在表中的命令、接口或页面会使测试失败。",
        ("任务", "命令行", "接口", "控制台"),
    ),
}


def table() -> dict[str, dict[str, Any]]:
    return tomllib.loads(FILE.read_text("utf-8"))


def there() -> dict[str, set[str]]:
    """All that each door has."""
    commands = set(COMMANDS)
    for group in GROUPS:
        commands |= {f"{group} {name}" for name, found in built(group).commands.items() if not found.hidden}
    return {
        "cli": commands,
        "api": {endpoint.name for endpoint in endpoints()},
        "web": {page.action for page in pages()},
    }


def named(name: str, those: set[str]) -> set[str]:
    return {one for one in those if one.startswith(name[:-1])} if name.endswith("*") else {name}


def markdown(language: str) -> str:
    title, other, about, heads = WORDS[language]
    lines = [f"# {title}", "", other, "", about, "", f"| {' | '.join(heads)} |", "| --- | --- | --- | --- |"]
    for task, row in table().items():
        cells = [row["zh"] if language == "zh" else task]
        for door in DOORS:
            names: Sequence[str] = row.get(door, ())
            why = row.get(f"no_{door}", ("", ""))[0 if language == "en" else 1]
            cells.append(", ".join(f"`{name}`" for name in names) or f"– ({why})")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def files() -> dict[Path, str]:
    return {ROOT / "docs/doors.md": markdown("en"), ROOT / "docs/doors.zh-CN.md": markdown("zh")}


def main() -> None:
    for file, content in files().items():
        file.write_text(content, "utf-8")


if __name__ == "__main__":
    main()
