"""Records, calls, decisions and recordings for the tests of a reconciliation."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dialpact.compliance.cdr import CdrRecord
from dialpact.compliance.config import Trunk
from dialpact.compliance.reconcile import (
    AskedCall,
    CdrCall,
    HouseCalls,
    KeptRecording,
    Matcher,
    Row,
    UnbridgedLeg,
)

TRUNKS = {"carrier": Trunk(endpoint="PJSIP/carrier", area_code="027"), "two": Trunk(endpoint="PJSIP/two")}
T = 1_795_624_129
NUMBER = "13800138000"


def record(**changes: Any) -> CdrRecord:
    base = CdrRecord(
        line=7,
        accountcode="",
        src="02788880007",
        dst=NUMBER,
        dcontext="agents",
        clid='"" <02788880007>',
        channel="PJSIP/agent1001-00000000",
        dstchannel="PJSIP/carrier-00000001",
        lastapp="Dial",
        lastdata=f"PJSIP/{NUMBER}@carrier,30",
        start=datetime.fromtimestamp(T, UTC),
        duration="30",
        billsec="20",
        disposition="ANSWERED",
        uniqueid=f"{T}.0",
        userfield="",
    )
    return base._replace(**changes)


def call(**changes: Any) -> CdrCall:
    base = CdrCall(
        key="k",
        at=T,
        end=T + 30,
        answer=T + 10,
        way="out",
        leg="PJSIP/carrier-00000001",
        channel="PJSIP/agent1001-00000000",
        uniqueid=f"{T}.0",
        number=NUMBER,
        caller_id="02788880007",
        trunk="carrier",
        decision="",
        file="Master.csv",
        line=7,
    )
    return base._replace(**changes)


def kept(**changes: Any) -> KeptRecording:
    base = KeptRecording(
        id="r1",
        state="kept",
        channel="PJSIP/carrier-00000001",
        uniqueid=f"{T}.1",
        answered=T + 10.2,
        ended=T + 30.1,
        seconds=20.0,
    )
    return base._replace(**changes)


def asked(**changes: Any) -> AskedCall:
    base = AskedCall(
        key="k",
        at=T + 0.4,
        id="d1",
        node="pbx1",
        through=True,
        why="",
        number=f"+86{NUMBER}",
        dial=NUMBER,
        caller_id="02788880007",
        campaign="spring",
        trunk="carrier",
        shadow=False,
        channel="PJSIP/agent1001-00000000",
        uniqueid=f"{T}.0",
        kept=(kept(),),
    )
    return base._replace(**changes)


UNBRIDGED = UnbridgedLeg("PJSIP/carrier-00000001", f"{T}.1", T + 10.0, T + 12.4)


def matcher(tolerance: int = 0) -> Matcher:
    return Matcher("pbx1", TRUNKS | {"alias": TRUNKS["carrier"]}, tolerance)


def rows(**changes: Any) -> list[Row]:
    return HouseCalls(TRUNKS, own=["02788880007"])(record(**changes), "Master.csv")
