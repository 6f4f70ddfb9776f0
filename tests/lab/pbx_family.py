"""FreePBX and Issabel in the lab: what they generate, in the real Asterisk, with our adapter on it."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from dialpact.application.pbx.adapter import Adapter, Wishes
from dialpact.application.pbx.host import Host, Ran
from dialpact.application.pbx.install import apply, choose, look
from dialpact.application.pbx.known import ADAPTERS
from dialpact.application.pbx.manifest import Backup
from dialpact.application.pbx.prove import Proof, prove
from dialpact.cli.command_context import CommandContext
from tests.lab.bootstrap import Installation
from tests.lab.pbx import Pbx
from tests.lab.recipes import NUMBERS, Lab, site_of
from tests.lab.site import SECRET

FRAGMENTS = Path(__file__).with_name("pbx_fragments")
# As the generators print it; the comma within is theirs (17).
_TOLD = "^${DIAL_NUMBER}^${MACRO_EXTEN}^${DIAL_TRUNK}^${NOW}^${CALLERID(name)}^${CALLERID(number)}"
NOTIFIED = {
    "freepbx-16": f"U(sub-send-obroute-email{_TOLD})",
    "freepbx-17": f"U(sub-send-obroute-email{_TOLD},^${{DIAL_TRUNK_MOH}})",
}
CONFIGURED = {
    "freepbx-16": ("freepbx.conf", "16.0.40.7"),
    "freepbx-17": ("freepbx.conf", "17.0.19.23"),
    "issabel-5": ("issabelpbx.conf", "2.12.0.3"),
}
EMPTY = (
    *("extensions_override_freepbx.conf", "extensions_override_issabelpbx.conf", "extensions_custom.conf"),
    *("globals_custom.conf", "manager_custom.conf", "features_general_additional.conf"),
    *("features_general_custom.conf", "features_applicationmap_additional.conf"),
    *("features_applicationmap_custom.conf", "features_featuremap_additional.conf"),
    *("features_featuremap_custom.conf",),
)
# The administrator's own: how an agent gets at what a PBX does in other places.
CUSTOM = """
[from-internal-custom]
exten => _*77X.,1,Set(__FORCE_CONFIRM=PJSIP/agent1001)
 same => n,Goto(from-internal,${EXTEN:3},1)
exten => _*76X.,1,Set(GIVEN_NAME=x)U(macro-outisbusy)
 same => n,Goto(from-internal,${EXTEN:3},1)
exten => _*78X.,1,Gosub(sub-send-obroute-email,s,1(${EXTEN:3},${EXTEN},,0,name,number))
 same => n,Goto(from-internal,${EXTEN:3},1)

[dialpact-trunk-custom]
exten => s,1,GotoIf($[${LEN(${GIVEN_NAME})} = 0]?done)
 same => n,Set(CALLERID(name)=${GIVEN_NAME})
 same => n(done),Return()
"""


def put(etc: Path, name: str, notified: bool) -> None:
    """The PBX's own files, as one that was never touched has them, in place of the lab's."""
    for file in (FRAGMENTS / name).glob("*.conf"):
        text = file.read_text("utf-8").replace("@NOTIFIED@", NOTIFIED.get(name, "") if notified else "")
        (etc / file.name).write_text(text, "utf-8")
    for empty in EMPTY:
        (etc / empty).write_text("", "ascii")
    (etc / "extensions_custom.conf").write_text(CUSTOM, "utf-8")
    (etc / "features_featuremap_additional.conf").write_text("blindxfer=##\natxfer=*2\n", "ascii")
    with (etc / "manager.conf").open("a") as manager:
        manager.write("\n#include manager_custom.conf\n")
    phones = etc / "pjsip.conf"
    text = phones.read_text("utf-8").replace("context = agents\n", "context = from-internal\n")
    phones.write_text(text.replace("context = from-carrier\n", "context = from-trunk\n"), "utf-8")
    configured, version = CONFIGURED[name]
    (etc / configured).write_text("<?php\n", "ascii")
    module = etc.parent / "var/www/html/admin/modules/framework/module.xml"
    module.parent.mkdir(parents=True, exist_ok=True)
    module.write_text(f"<module><rawname>framework</rawname><version>{version}</version></module>\n", "ascii")


def host_of(pbx: Pbx) -> Host:
    """The lab's Asterisk as a machine: its folder is /, its console answers."""

    def run(words: Sequence[str], given: bytes = b"", env: Mapping[str, str] | None = None) -> Ran:
        if words[0] != "asterisk" or words[-2] != "-rx":
            return Ran(127, "", f"{words[0]}: not found")
        return Ran(0, pbx.cli(words[-1]), "")

    return Host(pbx.home.resolve(), pbx.home.resolve() / "etc", run)


