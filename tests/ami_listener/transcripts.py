"""Reads tests/transcripts/ami: what a real Asterisk sent."""

from __future__ import annotations

from pathlib import Path

from ami_listener.ami import wire
from ami_listener.ami.wire import Message

FOLDER = Path(__file__).parents[1] / "transcripts" / "ami"
NAMES = sorted(path.stem for path in FOLDER.glob("*.txt"))


def received(name: str) -> list[Message]:
    """The messages that came from Asterisk, in order."""
    blocks = (FOLDER / f"{name}.txt").read_text().rstrip("\n").split("\n\n")
    return [
        wire.read(block.replace("\n", "\r\n").encode())
        for block in blocks
        if not block.startswith(("> ", "Asterisk Call Manager/"))
    ]
