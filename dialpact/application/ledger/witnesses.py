"""Outsiders are asked to cosign the newest checkpoint, and what they say is kept.

1. They are asked beside everything else: no signing, no gate and no call waits for one. Who does not answer
   in its time is asked again at the next turn.
2. A witness is believed about nothing but what its key has signed; what else it says is kept as its word.
3. One that holds another log of this name, or a larger one, is an incident at once; one that does not cosign
   for an hour, whatever the reason, is another.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from dialpact.application import http_client
from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.http_client import NoAnswer
from dialpact.compliance.config import Config, WitnessConfig
from dialpact.compliance.ledger import cosignature, witnessing
from dialpact.compliance.ledger.cosignature import Witness
from dialpact.compliance.ledger.heads import stated
from dialpact.compliance.ledger.witnessing import Heard
from dialpact.compliance.witness import DISPUTES, PATIENCE, WitnessState
from dialpact.store.ports.witnesses import Cosignature, WitnessIncident

SECONDS = 10.0  # for a witness, with all that is asked of it in a turn
TRIES = 3  # another daemon of this node may ask it between two of ours
MOST_DETAIL = 200


async def submit(context: Context, config: Config, *, patient: bool = True) -> Sequence[WitnessState]:
    """Asks each witness of the configuration for what it has not cosigned yet; how it stands with each then.
    Without ``patient`` who was silent the last time is not waited for.

    StoreError.
    """
    context.actor.need(Right.LEDGER)
    newest = await context.store.checkpoints.newest(1)
    if not newest or not newest[0].size or not config.ledger.named:
        return ()
    text = newest[0].note
    before = {state.vkey: state for state in await context.store.witnesses.states()}
    done = {one.vkey for one in await context.store.witnesses.cosignatures(newest[0].size)}
    silent = {state.vkey for state in before.values() if state.word == "away" and not patient}
    named = [one for one in config.ledger.named if one.vkey not in silent]
    asked = [_asked(context, config, text, one, before.get(one.vkey), done) for one in named]
    return await asyncio.gather(*asked)


async def cosigned(context: Context, text: str) -> str:
    """A checkpoint of ours with the lines of all who cosigned it below."""
    kept = await context.store.witnesses.cosignatures(stated(text).size)
    return under(text, kept)


def under(text: str, kept: Sequence[Cosignature]) -> str:
    """Only lines that hold for this very checkpoint: another of the same size may have been signed."""
    lines = []
    for one in kept:
        seen = cosignature.read(cosignature.put_under(text, [one.line]), [Witness.parse(one.vkey)])
        lines += [each.line for each in seen.by]
    return cosignature.put_under(text, lines)


async def _asked(
    context: Context,
    config: Config,
    text: str,
    one: WitnessConfig,
    before: WitnessState | None,
    done: set[str],
) -> WitnessState:
    if one.vkey in done and before is not None and before.word == "cosigned":
        return before
    try:
        heard = await _posted(context, one, text, before.size if before else 0)
    except NoAnswer as error:
        heard = Heard("away", str(error))
    now = context.now()
    state = _after(before, one, heard, now)
    incident = _incident(state, config.node.name, now)
    if incident:
        state = replace(state, told=True)
    found = heard.cosigned
    kept = Cosignature(heard.size, one.vkey, found.at, found.line) if found else None
    await context.store.witnesses.heard(state, now, kept, incident)
    return state


async def _posted(context: Context, one: WitnessConfig, text: str, old: int) -> Heard:
    """``old``: of the tree that it held last. NoAnswer."""
    witness, size = Witness.parse(one.vkey), stated(text).size
    url = f"{one.url.rstrip('/')}/add-checkpoint"
    old = min(old, size)
    heard = Heard("failed", "it names another size each time")
    try:
        async with asyncio.timeout(SECONDS):
            for _ in range(TRIES):
                proof = await context.store.checkpoints.consistency(old, size) if 0 < old < size else ()
                body = witnessing.request(old, proof, text)
                reply = await http_client.ask(
                    url, body, kind="text/plain; charset=utf-8", seconds=SECONDS, most=witnessing.MOST_BYTES
                )
                found = witnessing.heard(witness, old, text, *reply)
                if found.word != "other-size":
                    return found
                old = found.size
    except TimeoutError as error:
        raise NoAnswer(f"{url}: no answer within {SECONDS:g} s") from error
    return heard


def _after(before: WitnessState | None, one: WitnessConfig, heard: Heard, now: datetime) -> WitnessState:
    well = heard.word == "cosigned"
    was_failing = before.failing_since if before else None
    # A dispute after another failure is news, and so is another dispute.
    told = before is not None and before.told and (heard.word not in DISPUTES or before.word == heard.word)
    return WitnessState(
        vkey=one.vkey,
        url=one.url,
        word=heard.word,
        detail=heard.detail[:MOST_DETAIL],
        size=max(heard.size, before.size if before else 0) if heard.word != "conflict" else heard.size,
        asked_at=now,
        failing_since=None if well else was_failing or now,
        cosigned_at=now if well else before.cosigned_at if before else None,
        told=not well and told,
    )


def _incident(state: WitnessState, node: str, now: datetime) -> WitnessIncident | None:
    if state.failing_since is None or state.told:
        return None
    if state.word not in DISPUTES and now - state.failing_since < PATIENCE:
        return None
    detail = f"{state.name} ({state.url}): {state.word}: {state.detail}"
    if state.word in DISPUTES:
        return WitnessIncident(node=node, kind="witness-conflict", detail=detail)
    if state.word == "away":
        return WitnessIncident(node=node, kind="witness-away", detail=detail)
    return WitnessIncident(node=node, kind="witness-refuses", detail=detail)
