"""A complaint is put to every operator: did you call this number around then? Each gets a hash of his own."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Collection, Sequence

from dialpact.application.supervision import packages
from dialpact.application.supervision.desk import Desk
from dialpact.application.supervision.post import Post, Unreachable, post, post_to_file
from dialpact.compliance.ledger.note import Verifier
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.supervision import letter
from dialpact.compliance.supervision.letter import LIVES, Answer, Question, Request
from dialpact.compliance.supervision.model import Asked, Complaint, Operator
from dialpact.compliance.supervision.refusal import Refusal

AT_ONCE = 8
UNREACHABLE, NO_ADDRESS = "unreachable", "no-address"  # beside the codes of refusals
QUESTION, PACKAGE = "/supervision/question", "/supervision/package"


async def ask(
    desk: Desk, complaint: int, operators: Collection[str] = (), *, send: Post = post
) -> Sequence[Asked]:
    """Asks these operators, or all, and fetches the evidence of each call. What came of every question.

    Fault: no such complaint or operator.
    """
    about = await desk.store.complaints.get(complaint)
    if not about.number:  # it was erased
        raise Fault("not-registered", entry=str(complaint))
    every = await desk.store.operators.list()
    if unknown := sorted(set(operators) - {one.id for one in every}):
        raise Fault("not-registered", entry=unknown[0])
    wanted = [one for one in every if one.id in operators or not (operators or one.ended_at)]
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(operator: Operator) -> None:
        async with turns:
            await _ask(desk, about, operator, send)

    await asyncio.gather(*map(one, wanted))
    return await desk.store.complaints.asked(complaint)


async def _ask(desk: Desk, about: Complaint, operator: Operator, send: Post) -> None:
    now, id = desk.now(), secrets.token_hex(16)
    question = Question(
        id=id,
        operator=operator.origin,
        supervisor=desk.signer.name,
        at=now,
        until=now + LIVES,
        since=about.since,
        before=about.before,
        callee=letter.keyed(operator.secret, id, about.number),
    )
    text = letter.sealed(desk.signer, question)
    asked = Asked(id=id, complaint=about.id, operator=operator.id, asked_at=now, note=text, outcome="waiting")
    await desk.store.complaints.ask(asked, by=desk.by)
    if not operator.url:
        await desk.store.complaints.failed(id, NO_ADDRESS)
        return
    try:
        came = await send(
            operator.url + QUESTION, text.encode(), letter.MOST_BYTES, desk.config.complaints.seconds
        )
        answer, said = _answer(came, text, question, operator)
        letter.check_date(answer, desk.now())
    except Refusal as refusal:
        await desk.store.complaints.failed(id, refusal.code)
        return
    except Unreachable as error:
        await desk.store.complaints.failed(id, f"{UNREACHABLE}: {error}")
        return
    await desk.store.complaints.answered(id, answer.said, said, answer.around, at=desk.now())
    if answer.said in ("called", "blocked"):
        await _fetch(desk, about, operator, id)


def _answer(came: bytes, text: str, question: Question, operator: Operator) -> tuple[Answer, str]:
    """Refusal where it is not this operator's answer to this question."""
    try:
        said = came.decode()
    except UnicodeDecodeError as error:
        raise Refusal("malformed") from error
    answer = letter.opened(said, Answer, [Verifier.parse(operator.vkey)])
    for_us = (answer.operator, answer.supervisor) == (question.operator, question.supervisor)
    if not for_us or answer.question != letter.digest(text):
        raise Refusal("not-for-us")
    return answer, said


async def _fetch(desk: Desk, about: Complaint, operator: Operator, question: str) -> None:
    now = desk.now()
    request = Request(
        id=secrets.token_hex(16),
        operator=operator.origin,
        supervisor=desk.signer.name,
        at=now,
        until=now + LIVES,
        question=question,
    )
    body, limits = letter.sealed(desk.signer, request).encode(), desk.config.complaints
    file = await asyncio.to_thread(packages.temporary, desk)
    try:
        await post_to_file(
            operator.url + PACKAGE, body, limits.package_mb << 20, max(limits.seconds, 300), file
        )
        looked = await packages.kept(desk, file, operator, about, given=True)
    except Refusal as refusal:
        await desk.store.complaints.packaged(question, "failed", why=refusal.code)
    except Unreachable as error:
        await desk.store.complaints.packaged(question, "failed", why=f"{UNREACHABLE}: {error}")
    else:
        await desk.store.complaints.packaged(
            question,
            looked.state,
            package=looked.sha256,
            found=looked.found,
            calls=[*looked.calls, *looked.attempts],
        )
    finally:
        await asyncio.to_thread(file.unlink, missing_ok=True)
