"""A package checked for whoever was given one, without an account.

The file is streamed to a temporary one, verified in a process of its own with bounds, and thrown away.
Nothing of this installation is told, not even whether the package is its own: whoever checks brings the key.
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec

from dialpact.application.evidence.apart import Apart, ExamineAsked, NotExamined
from dialpact.application.jobs.files import need_room
from dialpact.application.ledger import given
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import cosignature
from dialpact.compliance.registers.fault import Fault
from dialpact.presentation.visible import visible
from dialpact.web.console.page import Asked, Form, NoForm, Page, Shown
from dialpact.web.site import Site

TEMPLATE = "packages/check.html"
AT_ONCE = 4  # that are received at the same time; two of them are verified
SECONDS = 420.0  # to be received, to wait for its turn, to be verified
FIELDS = 1 << 20  # bytes beside the file: key, checkpoint, the form itself
Quorum = Annotated[int, msgspec.Meta(ge=1, le=100)]
STATUS = {"busy": 503, "time": 422, "memory": 422, "broken": 422}
apart = Apart()


class Check(Form, frozen=True, kw_only=True):
    """As ``dialpact evidence verify`` takes them, as texts: no file of this host is ever named.
    ``witnesses``: a line each.
    """

    key: str = ""
    checkpoint: str = ""
    witnesses: str = ""
    quorum: Quorum | None = None


async def show(asked: Asked[NoForm]) -> Shown:
    return Shown(template=TEMPLATE, values=_values(asked.site))


async def check(asked: Asked[Check]) -> Shown:
    sent = asked.files.get("file")
    if sent is None or not sent.bytes:
        raise Fault("no-package-file")
    told = _asked(asked.form)
    values = {**_values(asked.site), "name": visible(sent.name), "made_at": _made_at}
    try:
        found = await apart.examine(sent.file, told)
    except NotExamined as error:
        values["failed"] = error.why
        return Shown(template=TEMPLATE, values=values, status=STATUS[error.why], part="found")
    return Shown(template=TEMPLATE, values={**values, "found": found, "asked": told}, part="found")


def most(site: Site) -> int:
    """Bytes of a body: as many as are taken, and as there is room for so many at once. NoRoom."""
    room = need_room(Path(tempfile.gettempdir()))
    return min((site.config.web.most_package_mb << 20) + FIELDS, room // AT_ONCE)


def _made_at(said: str) -> str:
    """To the second; what is no time is shown as it is. (In UTC: our own zone would tell of us.)"""
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        return visible(said)
    return visible(said) if at.tzinfo is None else at.astimezone(UTC).isoformat(" ", "seconds")


def _values(site: Site) -> dict[str, object]:
    return {
        "most": site.config.web.most_package_mb,
        "name": "",
        "failed": "",
        "found": None,
        "visible": visible,
    }


def _asked(form: Check) -> ExamineAsked:
    """Fault for what is no key, no checkpoint."""
    key, held = given.key(form.key), given.checkpoint(form.checkpoint)
    witnesses = tuple(filter(None, map(str.strip, form.witnesses.splitlines())))
    try:
        known = len(cosignature.distinct(witnesses))
    except LedgerError as error:
        raise Fault("bad-key", why=str(error)) from error
    if form.quorum is not None and form.quorum > known:
        raise Fault("evidence-quorum", quorum=str(form.quorum), count=str(known))
    return ExamineAsked(key=key, held=held, witnesses=witnesses, quorum=form.quorum or known)


PAGES = (
    Page(method="GET", path="/packages/check", action="packages.check.show", roles=None, handle=show),
    Page(
        method="POST",
        path="/packages/check",
        action="packages.check",
        roles=None,
        handle=check,
        form=Check,
        uploads=True,
        most_body=most,
        at_once=AT_ONCE,
        seconds=SECONDS,
    ),
)
