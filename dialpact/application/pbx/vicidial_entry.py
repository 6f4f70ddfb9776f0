"""The Dialplan Entry of a VICIdial carrier: an administrator's dialplan, with our step put into it.

Asterisk reads it as part of a file, so it may hold anything. What is not one of the few forms that such an
entry has is refused with its line and why; nothing is rewritten in part. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from dialpact.application.pbx.fragment import plain
from dialpact.compliance.endpoints import destination
from dialpact.compliance.registers.fault import Fault, shown

HOOK = "dialpact-vicidial"
ANSWERED = "U(dialpact-answered)"
NUMBER = "${DIALPACT_NUMBER}"
MOST = 65_535  # bytes of a TEXT column, behind which MariaDB cuts off without a word where it is not strict
_STEP = re.compile(
    r"(?P<indent>[ \t]*)"
    r"(?:exten[ \t]*=>?[ \t]*(?P<pattern>[0-9A-Za-z_.!*#+\[\]-]{1,80})[ \t]*,|same[ \t]*=>?)[ \t]*"
    r"(?P<priority>[0-9]{1,4}|n)(?P<label>\([A-Za-z_][0-9A-Za-z_-]*\))?[ \t]*,[ \t]*"
    r"(?P<app>[A-Za-z]+)[ \t]*(?:\((?P<data>.*)\))?[ \t]*"
)
_EXTEN = re.compile(r"\$\{EXTEN(?::[0-9]{1,2})?\}")
_VARIABLE = re.compile(r"\$\{([A-Za-z_][0-9A-Za-z_]*)\}")
_LETTER = re.compile(r"[A-Za-z](?:\([^()]*\))?")
# Steps that neither call nor jump. The AGI is VICIdial's call log alone.
_HARMLESS = {"set", "noop", "wait", "ringing", "progress", "hangup", "busy", "congestion", "sipaddheader"}
# VICIdial's word for the call is in the caller's name: it tells a person's emergency call from a machine's.
_NAMES = re.compile(r"CALLERID\((?:name|all)?\s*[,)]", re.I)
_CALL_LOG = re.compile(r"agi://127\.0\.0\.1:[0-9]{1,5}/call_log(?:--[!-~]*)?")
# Options that run another's steps on the answered leg, or part it from the call.
_NOT = frozenset("UMGFK")


@dataclass(frozen=True)
class _Line:
    number: int  # from 1, in the entry
    text: str  # as it stands, without its end
    extension: str = ""
    priority: str = ""
    label: str = ""
    app: str = ""
    data: str = ""
    indent: str = ""
    comment: str = ""

    @property
    def is_dial(self) -> bool:
        return self.app.lower() == "dial"

    @property
    def is_hook(self) -> bool:
        return self.app.lower() == "gosub" and self.data.startswith(f"{HOOK},")


@dataclass(frozen=True)
class Way:
    """An extension that dials. ``endpoint``: as Dial() names it. ``hooked``: it asks before it dials."""

    pattern: str
    endpoint: str
    hooked: bool
    strip: int  # digits that are no part of the number
    steps: tuple[str, str]  # ours and its Dial, as they are to be


@dataclass(frozen=True)
class Entry:
    """``ways``: in order. ``text``: with the hook in each of them."""

    ways: tuple[Way, ...]
    text: str


def rewritten(text: str, carrier: str, variables: Mapping[str, str], hook: Callable[[str], str]) -> Entry:
    """``text`` with our step before each Dial. What has it already comes out the same.

    ``hook``: the step's first arguments, ``TRUNK,CAMPAIGN``, for an endpoint. ``variables``: Asterisk's
    globals. Fault, of the whole entry.
    """
    lines = list(_lines(text, carrier))
    ways: list[Way] = []
    out: list[str] = []
    at = 0
    while at < len(lines):
        end = at + 1
        if lines[at].extension:
            while end < len(lines) and lines[end].extension in ("", lines[at].extension):
                end += 1
        steps = [line for line in lines[at:end] if line.app]
        _check(steps, carrier, done=any(way.pattern == lines[at].extension for way in ways))
        if any(step.is_dial for step in steps):
            way, written = _hooked(lines[at:end], carrier, variables, hook)
            ways.append(way)
            out += written
        else:
            out += [line.text for line in lines[at:end]]
        at = end
    ends = "\r\n" if "\r\n" in text else "\n"
    after = ends.join(out)
    if len(after.encode("utf-8", "surrogateescape")) > MOST:
        raise Fault("vicidial-long", carrier=carrier)
    return Entry(tuple(ways), after)


def without(text: str, carrier: str) -> str | None:
    """``text`` without our steps, where somebody has changed it since; None: it is not understood."""
    try:
        lines = list(_lines(text, carrier))
    except Fault:
        return None
    out: list[str] = []
    hook: _Line | None = None
    for line in lines:
        if line.is_hook and hook is None:
            hook = line
        elif line.is_hook or (hook and not line.is_dial):
            return None
        elif hook:
            number = _number(_arguments(hook.data))
            if not number or NUMBER not in line.data or f"i{ANSWERED}" not in line.data:
                return None
            data = line.data.replace(NUMBER, number).replace(f"i{ANSWERED}", "")
            start = f"{line.indent}exten => {line.extension},{hook.priority}{hook.label}"
            out.append(f"{start},Dial({data}){line.comment and ' ' + line.comment}")
            hook = None
        elif NUMBER in line.data or ANSWERED in line.data:
            return None
        else:
            out.append(line.text)
    return None if hook else ("\r\n" if "\r\n" in text else "\n").join(out)


def _lines(text: str, carrier: str) -> Iterator[_Line]:
    current = ""
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        code, mark, comment = line.partition(";")
        if code.endswith("\\") or comment.startswith("--") or "\r" in line or "\0" in line:
            raise Fault("vicidial-line", carrier=carrier, line=str(number), text=shown(line))
        if not code.strip():
            yield _Line(number, line)
            continue
        found = _STEP.fullmatch(code)
        if not found or not _balanced(found["data"] or "") or (not found["pattern"] and not current):
            raise Fault("vicidial-line", carrier=carrier, line=str(number), text=shown(line))
        current = found["pattern"] or current
        yield _Line(
            number,
            line,
            current,
            found["priority"],
            found["label"] or "",
            found["app"],
            found["data"] or "",
            found["indent"],
            mark + comment,
        )


def _check(steps: list[_Line], carrier: str, done: bool) -> None:
    """Raises Fault: an extension whose steps are not the plain row from 1 on, or that does something else."""
    if not steps:
        return
    if done or steps[0].priority != "1":
        raise Fault("vicidial-order", carrier=carrier, line=str(steps[0].number))
    for place, step in enumerate(steps[1:], 2):
        if step.priority not in ("n", str(place)):
            raise Fault("vicidial-order", carrier=carrier, line=str(step.number))
    for step in steps:
        known = step.is_dial or step.is_hook or step.app.lower() in _HARMLESS
        if not known and not (step.app.lower() == "agi" and _CALL_LOG.fullmatch(step.data.strip())):
            raise Fault("vicidial-step", carrier=carrier, line=str(step.number), app=shown(step.app))
        if step.app.lower() == "set" and _NAMES.search(step.data.partition("=")[0]):
            raise Fault("vicidial-name", carrier=carrier, line=str(step.number))
    dials = [step for step in steps if step.is_dial]
    if len(dials) > 1:
        raise Fault(
            "vicidial-dials", carrier=carrier, line=str(dials[1].number), extension=shown(steps[0].extension)
        )
    hooks = [step for step in steps if step.is_hook]
    if hooks and (len(hooks) > 1 or not dials or steps.index(hooks[0]) + 1 != steps.index(dials[0])):
        raise Fault("vicidial-order", carrier=carrier, line=str(hooks[0].number))


def _hooked(
    lines: list[_Line], carrier: str, variables: Mapping[str, str], hook: Callable[[str], str]
) -> tuple[Way, list[str]]:
    before = next((line for line in lines if line.is_hook), None)
    ours = _arguments(before.data) if before else []
    out: list[str] = []
    way = None
    for line in lines:
        if line.is_hook:
            continue
        if line.is_dial:
            if before:  # as it was without us
                line = replace(line, priority=before.priority, label=before.label)
            number, dial, endpoint, asked = _dial(line, carrier, variables, _number(ours))
            first = "1" if line.priority == "1" else "n"
            step = f"Gosub({HOOK},s,1({hook(endpoint)},{number}))"
            strip = int(number.removesuffix("}").partition(":")[2] or 0)
            way = Way(line.extension, endpoint, bool(before) and asked, strip, (step, dial))
            start, note = f"{line.indent}exten => {line.extension}", line.comment and f" {line.comment}"
            out.append(f"{start},{first}{line.label},{step}")
            out.append(
                f"{line.indent}exten => {line.extension},n,{dial}{line.comment and ' ' + line.comment}"
            )
        elif line.app and way and line.priority != "n":
            start, note = f"{line.indent}exten => {line.extension}", line.comment and f" {line.comment}"
            out.append(f"{start},n{line.label},{line.app}({line.data}){note}")
        else:
            out.append(line.text)
    assert way
    return way, out


def _number(ours: list[str]) -> str:
    """``${EXTEN:1}`` of a hook that is there: the last argument of its last argument."""
    found = _EXTEN.search(ours[-1]) if ours else None
    return found[0] if found else ""


def _dial(line: _Line, carrier: str, variables: Mapping[str, str], number: str) -> tuple[str, str, str, bool]:
    """The number's expression, our Dial, its endpoint, and whether it was ours already. Fault."""
    at = str(line.number)
    arguments = _arguments(line.data)
    target, timeout, options = ([*arguments, "", "", ""])[:3]
    if len(arguments) > 3:
        raise Fault("vicidial-line", text=shown(line.text), carrier=carrier, line=at)
    asked = NUMBER in target and bool(number)
    if asked:
        target = target.replace(NUMBER, number)
    found = list(_EXTEN.finditer(target))
    if "&" in target:
        raise Fault("vicidial-fork", carrier=carrier, line=at)
    if len(found) != 1:
        raise Fault("vicidial-number", target=shown(target), carrier=carrier, line=at)
    head, tail = target[: found[0].start()].strip(), target[found[0].end() :].strip()
    if not head.endswith("/") or (tail and not tail.startswith("@")):
        raise Fault("vicidial-number", target=shown(target), carrier=carrier, line=at)
    resolved = _resolved(f"{head}138{tail}", variables, carrier, at)
    technology, _, resource = resolved.partition("/")
    place = destination(technology, resource)
    if place.number != "138" or place.target.partition("/")[0] not in ("PJSIP", "SIP", "IAX2", "DAHDI"):
        raise Fault("vicidial-number", target=shown(target), carrier=carrier, line=at)
    asked = asked and ANSWERED in options
    options = options.strip().replace(f"i{ANSWERED}", "")
    letters = _LETTER.findall(options)
    if "".join(letters) != options or any(letter[0] in _NOT for letter in letters):
        raise Fault("vicidial-options", options=shown(options), carrier=carrier, line=at)
    options = f"{options or 'To'}i{ANSWERED}"
    return found[0][0], f"Dial({head}{NUMBER}{tail},{timeout},{options})", place.target, asked


