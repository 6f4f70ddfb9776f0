"""What runs on a channel before Dial lets it go (``b()``, ``B()``): does it touch the caller's number?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dialpact.compliance.dialplan import words
from dialpact.compliance.dialplan.codes import PlanFinding
from dialpact.compliance.dialplan.plan import Plan, Step
from dialpact.compliance.dialplan.values import Values, calls

# CALLERID(name) and the like are what people read, not who is called back.
_IDENTITY = re.compile(
    r"_*(CALLERID|CONNECTEDLINE|CALLERPRES|REDIRECTING)\s*\(\s*(?!\s*(?:dnid|name(?!-pres)))", re.IGNORECASE
)
_HEADER = re.compile(r"_*PJSIP_HEADER\s*\(\s*(?:add|update|remove)\s*,\s*([^,)]*)", re.IGNORECASE)
_HEADERS = frozenset(
    {
        "from",
        "contact",
        "p-asserted-identity",
        "p-preferred-identity",
        "remote-party-id",
        "privacy",
        "identity",
    }
)
_LEADS_ON = frozenset(
    {"gosub", "gosubif", "goto", "gotoif", "macro", "macroif", "agi", "eagi", "exec", "include"}
)


def judge(
    plan: Plan, values: Values, step: Step, letter: str, argument: str, shown: dict[str, str]
) -> Iterator[PlanFinding]:
    named = [part.strip() for part in words.split(argument.partition("(")[0], "^")][-3:]
    context, extension, _ = [step.context, step.extension, ""][: 3 - len(named)] + named
    said = shown | {"option": f"{letter}({values.shown(argument)})"}
    there = plan.contexts.get(context)
    found = there.extensions.get(extension) if there else None
    if found is None:
        yield PlanFinding("dial-predial-unseen", said, step)
        return
    leads_on = False
    for one in found.steps.values():
        for app, data in calls(one.app, one.data):
            if what := alters(app, data):
                yield PlanFinding("dial-predial", said | {"what": what, "at": str(one.place)}, step)
                return
            leads_on |= app in _LEADS_ON or (
                "PJSIP_HEADER" in data.upper() and "${" in data.partition("=")[0]
            )
    if leads_on:
        yield PlanFinding("dial-predial-unseen", said, step)


def alters(app: str, data: str) -> str:
    """What of the caller's number an application changes; empty for nothing."""
    if app in ("set", "mset"):
        for part in words.split(data, ",") if app == "mset" else [data]:
            if _IDENTITY.match(part.strip()):
                return part.partition("=")[0].strip()
            header = _HEADER.match(part.strip())
            if header and header[1].strip().strip('"').lower() in _HEADERS:
                return part.partition("=")[0].strip()
    if app == "sipaddheader" and data.partition(":")[0].strip().strip('"').lower() in _HEADERS:
        return data.partition(":")[0].strip()
    return "CALLERPRES" if app == "setcallerpres" else ""
