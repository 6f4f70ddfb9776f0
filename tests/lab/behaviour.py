"""What the carrier does with a call, and SIPp's scenario for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape

from tests.lab.sipp import NUDGE

PHRASES = {100: "Trying", 180: "Ringing", 183: "Session Progress", 200: "OK", 486: "Busy Here"}


@dataclass(frozen=True)
class Behaviour:
    """What the carrier does with a call; times in seconds.

    ``ring`` after 100: 180, or 183 with sound if ``early_media``, and then this long until the final answer;
    None gives the final answer at once. ``final`` None never answers. ``cause`` is a Q.850 cause for a Reason
    header. ``redirect`` goes with ``final`` 302. ``hangup_after`` ends an answered call from the carrier's
    side. ``audio`` False = silent.
    """

    ring: float | None = 0.2
    final: int | None = 200
    early_media: bool = False
    cause: int | None = None
    hangup_after: float | None = None
    audio: bool = True
    redirect: str = ""  # the number in the Contact of a 302


ANSWERS = Behaviour()
AT_ONCE = Behaviour(ring=None)
EARLY_MEDIA = Behaviour(ring=1.0, early_media=True)
BUSY = Behaviour(final=486, cause=17)
NO_ANSWER = Behaviour(final=None)
SILENT = Behaviour(audio=False)
HANGS_UP = Behaviour(hangup_after=1.0)


def scenario(default: Behaviour, rules: Mapping[str, Behaviour], audio_port: int, tone: str) -> str:
    """Return SIPp's scenario: the first rule that matches the dialled number chooses the block of steps."""
    matches = "".join(
        f'<ereg regexp="^({escape(expression)})$" search_in="var" variable="dialled" assign_to="rule{n}"/>'
        for n, expression in enumerate(rules)
    )
    jumps = "".join(f'<nop next="{n}-begin" test="rule{n}"/>\n' for n in range(len(rules)))
    blocks = [_block("default", default, audio_port, tone)]
    blocks += [_block(str(n), behaviour, audio_port, tone) for n, behaviour in enumerate(rules.values())]
    # What belongs to the dialog is kept, as a nudge is then the "last" message.
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<scenario name="carrier">
<recv request="INVITE" rrs="true"><action>
<ereg regexp="^INVITE sip:([^@]*)@" search_in="msg" assign_to="start,dialled"/>
{matches}
<ereg regexp=".*" search_in="hdr" header="From:" assign_to="from"/>
<ereg regexp=".*" search_in="hdr" header="To:" assign_to="to"/>
<ereg regexp="[0-9]+" search_in="hdr" header="CSeq:" assign_to="cseq"/>
</action></recv>
{_reply(100)}
{jumps}{"".join(blocks)}
<label id="bye"/>
<send retrans="500"><![CDATA[
BYE [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From:[$to];tag=[pid]c[call_number]
To:[$from]
Call-ID: [call_id]
CSeq: 100 BYE
Max-Forwards: 70
Content-Length: 0

]]></send>
<recv response="200" timeout="4000" ontimeout="end" next="end"/>
<label id="cancelled"/>
{_reply(200)}
{_reply(487, cseq="[$cseq] INVITE", retrans=True)}
<recv request="ACK" timeout="4000" ontimeout="end" next="end"/>
<label id="hung-up"/>
{_reply(200, tag=False)}
<label id="end"/>
<Reference variables="start,dialled"/>
</scenario>
"""


def _block(name: str, behaviour: Behaviour, audio_port: int, tone: str) -> str:
    sound = f'<nop><action><exec rtp_stream="{tone},-1,0"/></action></nop>\n' if behaviour.audio else ""
    steps = [f'<label id="{name}-begin"/>\n']
    if behaviour.ring is not None:
        steps.append(_reply(183, audio_port) + sound if behaviour.early_media else _reply(180))
        sound = "" if behaviour.early_media else sound
        wait = 600 if behaviour.final is None else behaviour.ring
        steps.append(
            f'<recv request="CANCEL" timeout="{wait * 1000:.0f}" ontimeout="{name}-final" next="cancelled"/>'
        )
        steps.append(f'<label id="{name}-final"/>\n')
    final = behaviour.final or 480
    if final == 200:
        limit = ""
        if behaviour.hangup_after is not None:
            limit = f' timeout="{behaviour.hangup_after * 1000:.0f}" ontimeout="bye"'
        steps += [
            _reply(200, audio_port, retrans=True),
            '<recv request="ACK"/>\n',
            sound,
            # SIPp times a group of alternatives by its first member.
            f'<recv request="{NUDGE}" optional="true" next="bye"{limit}/>\n',
            '<recv request="BYE" next="hung-up"/>\n',
        ]
    else:
        reason = f"Reason: Q.850;cause={behaviour.cause}\n" if behaviour.cause else ""
        steps += [
            _reply(final, extra=reason, retrans=True, contact=behaviour.redirect or "carrier"),
            '<recv request="ACK" next="end"/>\n',
        ]
    return "".join(steps)


def _reply(
    status: int,
    audio_port: int | None = None,
    cseq: str = "",
    extra: str = "",
    retrans: bool = False,
    tag: bool = True,
    contact: str = "carrier",
) -> str:
    body = ""
    if audio_port:
        body = (
            "v=0\no=carrier 1 1 IN IP4 [local_ip]\ns=-\nc=IN IP4 [local_ip]\nt=0 0\n"
            f"m=audio {audio_port} RTP/AVP 0 101\na=rtpmap:0 PCMU/8000\n"
            "a=rtpmap:101 telephone-event/8000\na=fmtp:101 0-16\na=ptime:20\n"
        )
        extra += "Content-Type: application/sdp\n"
    return f"""<send{' retrans="500"' if retrans else ""}><![CDATA[
SIP/2.0 {status} {PHRASES.get(status, "Status")}
[last_Via:]
[last_From:]
[last_To:]{";tag=[pid]c[call_number]" if tag and status != 100 else ""}
[last_Call-ID:]
{f"CSeq: {cseq}" if cseq else "[last_CSeq:]"}
Contact: <sip:{contact}@[local_ip]:[local_port]>
{extra}Content-Length: [len]

{body}]]></send>
"""
