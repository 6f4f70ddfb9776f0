"""The header that Asterisk 22 sends, in its order, with the call's texts written into it raw."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

_serial = count(1)


@dataclass(frozen=True)
class Ringing:
    """What the dialplan and the SIP peer put into a session. Hostile text stays as it is."""

    number: str = "13800138000"
    campaign: str = "spring"
    agent: str = "1001"
    trunk: str = "carrier"
    caller_id: str = "02788880007"
    caller_name: str = ""
    dnid: str = ""
    script: str = "outbound"
    channel: str = ""
    uniqueid: str = ""

    @property
    def arguments(self) -> tuple[str, ...]:
        """As AGI(agi://...,number,campaign,agent,trunk) has them; what is not given is not sent."""
        given = [self.number, self.campaign, self.agent, self.trunk]
        while given and not given[-1]:
            given.pop()
        return tuple(given)


def header(call: Ringing, *, fast: bool = True) -> bytes:
    """26 lines and the empty one. Classic AGI has no ``agi_network`` lines and names the script."""
    serial = next(_serial)
    network = [("network", "yes"), ("network_script", call.script)] if fast else []
    request = f"agi://127.0.0.1:4573/{call.script}" if fast else "dialpact-agi"
    lines = [
        *network,
        ("request", request),
        ("channel", call.channel or f"PJSIP/agent{call.agent}-{serial:08x}"),
        ("language", "en"),
        ("type", "PJSIP"),
        ("uniqueid", call.uniqueid or f"1795485207.{serial}"),
        ("version", "22.10.1"),
        ("callerid", call.caller_id or "unknown"),
        ("calleridname", call.caller_name or "unknown"),
        ("callingpres", "0"),
        ("callingani2", "0"),
        ("callington", "0"),
        ("callingtns", "0"),
        ("dnid", call.dnid or call.number or "unknown"),
        ("rdnis", "unknown"),
        ("context", "dialpact-outbound"),
        ("extension", "s"),
        ("priority", "36"),
        ("enhanced", "0.0"),
        ("accountcode", ""),
        ("threadid", "140192435095232"),
        *((f"arg_{n}", argument) for n, argument in enumerate(call.arguments, 1)),
    ]
    text = "".join(f"agi_{name}: {value}\n" for name, value in lines) + "\n"
    return text.encode("utf-8", "surrogateescape")
