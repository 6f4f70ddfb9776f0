"""``/v1/incidents``: what a human has to know."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from dialpact.application import incidents, listings
from dialpact.application.ids import ID
from dialpact.compliance.registers.api_key import Scope
from dialpact.compliance.texts import Language, incident_text
from dialpact.compliance.veil import Veil
from dialpact.store.ports.listings import IncidentOf
from dialpact.web.api.endpoint import Answer, Asked, Endpoint
from dialpact.web.api.veiled import PERSONAL, At, Spanned, veil, wanted


class IncidentShown(msgspec.Struct, frozen=True, kw_only=True):
    """``kind``: for programs, as in docs/incidents.md; ``meaning``: in the asked language. ``decision``,
    ``business``: of the call that it is about; empty: of none.
    """

    seq: int
    at: At
    node: str
    kind: str
    meaning: str
    decision: str
    business: str
    channel: str
    detail: str


class IncidentList(msgspec.Struct, frozen=True, kw_only=True):
    """``next``: to be given as ``after`` for what is older; empty: that was all. A part of a list that is
    filtered may have fewer than ``limit``, even none, and still a ``next``.
    """

    items: tuple[IncidentShown, ...]
    next: str


class IncidentsQuery(Spanned, frozen=True, kw_only=True):
    kind: Annotated[str, Meta(description="Of this kind alone, as in docs/incidents.md.")] = ""


async def list_(asked: Asked[IncidentsQuery, None]) -> Answer:
    """Those of the host are of no business: a key that is for some has not got them."""
    query = asked.query
    found = wanted(asked, query)
    kind = incidents.known(query.kind)
    async with asked.context.looking() as context:
        page = await listings.incidents(context, found, kind=kind, after=query.after, most=query.limit)
        hidden = await veil(asked, context, (), ())
    items = tuple(_shown(one, hidden.about(one.numbers), asked.language) for one in page.rows)
    return Answer(body=IncidentList(items=items, next=page.next), headers=PERSONAL)


def _shown(one: IncidentOf, hidden: Veil, language: Language) -> IncidentShown:
    incident = one.incident
    return IncidentShown(
        seq=incident.seq,
        at=incident.at,
        node=incident.node,
        kind=incident.kind,
        meaning=incident_text(incident.kind, language),
        decision=incident.decision if ID.fullmatch(incident.decision) else hidden.text(incident.decision),
        business=one.business,
        channel=hidden.text(incident.channel),
        detail=hidden.text(incident.detail),
    )


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/v1/incidents",
        scope=Scope.CALLS,
        summary="The incidents, the newest first: calls round the gate, flawed recordings, and the like.",
        handle=list_,
        query=IncidentsQuery,
        answers={200: IncidentList},
    ),
)
