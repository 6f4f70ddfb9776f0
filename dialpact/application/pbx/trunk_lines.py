"""The trunk of dialpact.toml for what a PBX is about to dial by: dialplan lines, one a trunk."""

from __future__ import annotations

from dialpact.application.pbx.adapter import Wishes
from dialpact.application.pbx.fragment import plain

# No trunk has this name, so the gate refuses it and says so.
UNKNOWN = "not-in-dialpact-toml"
PLACE = "dialpact.toml, [trunks]"


def lines(wishes: Wishes) -> str:
    """Extension ``s``: ARG1/ARG2 is an endpoint as Dial() names it. Fault: a name that can not stand so.

    An endpoint that several trunks have is left out: which of them a call leaves by is not to be told there.
    """
    steps = ["exten => s,1,NoOp(${ARG1}/${ARG2})"]
    for name, trunk in sorted(wishes.chosen.items()):
        there = plain(name, PLACE)
        known = f'"${{ARG1}}/${{ARG2}}" = "{there}" | "${{ARG2}}" = "{there}"'
        steps.append(f" same => n,ExecIf($[{known}]?Return({plain(trunk, PLACE)}))")
    for endpoint, trunk in sorted(wishes.trunks.items()):
        if endpoint not in wishes.shared:
            there = plain(endpoint, PLACE)
            known = f'"${{ARG1}}/${{ARG2}}" = "{there}" | "${{ARG1}}" = "{there}"'
            steps.append(f" same => n,ExecIf($[{known}]?Return({plain(trunk, PLACE)}))")
    return "\n".join([*steps, f" same => n,Return({UNKNOWN})"]) + "\n"