def _resolved(target: str, variables: Mapping[str, str], carrier: str, at: str) -> str:
    for _ in range(5):
        names = _VARIABLE.findall(target)
        if not names:
            break
        for name in names:
            if name not in variables:
                raise Fault("vicidial-variable", name=shown(name), carrier=carrier, line=at)
            target = target.replace(f"${{{name}}}", variables[name])
    if "$" in target:
        raise Fault("vicidial-variable", name=shown(target), carrier=carrier, line=at)
    return target


def _arguments(data: str) -> list[str]:
    """Parted at commas that are in no brackets."""
    parts, depth = [""], 0
    for sign in data:
        depth += (sign in "({[") - (sign in ")}]")
        if sign == "," and not depth:
            parts.append("")
        else:
            parts[-1] += sign
    return parts


def _balanced(data: str) -> bool:
    opened: list[str] = []
    for sign in data:
        if sign in "({[":
            opened.append({"(": ")", "{": "}", "[": "]"}[sign])
        elif sign in ")}]" and (not opened or opened.pop() != sign):
            return False
    return not opened and data.count('"') % 2 == 0


def arguments(trunk: str, campaign: str, carrier: str) -> str:
    """Our step's first two, for :func:`rewritten`. Fault: they can not stand in a dialplan."""
    where = f"vicidial_server_carriers {carrier}"
    for value in (trunk, campaign):
        if "," in value or ";" in value:
            raise Fault("pbx-value", where=where, value=shown(value))
    return f"{plain(trunk, where)},{plain(campaign, where) if campaign else ''}"
