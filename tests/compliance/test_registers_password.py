"""What may be a password: by its length, the words in it, the list of leaked ones; by nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialpact.compliance.registers import passwords
from dialpact.compliance.registers.fault import Fault

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "abcdefgihjklmn",
        "gravel lantern",
        "十二个汉字组成的这个密码",
        "😀😁😂🤣😃😄😅😆😉😊😋😎",
        "x7!kQ2#mP9$w",
        "x" + "abcdefgijk" * 25 + "12345",
        "  leading and trailing  ",
        "lower case only here",
    ],
)
def test_anything_long_that_nobody_tries_first(password: str) -> None:
    assert passwords.check(password, ("chen", "陈明")) == password


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("", "password-short"),
        ("elevenchars", "password-short"),
        ("十一个汉字的这个密码呀", "password-short"),
        ("abcdefg hij" * 24, "password-long"),
        ("aaaaaaaaaaaaaaaa", "password-easy"),
        ("abababababababab", "password-easy"),
        ("dialpact2026!", "password-easy"),
        ("Dialpact-Admin-2026", "password-easy"),
        ("woaini1314520", "password-easy"),
        ("P@ssw0rd123456", "password-easy"),
        ("qwertyuiop1234567890", "password-easy"),
        ("chenming-wuhan-1", "password-easy"),
        ("pbx-jianghan-01", "password-easy"),
        ("管理员管理员密码密码123456", "password-easy"),
        ("unbelievable", "password-breached"),
        ("Unbelievable", "password-breached"),
    ],
)
def test_what_is_none(password: str, why: str) -> None:
    with pytest.raises(Fault) as refused:
        passwords.check(password, ("chen.ming", "陈明", "pbx-jianghan"))
    assert refused.value.key == why


def test_it_is_not_touched() -> None:
    """Neither cut nor written otherwise: two that look alike are two."""
    for one in ("cafe\u0301 and a croissant", "caf\u00e9 and a croissant", "A Long Sentence Of Mine "):
        assert passwords.check(one) == one


def test_the_list_is_long_enough() -> None:
    """ASVS 6.2.4: 3000 at least of those that are long enough to be asked for."""
    content = Path(passwords.__file__).with_name("breached.bin").read_bytes()
    hashes = [content[at : at + passwords.BYTES] for at in range(0, len(content), passwords.BYTES)]
    assert len(hashes) >= 3000 and hashes == sorted(set(hashes))
    assert passwords.packed(["short", "unbelievable", "UNBELIEVABLE"]) in hashes


@pytest.mark.parametrize("page", ["accounts.md", "accounts.zh-CN.md"])
def test_the_page_names_the_words_that_are_tried_first(page: str) -> None:
    assert f"`{' '.join(passwords.WORDS)}`" in (DOCS / page).read_text("utf-8")
