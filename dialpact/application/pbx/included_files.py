"""The lines by which a PBX's own files include ours, but for those that its administrator wrote."""

from __future__ import annotations

from collections.abc import Sequence

from dialpact.application.pbx import files
from dialpact.application.pbx.adapter import Block, Wishes
from dialpact.application.pbx.fragment import plain
from dialpact.application.pbx.host import Host
from dialpact.application.pbx.includes import included

EXTENSIONS, FEATURES, MANAGER = "extensions.conf", "features.conf", "manager.conf"
GATE = "127.0.0.1:4573"  # where it listens if nobody says otherwise


def included_files(host: Host, wishes: Wishes, hooks: Sequence[str]) -> list[Block]:
    """``hooks``: what else extensions.conf is to include, with our contexts and a gate of another address."""
    blocks = []
    if wishes.gate != GATE:
        gate = f"DIALPACT_GATE={plain(wishes.gate, '[gate] listen')}\n"
        blocks.append(Block(host.conf(EXTENSIONS), gate, "section:globals"))
    wanted = [name for name in (files.CONTEXTS, *hooks) if not included(host, EXTENSIONS, name)]
    if wanted:
        lines = "".join(f"#include {name}\n" for name in wanted)
        blocks.append(Block(host.conf(EXTENSIONS), lines))
    return [*blocks, *keys_and_manager(host)]


def keys_and_manager(host: Host) -> list[Block]:
    """The opt-out keys, and our user of the manager interface."""
    blocks = []
    if not included(host, FEATURES, files.FEATURES):
        keys = f"#include {files.FEATURES}\n"
        blocks.append(Block(host.conf(FEATURES), keys, "section:applicationmap"))
    if not included(host, MANAGER, files.MANAGER):
        user = f"#include {files.MANAGER}\n"
        blocks.append(Block(host.conf(MANAGER), user, mode=0o640, group=files.GROUP))
    return blocks
