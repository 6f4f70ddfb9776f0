"""May this number be called?"""

from __future__ import annotations

from datetime import datetime

from dialpact.application.answer import Answer
from dialpact.application.predial import PredialAnswer
from dialpact.client.questions import Questions, decoded, new_key, posted
from dialpact.web.api.check import CheckBody
from dialpact.web.api.predial import DO_NOT, PredialBody

NOW = 5.0  # seconds


class Asking(Questions):
    """Both answers have verdict, all reasons, findings, and when the same call could pass."""

    def check(
        self,
        number: str,
        *,
        campaign: str,
        caller_id: str,
        trunk: str = "",
        agent: str = "",
        at: datetime | None = None,
        live: bool = False,
    ) -> Answer:
        """What the gate would say, and until when that holds by itself (``holds_until``). It records nothing
        and permits nothing. ``at``: another instant than now; ``live``: the recorder counts.
        """
        body = CheckBody(
            number=number,
            campaign=campaign,
            caller_id=caller_id,
            trunk=trunk,
            agent=agent,
            at=at.isoformat() if at else "",
            live=live,
        )
        return decoded(self._transport.ask(posted("/v1/check", body)), Answer)

    def predial(
        self,
        number: str,
        *,
        campaign: str,
        caller_id: str,
        trunk: str = "",
        agent: str = "",
        key: str | None = None,
        seconds: float = NOW,
        patience: float = NOW,
    ) -> PredialAnswer:
        """The gate's decision, which is recorded, for one call that is dialled at once: ``dial`` is what to
        dial, and empty when the call may not be made. ``seconds``, ``patience``: as of the client, but
        somebody waits. After NoAnswer nothing may be dialled.
        """
        body = PredialBody(number=number, campaign=campaign, caller_id=caller_id, trunk=trunk, agent=agent)
        request = posted("/v1/predial", body, new_key() if key is None else key, accept=(DO_NOT,))
        return decoded(self._transport.ask(request, patience, seconds), PredialAnswer)
