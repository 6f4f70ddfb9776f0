"""``python -m tests.deploy.monitoring``: writes the table of the alerts into docs/monitoring.md, twice."""

from __future__ import annotations

import re

from tests.deploy.rules import ROOT, alerts

PAGES = {"": ROOT / "docs" / "monitoring.md", "_zh": ROOT / "docs" / "monitoring.zh-CN.md"}
MARKED = re.compile(r"(?<=<!-- alerts -->\n).*?(?=<!-- /alerts -->)", re.DOTALL)
HEADS = {
    "": ("alert", "severity", "after", "says", "page"),
    "_zh": ("告警", "级别", "持续", "内容", "页面"),
}
SEVERITY = {"_zh": {"critical": "严重", "warning": "警告"}, "": {}}


def table(language: str) -> str:
    rows = [HEADS[language], ("---",) * len(HEADS[language])]
    for one in alerts():
        page = one.annotations[f"runbook{language}"].removeprefix("docs/")
        says = re.sub(r"\{\{ \$(?:labels\.)?(\w+)[^}]*\}\}", r"*\1*", one.annotations[f"summary{language}"])
        severity = SEVERITY[language].get(one.severity, one.severity)
        name = page.partition("#")[0].partition(".")[0]
        rows.append((f"`{one.name}`", severity, one.waits or "-", says, f"[{name}]({page})"))
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def text(language: str) -> str:
    """The page as it ought to be."""
    return MARKED.sub(lambda _: table(language), PAGES[language].read_text("utf-8"))


def main() -> None:
    for language, page in PAGES.items():
        page.write_text(text(language), "utf-8")


if __name__ == "__main__":
    main()
