"""What a program looks at: calls, recordings, incidents, figures. Lists are read to their end by parts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Literal
from urllib.parse import quote

from dialpact.client.questions import PART, File, Questions, decoded, posted
from dialpact.compliance.inspection.figures import Inspection
from dialpact.web.api.calls import CallList, CallShown, Search, Shown
from dialpact.web.api.incidents import IncidentList, IncidentShown
from dialpact.web.api.recordings import RecordingList, RecordingShown, WholeRecordingShown

Verdict = Literal["ALLOW", "BLOCK"]


class Looking(Questions):
    """``since``, ``until``: from then on, before then. ``business``: one of the key's."""

    def calls(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        campaign: str = "",
        verdict: Verdict | None = None,
        business: str = "",
    ) -> Iterator[Shown]:
        """What was asked and answered, the newest first."""
        return self._rows(
            "/v1/calls",
            CallList,
            since=since,
            until=until,
            campaign=campaign,
            verdict=verdict,
            business=business,
        )

    def calls_to(
        self,
        number: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        campaign: str = "",
        business: str = "",
    ) -> Iterator[Shown]:
        """The calls to one number, which stands in no address."""
        after = ""
        while True:
            body = Search(
                number=number,
                campaign=campaign,
                business=business,
                since=since,
                until=until,
                after=after,
                limit=PART,
            )
            part = decoded(self._transport.ask(posted("/v1/calls/search", body)), CallList)
            yield from part.items
            if not (after := part.next):
                return

    def call(self, id: str) -> CallShown:
        """A call with what every rule found, its legs and its recordings."""
        return self._get(f"/v1/calls/{quote(id, safe='')}", CallShown)

    def recordings(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        campaign: str = "",
        business: str = "",
        decision: str = "",
    ) -> Iterator[RecordingShown]:
        """The newest first. ``decision``: those of one call."""
        return self._rows(
            "/v1/recordings",
            RecordingList,
            since=since,
            until=until,
            campaign=campaign,
            business=business,
            decision=decision,
        )

    def recording(self, id: str) -> WholeRecordingShown:
        """What is known of it, and whether it still is what was recorded."""
        return self._get(f"/v1/recordings/{quote(id, safe='')}", WholeRecordingShown)

    def audio(self, id: str, file: File, *, side: Literal["mix", "callee", "agent"] = "mix") -> None:
        """Its sound, into ``file``. That it was heard is in the ledger."""
        self._fetch(f"/v1/recordings/{quote(id, safe='')}/audio", file, side=side)

    def incidents(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        kind: str = "",
        business: str = "",
    ) -> Iterator[IncidentShown]:
        """What a person has to know, the newest first."""
        return self._rows(
            "/v1/incidents", IncidentList, since=since, until=until, kind=kind, business=business
        )

    def inspection(self, first: date | str, last: date | str = "") -> Inspection:
        """The figures of the report over these days; a month is ``2026-11``. For keys of all businesses."""
        return self._get("/v1/inspections", Inspection, **{"from": first, "to": last})
