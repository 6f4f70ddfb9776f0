"""What programs put in, one at a time or up to a thousand together: all of them or none.

What is wrong is told of each, by its place in what was sent.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, TypeVar

from msgspec import Meta

from dialpact.application.limits import Only
from dialpact.compliance.registers import Outcome
from dialpact.compliance.registers.change import Made
from dialpact.compliance.registers.fault import Fault, Faults
from dialpact.compliance.texts import Language
from dialpact.web.api.endpoint import Asked
from dialpact.web.api.problem import CONFLICTS, Refusal, Wrong, said

MOST = 1000  # entries in one request
MOST_BODY = 4 << 20  # bytes of these
T = TypeVar("T")

Number = Annotated[
    str, Meta(description="A telephone number: E.164, or as it is dialled at home.", max_length=100)
]
Moment = Annotated[datetime, Meta(tz=True)]
# Faults that name no field of their own: which one they are about.
FIELDS: Mapping[str, str] = {
    **dict.fromkeys(
        ("number", "two-numbers", "zero-lost", "excel-exponent", "excel-decimal", "zeros-at-end"), "number"
    ),
    "bad-caller-id": "caller_id",
    "value-with-all": "value",
    "call-to-another": "call",
    "not-registered": "call",
    "call-to-come": "called_at",
    "unknown-campaign": "campaign",
}


def text(at: datetime | None) -> str:
    """As use cases read it; nothing stays nothing."""
    return at.isoformat() if at else ""


def only(asked: Asked[Any, Any]) -> Only:
    """The businesses that the key is held to."""
    return asked.key.businesses or None


def status(outcomes: Iterable[Outcome]) -> int:
    """201 where something came to be, or was changed."""
    return HTTPStatus.OK if all(one == "already" for one in outcomes) else HTTPStatus.CREATED


async def made(asked: Asked[Any, Any]) -> Sequence[Made]:
    """The acts of an earlier try of this request that was cut off; mostly none."""
    seqs = [int(one.key) for one in asked.again.written if one.kind == "register-change"]
    return await asked.context.store.changes.made(seqs) if seqs else ()


async def placed(
    asked: Asked[Any, Any],
    done: Awaitable[T],
    *,
    within: str = "",
    fields: Mapping[str, str] | None = None,
) -> T:
    """``within``: the field that has the entries; empty: there is one, and it is all that was sent.
    ``fields``: what is called otherwise there than in the register. Refusal for what is wrong with them.
    """
    try:
        return await done
    except Faults as faults:
        raise refused(faults, asked.language, within, fields or {}) from faults


def refused(faults: Faults, language: Language, within: str, fields: Mapping[str, str]) -> Refusal:
    errors = tuple(
        Wrong(
            code=fault.key,
            detail=said(fault, language),
            pointer=_pointer([within, str(place)] if within else [], field_of(fault, fields)),
        )
        for place, fault in faults.each
    )
    conflict = all(fault.key in CONFLICTS for _, fault in faults.each)
    first = faults.each[0][1]
    return Refusal(409 if conflict else 422, first.key, errors=errors, detail=said(first, language))


def field_of(fault: Fault, fields: Mapping[str, str]) -> str:
    """Empty where it is about the whole entry."""
    column = fault.detail.get("column", "") or FIELDS.get(fault.key, "")
    return fields.get(column, column)


def _pointer(steps: Sequence[str], field: str) -> str:
    return "#" + "".join(f"/{step}" for step in (*steps, *([field] if field else [])))
