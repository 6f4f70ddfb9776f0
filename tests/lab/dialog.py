"""What one side of a call that SIPp holds does in it: keys, hold, transfer. Requests of the lab itself."""

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
    contact: str  # our own
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
        target, contact = (
            message.header("Contact") for message in ((answer, invite) if invite.sent else (invite, answer))
        )
        return cls(address, own, peer, target.strip("<>"), invite.header("Call-ID"), contact)

    async def press(self, key: str, milliseconds: int = 160) -> None:
        """Press ``key`` and wait until Asterisk has taken it."""
        body = f"Signal={key}\r\nDuration={milliseconds}\r\n"
        await asyncio.to_thread(self._request, "INFO", "Content-Type: application/dtmf-relay\r\n", body)

    async def refer(self, to: str, replaces: Dialog | None = None) -> None:
        """Transfer the other side to ``to``: blindly, or into the place of our own other call there."""
        uri = f"sip:{to}@127.0.0.1"
        if replaces:
            tags = [re.search(r"tag=([^;>]+)", side) for side in (replaces.peer, replaces.own)]
            peer, own = (found[1] if found else "" for found in tags)
            uri += f"?Replaces={replaces.call_id.replace('@', '%40')}%3Bto-tag%3D{peer}%3Bfrom-tag%3D{own}"
        # Without a subscription, of which SIPp knows nothing.
        headers = f"Refer-To: <{uri}>\r\nReferred-By: <sip:phone@{self.address}>\r\nRefer-Sub: false\r\n"
        await asyncio.to_thread(self._request, "REFER", headers + "Supported: norefersub\r\n", "")

    async def hold(self, audio_port: int, on: bool = True) -> None:
        """Put the other side on hold, or go on."""
        body = (
            f"v=0\r\no=phone 1 {2 if on else 3} IN IP4 {self.address}\r\ns=-\r\nc=IN IP4 {self.address}\r\n"
            f"t=0 0\r\nm=audio {audio_port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
            f"a={'sendonly' if on else 'sendrecv'}\r\n"
        )
        await asyncio.to_thread(self._request, "INVITE", "Content-Type: application/sdp\r\n", body)

    def _request(self, method: str, headers: str, body: str) -> None:
        found = re.fullmatch(r"sip:(?:[^@]*@)?([\d.]+):(\d+).*", self.target)
        if not found:
            raise LookupError(f"no address in {self.target}")
        number = next(self.sequence)
        # Asterisk tells its phones by address, so the request comes from SIPp's address, on another port.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.bind((self.address, 0))
            sender.settimeout(2)
            port = sender.getsockname()[1]
            whereto = (found[1], int(found[2]))
            contact = f"Contact: {self.contact}\r\n" if method != "INFO" else ""

            def send(method: str, headers: str, body: str) -> None:
                text = (
                    f"{method} {self.target} SIP/2.0\r\n"
                    f"Via: SIP/2.0/UDP {self.address}:{port};branch=z9hG4bK-{method}-{port}-{number}\r\n"
                    f"From: {self.own}\r\nTo: {self.peer}\r\nCall-ID: {self.call_id}\r\n"
                    f"CSeq: {number} {method}\r\nMax-Forwards: 70\r\n{contact}{headers}"
                    f"Content-Length: {len(body)}\r\n\r\n{body}"
                )
                sender.sendto(text.encode(), whereto)

            send(method, headers, body)
            while (reply := sender.recv(4096)).startswith(b"SIP/2.0 1"):
                pass
            if method == "INVITE":
                send("ACK", "", "")
        if not reply.startswith(b"SIP/2.0 20"):
            raise RuntimeError(f"Asterisk did not take the {method}: {reply!r}")
