"""``python -m tests.attacks.table``: writes the table of attacks into SECURITY.md, in both languages.

``table.toml`` has one entry an attack: who, what, who finds it and when, and the test that shows it. An
attack that nobody finds is an entry too, and its test shows that.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Literal, get_args

import msgspec

ROOT = Path(__file__).parents[2]
FILE = Path(__file__).with_name("table.toml")
Language = Literal["en", "zh"]
PAGES: dict[Language, Path] = {
    "en": ROOT / "SECURITY.md",
    "zh": ROOT / "SECURITY.zh-CN.md",
}
MARKED = re.compile(r"(?<=<!-- attacks -->\n).*?(?=<!-- /attacks -->)", re.DOTALL)
Who = Literal["outsider", "operator-sql", "operator-key", "operator-key-backups"]
WHO: tuple[Who, ...] = get_args(Who)
WORDS = {
    "en": {
        "head": ("who", "does what", "who finds it", "when", "test"),
        "outsider": "outsider",
        "operator-sql": "operator with SQL",
        "operator-key": "operator with the key",
        "operator-key-backups": "operator with the key and all backups",
    },
    "zh": {
        "head": ("谁", "做什么", "谁会发现", "何时", "测试"),
        "outsider": "外人",
        "operator-sql": "能改数据库的经营者",
        "operator-key": "另有密钥的经营者",
        "operator-key-backups": "另有密钥和全部备份的经营者",
    },
}


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    en: str
    zh: str


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``test``: a node id of pytest, without parameters."""

    test: str

    @property
    def place(self) -> tuple[Path, str]:
        """The test's file and its function."""
        file, _, function = self.test.partition("::")
        return ROOT / file, function


class Attack(Row, frozen=True, forbid_unknown_fields=True):
    id: str
    who: Who
    what: Text
    found_by: Text
    when: Text


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    attack: tuple[Attack, ...]


@cache
def attacks() -> tuple[Attack, ...]:
    """As they stand in the file. An unknown word or a missing cell is an error."""
    return msgspec.convert(tomllib.loads(FILE.read_text("utf-8")), _Table).attack


def table(language: Language) -> str:
    """The Markdown table, with its last newline: an attacker's rows together, as the file orders them."""
    words = WORDS[language]
    rows: list[tuple[str, ...]] = [tuple(words["head"]), ("---",) * len(words["head"])]
    for who in WHO:
        for one in attacks():
            if one.who == who:
                said = (getattr(cell, language) for cell in (one.what, one.found_by, one.when))
                rows.append((str(words[who]), *said, f"`{one.test.removeprefix('tests/')}`"))
    return drawn(rows)


def drawn(rows: Iterable[Sequence[str]]) -> str:
    """In Markdown, with its last newline."""
    return "".join(f"| {' | '.join(cells)} |\n" for cells in rows)


def carried(page: Path, marked: re.Pattern[str] = MARKED) -> str:
    """The table that a page has between its markers."""
    (found,) = marked.findall(page.read_text("utf-8"))
    return str(found)


def write(made: Callable[[Language], str], marked: re.Pattern[str] = MARKED) -> None:
    """Into both pages."""
    for language, page in PAGES.items():
        new = made(language)
        page.write_text(marked.sub(lambda _, new=new: new, page.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    write(table)
