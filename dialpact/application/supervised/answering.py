"""A supervisor's question is answered: did we call this number around then?

1. Only letters that the configured supervisor has signed, to us, in time, and once. Each is an act in the log
   before it is answered, so what was said can not be taken back.
2. The number is not in the letter. Our own callees of that time are hashed, with the key that only these two
   have, and compared. The answer has one length, whatever it says.
3. What was erased, or went round the gate, can not be compared: the answer says so, and never "none" for it.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.evidence import maker
from dialpact.application.evidence.cover import Renderer
from dialpact.application.evidence.matching import MOST_CALLS, CallQuestion, Matched
from dialpact.application.ledger import signing
from dialpact.compliance.config import Config, SupervisionConfig
from dialpact.compliance.inspection.figures import BYPASSES
from dialpact.compliance.ledger.note import Verifier
from dialpact.compliance.supervision import letter
from dialpact.compliance.supervision.letter import LIVES, Answer, Letter, Question, Request, Said
from dialpact.compliance.supervision.refusal import Refusal

REGISTER = "supervision"  # in the log
MOST_DECISIONS = 500_000  # of the time that one question asks about
L = TypeVar("L", bound=Letter)


class Desk:
    """One letter at a time: a letter that comes twice at once is answered once."""

    def __init__(self) -> None:
        self.turn = asyncio.Lock()


async def answer(context: Context, config: Config, desk: Desk, text: str) -> str:
    """The signed answer. Refusal says why there is none; StoreError, LedgerError."""
    context.actor.need(Right.EVIDENCE)
    ours = settings(config)
    async with desk.turn:
        signer = await signing.key(context, config)
        question = await _opened(context, ours, text, Question, signer.name)
        letter.check_window(question, context.now())
        secret = await asyncio.to_thread(ours.secret, config)
        found = await context.store.supervised.decisions(question.since, question.before, MOST_DECISIONS + 1)
        if len(found) > MOST_DECISIONS:
            raise Refusal("too-many-calls")
        matching = await asyncio.to_thread(_matching, secret, question, found)
        around = await _around(context, question)
        called = [one.id for one in matching if one.put_through]
        erased = sum(one.erased for one in found)
        said: Said = "called" if called else "blocked" if matching else "unknown" if erased else "none"
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
        await _act(
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


@asynccontextmanager
async def package(
    context: Context, config: Config, desk: Desk, text: str, render: Renderer
) -> AsyncIterator[Path]:
    """The evidence of what was answered, as a file that is gone afterwards. Refusal as above, and where
    there is nothing to give. The export is an act of its own, under the supervisor's name.
    """
    context.actor.need(Right.EVIDENCE)
    ours = settings(config)
    async with desk.turn:
        signer = await signing.key(context, config)
        request = await _opened(context, ours, text, Request, signer.name)
        answered = await context.store.changes.of(REGISTER, request.question)
        said = next((one.detail for one in answered if one.action == "question"), None)
        if said is None:
            raise Refusal("unknown-question", 404)
        if said.get("supervisor") != request.supervisor or not said.get("calls"):
            raise Refusal("nothing-to-give", 404)
        await _act(
            context, "package", request.id, {"supervisor": request.supervisor, "question": request.question}
        )
    since, before = (datetime.fromisoformat(said[name]) for name in ("since", "before"))
    half = (before - since) / 2
    calls = list(said["calls"])
    asked = (
        CallQuestion(call=calls[0])
        if len(calls) == 1
        else CallQuestion(around=since + half, within=max(1, int(half.total_seconds()) // 60))
    )
    with TemporaryDirectory(prefix="dialpact-") as folder:
        target = Path(folder) / "package.zip"
        await maker.make(
            context,
            Matched(question=asked, calls=calls),
            target,
            signer=signer,
            config=config,
            render=render,
            reason=f"supervision {request.question}",
        )
        yield target


def settings(config: Config) -> SupervisionConfig:
    """Refusal where nobody supervises."""
    if config.supervision is None or not (config.supervision.url and config.supervision.vkey):
        raise Refusal("not-for-us", 404)
    return config.supervision


async def _opened(context: Context, ours: SupervisionConfig, text: str, kind: type[L], log: str) -> L:
    """A letter by our supervisor, to us, in time, not seen before, and not one too many."""
    found = letter.opened(text, kind, [Verifier.parse(ours.vkey)])
    if found.operator != log or found.supervisor != Verifier.parse(ours.vkey).name:
        raise Refusal("not-for-us", 403)
    now = context.now()
    letter.check_date(found, now)
    if await context.store.changes.of(REGISTER, found.id):
        raise Refusal("replayed", 409)
    if await context.store.supervised.acts_since(now - timedelta(hours=1)) >= ours.letters_per_hour:
        raise Refusal("too-often", 429)
    return found


async def _act(context: Context, action: str, key: str, detail: dict[str, Any]) -> None:
    await context.store.changes.note(REGISTER, action, key, detail, by=context.by, at=context.now())


def _matching(secret: bytes, question: Question, found: Any) -> list[Any]:
    """Each number is hashed once."""
    hashes = {one.number: letter.keyed(secret, question.id, one.number) for one in found if one.number}
    return [one for one in found if one.number and hmac.compare_digest(hashes[one.number], question.callee)]


async def _around(context: Context, question: Question) -> int:
    """Calls of that time of which only the incident is known."""
    counts = await context.store.incidents.count(since=question.since, until=question.before)
    return sum(one.count for one in counts if one.kind in BYPASSES)
