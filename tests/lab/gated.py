"""The listener in this process, on a real Asterisk whose gate takes decisions from Asterisk's own database.

So a test says of each number whether it has a decision, and what a careless site's dialplan does with it. The
interlock and the hangup handler are the product's own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.ami_listener.scene import Scene
from tests.lab.behaviour import AT_ONCE, Behaviour
from tests.lab.pbx import Pbx
from tests.lab.site import DIALPLAN, MANAGER

GATE = """
[dialpact-outbound]
exten => s,1,Set(DIALPACT_NUMBER=)
 same => n,Set(__DIALPACT_ID=${DB(decision/${ARG1})})
 same => n,Set(DIALPACT_RECORDING=)
 same => n,GotoIf($["${DIALPACT_ID}" = ""]?dialpact-refused,s,1)
 same => n,Set(DIALPACT_NUMBER=${ARG1})
 same => n,Return()
[dialpact-refused]
exten => s,1,Hangup(21)

"""
# What the phones dial before the number, and what becomes of it.
SITE = """
[agents](+)
exten => _*70X.,1,Goto(forgot,${EXTEN:3},1)
exten => _*71X.,1,Goto(other,${EXTEN:3},1)
exten => _*72X.,1,Goto(fork,${EXTEN:3},1)
exten => _*73X.,1,Goto(failover,${EXTEN:3},1)
exten => _*74X.,1,Goto(again,${EXTEN:3},1)
exten => _*75X.,1,Goto(no-forwarding,${EXTEN:3},1)
exten => _*76X.,1,Goto(forwards-out,${EXTEN:3},1)
exten => _*77X.,1,Goto(transfers-out,${EXTEN:3},1)
exten => _*78X.,1,Goto(local,${EXTEN:3},1)
exten => _*80X.,1,Goto(local-n,${EXTEN:3},1)
exten => _*79X.,1,Goto(emergency,${EXTEN:3},1)
exten => _*81X.,1,Goto(no-interlock,${EXTEN:3},1)
exten => _*82X.,1,Goto(colleague,${EXTEN:3},1)
exten => _*83X.,1,Goto(forwards-inside,${EXTEN:3},1)
exten => *1001,1,Goto(inside,1001,1)
exten => *1002,1,Dial(PJSIP/agent1002,20)
exten => *1003,1,Goto(inside,1003,1)
exten => *84,1,PickupChan(PJSIP/agent1002,p)
exten => 110,1,Dial(PJSIP/110@carrier,30)

[raw](+)
exten => _*70X.,1,Goto(forgot,${EXTEN:3},1)

; It never asks.
[forgot]
exten => _X.,1,Dial(PJSIP/${EXTEN}@carrier,30)
 same => n,Hangup()

; It asks about one number and dials another.
[other]
exten => _X.,1,Gosub(dialpact-outbound,s,1(${EXTEN},c,a,carrier))
 same => n,Dial(PJSIP/13900139002@carrier,30,U(dialpact-answered))
 same => n,Hangup()

[fork]
exten => _X.,1,Gosub(dialpact-outbound,s,1(${EXTEN},c,a,carrier))
 same => n,Dial(PJSIP/${DIALPACT_NUMBER}@carrier&PJSIP/${DIALPACT_NUMBER}@carrier,30,U(dialpact-answered))
 same => n,Hangup()

; A second attempt over another of the trunk's addresses: the first does not answer in time.
[failover]
exten => _X.,1,Gosub(dialpact-outbound,s,1(${EXTEN},c,a,carrier))
 same => n,Dial(PJSIP/carrier/sip:${DIALPACT_NUMBER}@127.0.4.1:9,1,U(dialpact-answered))
 same => n,Dial(PJSIP/${DIALPACT_NUMBER}@carrier,30,U(dialpact-answered))
 same => n,Hangup()

; The callee hangs up, and is called again with what is left on the channel.
[again]
exten => _X.,1,Gosub(dialpact-outbound,s,1(${EXTEN},c,a,carrier))
 same => n,Dial(PJSIP/${DIALPACT_NUMBER}@carrier,30,gU(dialpact-answered))
 same => n,Dial(PJSIP/${DIALPACT_NUMBER}@carrier,30,U(dialpact-answered))
 same => n,Hangup()

[no-forwarding]
exten => _X.,1,Gosub(dialpact-outbound,s,1(${EXTEN},c,a,carrier))
 same => n,Dial(PJSIP/${DIALPACT_NUMBER}@carrier,30,iU(dialpact-answered))
 same => n,Hangup(${HANGUPCAUSE})

; It asks, and has no interlock.
[no-interlock]
exten => _X.,1,Gosub(dialpact-outbound,s,1(${EXTEN},c,a,carrier))
 same => n,Dial(PJSIP/${DIALPACT_NUMBER}@carrier,30)
 same => n,Hangup()

