"""``python -m tests.lab.matrix.table``: writes the table of faults into both languages' docs/faults.md."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from tests.lab.matrix.row import Row, matrix

ROOT = Path(__file__).parents[3]
PAGES: dict[Literal["en", "zh"], Path] = {
    "en": ROOT / "docs" / "faults.md",
    "zh": ROOT / "docs" / "faults.zh-CN.md",
}
MARKED = re.compile(r"(?<=<!-- faults -->\n).*?(?=<!-- /faults -->)", re.DOTALL)
WORDS = {
    "en": {
        "head": ("what is wrong", "the agent's call", "reason, kept in", "`doctor`", "metric", "recovers"),
        "refused": "announcement, {status}, < {within:g} s",
        "unbridged": "never bridged; announcement, {status}",
        "passes": "passes, recorded",
        "lasts": "goes on, recorded",
        "cut": "ends; recorded until then",
        "decision": "`{reason}`, decision",
        "later": "`{reason}`, decision once it is back",
        "asterisk": "`{reason}`, Asterisk's log",
        "": "-",
    },
    "zh": {
        "head": ("什么出了问题", "坐席的呼叫", "理由，记在", "`doctor`", "指标", "如何恢复"),
        "refused": "提示音，{status}，< {within:g} 秒",
        "unbridged": "绝不接通；提示音，{status}",
        "passes": "放行，已录音",
        "lasts": "继续，已录音",
        "cut": "中断；此前已录音",
        "decision": "`{reason}`，裁决记录",
        "later": "`{reason}`，恢复后记入裁决",
        "asterisk": "`{reason}`，Asterisk 日志",
        "": "-",
    },
}


def table(language: Literal["en", "zh"]) -> str:
    """The Markdown table, with its last newline."""
    words = WORDS[language]
    rows: list[tuple[str, ...]] = [tuple(words["head"]), ("---",) * len(words["head"])]
    rows += [_cells(row, language) for row in matrix().row]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in rows)


def _cells(row: Row, language: Literal["en", "zh"]) -> tuple[str, ...]:
    words = WORDS[language]
    values = {"status": row.status, "within": row.within, "reason": row.reason}
    return (
        getattr(row, language),
        str(words[row.call]).format(**values),
        str(words[row.where]).format(**values),
        f"`{row.doctor}`" if row.doctor else "-",
        f"`{row.metric}`" if row.metric else "-",
        getattr(matrix().recovery[row.recovery], language),
    )


def carried(page: Path) -> str:
    """The table that a page has between its markers."""
    (found,) = MARKED.findall(page.read_text("utf-8"))
    return str(found)


def main() -> None:
    for language, page in PAGES.items():
        new = table(language)
        page.write_text(MARKED.sub(lambda _, new=new: new, page.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
