"""A caller ID: issued by the authority, authenticated by the carrier, held by one business."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime

from dialpact.compliance.model import ANY, PURPOSES, CallerId
from dialpact.compliance.registers.cell import choice, free_text, identifier, several, yes_or_no
from dialpact.compliance.registers.fault import Fault, shown
from dialpact.compliance.registers.moment import HOME, day
from dialpact.compliance.registers.number import caller_id as exact

COLUMNS = (
    "number",
    "business",
    "licence",
    "carrier",
    "authenticated",
    "trunks",
    "purposes",
    "valid_from",
    "valid_to",
)
OPTIONAL = ("sent_as",)
# What stands in From where no number does: no name of an account.
NOBODY = frozenset({"", "anonymous", "unknown", "unavailable", "restricted", "private"})
SHORTEST, AREA = 5, 3  # digits of a number that may have an area code before it, and of that without its zero
_FORM = re.compile(r"\+?[0-9]{3,24}")
_ACCOUNT = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9._-]{1,64}")
_PREFIX = re.compile(r"\A(?:(?:\+|00)?86(?=[0-9]{7})|0+|\+)")  # of the country, or of a trunk call
_TRUNK = re.compile(r"[A-Za-z0-9_.-]{1,64}")  # as in the configuration's [trunks.NAME]


def caller_id(
    number: str,
    business: str,
    licence: str,
    carrier: str,
    authenticated: bool,
    trunks: Sequence[str],
    purposes: Sequence[str],
    valid_from: str,
    valid_to: str,
    sent_as: Sequence[str] = (),
    *,
    as_written: bool = False,
) -> CallerId:
    """``valid_to`` is the last valid day; empty: open-ended. ``sent_as``: the forms in which it leaves.

    ``as_written``: a number that could have lost its zero is meant so.
    """
    starts = day(valid_from, "valid_from") if valid_from.strip() else None
    ends = day(valid_to, "valid_to") if valid_to.strip() else None
    if starts is None:
        raise Fault("empty", column="valid_from")
    if ends is not None and ends < starts:
        raise Fault("ends-before-start", start=starts.isoformat(), end=ends.isoformat())
    known = exact(number, as_written=as_written)
    forms = several(sent_as, "sent_as") if any(text.strip() for text in sent_as) else ()
    return CallerId(
        number=known,
        business=identifier(business, "business"),
        licence=free_text(licence, "licence"),
        carrier=free_text(carrier, "carrier"),
        authenticated=authenticated,
        trunks=tuple(_trunk(name) for name in several(trunks, "trunks")),
        purposes=tuple(dict.fromkeys(_purpose(name) for name in several(purposes, "purposes"))),
        valid_from=starts,
        valid_to=ends,
        sent_as=tuple(_form(form, known) for form in forms),
    )


def read(cells: Sequence[str], now: datetime, *, as_written: bool = False) -> CallerId:
    """A row in the order of :data:`COLUMNS` and :data:`OPTIONAL`."""
    number, business, licence, carrier, authenticated, trunks, purposes, starts, ends, *sent_as = cells
    return caller_id(
        number,
        business,
        licence,
        carrier,
        yes_or_no(authenticated, "authenticated"),
        [trunks],
        [purposes],
        starts,
        ends,
        sent_as,
        as_written=as_written,
    )


def written(entry: CallerId) -> tuple[str, ...]:
    """The cells of which :func:`read` makes this entry."""
    lists = [";".join(names) for names in (entry.trunks, entry.purposes, entry.sent_as)]
    authenticated = "yes" if entry.authenticated else "no"
    ends = entry.valid_to.isoformat() if entry.valid_to else ""
    about = entry.number, entry.business, entry.licence, entry.carrier, authenticated, *lists[:2]
    return *about, entry.valid_from.isoformat(), ends, lists[2]


def today(now: datetime) -> date:
    return now.astimezone(HOME).date()


def _trunk(name: str) -> str:
    if name != ANY and not _TRUNK.fullmatch(name):
        raise Fault("bad-trunk", value=shown(name))
    return name


def _form(form: str, number: str) -> str:
    """Another number is a caller ID of its own, with a licence and a holder of its own. An account's name is
    none, and nobody is called by it: some carriers want it in From, and the number in P-Asserted-Identity.
    """
    if _FORM.fullmatch(form):
        short, long = sorted((_PREFIX.sub("", text, count=1) for text in (form, number)), key=len)
        if short == long:
            return form
        if long.endswith(short) and len(long) - len(short) <= AREA and len(short) >= SHORTEST:
            return form
        raise Fault("sent-as-another", value=shown(form), number=shown(number))
    if _ACCOUNT.fullmatch(form) and form.lower() not in NOBODY:
        return form
    raise Fault("bad-sent-as", value=shown(form))


def _purpose(name: str) -> str:
    return name if name == ANY else choice(name, "purposes", PURPOSES)
