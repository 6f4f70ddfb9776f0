"""FreePBX and Issabel alike: the hook before a trunk is dialled, and what goes with it.

The hook's context is in the PBX's own extensions.conf as well, empty; files that are included before it win.
So whoever has lines of his own there already keeps them, and is told where to put them: of two hooks Asterisk
takes one, and mixes them where one is longer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from dialpact.application.pbx import files, generated, original
from dialpact.application.pbx.adapter import Block, Change, Copied, Expected, Wishes
from dialpact.application.pbx.fragment import plain, shipped
from dialpact.application.pbx.host import Host
from dialpact.application.pbx.includes import ours, own
from dialpact.compliance.registers.fault import Fault, shown

CUSTOM = "extensions_custom.conf"
TRUNK = "freepbx/trunk.conf"
NOTIFIED = "freepbx/notified.conf"
HOOK, DUNDI_HOOK = "macro-dialout-trunk-predial-hook", "macro-dialout-dundi-predial-hook"
NOTIFYING = "sub-send-obroute-email"
TRUNK_OWN = "dialpact-trunk-custom"
_STEP = re.compile(r"(?:exten|same)\s*=>?\s*(?:s,)?(?:1|n)(?:\([A-Za-z0-9_]+\))?,(.*)")
_COPIED = re.compile(
    r"exten = [0-9A-Za-z_.+*#!-]{1,40},(?:1|n|[0-9]{1,4})(?:\([A-Za-z0-9_-]+\))?,[^;\n\r]{1,2000}"
)
_OWN_U = re.compile(r"U\(")


def changes(host: Host, wishes: Wishes, hook: str) -> list[Change]:
    """All but a route's notification. ``hook``: the fragment of this version. Fault."""
    text = f"#include {files.CONTEXTS}\n\n{shipped(TRUNK)}\n{shipped(hook)}"
    _free(host, CUSTOM, (HOOK, DUNDI_HOOK))
    if _OWN_U.search(generated.globals_of(host).get("TRUNK_OPTIONS", "")):
        raise Fault("pbx-own-u", where="TRUNK_OPTIONS", file=host.conf(generated.FILE))
    return [
        *files.ours(host, wishes),
        Block(host.conf("globals_custom.conf"), _globals(host, wishes)),
        Block(host.conf(CUSTOM), text, _first(host, CUSTOM)),
        Block(host.conf("features_applicationmap_custom.conf"), f"#include {files.FEATURES}\n"),
        Block(host.conf("manager_custom.conf"), f"#include {files.MANAGER}\n"),
    ]


def _globals(host: Host, wishes: Wishes) -> str:
    lines = [f"DIALPACT_GATE = {plain(wishes.gate, '[gate] listen')}"]
    if wishes.campaign:
        lines.append(f"DIALPACT_CAMPAIGN = {plain(wishes.campaign, '--campaign')}")
    for number, trunk in generated.trunks(host).items():
        if trunk.round in ("enum",):
            continue
        if name := trunk.known_as(wishes):
            lines.append(f"DIALPACT_TRUNK_{number} = {plain(name, trunk.out)}")
    return "\n".join(lines) + "\n"


def notification(host: Host, override: str) -> Copied | None:
    """The subroutine of a route's notification, ours before the PBX's own steps. None: it has none. Fault."""
    found = original.lines(host, generated.FILE, NOTIFYING)
    if not found:
        return None
    copied = [line for line in found if not line.startswith("include = ")]
    for line in copied:
        if not _COPIED.fullmatch(line) or NOTIFYING in line:
            raise Fault("pbx-copied", context=NOTIFYING, file=host.conf(generated.FILE), line=shown(line))
    lines = "".join(f"{line.replace(' = ', ' => ', 1)}\n" for line in copied)
    text = f"{shipped(NOTIFIED)}{lines}"
    _free(host, override, (NOTIFYING,))
    block = Block(host.conf(override), text, _first(host, override))
    return Copied(host.conf(generated.FILE), NOTIFYING, original.checksum(found), block)


def expected(host: Host, hook: str) -> list[Expected]:
    """Of the running dialplan: our contexts, the hook, and that the PBX still calls it before it dials."""
    found = [*files.expected()]
    for context, steps in _steps(f"{shipped(TRUNK)}\n{shipped(hook)}").items():
        # The PBX's own empty hook is one step: nothing of it is left behind ours.
        found.append(Expected("hook" if context in (HOOK, DUNDI_HOOK) else "gate", context, "s", steps, True))
    there = generated.contexts(host)
    if "macro-dialout-trunk" in there:
        steps = ("Set(OUTNUM=", "dialout-trunk-predial-hook")
        found.append(Expected("hook", "macro-dialout-trunk", "s", steps))
        dialled = (
            ("trunk-dial-with-exten", "_[+-X].")
            if "trunk-dial-with-exten" in there
            else ("macro-dialout-trunk", "s")
        )
        found.append(Expected("interlock", *dialled, ("${DIAL_TRUNK_OPTIONS}",)))
    if NOTIFYING in there:
        found.append(Expected("interlock", NOTIFYING, "s", _steps(shipped(NOTIFIED))[NOTIFYING]))
    return found


def _steps(text: str) -> dict[str, tuple[str, ...]]:
    """By context: its steps as ``app(data)``."""
    found: dict[str, list[str]] = {}
    steps: list[str] = []
    for line in text.splitlines():
        if line.startswith("["):
            steps = found.setdefault(line.partition("]")[0][1:], [])
        elif step := _STEP.fullmatch(line.strip()):
            steps.append(step[1])
    return {name: tuple(steps) for name, steps in found.items() if steps}


def _first(host: Host, name: str) -> str:
    """Before the administrator's own lines, so that ours win; but not before lines of no section."""
    for line in own(host, name).splitlines():
        text = line.strip()
        if text and not text.startswith(";"):
            return "start" if text[0] in "[#" else "end"
    return "start"


def _free(host: Host, last: str, wanted: Iterable[str]) -> None:
    """Fault: somebody has lines of his own in one of these contexts, in a file that counts beside ours."""
    fenced = {name: ours(host, name) for name in (generated.FILE, last)}
    for name in fenced:
        for section in host.sections(name):
            if section.name not in wanted or (name == generated.FILE and section.name == NOTIFYING):
                continue
            for line in section.entries:
                if line.key.lower() in ("exten", "same") and line.place.line not in fenced.get(
                    line.place.file, frozenset()
                ):
                    raise Fault(
                        "pbx-hook-taken", context=section.name, place=str(line.place), instead=TRUNK_OWN
                    )
