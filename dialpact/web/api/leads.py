"""``POST /v1/leads``: a partner's list for a campaign, as JSON or as a file; ``GET``: what became of it.

A list that looks like range dialling is taken and held: nothing of it is dialled until a person releases it.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from datetime import datetime
from typing import Annotated, Any, BinaryIO
from weakref import WeakKeyDictionary

import msgspec
from msgspec import Meta

from dialpact.application import leads, mappings
from dialpact.application.imports import How, Imported
from dialpact.application.jobs.files import need_room
from dialpact.application.leads import Looked
from dialpact.compliance.registers.api_key import Scope
from dialpact.compliance.registers.cell import free_text
from dialpact.compliance.registers.columns import Given
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.formats import LEADS
from dialpact.compliance.registers.leads import Delivered, delivery
from dialpact.compliance.registers.sheet import row_of
from dialpact.store.ports import Store
from dialpact.web.api import entries
from dialpact.web.api.endpoint import Answer, Asked, Body, Endpoint, NoQuery, Query
from dialpact.web.api.problem import NotFound, Refusal, Wrong, said
from dialpact.web.api.problem import text as problem_text
from dialpact.web.site import Site

FILES = (
    "text/csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/octet-stream",
)
MOST_NUMBERS = 100_000  # in JSON
TOGETHER = 5_000  # rows that are staged at once: whoever else asks is answered between two of these
SHOWN = 1_000  # bad rows that are told
Campaign = Annotated[str, Meta(description="The campaign that may call these numbers.", max_length=200)]
Partner = Annotated[str, Meta(description="Who supplied them.", max_length=500)]
Contract = Annotated[str, Meta(description="Under which contract.", max_length=500)]
Basis = Annotated[str, Meta(description="On which legal basis, and where its proof is.", max_length=500)]
Title = Annotated[str, Meta(description="What the list is called, for the log.", max_length=200)]
SkipBad = Annotated[bool, Meta(description="Take the good rows where others are bad; else nothing is taken.")]


class NumberList(Body, frozen=True, kw_only=True):
    campaign: Campaign
    partner: Partner
    contract: Contract
    basis: Basis
    numbers: Annotated[
        tuple[Annotated[str, Meta(max_length=200)], ...],
        Meta(description="As in a file's column `number`.", min_length=1, max_length=MOST_NUMBERS),
    ]
    title: Title = "numbers.json"
    skip_bad: SkipBad = False


class LeadFile(Query, frozen=True, kw_only=True):
    """Of a list that is sent as a file. With JSON all of it is in the body."""

    campaign: Campaign = ""
    partner: Partner = ""
    contract: Contract = ""
    basis: Basis = ""
    title: Title = "leads.csv"
    skip_bad: SkipBad = False
    numbers_only: Annotated[bool, Meta(description="The file has no header, and one column.")] = False
    mapping: Annotated[
        str, Meta(description="A saved mapping: what this supplier calls the columns.", max_length=200)
    ] = ""
    sheet: Annotated[str, Meta(description="Of a workbook: this sheet alone.", max_length=200)] = ""


class LeadBatch(msgspec.Struct, frozen=True, kw_only=True):
    """``held``: why nothing of it may be dialled until a person releases it, or, for ``not-scrubbed``, until
    it was scrubbed; empty: it counts, unless it was withdrawn. ``numbers``: how many different ones it has.
    ``sha256``: of the list.
    """

    id: int
    campaign: str
    partner: str
    contract: str
    basis: str
    file: str
    sha256: str
    numbers: int
    imported_at: datetime
    imported_by: str
    held: str
    withdrawn_at: datetime | None


class BadRow(msgspec.Struct, frozen=True, kw_only=True):
    """``row``: from 1; of a file its line, of a workbook the row of its ``sheet``, of JSON its place."""

    row: int
    sheet: str
    code: str
    detail: str


class TakenLeads(LeadBatch, frozen=True, kw_only=True):
    """The list as it stands, and what was read of it. ``repeated``: rows whose number was there already.
    ``columns``: read from another name of the file's; ``left_out``: its columns that nothing was read from.
    ``errors``: the first 1,000 bad rows.
    """

    rows: int
    bad: int
    repeated: int
    columns: dict[str, str]
    left_out: tuple[str, ...]
    errors: tuple[BadRow, ...]


_TURNS: WeakKeyDictionary[Store, asyncio.Lock] = WeakKeyDictionary()


async def add(asked: Asked[LeadFile, NumberList]) -> Answer:
    """One list at a time: whoever stages the next would take the first one's place from it."""
    turn = _TURNS.setdefault(asked.site.store, asyncio.Lock())
    with ExitStack() as opened:
        about, file, name, skip_bad, given, sheets = await _list(asked, opened)
        async with turn:
            done = await leads.take(
                asked.context,
                delivery(**about),
                leads.thresholds(asked.site.rules().policy.profiles),
                file,
                name=free_text(name, "title"),
                skip_bad=skip_bad,
                how=How(sheets=sheets, given=given),
                together=TOGETHER,
                only=entries.only(asked),
                made=await entries.made(asked),
            )
        with done:
            if not done.done:
                raise _bad(asked, done)
            return await _taken(asked, done)


