"""ASN.1 in DER (X.690), as much of it as a timestamp needs to be read: values one after the other. Pure."""

from __future__ import annotations

from typing import NamedTuple

SEQUENCE, SET, INTEGER, OID, OCTETS, GENERALIZED_TIME = 0x30, 0x31, 0x02, 0x06, 0x04, 0x18
_MOST_LENGTH = 4  # bytes of a length


class Der(NamedTuple):
    tag: int
    content: bytes


def values(raw: bytes) -> list[Der]:
    """Those that stand beside each other in ``raw``. ValueError for what is no DER."""
    found, at = [], 0
    while at < len(raw):
        tag, at = raw[at], at + 1
        if tag & 0x1F == 0x1F:
            raise ValueError("a tag of several bytes")
        length, at = _length(raw, at)
        if at + length > len(raw):
            raise ValueError("cut off")
        found.append(Der(tag, raw[at : at + length]))
        at += length
    return found


def only(raw: bytes, tag: int) -> bytes:
    """The content of the one value that ``raw`` is."""
    (found,) = values(raw)
    if found.tag != tag:
        raise ValueError(f"not of tag {tag:#04x}")
    return found.content


def number(content: bytes) -> int:
    """Of an INTEGER. ValueError: it has another form than the shortest."""
    if not content or (len(content) > 1 and content[0] in (0, 0xFF) and content[0] >> 7 == content[1] >> 7):
        raise ValueError("no integer")
    return int.from_bytes(content, "big", signed=True)


def _length(raw: bytes, at: int) -> tuple[int, int]:
    first = raw[at] if at < len(raw) else 0x80
    if first < 0x80:
        return first, at + 1
    count = first & 0x7F
    length = int.from_bytes(raw[at + 1 : at + 1 + count], "big")
    if not 0 < count <= _MOST_LENGTH or length < 0x80 or length >> 8 * (count - 1) == 0:
        raise ValueError("no length of DER")
    return length, at + 1 + count
