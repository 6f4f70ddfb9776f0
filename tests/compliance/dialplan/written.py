"""Dialplans as people write them, for tests."""

from __future__ import annotations

from dialpact.compliance.dialplan.judge import Around, judge
from dialpact.compliance.dialplan.load import Line, load
from dialpact.compliance.dialplan.plan import Place, Plan

TRUNKS = {"carrier": "PJSIP/carrier", "backup": "PJSIP/backup", "lines": "DAHDI/g1"}
ASK = "Gosub(dialpact-outbound,s,1(${FILTER(0-9+,${EXTEN})},C,A,carrier))"
DIAL = "Dial(PJSIP/${DIALPACT_NUMBER}@carrier,60,iU(dialpact-answered))"
OUT = "_1XXXXXXXXXX"


def plan(text: str) -> Plan:
    """Of lines without includes and templates: those are the reader's (dialpact.application.doctor.conf)."""
    sections: list[tuple[str, list[Line]]] = []
    for number, raw in enumerate(text.strip().splitlines(), 1):
        line = raw.strip()
        if line.startswith("["):
            sections.append((line[1 : line.index("]")], []))
        elif line:
            key, _, value = line.partition("=")
            sections[-1][1].append(
                Line(key.strip(), value.removeprefix(">").strip(), Place("extensions.conf", number))
            )
    return load(sections)


def steps(*apps: str, context: str = "out", extension: str = OUT) -> str:
    """One extension of one context."""
    first, *rest = apps
    return "\n".join(
        [f"[{context}]", f"exten => {extension},1,{first}", *(f" same => n,{app}" for app in rest)]
    )


def codes(text: str, around: Around | None = None) -> list[str]:
    """Of all findings, sorted."""
    return sorted(finding.code for finding in judge(plan(text), around or Around(TRUNKS)).findings)
