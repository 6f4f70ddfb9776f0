"""SIP messages as SIPp's own message trace has them: what was really on the wire, and when."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

_FRAME = re.compile(
    r"^-{20,} (\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d\.\d+).*\nUDP message (sent|received) .*\n\n", re.MULTILINE
)
_TRACE_NOTE = re.compile(r"\n-{20,} ")


@dataclass(frozen=True)
class Message:
    """One SIP message. ``time`` is in seconds since the epoch, by the clock of this machine."""

    time: float
    sent: bool
    text: str

    @property
    def start_line(self) -> str:
        """The request or status line."""
        return self.text.partition("\n")[0].rstrip("\r")

    @property
    def status(self) -> int | None:
        """The status code; None for a request."""
        found = re.match(r"SIP/2\.0 (\d{3})", self.start_line)
        return int(found[1]) if found else None

    @property
    def method(self) -> str:
        """The request's method, or for a response that of the request it answers."""
        if self.status is None:
            return self.start_line.partition(" ")[0]
        return self.header("CSeq").rpartition(" ")[2]

    @property
    def uri(self) -> str:
        """The request URI."""
        return self.start_line.split(" ")[1] if self.status is None else ""

    @property
    def audio_port(self) -> int | None:
        """The port in the session description; None without one."""
        found = re.search(r"^m=audio (\d+)", self.text, re.MULTILINE)
        return int(found[1]) if found else None

    def header(self, name: str) -> str:
        """Return the first header ``name``, empty if there is none."""
        found = re.search(
            rf"^{re.escape(name)}[ \t]*:[ \t]*(.*?)\r?$", self.text, re.MULTILINE | re.IGNORECASE
        )
        return found[1] if found else ""


def user(text: str) -> str:
    """Return the user part of the first SIP URI in ``text``, as written (still percent-encoded)."""
    found = re.search(r"sips?:([^@>;]*)@", text)
    return found[1] if found else ""


def read(path: Path) -> list[Message]:
    """Return the messages traced in ``path`` so far."""
    if not path.exists():
        return []
    return parse(path.read_bytes().decode("utf-8", "replace"))[0]


def parse(text: str, keep_last: bool = False) -> tuple[list[Message], str]:
    """The messages in a trace, and the text after them: ``keep_last``: the last one, half written maybe."""
    frames = list(_FRAME.finditer(text))
    ends = [*(frame.start() for frame in frames[1:]), len(text)]
    rest = ""
    if keep_last:
        rest = text[frames[-1].start() :] if frames else text
        frames, ends = frames[:-1], ends[:-1]
    messages = []
    for frame, end in zip(frames, ends, strict=False):
        body = _TRACE_NOTE.split(text[frame.end() : end])[0]
        stamp = datetime.fromisoformat(frame[1].replace("T", " "))
        messages.append(Message(stamp.timestamp(), frame[2] == "sent", body))
    return messages, rest
