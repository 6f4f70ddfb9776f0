"""The number that left for the carrier, beside the one that was authorised. Pure: facts in, verdict out.

1. What leaves is the From of the leg and, where it is sent, a P-Asserted-Identity made of the leg's connected
   line. Both have to be the authorised number, exactly as registered, or in a form of which the register says
   that it leaves so (``sent_as``). Nothing is guessed to be the same number.
2. What hides the number (no number in From, a presentation that prohibits) hides it whatever else is right.
3. What Asterisk does not tell is not right.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal

import msgspec

from dialpact.compliance.registers.caller_id import NOBODY

Flaw = Literal["", "caller-id-altered", "caller-id-hidden", "caller-id-unknown"]

# The URI is the last thing in it, behind a name that anybody may have chosen.
_FROM = re.compile(r"(?:.*<)?sips?:(?:([^@<>\s]*)@)?([^@<>\s]+?)>?", re.DOTALL)
_NOWHERE = "anonymous.invalid"  # RFC 3323
_OPEN = "allowed"  # of Asterisk's presentations: allowed_not_screened, prohib, unavailable, ...
_SHOWN = re.compile(r"[\x21-\x7e]{1,64}")


class Sent(msgspec.Struct, frozen=True):
    """What Asterisk says of a leg; each empty where it says nothing."""

    uri: str = ""  # the From of the INVITE, ``"Name" <sip:NUMBER@HOST>``; empty for a driver that has none
    connected: str = ""  # the leg's connected line: what another driver sends, and what PAI is made of
    presentation: str = ""  # of the connected line
    has_uri: bool = True  # False: the driver has no From

    @property
    def number(self) -> str:
        """The caller number as it left; ``anonymous`` where there was none, empty where it is not known."""
        found = _parts(self.uri)[0] if self.has_uri else self.connected
        if found is None or (not self.has_uri and not self.presentation):
            return ""
        if found.lower() in NOBODY:
            return "anonymous"
        return found if _SHOWN.fullmatch(found) else ""


def flaw(sent: Sent, authorised: str, forms: Collection[str] = ()) -> Flaw:
    """``authorised``: the caller ID that the decision was made for; ``forms``: in which it leaves instead.

    >>> flaw(Sent("<sip:02788880007@10.0.0.1>", "02788880007", "allowed"), "02788880007")
    ''
    >>> flaw(Sent("<sip:+862788880007@10.0.0.1>", "+862788880007", "allowed"), "02788880007")
    'caller-id-altered'
    """
    user, host = _parts(sent.uri) if sent.has_uri else (sent.connected, "")
    if user is None or not sent.presentation:
        return "caller-id-unknown"
    if not sent.presentation.startswith(_OPEN) or user.lower() in NOBODY or host.lower() == _NOWHERE:
        return "caller-id-hidden"
    if user not in (forms or {authorised}) or sent.connected not in {authorised, *forms}:
        return "caller-id-altered"
    return ""


def _parts(uri: str) -> tuple[str | None, str]:
    """User (empty where there is none) and host of a From; None where it is no SIP URI.

    >>> _parts('"Anonymous" <sip:anonymous@anonymous.invalid>'), _parts("<sip:127.0.0.1>"), _parts("")
    (('anonymous', 'anonymous.invalid'), ('', '127.0.0.1'), (None, ''))
    """
    found = _FROM.fullmatch(uri)
    if found is None:
        return None, ""
    return found[1] or "", found[2].partition(";")[0].partition(":")[0]
