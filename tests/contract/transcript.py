"""An AMI transcript: read, written, and made the same from one capture to the next.

``< `` is what was sent to Asterisk and ``> `` what it sent, a line of the wire a line; an empty line ends a
message.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.lab.bootstrap import captured_as

TOP = Path(__file__).parents[1] / "transcripts" / "ami"
MAJORS = ("22", "20", "18", "16")
Said = Sequence[tuple[str, bytes]]


def folder() -> Path:
    """Where a capture of the lab's release goes."""
    return TOP / captured_as()


def _numbered(form: str) -> Callable[[re.Match[str]], str]:
    """Replaces each different text by the next of a row, the same one always by the same."""
    seen: dict[str, int] = {}
    return lambda found: form % seen.setdefault(found[0], len(seen))


def normalised(text: str, recordings: str = "") -> str:
    """What belongs to one run or one machine becomes what every run has."""
    if recordings:
        text = text.replace(recordings, "/recordings")
    for pattern, form in (
        # Action ids and decisions; the scenarios' own decision stays.
        (r"(?<![0-9a-f])(?!0123456789abcdef)[0-9a-f]{32}(?![0-9a-f])", "%032x"),
        (r"\b\d{10}\.\d+$", "1795485207.%d"),
        (r"(?<=-)[0-9a-f]{8}$", "%08x"),
        (r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "00000000-0000-0000-0000-%012x"),
        (r"(?<=/recordings/)[0-9a-f]{16}", "%016x"),
        (r"0x[0-9a-f]{6,}", "0x7f00%08x"),
    ):
        text = re.sub(pattern, _numbered(form), text, flags=re.MULTILINE)
    text = re.sub(r"(?<=Timestamp: )[\d.]+", "1795485207.000000", text)
    text = re.sub(r"(?<=Uptime: )\d+|(?<=LastReload: )\d+", "0", text)
    text = re.sub(r"(?<=Duration: )[\d:]+", "00:00:00", text)
    text = re.sub(r"(?<=Secret: )\S+", "hush", text)
    return re.sub(r"(127\.\d+\.\d+\.\d+):\d+", r"\1:5060", text)


def write(name: str, about: Sequence[str], said: Said, recordings: str) -> None:
    blocks = [
        "\n".join(
            f"{way} {line}".rstrip("\r") for line in raw.decode("utf-8", "backslashreplace").split("\r\n")
        )
        for way, raw in said
    ]
    head = "\n".join(f"# {line}" for line in about)
    target = folder() / f"{name}.txt"
    target.parent.mkdir(parents=True, exist_ok=True)
    # An empty value's blank must outlive editors.
    text = re.sub(r" $", r"\\x20", normalised("\n\n".join([head, *blocks]), recordings), flags=re.MULTILINE)
    target.write_text(text + "\n", "utf-8")


def read(path: Path) -> tuple[list[str], list[tuple[str, bytes]]]:
    """What it is, and what was said."""
    head, *blocks = path.read_text("utf-8").rstrip("\n").split("\n\n")
    return head.splitlines(), [
        (
            block[0],
            "\r\n".join(line[2:].replace("\\x20", " ") for line in block.split("\n")).encode(),
        )
        for block in blocks
    ]