; A colleague's phone rings as well.
[colleague]
exten => _X.,1,Gosub(dialpact-outbound,s,1(${EXTEN},c,a,carrier))
 same => n,Dial(PJSIP/agent1002&PJSIP/${DIALPACT_NUMBER}@carrier,30,U(dialpact-answered))
 same => n,Hangup()

; What the carrier forwards to is dialled as the phones dial, so the gate is asked.
[forwards-inside]
exten => _X.,1,Set(__FORWARD_CONTEXT=agents)
 same => n,Gosub(dialpact-outbound,s,1(${EXTEN},c,a,carrier))
 same => n,Dial(PJSIP/${DIALPACT_NUMBER}@carrier,30,U(dialpact-answered))
 same => n,Hangup(${HANGUPCAUSE})

[forwards-out]
exten => _X.,1,Set(__FORWARD_CONTEXT=forgot)
 same => n,Gosub(dialpact-outbound,s,1(${EXTEN},c,a,carrier))
 same => n,Dial(PJSIP/${DIALPACT_NUMBER}@carrier,30,U(dialpact-answered))
 same => n,Hangup(${HANGUPCAUSE})

[transfers-out]
exten => _X.,1,Set(__TRANSFER_CONTEXT=forgot)
 same => n,Gosub(dialpact-outbound,s,1(${EXTEN},c,a,carrier))
 same => n,Dial(PJSIP/${DIALPACT_NUMBER}@carrier,30,U(dialpact-answered))
 same => n,Hangup(${HANGUPCAUSE})

; The agent asks, a Local channel dials.
[local]
exten => _X.,1,Gosub(dialpact-outbound,s,1(${EXTEN},c,a,carrier))
 same => n,Dial(Local/${DIALPACT_NUMBER}@local-out,30)
 same => n,Hangup()
[local-n]
exten => _X.,1,Gosub(dialpact-outbound,s,1(${EXTEN},c,a,carrier))
 same => n,Dial(Local/${DIALPACT_NUMBER}@local-out/n,30)
 same => n,Hangup()
[local-out]
exten => _X.,1,Dial(PJSIP/${EXTEN}@carrier,30,U(dialpact-answered))

; As [dialpact-outbound] lets an emergency call pass.
[emergency]
exten => _X.,1,Set(__DIALPACT_EMERGENCY=1)
 same => n,Dial(PJSIP/${EXTEN}@carrier,30)
 same => n,Hangup()

; A predictive dialler's calls: the callee first.
[predictive]
exten => _X.,1,Gosub(dialpact-outbound,s,1(${EXTEN},c,,carrier))
 same => n,Dial(PJSIP/${DIALPACT_NUMBER}@carrier,30,U(dialpact-answered))
 same => n,Hangup()

[inside]
exten => 1001,1,Answer()
 same => n,Milliwatt()
exten => 1002,1,Dial(Local/s@lab-talker,30)
exten => 1003,1,ConfBridge(42)
exten => 1004,1,Answer()
 same => n,Queue(inward)
exten => 1005,1,Answer()
 same => n,Queue(outward)

[from-carrier](+)
exten => 02788889990,1,Answer()
 same => n,Dial(Local/s@lab-talker/n,2,g)
 same => n,Milliwatt()
"""
ALL = {
    ".*01": Behaviour(final=486, cause=17),
    ".*02": Behaviour(final=None),
    ".*03": Behaviour(ring=1.0, early_media=True),
    ".*05": Behaviour(hangup_after=0.6),
    ".*06": AT_ONCE,
    ".*07": Behaviour(ring=None, final=302, redirect="13900139000"),
}


def options(folder: Path) -> dict[str, Any]:
    """What ``Pbx`` is made with."""
    product = DIALPLAN.read_text("utf-8")
    (folder / "dialplan.conf").write_text(
        GATE + product[product.index("[dialpact-answered]") :] + SITE, "utf-8"
    )
    (folder / "manager.conf").write_text(MANAGER.read_text("utf-8").replace("REPLACE-ME", "hush"), "utf-8")
    return {
        "dialplan": [folder / "dialplan.conf"],
        "manager": [folder / "manager.conf"],
        "variables": {"DIALPACT_EMERGENCY_NUMBERS": "911|112|61110"},
    }


async def allow(scene: Scene, pbx: Pbx, number: str) -> str:
    """A decision that the gate has for ``number`` from now on."""
    decision = await scene.allow(number)
    pbx.cli(f"database put decision {number} {decision}")
    return decision


def forget(pbx: Pbx) -> None:
    pbx.cli("database deltree decision")


def legs(pbx: Pbx) -> list[str]:
    """The names of the carrier legs there are."""
    rows = pbx.cli("core show channels concise").splitlines()
    return [row.split("!")[0] for row in rows if row.startswith("PJSIP/carrier-")]
