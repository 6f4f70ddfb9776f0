"""Key presses inside a call that SIPp holds: SIP INFO from the lab itself, as one side of the dialog."""

from __future__ import annotations

import asyncio
import itertools
import re
import socket
from dataclasses import dataclass, field

from tests.lab.trace import Message


@dataclass
class Dialog:
    """One side of an answered call: what RFC 3261 section 12 calls its dialog state."""

    address: str
    own: str
    peer: str
    target: str
    call_id: str
    # SIPp's INVITE has 1 and its BYE has 100.
    sequence: itertools.count[int] = field(default_factory=lambda: itertools.count(2))

    @classmethod
    def of(cls, messages: list[Message], address: str) -> Dialog:
        """Return the dialog of a call from its messages; LookupError before the answer."""
        invite = next((m for m in messages if m.status is None and m.method == "INVITE"), None)
        answer = next((m for m in messages if m.status == 200 and m.method == "INVITE"), None)
        if invite is None or answer is None:
            raise LookupError("the call is not answered")
        caller, callee = answer.header("From"), answer.header("To")
        own, peer = (caller, callee) if invite.sent else (callee, caller)
        contact = (answer if invite.sent else invite).header("Contact")
        return cls(address, own, peer, contact.strip("<>"), invite.header("Call-ID"))

    async def press(self, key: str, milliseconds: int = 160) -> None:
        """Press ``key`` and wait until Asterisk has taken it."""
        await asyncio.to_thread(self._info, f"Signal={key}\r\nDuration={milliseconds}\r\n")

    def _info(self, body: str) -> None:
        found = re.fullmatch(r"sip:(?:[^@]*@)?([\d.]+):(\d+).*", self.target)
        if not found:
            raise LookupError(f"no address in {self.target}")
        number = next(self.sequence)
        # Asterisk tells its phones by address, so the request comes from SIPp's address, on another port.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.bind((self.address, 0))
            sender.settimeout(2)
            port = sender.getsockname()[1]
            text = (
                f"INFO {self.target} SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP {self.address}:{port};branch=z9hG4bK-key-{port}-{number}\r\n"
                f"From: {self.own}\r\nTo: {self.peer}\r\nCall-ID: {self.call_id}\r\nCSeq: {number} INFO\r\n"
                f"Max-Forwards: 70\r\nContent-Type: application/dtmf-relay\r\n"
                f"Content-Length: {len(body)}\r\n\r\n{body}"
            )
            sender.sendto(text.encode(), (found[1], int(found[2])))
            reply = sender.recv(4096)
        if not reply.startswith(b"SIP/2.0 200"):
            raise RuntimeError(f"Asterisk did not take the key: {reply!r}")
