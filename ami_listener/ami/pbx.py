"""What the listener asks of Asterisk, as functions: the wire words of AMI actions live here.

``mixmonitor list`` would show whether a MixMonitor is attached, but it is an AMI ``Command`` and needs the
write class ``command``, with which a stolen password could run any console command. The listener's user has
``system,call`` only. :meth:`Pbx.attached` asks the same question within those: unmuting a MixMonitor by its
id succeeds exactly when it is attached to the channel (seen on 22), and an unmuted one stays as it is.
Asterisk 16 takes no notice of the id and says yes to any: so one that nothing can have is asked about first.
The id is an address in Asterisk's memory: once a MixMonitor has ended, the next one may get the same id.
"""

from __future__ import annotations

import asyncio
import re

import msgspec

from ami_listener.ami.connection import Answer, Session
from ami_listener.ami.sent import Sent
from dialpact.compliance.endpoints import number_in
from dialpact.compliance.errors import RecordingError

DECISION = "DIALPACT_ID"  # set by the gate, inherited by the carrier leg
INTERLOCK = "DIALPACT_RECORDING"  # what the dialplan waits for before it bridges
MONITOR = "DIALPACT_MIXMONITOR"  # the newest MixMonitor's id: for the hangup handler, and the next listener
PASSED = "DIALPACT_INTERLOCK"  # the interlock ran, and let the leg through
INSIDE = "DIALPACT_INSIDE"  # the decision in whose fork this channel, a colleague's, has answered
EMERGENCY = "DIALPACT_EMERGENCY"  # 1: the dialplan let it pass as a person's emergency call
EMERGENCY_NUMBERS = "DIALPACT_EMERGENCY_NUMBERS"  # a global: the site's own list, a regular expression
OPTOUT = "SHARED(DIALPACT_OPTOUT)"  # what the dialplan waits for after a key: done or failed
OPTOUT_SCOPE = "DIALPACT_OPTOUT_SCOPE"  # a global: how far a key's opt-out reaches
DIALLED = "DIALEDPEERNUMBER"  # app_dial sets it on the leg to what DialBegin calls DialString
HANGUP_HANDLERS = "CHANNEL(hangup_handler_push)"
NOWHERE = "Dialpact/rights-probe"  # no channel technology has this name
NO_MONITOR = "0x1"  # an address that no MixMonitor can have
SNOOP = "Snoop/"  # the channel of an ARI snoop
_MONITOR_ID = re.compile(r"0x[0-9a-f]{1,16}")
_DECISION_ID = re.compile(r"[0-9a-f]{32}")
_LIST = re.compile(r'[^"\x00-\x1f\x7f]{1,500}')
_TO = re.compile(r"sips?:([^@>;]{1,64})@")
_INSTANT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")  # seconds since 1970
_NAME = re.compile(r"[A-Za-z0-9_.@+-]{1,80}")
_CALL_ID = re.compile(r"[\x21-\x7e]{1,255}")
_COUNT = re.compile(r"(?:^|;)(rxcount|txcount|themssrc)=([0-9]{1,20})(?=;|$)")
_NO_CHANNEL = ("No such channel", "Channel does not exist", "Channel not specified")


class NoChannel(RecordingError):
    """The channel is gone."""


class Live(msgspec.Struct, frozen=True):
    """A row of CoreShowChannels."""

    channel: str
    uniqueid: str
    state: str
    application: str
    seconds: int
    linkedid: str = ""
    bridge: str = ""  # its unique id
    data: str = ""  # of the application
    context: str = ""
    exten: str = ""

    @property
    def bridged(self) -> bool:
        return bool(self.bridge)


class PacketCounts(msgspec.Struct, frozen=True):
    """RTP packets of a channel so far. ``received`` begins anew with each ``source`` (SSRC; seen on 22)."""

    received: int
    sent: int
    source: str

    def received_since(self, before: PacketCounts) -> int:
        anew = self.source != before.source or self.received < before.received
        return self.received - (0 if anew else before.received)


