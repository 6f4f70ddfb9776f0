"""``python -m tests.attacks.owasp``: writes OWASP's API Security Top 10 (2023) into SECURITY.md, twice.

``owasp.toml`` has one entry a guard: the risk's number, what the API does about it, and the test that shows
it. In both languages.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

import msgspec

from tests.attacks.table import Language, Row, Text, drawn, write

FILE = Path(__file__).with_name("owasp.toml")
MARKED = re.compile(r"(?<=<!-- owasp -->\n).*?(?=<!-- /owasp -->)", re.DOTALL)
# The risks' own names: https://owasp.org/API-Security/editions/2023/en/0x11-t10/
RISKS: dict[int, Text] = {
    1: Text(en="Broken object level authorization", zh="对象级授权失效"),
    2: Text(en="Broken authentication", zh="身份认证失效"),
    3: Text(en="Broken object property level authorization", zh="对象属性级授权失效"),
    4: Text(en="Unrestricted resource consumption", zh="资源消耗不受限"),
    5: Text(en="Broken function level authorization", zh="功能级授权失效"),
    6: Text(en="Unrestricted access to sensitive business flows", zh="敏感业务流程不受限"),
    7: Text(en="Server side request forgery", zh="服务端请求伪造"),
    8: Text(en="Security misconfiguration", zh="安全配置错误"),
    9: Text(en="Improper inventory management", zh="接口清单管理不当"),
    10: Text(en="Unsafe consumption of APIs", zh="不安全地使用他方接口"),
}
HEAD = {"en": ("risk (2023)", "what guards against it", "test"), "zh": ("风险（2023）", "如何防范", "测试")}


class Guard(Row, frozen=True, forbid_unknown_fields=True):
    risk: int
    guard: Text


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    guard: tuple[Guard, ...]


@cache
def guards() -> tuple[Guard, ...]:
    """As they stand in the file. An unknown word or a missing cell is an error."""
    return msgspec.convert(tomllib.loads(FILE.read_text("utf-8")), _Table).guard


def table(language: Language) -> str:
    """The Markdown table, with its last newline: the risks in their order, each named once."""
    rows: list[tuple[str, ...]] = [HEAD[language], ("---",) * len(HEAD[language])]
    for number, name in RISKS.items():
        said = f"API{number} {getattr(name, language)}"
        for one in guards():
            if one.risk == number:
                rows.append((said, getattr(one.guard, language), f"`{one.test.removeprefix('tests/')}`"))
                said = ""
    return drawn(rows)


if __name__ == "__main__":
    write(table, MARKED)
