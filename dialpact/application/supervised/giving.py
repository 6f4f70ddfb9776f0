"""The evidence of what was answered to a supervisor: an export under his name, of the log that he watches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.evidence import container, maker
from dialpact.application.evidence.cover import Renderer
from dialpact.application.evidence.form import CHECKPOINT
from dialpact.application.evidence.matching import CallQuestion, Matched
from dialpact.application.ledger import signing
from dialpact.application.supervised import handing
from dialpact.application.supervised.handing import Ahead
from dialpact.application.supervised.ours import REGISTER, Desk, act, opened
from dialpact.application.supervision.post import Post, Unreachable, post
from dialpact.compliance.config import Config
from dialpact.compliance.supervision.letter import Request
from dialpact.compliance.supervision.refusal import Refusal

TRIES = 3


@asynccontextmanager
async def package(
    context: Context, config: Config, desk: Desk, text: str, render: Renderer, *, send: Post = post
) -> AsyncIterator[Path]:
    """As a file that is gone afterwards. Refusal: the letter is none, or there is nothing to give.

    The export is an act of its own. The package's own checkpoint is cosigned by the supervisor before it is
    given: so it is of no other history than the one that he watches.
    """
    context.actor.need(Right.EVIDENCE)
    async with desk.turn:
        request, _ = await opened(context, config, text, Request)
        answered = await context.store.changes.of(REGISTER, request.question)
        said = next((one.detail for one in answered if one.action == "question"), None)
        if said is None:
            raise Refusal("unknown-question", 404)
        if said.get("supervisor") != request.supervisor or not said.get("calls"):
            raise Refusal("nothing-to-give", 404)
        done = {"supervisor": request.supervisor, "question": request.question}
        await act(context, "package", request.id, done)
    matched = _matched(
        list(said["calls"]), *(datetime.fromisoformat(said[end]) for end in ("since", "before"))
    )
    with TemporaryDirectory(prefix="dialpact-") as folder:
        for turn in range(TRIES):
            target = Path(folder) / f"{turn}.zip"
            await maker.make(
                context,
                matched,
                target,
                signer=await signing.key(context, config),
                config=config,
                render=render,
                reason=f"supervision {request.question}",
            )
            if await _watched(context, config, target, send):
                yield target
                return
        raise Refusal("not-cosigned", 503)


def _matched(calls: Sequence[str], since: datetime, before: datetime) -> Matched:
    """The callee is not written down as what was asked: that was a hash."""
    half = (before - since) / 2
    around = CallQuestion(around=since + half, within=max(1, int(half.total_seconds()) // 60))
    return Matched(question=CallQuestion(call=calls[0]) if len(calls) == 1 else around, calls=list(calls))


async def _watched(context: Context, config: Config, package: Path, send: Post) -> bool:
    """Whether its checkpoint is cosigned; False: a larger one was meanwhile, and it is to be made anew."""
    try:
        await handing.submitted(context, config, await asyncio.to_thread(_head_of, package), send=send)
    except Ahead:
        await asyncio.to_thread(package.unlink)
        return False
    except Unreachable as error:
        raise Refusal("not-cosigned", 503) from error
    return True


def _head_of(package: Path) -> str:
    """The text that its own key signed, without others' lines."""
    with package.open("rb") as file:
        found = next(one.content for name, one in container.read(file) if name == CHECKPOINT)
    return (found or b"").decode()
