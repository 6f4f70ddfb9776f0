"""The table of roles and pages, ``roles.toml``: new rows for pages that have none; and its page in docs/.

python -m tests.web.console.roles
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from dialpact.compliance.registers.account import Role
from dialpact.web.console import texts
from dialpact.web.console.page import AnyPage
from dialpact.web.console.routing import pages

FILE = Path(__file__).with_name("roles.toml")
DOCS = Path(__file__).parents[3] / "docs"
WORDS = {
    "zh": (
        "控制台：角色与页面",
        "每一页、每一个动作由谁可以进行。此表由页面本身生成，测试逐行以每种角色实际打开。",
        "动作",
        "地址",
        "任何人",
    ),
    "en": (
        "The console: roles and pages",
        "Who may open each page and do each act. Made from the pages; a test opens each as each role.",
        "act",
        "address",
        "anybody",
    ),
}


def table() -> dict[str, dict[str, Any]]:
    return tomllib.loads(FILE.read_text("utf-8"))


def roles_of(page: AnyPage) -> list[str] | str:
    return "anybody" if page.roles is None else sorted(role.value for role in page.roles)


def markdown(language: str) -> str:
    title, about, act, address, anybody = WORDS[language]
    names = [texts.text(f"role.{role}", "zh" if language == "zh" else "en") for role in Role]
    other, name = ("English", "console-roles.md") if language == "zh" else ("中文", "console-roles.zh-CN.md")
    lines = [
        f"# {title}",
        "",
        f"[{other}]({name})",
        "",
        about,
        "",
        f"| {act} | {address} | {' | '.join(names)} |",
    ]
    lines.append("| --- | --- |" + " --- |" * len(names))
    for page in pages():
        marks = [anybody if page.roles is None else "✓" if role in page.roles else "" for role in Role]
        lines.append(f"| `{page.action}` | `{page.method} {page.path}` | {' | '.join(marks)} |")
    return "\n".join(lines) + "\n"


def files() -> dict[Path, str]:
    return {
        DOCS / "console-roles.md": markdown("en"),
        DOCS / "console-roles.zh-CN.md": markdown("zh"),
    }


def main() -> None:
    there = table()
    with FILE.open("a", encoding="utf-8") as file:
        for page in pages():
            if page.name not in there:
                roles = roles_of(page)
                said = f'"{roles}"' if isinstance(roles, str) else str(roles).replace("'", '"')
                file.write(f'\n["{page.name}"]\nroles = {said}\n')
    for file, content in files().items():
        file.write_text(content, "utf-8")


if __name__ == "__main__":
    main()
