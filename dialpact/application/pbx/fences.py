"""Lines of ours in somebody else's file, between two fences that say whose they are.

::

    ; >>> dialpact 0.1.0 plain 5f3a...            the SHA-256 of what is between
    #include extensions_dialpact.conf
    ; <<< dialpact

``joined`` behind the checksum: the line end before the fence is ours as well. Bytes in, bytes out: nothing of
the rest is read, and so nothing of it changes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from dialpact.application.pbx.adapter import Block
from dialpact.compliance.registers.fault import Fault, shown

_OPEN = re.compile(rb"; >>> dialpact (\S+) (\S+) ([0-9a-f]{64})((?: \w+)*)[ \t]*\r?\n?")
_CLOSE = re.compile(rb"; <<< dialpact[ \t]*\r?\n?")
_BOM = b"\xef\xbb\xbf"
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029]")
_NAME = re.compile(r"[0-9A-Za-z_.-]{1,79}")
_OURS = re.compile(rb"dialpact", re.IGNORECASE)


@dataclass(frozen=True)
class Fence:
    """A block as it was found. ``altered``: its lines are not those that were written."""

    sha256: str
    altered: bool


@dataclass(frozen=True)
class Bare:
    """A file without our blocks. ``kept``: lines in them that somebody else wrote, and that stay."""

    content: bytes
    fences: tuple[Fence, ...]
    kept: int = 0


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def fenced(block: Block, adapter: str, version: str, *, joined: bool = False) -> bytes:
    """The block with its fences. Fault: it has signs in it that no configuration file has."""
    text = block.text
    if _CONTROLS.search(text) or not text.endswith("\n"):
        raise Fault("pbx-block", file=block.path)
    if any(_OPEN.match(line) or _CLOSE.match(line) for line in text.encode().splitlines()):
        raise Fault("pbx-block", file=block.path)
    mark = " joined" if joined else ""
    return f"; >>> dialpact {version} {adapter} {sha256(text)}{mark}\n{text}; <<< dialpact\n".encode()


def with_blocks(
    content: bytes, blocks: Sequence[Block], adapter: str, version: str
) -> tuple[bytes, tuple[str, ...]]:
    """``content``, which has none of ours, with all of them; and what is between each pair of fences."""
    texts: list[str] = []
    for block in blocks:
        content, text = _with(content, block, adapter, version)
        texts.append(text)
    return content, tuple(texts)


def _with(content: bytes, block: Block, adapter: str, version: str) -> tuple[bytes, str]:
    if block.at == "start":
        bom = _BOM if content.startswith(_BOM) else b""
        return bom + fenced(block, adapter, version) + content.removeprefix(_BOM), block.text
    place, text = len(content), block
    kind, _, name = block.at.partition(":")
    if kind == "section":
        if not _NAME.fullmatch(name):
            raise Fault("pbx-value", where=block.path, value=shown(name))
        found = _behind_heading(content, name)
        if found is None:
            text = Block(block.path, f"[{name}]\n{block.text}")
        else:
            place = found
    joined = place > 0 and not content[:place].endswith(b"\n")
    added = (b"\n" if joined else b"") + fenced(text, adapter, version, joined=joined)
    return content[:place] + added + content[place:], text.text


def _behind_heading(content: bytes, name: str) -> int | None:
    """Where the first section of that name begins its lines, behind a block of ours that begins it. None:
    there is none, but for comments.
    """
    heading = re.compile(rb"[ \t]*\[" + re.escape(name.encode()) + rb"\]")
    place = depth = 0
    fence = found = False
    for line in content.removeprefix(_BOM).splitlines(keepends=True):
        place += len(line)
        fence = fence or bool(_OPEN.fullmatch(line))
        found = found or (depth == 0 and bool(heading.match(line)))
        fence = fence and not _CLOSE.fullmatch(line)
        if found and not fence:
            return place + (len(_BOM) if content.startswith(_BOM) else 0)
        if depth or b";--" in line:
            depth = max(0, depth + line.count(b";--") - line.count(b";---") - line.count(b"--;"))
    return None


def without_blocks(content: bytes, path: str, known: Mapping[str, str]) -> Bare:
    """``known``: the texts that were written, by their SHA-256. Of a block that somebody has altered, his
    lines stay unless they name us. Fault: a fence without its other half, or altered and unknown.
    """
    if content.startswith(_BOM):
        bare = without_blocks(content.removeprefix(_BOM), path, known)
        return replace(bare, content=_BOM + bare.content)
    kept: list[bytes] = []
    fences: list[Fence] = []
    strangers = 0
    lines = iter(enumerate(content.splitlines(keepends=True), 1))
    for number, line in lines:
        opening = _OPEN.fullmatch(line)
        if opening is None:
            if _CLOSE.fullmatch(line):
                raise Fault("pbx-fence", file=path, line=str(number))
            kept.append(line)
            continue
        inner = list(_inner(lines, path, number))
        declared = opening[3].decode()
        altered = hashlib.sha256(b"".join(inner)).hexdigest() != declared
        fences.append(Fence(declared, altered))
        if b"joined" in opening[4] and kept:
            kept[-1] = kept[-1].removesuffix(b"\n")
        if altered:
            if declared not in known:
                raise Fault("pbx-fence", file=path, line=str(number))
            theirs = _theirs(inner, known[declared])
            if theirs and kept and not kept[-1].endswith(b"\n"):
                kept[-1] += b"\n"
            strangers += len(theirs)
            kept += theirs
    if kept and any(not line.endswith((b"\n", b"\r")) for line in kept[:-1]):
        kept = [line if line.endswith((b"\n", b"\r")) else line + b"\n" for line in kept[:-1]] + kept[-1:]
    return Bare(b"".join(kept), tuple(fences), strangers)


def _inner(lines: Iterator[tuple[int, bytes]], path: str, opened: int) -> Iterator[bytes]:
    for _, line in lines:
        if _CLOSE.fullmatch(line):
            return
        if _OPEN.fullmatch(line):
            break
        yield line
    raise Fault("pbx-fence", file=path, line=str(opened))


def _theirs(inner: Sequence[bytes], written: str) -> list[bytes]:
    ours = {line.strip() for line in written.encode().splitlines()}
    return [line for line in inner if line.strip() and line.strip() not in ours and not _OURS.search(line)]
