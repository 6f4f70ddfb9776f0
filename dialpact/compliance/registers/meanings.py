"""The words that people write for the values of a column that has only some: Chinese ones, and shorter ones.

Only what can mean nothing else: "回访" may be a service or a survey, and is asked about.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

from dialpact.compliance.model import ANY

_WORDS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "scope": {
        "all": (
            *("全部", "所有", "全", "一切", "任何", "不限", "全部拒绝", "完全拒绝", "全部拒呼"),
            *("所有营销", "全部营销", "所有来电", "全部来电", "所有电话", "全部电话", "any"),
        ),
        "industry": ("行业", "按行业", "本行业", "该行业", "某行业", "特定行业", "指定行业"),
        "business": (
            *("企业", "公司", "商家", "单位", "按企业", "按公司", "本企业", "该企业", "本公司", "该公司"),
            # The covenant says 行业或业务 of what a person may refuse.
            *("特定企业", "指定企业", "业务", "特定业务", "company"),
        ),
    },
    "purposes": {
        "marketing": ("营销", "推销", "销售", "商业营销", "电话营销", "电话推销", "推广", "广告"),
        "service": ("服务", "客服", "客户服务", "售后", "售后服务"),
        "survey": ("调查", "调研", "问卷", "问卷调查", "满意度调查", "市场调查", "市场调研"),
        "collection": ("催收", "催款", "催缴", "清收", "欠款催收"),
    },
}
# In a list that may name any: a trunk's name has no Chinese in it, a purpose is none of these.
_ANY = frozenset(("全部", "所有", "任意", "任何", "不限", "不限制"))
YES = frozenset(
    (
        *("yes", "y", "true", "1", "是", "是的", "有", "√", "✓", "✔", "☑"),
        *("已鉴权", "已认证", "已通过", "通过"),
    )
)
NO = frozenset(
    (
        *("no", "n", "false", "0", "否", "不是", "无", "没有", "×", "✗", "✘", "☐"),
        *("未鉴权", "未认证", "未通过", "不通过"),
    )
)
VALUES: Mapping[str, Mapping[str, str]] = {
    column: {word: value for value, words in values.items() for word in words}
    for column, values in _WORDS.items()
}


def value_of(text: str, column: str) -> str:
    """The value that a word stands for in this column; the word itself where it stands for none."""
    word = plain(text)
    return VALUES.get(column, {}).get(word, word)


def any_of(text: str) -> str:
    """``*`` for a word that stands for it."""
    return ANY if plain(text) in _ANY else text


def plain(text: str) -> str:
    """Without the differences of case and width."""
    return unicodedata.normalize("NFKC", text).strip().casefold()
