"""In which language is answered: ``Accept-Language`` (RFC 9110), Chinese or English."""

from __future__ import annotations

from dialpact.compliance.texts import LANGUAGES, Language

DEFAULT: Language = "en"
MOST = 20  # ranges that are looked at


def language(header: str) -> Language:
    """The one that is wanted most; the first of two that are wanted alike.

    >>> language("zh-CN,zh;q=0.9,en;q=0.8"), language("fr, en;q=0"), language("")
    ('zh', 'en', 'en')
    """
    best, wanted = DEFAULT, 0.0
    for part in header.split(",")[:MOST]:
        name, _, rest = part.strip().partition(";")
        quality = _quality(rest)
        for known in LANGUAGES:
            if name.partition("-")[0].lower() == known and quality > wanted:
                best, wanted = known, quality
    return best


def _quality(text: str) -> float:
    name, _, value = text.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return min(1.0, max(0.0, float(value)))
    except ValueError:
        return 0.0
