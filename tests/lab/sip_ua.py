"""One SIP address on UDP: what RFC 3261 calls its transactions. Asterisk is the only one it talks to."""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections.abc import Callable

from tests.lab.trace import Message

T1 = 0.5  # seconds until a request is repeated, twice as long each time
TRIES = 7
PHRASES = {
    100: "Trying",
    180: "Ringing",
    183: "Session Progress",
    200: "OK",
    302: "Moved Temporarily",
    404: "Not Found",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    486: "Busy Here",
    487: "Request Terminated",
    503: "Service Unavailable",
    603: "Decline",
}
ALLOW = "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, NOTIFY, REFER\r\n"


def values(message: Message, name: str) -> list[str]:
    """All headers ``name``, in order."""
    return re.findall(
        rf"^{re.escape(name)}[ \t]*:[ \t]*(.*?)\r?$", message.text, re.MULTILINE | re.IGNORECASE
    )


def tag(header: str) -> str:
    """The tag in a From or a To; empty without one."""
    found = re.search(r";\s*tag=([^;>\s]+)", header.rpartition(">")[2] or header)
    return found[1] if found else ""


def uri(header: str) -> str:
    """The URI in a header such as Contact."""
    found = re.search(r"<([^>]+)>", header)
    return found[1] if found else header.partition(";")[0].strip()


def body(message: Message) -> str:
    """What comes after the headers."""
    return message.text.partition("\r\n\r\n")[2]


def branch(message: Message) -> str:
    """The mark of the transaction."""
    found = re.search(r"branch=([^;,\s]+)", message.header("Via"))
    return found[1] if found else ""


def new_branch() -> str:
    return f"z9hG4bK{secrets.token_hex(8)}"


class Ua(asyncio.DatagramProtocol):
    """Sends and takes messages, repeats what is not answered and what is asked again, and keeps them all."""

    def __init__(
        self, address: str, port: int, peer: tuple[str, int], on_request: Callable[[Message], None]
    ) -> None:
        self.address, self.port, self.peer = address, port, peer
        self.messages: list[Message] = []
        self._on_request = on_request
        self._transport: asyncio.DatagramTransport | None = None
        self._asked: dict[tuple[str, str], asyncio.Queue[Message]] = {}
        self._answered: dict[tuple[str, str], str] = {}
        self._acks: dict[tuple[str, str], str] = {}

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=(self.address, self.port)
        )

    def close(self) -> None:
        if self._transport:
            self._transport.close()

    def via(self, mark: str) -> str:
        return f"Via: SIP/2.0/UDP {self.address}:{self.port};branch={mark};rport\r\n"

    def send(self, text: str) -> None:
        assert self._transport
        self.messages.append(Message(time.time(), True, text))
        if not self._transport.is_closing():
            self._transport.sendto(text.encode(), self.peer)

    async def ask(self, text: str, provisional: Callable[[Message], None] | None = None) -> Message:
        """Send a request and return its final response; ``provisional`` gets those before it."""
        request = Message(0, True, text)
        key = branch(request), request.method
        queue = self._asked[key] = asyncio.Queue()
        try:
            wait: float | None = T1
            for attempt in range(TRIES):
                self.send(text)
                try:
                    async with asyncio.timeout(wait) as patience:
                        while ((reply := await queue.get()).status or 0) < 200:
                            if provisional:
                                provisional(reply)
                            patience.reschedule(None)
                        return reply
                except TimeoutError:
                    wait = T1 * 2 ** (attempt + 1)
            raise TimeoutError(f"Asterisk did not answer the {request.method}")
        finally:
            del self._asked[key]

    def acknowledge(self, response: Message, text: str) -> None:
        """Send an ACK, and again whenever ``response`` comes again."""
        self._acks[response.header("Call-ID"), response.header("CSeq")] = text
        self.send(text)

    def reply(
        self, request: Message, status: int, own_tag: str = "", headers: str = "", text: str = ""
    ) -> None:
        """Answer a request; the answer is repeated when the request is."""
        to = request.header("To")
        if own_tag and not tag(to):
            to += f";tag={own_tag}"
        content = "Content-Type: application/sdp\r\n" if text else ""
        response = (
            f"SIP/2.0 {status} {PHRASES.get(status, 'Other')}\r\n"
            + "".join(f"Via: {via}\r\n" for via in values(request, "Via"))
            + "".join(f"Record-Route: {route}\r\n" for route in values(request, "Record-Route"))
            + f"From: {request.header('From')}\r\nTo: {to}\r\nCall-ID: {request.header('Call-ID')}\r\n"
            f"CSeq: {request.header('CSeq')}\r\n{ALLOW}{headers}{content}"
            f"Content-Length: {len(text.encode())}\r\n\r\n{text}"
        )
        self._answered[branch(request), request.method] = response
        self.send(response)

    def repeat(self, request: Message) -> None:
        """Send the last answer to ``request`` again."""
        self.send(self._answered[branch(request), request.method])

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        message = Message(time.time(), False, data.decode("utf-8", "replace"))
        if not message.start_line:  # a keep-alive
            return
        self.messages.append(message)
        key = branch(message), message.method
        if message.status is None:
            if message.method != "ACK" and key in self._answered:
                self.send(self._answered[key])
            else:
                self._on_request(message)
        elif key in self._asked:
            self._asked[key].put_nowait(message)
        elif again := self._acks.get((message.header("Call-ID"), message.header("CSeq"))):
            self.send(again)