class Pbx:
    """Typed actions over one session. All raise LinkError (OutcomeUnknown included) when the link fails."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._heeds_ids = False  # until it was seen

    @property
    def lost(self) -> bool:
        """Whether the link is gone; then every action fails and a new session has to look anew."""
        return self._session.lost.is_set()

    async def variable(self, channel: str, name: str) -> str:
        """A channel variable; empty when it is not set. Raises NoChannel."""
        answer = await self._session.act("Getvar", Channel=channel, Variable=name)
        _raise_if_gone(answer, channel)
        return answer.headers.get("Value", "") if answer.success else ""

    async def came_in(self, channel: str) -> bool:
        """Whether the carrier made this call: only the channel of a received INVITE has a Request-URI (seen
        on 22), and no dialplan can set it. Other technologies tell by the number that was dialled to reach
        us. Raises NoChannel.
        """
        sip = channel.startswith("PJSIP/")
        return bool(await self.variable(channel, "CHANNEL(pjsip,request_uri)" if sip else "CALLERID(dnid)"))

    async def dialled(self, channel: str) -> str:
        """What was dialled to reach it, when its DialBegin was not seen: the INVITE's To, which nobody
        can set as he can the variable that Dial leaves; that one for technologies that do not write the
        number into the channel's name. Raises NoChannel.
        """
        if channel.startswith("PJSIP/"):
            found = _TO.search(await self.remote(channel))
            return found[1] if found else ""
        return number_in(channel) or await self.variable(channel, DIALLED)

    async def sent(self, channel: str) -> Sent:
        """By which number an outgoing leg leaves. From the moment that its DialBegin is sent the From is the
        INVITE's (Asterisk makes the INVITE and answers this in one queue). Raises NoChannel.
        """
        sip = channel.startswith("PJSIP/")
        names = ("CONNECTEDLINE(num)", "CONNECTEDLINE(pres)", *(("CHANNEL(pjsip,local_uri)",) if sip else ()))
        connected, presentation, *uri = await asyncio.gather(
            *(self.variable(channel, name) for name in names)
        )
        return Sent("".join(uri), connected, presentation, has_uri=sip)

    async def target(self, channel: str) -> str:
        """The URI that a PJSIP leg's requests go to: the other side's Contact, once it has responded. Raises
        NoChannel.
        """
        return await self.variable(channel, "CHANNEL(pjsip,target_uri)")

    async def remote(self, channel: str) -> str:
        """Who a PJSIP leg was dialled to, the INVITE's To: it has no port, and stays. Raises NoChannel."""
        return await self.variable(channel, "CHANNEL(pjsip,remote_uri)")

    async def contacts(self, endpoint: str) -> str:
        """Those of a PJSIP endpoint, as Dial would take them: ``PJSIP/carrier/sip:10.0.0.1&PJSIP/...``."""
        return await self._function(f"PJSIP_DIAL_CONTACTS({endpoint})", endpoint)

    async def outbound_proxy(self, endpoint: str) -> str:
        return await self._function(f"PJSIP_ENDPOINT({endpoint},outbound_proxy)", endpoint)

    async def _function(self, expression: str, name: str) -> str:
        """Of no channel; empty too where ``name`` is not fit to stand in one."""
        if not _NAME.fullmatch(name):
            return ""
        answer = await self._session.act("Getvar", Variable=expression)
        return answer.headers.get("Value", "") if answer.success else ""

    async def sip_call_id(self, channel: str) -> str:
        """The INVITE's Call-ID; empty for other technologies. Raises NoChannel."""
        if not channel.startswith("PJSIP/"):
            return ""
        found = await self.variable(channel, "CHANNEL(pjsip,call-id)")
        return found if _CALL_ID.fullmatch(found) else ""

    async def packets(self, channel: str) -> PacketCounts | None:
        """None for a technology that does not count them. Raises NoChannel."""
        if not channel.startswith("PJSIP/"):
            return None
        found = dict(_COUNT.findall(await self.variable(channel, "CHANNEL(rtcp,all)")))
        if not found.keys() >= {"rxcount", "txcount"}:
            return None
        return PacketCounts(int(found["rxcount"]), int(found["txcount"]), found.get("themssrc", ""))

    async def peers(self, channel: str) -> list[str]:
        """The other channels of its bridge, ten at most. Raises NoChannel."""
        return [peer for peer in (await self.variable(channel, "BRIDGEPEER")).split(",") if peer]

    async def is_dialled(self, channel: str) -> bool:
        """Whether Dial, Queue, Originate or the like have dialled it; one that was only made has no
        application yet. Raises NoChannel.
        """
        return await self.variable(channel, "CHANNEL(state)") != "Down" or (
            await self.variable(channel, "CHANNEL(appname)")
        ).startswith("AppDial")

    async def answered_for(self, channel: str) -> float | None:
        """Seconds since the answer, by Asterisk's own clock; None where no CDR is kept. Raises NoChannel."""
        answered = await self.variable(channel, "CDR(answer,u)")
        now = await self.variable(channel, "STRFTIME(,,%s.%3q)")
        if not (_INSTANT.fullmatch(answered) and _INSTANT.fullmatch(now)):
            return None
        return max(0.0, float(now) - float(answered)) if float(answered) else None

    async def site_lists(self, number: str) -> bool:
        """Whether the site's own list of emergency numbers has ``number`` (digits). Asterisk matches, as the
        dialplan does: its expressions are not Python's.
        """
        listed = await self._session.act("Getvar", Variable=EMERGENCY_NUMBERS)
        expression = listed.headers.get("Value", "") if listed.success else ""
        if not _LIST.fullmatch(expression):
            return False
        asked = f'REGEX("^({expression})$" {number})'
        answer = await self._session.act("Getvar", Variable=asked)
        return answer.success and answer.headers.get("Value", "") == "1"

    async def optout_scope(self) -> str:
        """How far a key's opt-out reaches, as the dialplan reads it."""
        answer = await self._session.act("Getvar", Variable=OPTOUT_SCOPE)
        return answer.headers.get("Value", "") or "business"

    async def play_key(self, channel: str, digit: str, milliseconds: int) -> bool:
        """Sends a key's tone to whoever is on ``channel``. The session answers nothing else meanwhile.

        (Asterisk's answer ends with "successfully queued", after which panoramisk looks for ``Async``.)
        """
        answer = await self._session.act(
            "PlayDTMF", Channel=channel, Digit=digit, Duration=str(milliseconds), Async="false"
        )
        return answer.success

    async def set_variable(self, channel: str, name: str, value: str) -> None:
        """Raises NoChannel, RecordingError."""
        answer = await self._session.act("Setvar", Channel=channel, Variable=name, Value=value)
        _raise_if_gone(answer, channel)
        if not answer.success:
            raise RecordingError(f"Setvar: {answer.message}")

    async def is_live(self, channel: str, uniqueid: str) -> bool:
        """Whether ``channel`` exists and is the one that ``uniqueid`` names."""
        try:
            return await self.variable(channel, "UNIQUEID") == uniqueid
        except NoChannel:
            return False

    async def record(self, channel: str, main: str, received: str, sent: str, variable: str = MONITOR) -> str:
        """Starts a MixMonitor; its id, empty from an Asterisk that does not tell. Success proves nothing.

        ``main``, ``received``, ``sent``: files for the mix, for what the channel receives (on a carrier leg
        the callee's voice) and for what it is sent. ``variable`` of the channel gets the id.

        Raises NoChannel, RecordingError.
        """
        options = f"r({received})t({sent})i({variable})"
        answer = await self._session.act("MixMonitor", Channel=channel, File=main, Options=options)
        _raise_if_gone(answer, channel)
        if not answer.success:
            raise RecordingError(f"MixMonitor: {answer.message}")
        return monitor_id(answer.headers.get("MixMonitorID", ""))

    async def attached(self, channel: str, monitor: str) -> bool:
        """Whether the MixMonitor of this id is on the channel; unmutes it.

        False from an Asterisk that does not tell one id from another: its yes would prove nothing.
        """
        if not self._heeds_ids:
            if await self._unmuted(channel, NO_MONITOR):
                return False
            self._heeds_ids = True
        return await self._unmuted(channel, monitor)

    async def _unmuted(self, channel: str, monitor: str) -> bool:
        answer = await self._session.act(
            "MixMonitorMute", Channel=channel, Direction="both", State="0", MixMonitorID=monitor
        )
        return answer.success

    async def stop(self, channel: str, monitor: str) -> bool:
        """Ends one MixMonitor; False when there is none of this id."""
        answer = await self._session.act("StopMixMonitor", Channel=channel, MixMonitorID=monitor)
        return answer.success

    async def hang_up(self, channel: str) -> bool:
        answer = await self._session.act("Hangup", Channel=channel)
        return answer.success

    async def channels(self) -> list[Live]:
        """Every channel there is. Raises RecordingError when the user may not see them."""
        answer = await self._session.act("CoreShowChannels", limit=5.0)
        if not answer.success:
            raise RecordingError(f"CoreShowChannels: {answer.message}")
        return [
            Live(
                channel=row.get("Channel", ""),
                uniqueid=row.get("Uniqueid", ""),
                state=row.get("ChannelStateDesc", ""),
                application=row.get("Application", ""),
                seconds=_seconds(row.get("Duration", "")),
                linkedid=row.get("Linkedid", ""),
                bridge=row.get("BridgeId", ""),
                data=row.get("ApplicationData", ""),
                context=row.get("Context", ""),
                exten=row.get("Exten", ""),
            )
            for row in answer.rows
        ]

    async def holding_bridges(self) -> set[str]:
        """Those whose members do not hear one another: car parks, agents who wait."""
        answer = await self._session.act("BridgeList", limit=5.0)
        return {
            row.get("BridgeUniqueid", "")
            for row in answer.rows
            if row.get("BridgeTechnology") == "holding_bridge"
        }

    async def run_user(self) -> tuple[str, str]:
        """User and group that asterisk.conf names; both empty when the service manager chose them."""
        answer = await self._session.act("CoreSettings")
        return answer.headers.get("CoreRunUser", ""), answer.headers.get("CoreRunGroup", "")

    async def missing_right(self) -> str:
        """What the AMI user may not do, in an operator's words; empty when it may do all that is needed.

        Asterisk checks the write class before it looks for the channel, so actions on a channel that can not
        exist tell without doing anything. ``MixMonitor`` needs ``system``, ``Setvar`` ``call``.
        """
        start = await self._session.act("MixMonitor", Channel=NOWHERE, File="/nowhere")
        setting = await self._session.act("Setvar", Channel=NOWHERE, Variable="PROBE", Value="")
        for answer, needs in ((start, "MixMonitor (write = system)"), (setting, "Setvar (write = call)")):
            if answer.success or answer.message not in _NO_CHANNEL:
                return f"the AMI user may not use {needs}: {answer.message or 'no reason given'}"
        return ""


def is_decision_id(text: str) -> bool:
    """Whether it is what the gate puts into ``DECISION``."""
    return _DECISION_ID.fullmatch(text) is not None


def monitor_id(text: str) -> str:
    """``text`` if it is a MixMonitor's id, else nothing."""
    return text if _MONITOR_ID.fullmatch(text) else ""


def _raise_if_gone(answer: Answer, channel: str) -> None:
    if not answer.success and answer.message in _NO_CHANNEL:
        raise NoChannel(f"{channel} is gone")


def _seconds(duration: str) -> int:
    """``HH:MM:SS``; 0 for anything else."""
    if not re.fullmatch(r"[0-9]{2,6}:[0-9]{2}:[0-9]{2}", duration):
        return 0
    hours, minutes, seconds = map(int, duration.split(":"))
    return hours * 3600 + minutes * 60 + seconds