def install(host: Host, adapter: Adapter, wished: Wishes) -> Backup:
    """As `dialpact asterisk install` does it; Asterisk does not run yet."""
    backup = Backup(host.root / "pbx-backup")
    still = replace(host, run=Host(host.root, host.etc).run)
    named, found = choose(still, ADAPTERS)
    assert named == adapter
    apply(still, look(still, adapter, found, wished, backup), backup)
    return backup


def wishes(pbx: Pbx) -> Wishes:
    return Wishes(
        trunks={"PJSIP/carrier": "carrier", "PJSIP/carrier2": "carrier2"},
        gate=f"127.0.0.1:{pbx.ports.gate}",
        ami_secret=SECRET,
        campaign="autumn-loans",
    )


def without_macro(etc: Path) -> None:
    """``Macro(name,a)`` becomes ``Gosub(macro-name,s,1(a))``; and where a macro runs out, it returns."""
    for file in etc.glob("extensions*.conf"):
        text = re.sub(
            r"\bMacro\(([a-z-]+),?(.*)\)$",
            lambda call: f"Gosub(macro-{call[1]},s,1({call[2]}))",
            file.read_text("utf-8").replace("MacroExit()", "Return()"),
            flags=re.M,
        )
        lines: list[str] = []
        context = extension = ""
        for line in [*text.splitlines(), "["]:
            of = line.removeprefix("exten => ").partition(",")[0] if line.startswith("exten => ") else ""
            left = context.startswith("[macro-") and extension and of != extension
            if left and (of or line.startswith("[") or not line.strip()) and "Return()" not in lines[-1]:
                lines.append(f"exten => {extension},n,Return()")
                extension = ""
            if line.startswith("["):
                context, extension = line, ""
            extension = of or ("" if left else extension)
            lines.append(line)
        file.write_text("\n".join(lines[:-1]) + "\n", "utf-8")


@contextlib.contextmanager
def lab_of(
    installation: Installation, adapter: Adapter, name: str, notified: bool = True, macro: bool = False
) -> Iterator[Lab]:
    """A site whose PBX has our adapter, put there by the adapter's own changes before Asterisk starts.

    ``macro``: this Asterisk has Macro (of PBXes that call by it).
    """
    pbx = Pbx(installation=installation)
    etc = pbx.home / "etc"
    put(etc, name, notified)
    uid, gid = installation.owner
    (etc / "group").write_text(f"asterisk:x:{gid}:\n", "ascii")
    install(host_of(pbx), adapter, wishes(pbx))
    with (etc / "modules.conf").open("a") as modules:
        modules.write(f"load = res_clioriginate.so\n{'load = app_macro.so' if macro else ''}\n")
    if not macro:
        without_macro(etc)
    for path in etc.rglob("*"):
        os.chown(path, uid, gid)
    with pbx, site_of(pbx) as site:
        yield Lab(pbx, site, {}, iter(NUMBERS))


async def proof_of(lab: Lab) -> Proof:
    """As `dialpact asterisk doctor --call` has it."""
    host = host_of(lab.pbx)
    adapter, found = choose(host, ADAPTERS)
    session = CommandContext(lab.site.config, False, "en")
    return await prove(host, adapter, found, wishes(lab.pbx), session.config, session.looking())
