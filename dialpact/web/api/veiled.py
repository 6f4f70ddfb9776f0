"""What the lists are asked by, and numbers in what is read: as a key may see them (``compliance/veil``)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta

from dialpact.application import listings
from dialpact.application.context import Context
from dialpact.compliance.registers.api_key import Scope
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.veil import Veil
from dialpact.store.ports.listings import Wanted
from dialpact.web.api.endpoint import Asked, Paged

# Of people: not even a proxy of one's own keeps it.
PERSONAL = {"Cache-Control": "private, no-store"}
At = Annotated[datetime, Meta(tz=True)]


class Spanned(Paged, frozen=True, kw_only=True):
    """``since``, ``until``: from then on, before then; with their zone. ``business``: one of the key's."""

    since: Annotated[At | None, Meta(description="From then on; with its zone.")] = None
    until: Annotated[At | None, Meta(description="Before then; with its zone.")] = None
    business: Annotated[str, Meta(description="Of this one alone; one of the key's.")] = ""


def wanted(asked: Asked[Any, Any], given: Spanned, *, campaign: str = "", verdict: str = "") -> Wanted:
    """Of the businesses that the key is for. NotPermitted for another; Fault for a span that ends first."""
    if given.since and given.until and given.until <= given.since:
        raise Fault("ends-before-start", start=given.since.isoformat(), end=given.until.isoformat())
    businesses = asked.key.businesses
    if given.business:
        asked.key.need_business(given.business)
        businesses = (given.business,)
    return Wanted(
        businesses=businesses,
        since=given.since,
        until=given.until,
        campaign=campaign,
        verdict=verdict,
    )


async def veil(
    asked: Asked[Any, Any], context: Context, numbers: Iterable[str], caller_ids: Iterable[str]
) -> Veil:
    """``numbers``: whom it is about. Of the ``caller_ids`` the registered ones are shown."""
    if Scope.NUMBERS in asked.key.scopes:
        return Veil(full=True)
    shown = set(filter(None, caller_ids))
    return Veil(filter(None, numbers), await listings.ours(context, shown) if shown else ())
