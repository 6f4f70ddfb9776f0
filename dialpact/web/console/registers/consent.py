"""Consents: who agreed to be called, by whom, about what, with which evidence."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import date, datetime
from typing import Any, BinaryIO

from dialpact.application import browsing, consent_evidence, consents
from dialpact.compliance.model import Consent
from dialpact.compliance.registers.consent_evidence import MOST, media_type_of
from dialpact.compliance.registers.fault import Fault
from dialpact.store.ports.browsing import ConsentState
from dialpact.store.ports.page import Page as Part
from dialpact.web.console.page import Asked, Form, Paged, Upload
from dialpact.web.console.registers.declared import (
    NO_REASON,
    OFFICERS,
    Addition,
    Badge,
    Column,
    Deed,
    Done,
    Field,
    OfEntry,
    Register,
    Whole,
)
from dialpact.web.console.registers.pages import ROWS

STATES = ("valid", "expired", "withdrawn")


class Search(Paged, frozen=True, kw_only=True):
    number: str = ""
    business: str = ""
    industry: str = ""
    state: ConsentState = ""


class Add(Form, frozen=True, kw_only=True):
    """``keep``: the file too, and not its SHA-256 alone."""

    number: str
    business: str
    industry: str
    evidence: str
    granted_at: datetime | None = None
    expires_at: date | None = None
    evidence_sha256: str = ""
    wording: str = ""
    keep: bool = False


class Withdrawal(OfEntry, frozen=True, kw_only=True):
    business: str
    industry: str = ""
    reason: str = ""


async def listed(asked: Asked[Search]) -> Part[Consent]:
    form = asked.form
    return await browsing.consents(
        asked.context,
        number=form.number,
        business=form.business,
        industry=form.industry,
        state=form.state,
        after=form.after,
        most=ROWS,
    )


async def whole(asked: Asked[Any], key: str) -> Whole:
    entry = await browsing.consents_of(asked.context, key)
    return Whole(entry=entry, shown=entry.key)


async def add(asked: Asked[Add]) -> Done:
    form, file = asked.form, asked.files.get("file")
    if form.keep and file is None:
        raise Fault("console-keep-what")
    digest = await _digest(file, form.evidence_sha256)
    if file is not None and form.keep:
        await _keep(asked, file, digest)
    done = await consents.add(
        asked.context,
        form.number,
        business=form.business,
        industry=form.industry,
        evidence=form.evidence,
        granted_at=form.granted_at.isoformat() if form.granted_at else "",
        expires_at=form.expires_at.isoformat() if form.expires_at else "",
        evidence_sha256=digest,
        wording=form.wording,
    )
    said = "registers-said.unknown" if done.unknown else f"registers-said.{done.outcome}"
    return Done(key=done.entry.number, said=said)


async def _digest(file: Upload | None, given: str) -> str:
    """The SHA-256 of the file; one given beside it must agree."""
    if file is None:
        return given
    found = await asyncio.to_thread(_hashed, file.file)
    file.file.seek(0)
    if given and given.strip().lower() != found:
        raise Fault("another-file", file=file.name, sha256=found)
    return found


def _hashed(file: BinaryIO) -> str:
    found = hashlib.sha256()
    while chunk := file.read(1 << 20):
        found.update(chunk)
    return found.hexdigest()


async def _keep(asked: Asked[Add], file: Upload, wanted: str) -> None:
    config = asked.site.config
    folder = config.path(config.api.consent_evidence)
    done = await consent_evidence.keep(asked.context, folder, file.file, media_type_of(file.name))
    if done.entry.id != wanted:
        raise Fault("another-file", file=file.name, sha256=done.entry.id)


async def withdraw(asked: Asked[Withdrawal]) -> Done:
    form = asked.form
    done = await consents.withdraw(
        asked.context, form.key, business=form.business, industry=form.industry, reason=form.reason
    )
    return Done(key=done.number, said="registers-said.withdrawn" if done.count else "registers-said.already")


def state(asked: Asked[Any], row: Consent) -> Badge:
    if row.withdrawn_at is not None:
        return Badge(kind="bad", key="registers-consent.withdrawn")
    if row.expires_at is not None and row.expires_at <= asked.now:
        return Badge(kind="bad", key="registers-consent.expired")
    return Badge(kind="ok", key="registers-consent.valid")


COLUMNS = (
    Column(name="number", look="number"),
    Column(name="business", to="business"),
    Column(name="industry"),
    Column(name="granted_at"),
    Column(name="expires_at"),
    Column(name="state", value=state),
)

REGISTER = Register(
    noun="consent",
    columns=COLUMNS,
    kept=(
        *COLUMNS,
        Column(name="withdrawn_at"),
        Column(name="evidence"),
        Column(name="evidence_sha256", look="code"),
        Column(name="wording"),
    ),
    search=Search,
    filters=(
        Field(name="number", most=40),
        Field(name="business", known="business", most=64),
        Field(name="industry", most=64),
        Field(name="state", kind="choice", options=("", *STATES), words="registers-consent"),
    ),
    listed=listed,
    key=lambda row: row.number,
    whole=whole,
    add=Addition(
        form=Add,
        fields=(
            Field(name="number", needed=True, most=40),
            Field(name="business", needed=True, known="business", most=64),
            Field(name="industry", needed=True, most=64),
            Field(name="evidence", needed=True, hint="registers-hint.evidence"),
            Field(name="granted_at", kind="moment", hint="registers-hint.granted"),
            Field(name="expires_at", kind="date", hint="registers-hint.expires"),
            Field(name="file", kind="file", label="registers.proof", hint="registers-hint.proof"),
            Field(name="keep", kind="box", label="registers.keep"),
            Field(name="evidence_sha256", most=64),
            Field(name="wording"),
        ),
        do=add,
        uploads=True,
        most_body=MOST + (1 << 20),
    ),
    acts=(
        Deed(
            name="withdraw",
            form=Withdrawal,
            fields=(NO_REASON,),
            do=withdraw,
            rows=lambda row: (
                None if row.withdrawn_at else {"business": row.business, "industry": row.industry}
            ),
            grave=True,
            texts="consent-withdraw",
        ),
        Deed(
            name="withdraw-all",
            form=Withdrawal,
            fields=(
                Field(name="business", needed=True, known="business", most=64),
                Field(name="industry", hint="registers-hint.all-industries", most=64),
                NO_REASON,
            ),
            do=withdraw,
            when=lambda rows: any(row.withdrawn_at is None for row in rows),
            grave=True,
            texts="consent-withdraw-all",
        ),
    ),
    by_number=True,
    imported=True,
    exported=True,
    beside=(("/registers/consent/proofs", "registers.proofs", OFFICERS),),
)
