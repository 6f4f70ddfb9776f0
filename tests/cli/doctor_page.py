"""``python -m tests.cli.doctor_page``: writes the tables of findings into both languages' docs/doctor.md.

The texts are the command's own; what is filled in at a finding stands in them as its name.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from dialpact.compliance.dialplan.codes import RESULTS
from dialpact.presentation import texts

ROOT = Path(__file__).parents[2]
PAGES: dict[Literal["en", "zh"], Path] = {
    "en": ROOT / "docs/doctor.md",
    "zh": ROOT / "docs/doctor.zh-CN.md",
}
MARKED = re.compile(r"(?<=<!-- (\w{5}) -->\n).*?(?=<!-- /\1 -->)", re.DOTALL)
HEADS = {
    "en": ("code", "result", "what is found", "what to do"),
    "zh": ("代码", "结果", "发现", "如何处理"),
}
RESULT = re.compile(r'\b(ok|skip|warn|fail|bad)\(\s*f?"([\w-]+)"')
WORDS = {"ok": "ok", "skip": "skip", "warn": "warn", "fail": "fail", "bad": "fail, warn"}


def results() -> dict[str, str]:
    """Of every code in the sources, in the order of their texts."""
    said = dict(RESULTS) | {"calendar-missing": "fail", "calendar-provisional": "fail"}
    for file in sorted((ROOT / "dialpact/application/doctor").glob("*.py")):
        for word, code in RESULT.findall(file.read_text("utf-8")):
            said.setdefault(code, WORDS[word])
    known = [key.partition(".")[2] for key in texts.catalogue("en") if key.startswith("doctor.")]
    return {code: said[code] for code in sorted(known)}


def table(which: str, language: Literal["en", "zh"]) -> str:
    """``plans``: of the dialplan and the files it comes from; ``other``: all others that are not well."""
    catalogue, head = texts.catalogue(language), HEADS[language]
    rows = [head, ("---",) * len(head)]
    for code, result in results().items():
        if result != "ok" and (code in RESULTS) == (which == "plans"):
            text = catalogue[f"doctor.{code}"]
            rows.append((f"`{code}`", result, _shown(text), _shown(catalogue.get(f"advice.{code}", "-"))))
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _shown(text: str) -> str:
    """With the names of what is filled in, as Markdown that nothing in it breaks."""
    for place in ("{where}: ", "{where}："):
        text = text.removeprefix(place)
    text = re.sub(r"(?<!\{)\{(\w+)\}(?!\})", lambda name: name[1].upper(), text)
    text = text.replace("{{", "{").replace("}}", "}").replace("|", "\\|")
    return re.sub(r"([*<])", r"\\\1", text)


def page(language: Literal["en", "zh"]) -> str:
    """As it should be."""
    return MARKED.sub(lambda found: table(found[1], language), PAGES[language].read_text("utf-8"))


def main() -> None:
    for language, path in PAGES.items():
        path.write_text(page(language), "utf-8")


if __name__ == "__main__":
    main()
