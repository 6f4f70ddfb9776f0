"""FreePBX and Issabel in the lab: what they generate, in the real Asterisk, with our adapter on it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from dialpact.application.pbx.adapter import Adapter, Block, Copied, NewFile, Wishes
from dialpact.application.pbx.host import Host, Ran
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
exten => _*78X.,1,Gosub(sub-send-obroute-email,s,1(${EXTEN:3},${EXTEN},,0,name,number))
 same => n,Goto(from-internal,${EXTEN:3},1)
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


def install(host: Host, adapter: Adapter, wished: Wishes) -> None:
    found = adapter.recognise(host)
    assert found is not None
    for change in adapter.changes(host, found, wished):
        if isinstance(change, NewFile):
            host.path(change.path).write_bytes(change.content)
            continue
        assert isinstance(change, Block | Copied)
        block = change.block if isinstance(change, Copied) else change
        file = host.path(block.path)
        before = file.read_text("utf-8")
        file.write_text(block.text + before if block.at == "start" else before + block.text, "utf-8")


def wishes(pbx: Pbx) -> Wishes:
    return Wishes(
        trunks={"PJSIP/carrier": "carrier", "PJSIP/carrier2": "carrier2"},
        gate=f"127.0.0.1:{pbx.ports.gate}",
        ami_secret=SECRET,
        campaign="autumn-loans",
    )


@contextlib.contextmanager
def lab_of(installation: Installation, adapter: Adapter, name: str, notified: bool = True) -> Iterator[Lab]:
    """A site whose PBX has our adapter, put there by the adapter's own changes before Asterisk starts."""
    pbx = Pbx(installation=installation)
    etc = pbx.home / "etc"
    put(etc, name, notified)
    uid, gid = installation.owner
    (etc / "group").write_text(f"asterisk:x:{gid}:\n", "ascii")
    install(host_of(pbx), adapter, wishes(pbx))
    for path in etc.rglob("*"):
        os.chown(path, uid, gid)
    with pbx, site_of(pbx) as site:
        yield Lab(pbx, site, {}, iter(NUMBERS))
