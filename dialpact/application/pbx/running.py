"""The dialplan of the running Asterisk, by its console: what loaded files have become."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from dialpact.application.pbx.adapter import Expected
from dialpact.application.pbx.host import Host
from dialpact.compliance.dialplan import listing
from dialpact.compliance.dialplan.plan import Plan
from dialpact.compliance.registers.fault import Fault

# main/pbx.c, show_dialplan_helper and print_ext
_CONTEXT = re.compile(r"\[ Context '(?P<name>[^']{1,80})' (?:created by|\()")
_FIRST = re.compile(r"  '(?P<extension>[^']*)' *=> +(?P<rest>.*)")
_NEXT = re.compile(r" {3,}(?:\[(?P<label>[^\]]*)\] +)?(?P<rest>[0-9]+\. .*)")
_STEP = re.compile(r"(?P<priority>[0-9]+)\. (?P<app>[A-Za-z0-9_]+)\((?P<data>.*)\) +\[(?P<at>[^\[\]]*)\]")
_INCLUDE = re.compile(r"  Include => +'(?P<name>[^']*)'")
_SWITCH = re.compile(r"  (?:Alt\. )?Switch => +'(?P<name>[^']*)'")
_END = re.compile(r"-= .* in [0-9]+ contexts?\.? =-")


def dialplan(host: Host, files: Plan) -> Plan:
    """Fault ``pbx-silent``: nobody answers, or not in words that are known. ``files``: where steps stand."""
    ran = host.run(["asterisk", *where(host), "-rx", "dialplan show"])
    if ran.code or not any(_END.match(line) for line in ran.out.splitlines()):
        said = ran.err.strip() or ran.out.strip()
        raise Fault("pbx-silent", said=said[:200] or f"exit {ran.code}")
    rows = list(_rows(ran.out))
    return listing.read(rows, files.variables, files)


def where(host: Host) -> list[str]:
    """Of an Asterisk whose configuration lies elsewhere."""
    return [] if host.etc.as_posix() == "/etc/asterisk" else ["-C", f"{host.etc}/asterisk.conf"]


def _rows(text: str) -> Iterator[Mapping[str, str]]:
    """As AMI's ShowDialPlan has them."""
    context = extension = ""
    for line in text.splitlines():
        if found := _CONTEXT.match(line):
            context, extension = found["name"], ""
            yield {"Context": context}
        elif found := _INCLUDE.match(line):
            yield {"Context": context, "IncludeContext": found["name"]}
        elif found := _SWITCH.match(line):
            yield {"Context": context, "Switch": found["name"]}
        elif found := _FIRST.match(line):
            extension = found["extension"]
            yield from _step(context, extension, found["rest"], "")
        elif found := _NEXT.match(line):
            yield from _step(context, extension, found["rest"], found["label"] or "")


def _step(context: str, extension: str, rest: str, label: str) -> Iterator[Mapping[str, str]]:
    if label == "" and (named := re.match(r"\[([^\]]*)\] +", rest)):
        label, rest = named[1], rest[named.end() :]
    if found := _STEP.fullmatch(rest.rstrip()):
        yield {
            "Context": context,
            "Extension": extension,
            "Priority": found["priority"],
            "Application": found["app"],
            "AppData": found["data"],
            "ExtensionLabel": label,
        }


def missing(plan: Plan, expected: Expected) -> str:
    """The first of the steps that does not run where it should, or what runs beside; empty: all is well."""
    context = plan.contexts.get(expected.context)
    found = context.extensions.get(expected.extension) if context else None
    if found is None:
        return f"[{expected.context}] {expected.extension}"
    steps = [found.steps[number] for number in sorted(found.steps)]
    texts = [spelled(f"{step.app}({step.data})") for step in steps]
    if expected.whole and len(texts) != len(expected.steps):
        return f"[{expected.context}] {expected.extension}: {len(texts)}"
    at = 0
    for wanted in expected.steps:
        words = {spelled(wanted), wanted.replace(" ", "")}  # a whole step, or a part of its arguments
        while at < len(texts) and not any(word in texts[at] for word in words):
            at += 1
        if at == len(texts):
            return f"[{expected.context}] {expected.extension}: {wanted[:80]}"
        at += 1
    return ""


def spelled(text: str) -> str:
    """As it is compared: an application's name in any case, and without blanks around brackets and commas."""
    app, opened, data = text.strip().partition("(")
    return f"{app.lower() if opened else app}{opened}{data}".replace(" ", "")
