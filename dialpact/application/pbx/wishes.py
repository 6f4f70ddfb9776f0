"""What of dialpact.toml, and of what the administrator said, an adapter is given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from dialpact.application.pbx.adapter import Wishes
from dialpact.application.pbx.fragment import plain
from dialpact.application.pbx.manifest import Manifest
from dialpact.compliance.config import Config
from dialpact.compliance.registers.fault import Fault, shown

ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - what the gate listens on


def wished(
    config: Config, campaign: str = "", chosen: Sequence[str] = (), known: Manifest | None = None
) -> Wishes:
    """``chosen``: ``PBX=NAME`` of trunks. ``known``: what was said before, which holds unless it is said
    anew. ConfigError for a secret that can not be read; Fault.
    """
    named: dict[str, str] = {}
    if known is not None:
        campaign = campaign or known.campaign
        named = {pbx: name for pbx, name in known.chosen.items() if name in config.trunks}
    for text in chosen:
        pbx, sign, name = text.rpartition("=")
        if not sign or not pbx or name not in config.trunks:
            raise Fault("pbx-trunk", value=shown(text), known=", ".join(config.trunks))
        named[pbx] = name
    endpoints = {name: trunk.leaves_by.text for name, trunk in config.trunks.items()}
    counted = Counter(endpoints.values())
    host, port = config.gate.address
    shown_host = ANYWHERE.get(host, f"[{host}]" if ":" in host else host)
    return Wishes(
        campaign=plain(campaign, "--campaign") if campaign else "",
        trunks={to: name for name, to in endpoints.items() if counted[to] == 1},
        chosen=named,
        shared=frozenset(to for to, count in counted.items() if count > 1),
        gate=f"{shown_host}:{port}",
        ami_user=config.ami.username,
        ami_secret=config.ami_secret(),
        callee_key=config.opt_out.callee_key,
        agent_key=config.opt_out.agent_key,
    )
