"""What may be a password: long, known to no list of leaked ones, and not made of words that anybody tries.

1. Any characters, at least 12 and at most 256. There is no rule for capitals, digits or signs, and none for
   how long it is good.
2. It is in no list of passwords that have leaked (``breached.bin``: the first bytes of the SHA-256 of each,
   sorted; made by ``python -m tests.passwords``).
3. Without the words that everybody tries first (``WORDS``: our names, roles, the commonest passwords; and the
   person's own id and name, the installation's name), 8 characters are left, 5 of them different.

It is compared and kept exactly as it is typed. Pure, but for the list.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from dialpact.compliance.registers.fault import Fault

LEAST, MOST = 12, 256  # characters
LEFT, DIFFERENT = 8, 5  # characters, without the words that are tried first
BYTES = 5  # of a hash: one of 2**40 is taken for another
# docs/console.md has them too: a test holds the two together.
WORDS = (
    *("dialpact", "asterisk", "console", "administrator", "admin", "officer", "supervisor", "auditor"),
    *("compliance", "callcenter", "callcentre", "telephone", "recording", "password", "passwd", "passw0rd"),
    *("p@ssw0rd", "p@ssword", "secret", "welcome", "letmein", "changeme", "iloveyou", "qwertyuiop", "qwerty"),
    *("asdfghjkl", "asdfgh", "zxcvbnm", "1qaz2wsx", "qazwsx", "q1w2e3r4", "abcdefgh", "abcd1234", "abc123"),
    *("1234567890", "0123456789", "123456789", "12345678", "123456", "987654321", "87654321", "654321"),
    *(
        "5201314",
        "1314520",
        "woaini",
        "wuhan",
        "hubei",
        "zhongguo",
        "china",
        "huawei",
        "2024",
        "2025",
        "2026",
    ),
    *("管理员", "合规", "班组长", "检查员", "密码", "录音", "呼叫中心", "武汉", "湖北", "我爱你"),
)


def check(password: str, own: Iterable[str] = ()) -> str:
    """``own``: words that are the person's or the installation's. The password as it is; Fault."""
    if len(password) < LEAST:
        raise Fault("password-short", least=str(LEAST))
    if len(password) > MOST:
        raise Fault("password-long", most=str(MOST))
    left = password.lower()
    words = {word.lower() for each in own for word in re.split(r"[\s._@-]+", each) if len(word) > 2}
    for word in sorted({*WORDS, *words}, key=len, reverse=True):
        left = left.replace(word, "")
    if len(left) < LEFT or len(set(left)) < DIFFERENT:
        raise Fault("password-easy")
    if is_breached(password):
        raise Fault("password-breached")
    return password


def is_breached(password: str) -> bool:
    """Whether it is in the list, in capitals or not."""
    return _hash(password) in _breached()


def packed(passwords: Iterable[str]) -> bytes:
    """The list's file: of those that are long enough to be asked for at all."""
    hashes = {_hash(each) for each in passwords if LEAST <= len(each) <= MOST}
    return b"".join(sorted(hashes))


def _hash(password: str) -> bytes:
    return hashlib.sha256(password.lower().encode()).digest()[:BYTES]


@cache
def _breached() -> frozenset[bytes]:
    content = files("dialpact.compliance.registers.passwords").joinpath("breached.bin").read_bytes()
    if not content or len(content) % BYTES:
        raise ValueError("breached.bin is not whole")  # no list is no answer
    return frozenset(content[place : place + BYTES] for place in range(0, len(content), BYTES))
