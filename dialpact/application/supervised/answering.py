"""A supervisor's question is answered: did we call this number around then?

1. Only letters that the configured supervisor has signed, to us, in time, and once. Each is an act in the log
   before it is answered, so what was said can not be taken back.
2. The number is not in the letter. Our own callees of that time are hashed, with the key that only these two
   have, and compared. The answer has one length, whatever it says.
3. What was erased, was lost with a backup that was restored, or went round the gate, can not be compared: the
   answer says so, and never "none" for it.
"""

from __future__ import annotations

import asyncio
import hmac
from typing import Any

from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.evidence.matching import MOST_CALLS
from dialpact.application.supervised.ours import Desk, act, opened, settings
from dialpact.compliance.config import Config
from dialpact.compliance.inspection.figures import BYPASSES
from dialpact.compliance.supervision import letter
from dialpact.compliance.supervision.letter import LIVES, Answer, Question, Said
from dialpact.compliance.supervision.refusal import Refusal

MOST_DECISIONS = 500_000  # of the time that one question asks about


async def answer(context: Context, config: Config, desk: Desk, text: str) -> str:
    """The signed answer. Refusal says why there is none; StoreError, LedgerError."""
    context.actor.need(Right.EVIDENCE)
    ours = settings(config)
    async with desk.turn:
        question, signer = await opened(context, config, text, Question)
        letter.check_window(question, context.now())
        secret = await asyncio.to_thread(ours.secret, config)
        found = await context.store.supervised.decisions(question.since, question.before, MOST_DECISIONS + 1)
        if len(found) > MOST_DECISIONS:
            raise Refusal("too-many-calls")
        matching = await asyncio.to_thread(_matching, secret, question, found)
        around = await _around(context, question)
        called = [one.id for one in matching if one.put_through]
        erased = sum(one.erased for one in found)
        gone = erased or await context.store.supervised.lost(question.since, question.before)
        said: Said = "called" if called else "blocked" if matching else "unknown" if gone else "none"
        now = context.now()
        given = Answer(
            id=question.id,
            operator=signer.name,
            supervisor=question.supervisor,
            at=now,
            until=now + LIVES,
            question=letter.digest(text),
            said=said,
            calls=len(called),
            looked=len(found) - erased,
            erased=erased,
            around=around,
        )
        ids = (called or [one.id for one in matching])[:MOST_CALLS]
        await act(
            context,
            "question",
            question.id,
            {
                "supervisor": question.supervisor,
                "since": question.since,
                "before": question.before,
                "callee": question.callee,
                "said": said,
                "looked": given.looked,
                "erased": erased,
                "around": around,
                "calls": ids,
            },
        )
        return letter.sealed(signer, given)


def _matching(secret: bytes, question: Question, found: Any) -> list[Any]:
    """Each number is hashed once."""
    hashes = {one.number: letter.keyed(secret, question.id, one.number) for one in found if one.number}
    return [one for one in found if one.number and hmac.compare_digest(hashes[one.number], question.callee)]


async def _around(context: Context, question: Question) -> int:
    """Calls of that time of which only the incident is known."""
    counts = await context.store.incidents.count(since=question.since, until=question.before)
    return sum(one.count for one in counts if one.kind in BYPASSES)
