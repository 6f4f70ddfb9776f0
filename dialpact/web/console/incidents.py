"""What a human has to know: calls round the gate, recordings with a flaw, and the like."""

from __future__ import annotations

from datetime import date
from typing import Any

from msgspec import structs

from dialpact.application import incidents, listings
from dialpact.application.ids import ID
from dialpact.compliance.registers.account import Role
from dialpact.compliance.texts import incident_text
from dialpact.compliance.veil import Veil
from dialpact.store.ports.listings import IncidentOf
from dialpact.web.console import within
from dialpact.web.console.days import span
from dialpact.web.console.page import EVERYBODY, Asked, Form, Page, Shown

MOST = 50  # of a part
TEMPLATE = "incidents.html"


class Search(Form, frozen=True, kw_only=True):
    """``since``, ``until``: days, both included."""

    kind: str = ""
    since: date | None = None
    until: date | None = None
    after: str = ""


async def listed(asked: Asked[Search]) -> Shown:
    """Newest first. Those of the host are of no business: who leads a team is not shown them."""
    form = asked.form
    days = span(asked, form.since, form.until)
    wanted = structs.replace(
        within.limits(asked.account),
        since=days.since,
        until=days.until,
    )
    kind = incidents.known(form.kind)
    page = await listings.incidents(asked.context, wanted, kind=kind, after=form.after, most=MOST)
    veil = await within.veil(asked, (), ())
    values: dict[str, Any] = {
        "incidents": [_row(asked, one, veil) for one in page.rows],
        "next": page.next,
        "form": form,
        "sent": {name: str(value or "") for name, value in structs.asdict(form).items() if name != "after"},
        "kinds": [(one, incident_text(one, asked.language)) for one in incidents.kinds()],
        "limited": asked.account.role is Role.SUPERVISOR,
    }
    return Shown(template=TEMPLATE, values=values, part="rows" if form.after else "found")


def _row(asked: Asked[Any], one: IncidentOf, veil: Veil) -> dict[str, Any]:
    incident, mine = one.incident, veil.about(one.numbers)
    return {
        "seq": incident.seq,
        "at": incident.at,
        "kind": incident.kind,
        "meaning": incident_text(incident.kind, asked.language),
        "channel": mine.text(incident.channel),
        "detail": mine.text(incident.detail),
        "decision": incident.decision if ID.fullmatch(incident.decision) else "",
    }


PAGES = (
    Page(
        method="GET",
        path="/incidents",
        action="incidents",
        roles=EVERYBODY,
        handle=listed,
        form=Search,
    ),
    Page(
        method="POST",
        path="/incidents",
        action="incidents.search",
        roles=EVERYBODY,
        handle=listed,
        form=Search,
    ),
)
