"""A trial call: somebody who tries an installation has his own telephone called, once.

1. He says so, and that is an act in the log (register ``trial``): which number, until when.
2. The dialplan names the act's id in place of the campaign (:data:`PREFIX`), on a channel that it makes for
   this alone (:data:`CHANNEL`). So the decision, its leaf, its recording and every list show what it was.
3. Such an attempt is judged by the profiles in force with the profile ``trial`` beside them, in no mode but
   ``enforce`` (``compliance.judge``). That refuses everybody but the tester; ``policy/trial.py`` is its rule.
"""

from __future__ import annotations

import re
from datetime import datetime

from dialpact.compliance.model import Purpose, Value

PROFILE = "trial"
REGISTER, CONFIRM = "trial", "confirm"  # of the act
PREFIX = "dialpact-trial."
"""A campaign whose name begins so is a trial. No register takes such a name."""
CHANNEL = re.compile(r"Local/[0-9a-f]{16}@dialpact-try-[0-9a-f]{1,16};2")
"""The only channel on which a trial call is asked for: no agent's, no dialler's."""
ID = re.compile(r"[0-9a-f]{16}")


class Confirmed(Value, frozen=True, kw_only=True):
    """What the tester has said, as the log keeps it: the number is his, and he wants one call to it.

    ``business`` and ``purpose`` are the caller ID's: whose it is, and what it may be used for.
    """

    id: str  # 16 hex digits, of chance
    number: str  # E.164
    caller_id: str
    business: str
    purpose: Purpose
    ends_at: datetime
    wording: str  # what he was shown, and typed the number below

    @property
    def campaign(self) -> str:
        return PREFIX + self.id


def id_of(campaign: str) -> str:
    """Of the trial that a campaign's name names; empty: it names none, or nothing that can be one's id."""
    id = campaign.removeprefix(PREFIX)
    return id if campaign.startswith(PREFIX) and ID.fullmatch(id) else ""


def is_trial(campaign: str) -> bool:
    return campaign.casefold().startswith(PREFIX)
