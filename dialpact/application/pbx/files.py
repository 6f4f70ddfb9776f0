"""The files that every PBX gets: our contexts, the opt-out keys, our user of the manager interface."""

from __future__ import annotations

import re

from dialpact.application.doctor import dialplan
from dialpact.application.pbx.adapter import Expected, NewFile, Wishes
from dialpact.application.pbx.fragment import shipped
from dialpact.application.pbx.host import Host
from dialpact.compliance.dialplan.plan import INTERLOCK
from dialpact.compliance.registers.fault import Fault

CONTEXTS = "extensions_dialpact.conf"
FEATURES = "features_dialpact.conf"
MANAGER = "manager_dialpact.conf"
GROUP = "asterisk"
_SECRET = re.compile(r"[0-9A-Za-z_.~+/=-]{8,128}")
_USER = re.compile(r"[0-9A-Za-z_.-]{1,64}")


def ours(host: Host, wishes: Wishes) -> list[NewFile]:
    """``extensions_dialpact.conf``, ``features_dialpact.conf``, ``manager_dialpact.conf``, in that order."""
    return [
        NewFile(host.conf(CONTEXTS), shipped(CONTEXTS).encode()),
        NewFile(host.conf(FEATURES), _features(wishes).encode()),
        NewFile(host.conf(MANAGER), _manager(wishes).encode(), 0o640, GROUP),
    ]


def expected() -> list[Expected]:
    """Of the running dialplan: our contexts, each step as it ships."""
    plan = dialplan.shipped()
    return [
        Expected(
            "interlock" if context.name == INTERLOCK else "gate",
            context.name,
            extension.name,
            tuple(f"{step.app}({step.data})" for _, step in sorted(extension.steps.items())),
            whole=True,
        )
        for context in plan.contexts.values()
        if context.ours
        for extension in context.extensions.values()
    ]


def _features(wishes: Wishes) -> str:
    text = shipped(FEATURES)
    for name, key in (("dialpact-callee", wishes.callee_key), ("dialpact-agent", wishes.agent_key)):
        text = text.replace(f"{name} => *9,", f"{name} => {key},")
    return text


def _manager(wishes: Wishes) -> str:
    if not _SECRET.fullmatch(wishes.ami_secret):
        raise Fault("pbx-secret")
    if not _USER.fullmatch(wishes.ami_user):
        raise Fault("pbx-value", where="[ami] username", value=repr(wishes.ami_user))
    text = shipped(MANAGER).replace("\n[dialpact]\n", f"\n[{wishes.ami_user}]\n")
    return text.replace("secret = REPLACE-ME", f"secret = {wishes.ami_secret}")
