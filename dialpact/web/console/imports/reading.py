"""What a form says of how a file is to be read."""

from __future__ import annotations

from typing import Any

from dialpact.application import consent_evidence
from dialpact.application.jobs import importing
from dialpact.application.jobs.importing import CONSTANTS, ImportAsked, Register
from dialpact.compliance.registers.columns import mapping
from dialpact.compliance.registers.consent_evidence import media_type_of
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.leads import Delivery, delivery
from dialpact.web.api.consent_evidence import folder
from dialpact.web.api.problem import NotFound
from dialpact.web.console.page import Asked, Form

NUMBERS_ONLY: tuple[Register, ...] = ("dnc", "leads")  # files without a header


class Reading(Form, frozen=True, kw_only=True):
    """``mapping``: a saved one. ``map``: ``number=NAME`` of each column, empty where nothing is said. Then
    what every row has, of a file without that column; and what holds of leads.
    """

    mapping: str = ""
    map: tuple[str, ...] = ()
    save_as: str = ""
    sheet: tuple[str, ...] = ()
    numbers_only: bool = False
    as_written: bool = False
    scope: str = ""
    value: str = ""
    requested_at: str = ""
    source: str = ""
    business: str = ""
    industry: str = ""
    evidence: str = ""
    evidence_sha256: str = ""
    wording: str = ""
    campaign: str = ""
    partner: str = ""
    contract: str = ""
    basis: str = ""


def register_of(text: str) -> Register:
    """NotFound where files go into none of this name."""
    for register in importing.REGISTERS:
        if register == text:
            return register
    raise NotFound


async def told(asked: Asked[Reading], register: Register, name: str, about: Delivery | None) -> ImportAsked:
    """``name``: of the file. ``about``: of leads, what was said before; None: the form says it. Fault."""
    form = asked.form
    constants = {column: str(getattr(form, column)) for column in CONSTANTS[register]}
    if (proof := await _kept_proof(asked)) and register == "consent":
        constants["evidence_sha256"] = proof
    if register == "leads" and about is None:
        about = delivery(form.campaign, form.partner, form.contract, form.basis)
    mapped = mapping([one for one in form.map if one])
    if form.save_as.strip() and not mapped and not form.mapping:
        raise Fault("import-nothing-to-save")
    return await importing.reading(
        asked.context,
        register,
        name=name,
        mapped=mapped,
        saved=form.mapping,
        constants=constants,
        numbers_only=form.numbers_only and register in NUMBERS_ONLY,
        sheets=form.sheet,
        as_written=form.as_written,
        save_as=form.save_as.strip(),
        delivery=about,
        language=asked.language,
    )


async def _kept_proof(asked: Asked[Any]) -> str:
    """The SHA-256 of the file that proves all of these consents, once it is kept; empty: none came."""
    sent = asked.files.get("proof")
    if sent is None:
        return ""
    place = folder(asked.site.config)
    try:
        done = await consent_evidence.keep(asked.context, place, sent.file, media_type_of(sent.name))
    except Fault as fault:
        if fault.key != "file":
            raise
        raise Fault("import-proof-unkept") from fault  # our folder is nobody's fault who sends
    return done.entry.id