async def show(asked: Asked[NoQuery, None]) -> Answer:
    text = asked.path["id"]
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise NotFound
    try:
        found = await leads.status(asked.context, int(text), only=entries.only(asked))
    except Fault as fault:
        raise NotFound from fault
    return Answer(body=_batch(asked, found))


async def _list(
    asked: Asked[LeadFile, NumberList], opened: ExitStack
) -> tuple[dict[str, str], BinaryIO, str, bool, Given, tuple[str, ...]]:
    """What is to be read and how: of the body, or of the query with a file."""
    body, query = asked.body, asked.query
    if asked.upload is None:
        if query != LeadFile():
            raise Refusal(422, "invalid", errors=(_not_here(asked),))
        about = {name: getattr(body, name) for name in ("campaign", "partner", "contract", "basis")}
        file = opened.enter_context(
            leads.as_file(one.replace("\n", " ").replace("\r", " ") for one in body.numbers)
        )
        return about, file, body.title, body.skip_bad, Given(), ()
    about = {name: getattr(query, name) for name in ("campaign", "partner", "contract", "basis")}
    given = await mappings.given(
        asked.context, LEADS, mapped={}, saved=query.mapping, numbers_only=query.numbers_only
    )
    sheets = (query.sheet,) if query.sheet else ()
    return about, asked.upload.file, query.title, query.skip_bad, given, sheets


def _not_here(asked: Asked[Any, Any]) -> Wrong:
    name = next(
        name for name in LeadFile.__struct_fields__ if getattr(asked.query, name) != getattr(LeadFile(), name)
    )
    return Wrong(
        code="unknown-field", detail=problem_text("error.unknown-field", asked.language), parameter=name
    )


async def _taken(asked: Asked[LeadFile, NumberList], done: Imported[Looked]) -> Answer:
    assert done.about.batch is not None
    found = await leads.status(asked.context, done.about.batch, only=entries.only(asked))
    if asked.again.written:  # as it was then: a person may have released it since
        found = msgspec.structs.replace(found, held=done.about.held, withdrawn_at=None)
    item = TakenLeads(
        **msgspec.structs.asdict(_batch(asked, found)),
        rows=done.rows,
        bad=done.bad,
        repeated=done.already,
        columns=dict(done.read_as),
        left_out=tuple(done.left_out),
        errors=_errors(asked, done),
    )
    return Answer(status=201, body=item, headers={"Location": f"/v1/leads/{found.id}"})


def _bad(asked: Asked[LeadFile, NumberList], done: Imported[Looked]) -> Refusal:
    """Nothing was taken. Where each is told is a place in the body, where that is JSON."""
    errors = tuple(
        Wrong(code=one.code, detail=one.detail, pointer=f"#/numbers/{one.row - 1}")
        if asked.upload is None
        else Wrong(code=one.code, detail=one.detail, row=one.row, sheet=one.sheet)
        for one in _errors(asked, done)
    )
    return Refusal(422, "bad-rows", errors=errors, bad=done.bad, rows=done.rows)


def _errors(asked: Asked[LeadFile, NumberList], done: Imported[Looked]) -> tuple[BadRow, ...]:
    found: list[BadRow] = []
    for one in done.bad_rows:
        if len(found) == SHOWN:
            break
        sheet, row = row_of(one.line)
        place = row - (asked.upload is None)  # our own file of them has a header
        detail = said(one.fault, asked.language)
        found.append(BadRow(row=place, sheet=done.sheets[sheet], code=one.fault.key, detail=detail))
    return tuple(found)


def _batch(asked: Asked[Any, Any], found: Delivered) -> LeadBatch:
    return LeadBatch(
        id=found.id,
        campaign=found.campaign,
        partner=asked.text(found.partner),
        contract=asked.text(found.contract),
        basis=asked.text(found.basis),
        file=asked.text(found.file),
        sha256=found.sha256,
        numbers=found.rows,
        imported_at=found.imported_at,
        imported_by=found.imported_by,
        held=found.held,
        withdrawn_at=found.withdrawn_at,
    )


def most_list(site: Site) -> int:
    """Bytes: what may be sent, and what there is room for beside what is made of it. NoRoom."""
    return min(site.config.api.most_upload_mb << 20, need_room(site.config.database.parent) // 4)


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/v1/leads",
        scope=Scope.LEADS,
        summary="Bring a partner's list for a campaign, as JSON or as a file (CSV, XLSX).",
        handle=add,
        query=LeadFile,
        body=NumberList,
        uploads=FILES,
        most_body=most_list,
        seconds=900.0,
        answers={201: TakenLeads},
    ),
    Endpoint(
        method="GET",
        path="/v1/leads/{id}",
        scope=Scope.LEADS,
        summary="What became of a list.",
        handle=show,
        answers={200: LeadBatch},
    ),
)
