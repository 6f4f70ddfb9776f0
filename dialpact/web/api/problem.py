"""A failure as an answer: ``application/problem+json`` (RFC 9457), in the asked language.

1. The codes are those of the registers' faults, and the table ``problem`` of ``texts``.
2. What is no fault of the asker's is told without a word of ours: the log has it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import msgspec
import structlog
from starlette.responses import Response

from dialpact.compliance.errors import (
    ConfigError,
    DialpactError,
    LedgerError,
    NotPermitted,
    StoreError,
    StoreRefused,
)
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.texts import Language, fault_text

MEDIA_TYPE = "application/problem+json"
NO_TYPE = "about:blank"
QUOTA = "https://iana.org/assignments/http-problem-types#quota-exceeded"
RETRY_SECONDS = 1  # after which a store that was busy may not be
SHUT = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
# Faults of what is there already, in the place of what was sent.
CONFLICTS = frozenset(
    {
        *(
            "taken",
            "exists",
            "batch-exists",
            "complaint-answered",
            "complaint-not-answered",
            "complaint-closed",
            "cdr-times-off",
            "job-changed",
            "consent-differs",
        ),
        *("recording-not-over", "recording-flawed", "recording-changed"),
        *("recording-missing", "recording-unreadable", "not-listening"),
        *("jobs-waiting", "job-not-done", "webhook-not-dead"),
        *("account-taken", "account-faster", "account-not-first"),
        *("approval-asked", "approval-closed", "approval-lapsed", "approval-changed", "approval-unproven"),
        *("approval-no-officer", "approval-new-account"),
        "reload-changed",
    }
)
OTHER = {
    "recording-disposed": 410,
    "no-recording-file": 404,
    "job-expired": 410,
    "approval-own": 403,
    "sign-in-wait": 429,
}
_PLACE = re.compile(r" - at `(?P<place>[^`]+)`$")
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>.*)`$", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(?P<name>.*)`$", re.DOTALL)
_TYPE = re.compile(r"Expected `(?P<wanted>[^`]+)`, got `(?P<found>[^`]+)`$")
# What else msgspec says of a value, as texts in both languages; what is none of these is told as it says it.
_VALUES = (
    ("zone", re.compile(r"Expected `datetime` with a timezone component$")),
    ("time", re.compile(r"Invalid RFC3339 encoded datetime$")),
    ("choice", re.compile(r"Invalid enum value (?P<value>.*)$", re.DOTALL)),
    ("length", re.compile(r"Expected `(?:str|array)` of length (?P<bound>[<>=]+ \d+)$")),
    ("bound", re.compile(r"Expected `(?:int|float)` (?P<bound>[<>=]+ \S+)$")),
    ("form", re.compile(r"Expected `str` matching regex (?P<pattern>.*)$", re.DOTALL)),
)
_STEP = re.compile(r"\.([^.\[\]]+)|\[([^\]]+)\]")
log = structlog.get_logger()


class Wrong(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that is wrong: its place in the body (a JSON pointer; of a file its row, from 1), or the
    parameter; its code; why.
    """

    code: str
    detail: str
    pointer: str = ""
    parameter: str = ""
    row: int = 0
    sheet: str = ""


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``code``: for programs, the same in every language; ``detail``: for people."""

    title: str
    status: int
    detail: str
    code: str
    type: str = NO_TYPE
    errors: tuple[Wrong, ...] = ()


class Refusal(DialpactError):
    """A request that is answered with a problem. ``values`` fill the text of ``code``, where there is no
    ``detail``.
    """

    def __init__(
        self,
        status: int,
        code: str,
        *,
        headers: Mapping[str, str] | None = None,
        type: str = NO_TYPE,
        errors: tuple[Wrong, ...] = (),
        detail: str = "",
        **values: object,
    ) -> None:
        super().__init__(code)
        self.detail = detail
        self.status, self.code, self.type, self.errors = status, code, type, errors
        self.headers = dict(headers or {})
        self.values = values


class NotFound(Refusal):
    """There is nothing at this address, or nothing that this key may know of."""

    def __init__(self) -> None:
        super().__init__(404, "not-found")


@cache
def _catalogue(language: Language) -> Mapping[str, str]:
    content = (Path(__file__).parent / "texts" / f"{language}.toml").read_text("utf-8")
    tables: dict[str, dict[str, str]] = tomllib.loads(content)
    return {f"{table}.{name}": text for table, texts in tables.items() for name, text in texts.items()}


def text(key: str, language: Language, **values: object) -> str:
    return _catalogue(language)[key].format(**values)


def response(
    error: DialpactError,
    language: Language,
    path: Mapping[str, str] | None = None,
    failing: int | None = None,
) -> Response:
    """``path``: the parameters of the address; what is not registered under one of them is not found.
    ``failing``: the status of what is our failure, where it is another one there.
    """
    refusal = told(error, path or {})
    if refusal.status >= 500:
        refusal.status = failing or refusal.status
    return _response(refusal, words(refusal, error, language, said), language)


def words(
    refusal: Refusal, error: DialpactError, language: Language, of: Callable[[Fault, Language], str]
) -> str:
    """Why ``error`` was refused so. ``of``: what a door says of a fault."""
    if isinstance(error, Fault) and not isinstance(refusal, NotFound):
        return of(error, language)
    values = {name: _word(value, language) for name, value in refusal.values.items()}
    return refusal.detail or text(f"problem.{refusal.code}", language, **values)


def _word(value: object, language: Language) -> object:
    """Why an actor may not, in the asked language: ``crm: of all businesses``. Other values as they are."""
    who, colon, why = str(value).partition(": ")
    known = _catalogue(language).get(f"why.{why.replace(' ', '-')}") if colon else None
    return f"{who}: {known}" if known else value


def said(fault: Fault, language: Language) -> str:
    """Why a register refuses an entry, in words."""
    try:
        return fault_text(fault, language)
    except KeyError:  # a text that only the command line has
        return str(fault)


def plain(status: int, code: str, language: Language = "en", **values: object) -> Response:
    """For what fails where no handler is asked."""
    refusal = Refusal(status, code)
    return _response(refusal, text(f"problem.{code}", language, **values), language)


def _response(refusal: Refusal, detail: str, language: Language) -> Response:
    problem = Problem(
        title=text(f"title.{refusal.status}", language),
        status=refusal.status,
        detail=detail,
        code=refusal.code,
        type=refusal.type,
        errors=refusal.errors,
    )
    headers = {"Content-Language": language, **SHUT, **refusal.headers}
    return Response(msgspec.json.encode(problem), refusal.status, headers, MEDIA_TYPE)


def told(error: DialpactError, path: Mapping[str, str]) -> Refusal:
    """With which status and code it is answered. ``path``: as in ``response``."""
    match error:
        case Refusal():
            return error
        case Fault(key="not-registered") if error.detail.get("entry") in path.values():
            return NotFound()
        case Fault():
            return Refusal(409 if error.key in CONFLICTS else OTHER.get(error.key, 422), error.key)
        case NotPermitted():
            return Refusal(403, "not-permitted", why=str(error))
        case StoreRefused():
            log.warning("the store refuses what a program sent", error=str(error))
            return Refusal(422, "refused")
        case StoreError() | ConfigError():
            log.warning("a program was not answered", error=str(error))
            return Refusal(503, "not-now", headers={"Retry-After": str(RETRY_SECONDS)})
    log.error("a program was not answered", error=str(error))
    return Refusal(500, "ledger-damaged" if isinstance(error, LedgerError) else "failed")


def invalid(error: msgspec.ValidationError, language: Language, parameter: str = "") -> Refusal:
    """What msgspec says of a body, or of the query (``parameter``: what to call a place in it)."""
    said, steps = str(error), ""
    if found := _PLACE.search(said):
        said, steps = said[: found.start()], found["place"]
    place = [name or index for name, index in _STEP.findall(steps.removeprefix("$"))]
    if found := _UNKNOWN.fullmatch(said):
        place, code, detail = [*place, found["name"]], "unknown-field", text("error.unknown-field", language)
    elif found := _MISSING.fullmatch(said):
        place, code, detail = [*place, found["name"]], "missing-field", text("error.missing-field", language)
    elif found := _TYPE.fullmatch(said):
        code, detail = "bad-type", text("error.type", language, **found.groupdict())
    else:
        code, detail = "bad-value", _value(said, language)
    if parameter:
        wrong = Wrong(code=code, detail=detail, parameter=place[0] if place else "")
    else:
        pointer = "#" + "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in place)
        wrong = Wrong(code=code, detail=detail, pointer=pointer)
    return Refusal(422, "invalid", errors=(wrong,))


def _value(said: str, language: Language) -> str:
    for name, pattern in _VALUES:
        if found := pattern.fullmatch(said):
            return text(f"error.{name}", language, **{key: it[:200] for key, it in found.groupdict().items()})
    return text("error.value", language, why=said[:200])
