"""Whoever opens pages in a test: by a role, over a socket, without a browser and without a password."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.routing import BaseRoute

from dialpact.compliance.registers.account import Account, Role
from dialpact.compliance.registers.session import Session, SignedIn, Way
from dialpact.compliance.texts import Language
from dialpact.web.console.page import AnyPage, Asked
from dialpact.web.console.routing import Visitors, pages, routes
from dialpact.web.site import Site
from tests.cli.conftest import Home
from tests.web.api.client import unchunked
from tests.web.asking import Asker
from tests.web.console.html import Html
from tests.web.served import served

AT = datetime(2026, 1, 1, tzinfo=UTC)
AUDITED_UNTIL = date(2099, 12, 31)


def account(role: Role, **of: Any) -> Account:
    """Its id is its role's name. A supervisor sees what furnished.py makes, unless ``of`` is otherwise."""
    if role is Role.SUPERVISOR and not {"businesses", "campaigns", "agents"} & set(of):
        of["campaigns"] = ("of-jianghan", "spring")
    if role is Role.AUDITOR:
        of.setdefault("until", AUDITED_UNTIL)
    return Account(**({"id": role.value, "name": "", "role": role, "added_at": AT, "added_by": "test"} | of))


def session(account: str) -> Session:
    return Session(
        id=account.encode().hex().ljust(32, "0")[:32],
        account=account,
        way=Way.PASSWORD,
        opened_at=AT,
        ends_at=AT + timedelta(days=36_500),
        seen_at=AT,
    )


class Known(Visitors):
    """Takes a visitor's word for it; ``acts`` are what auditors opened."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {role.value: account(role) for role in Role}
        self.acts: list[tuple[str, str]] = []

    async def who(self, site: Site, request: Request) -> SignedIn | None:
        found = self.accounts.get(request.cookies.get("test", ""))
        return None if found is None else SignedIn(session(found.id), found)

    async def opened(self, asked: Asked[Any], page: AnyPage) -> None:
        self.acts.append((asked.account.id, page.action))


@dataclass(frozen=True)
class Opened:
    status: int
    headers: dict[str, str]
    body: bytes
    checked: bool = True

    @property
    def text(self) -> str:
        return self.page.text

    @cached_property
    def page(self) -> Html:
        """Of a page of ours: with nothing in it that must not be."""
        found = Html(self.body.decode())
        assert not found.wrong, found.wrong
        return found


class Visitor:
    """``as_("officer")``: somebody else at the same console; ``None``: nobody who is signed in."""

    def __init__(
        self, asker: Asker, known: Known, whose: str | None = "officer", language: Language = "zh"
    ) -> None:
        self.asker, self.known, self.whose, self.language = asker, known, whose, language

    def as_(self, whose: str | None) -> Visitor:
        return Visitor(self.asker, self.known, whose, self.language)

    def in_(self, language: Language) -> Visitor:
        return Visitor(self.asker, self.known, self.whose, language)

    def get(self, path: str, *, htmx: bool = False, headers: Mapping[str, str] | None = None) -> Opened:
        return self.send("GET", path, htmx=htmx, headers=headers)

    def post(
        self,
        path: str,
        fields: Mapping[str, str | Sequence[str]] | None = None,
        *,
        files: Mapping[str, tuple[str, bytes]] | None = None,
        htmx: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> Opened:
        """``files``: by field, name and content."""
        if files is None:
            body = urlencode(fields or {}, doseq=True).encode()
            kind = "application/x-www-form-urlencoded"
        else:
            body, kind = _multipart(fields or {}, files)
        given = {"Sec-Fetch-Site": "same-origin", "Content-Type": kind, **(headers or {})}
        return self.send("POST", path, body, htmx=htmx, headers=given)

    def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        htmx: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> Opened:
        cookies = f"dialpact_language={self.language}" + (f"; test={self.whose}" if self.whose else "")
        head = {"Host": "x", "Connection": "close", "Cookie": cookies, "Content-Length": str(len(body))}
        head |= {"HX-Request": "true", "HX-Request-Type": "partial"} if htmx else {}
        lines = [f"{method} {path} HTTP/1.1", *(f"{n}: {v}" for n, v in {**head, **(headers or {})}.items())]
        sent = asyncio.run(self.asker.send("\r\n".join([*lines, "", ""]).encode("latin-1") + body))
        first, _, rest = sent.partition(b"\r\n\r\n")
        status, *more = first.decode("latin-1").split("\r\n")
        named = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in more)}
        if named.get("transfer-encoding") == "chunked":
            rest = unchunked(rest)
        return Opened(int(status.split(" ")[1]), named, rest)


def _multipart(
    fields: Mapping[str, str | Sequence[str]], files: Mapping[str, tuple[str, bytes]]
) -> tuple[bytes, str]:
    found = b""
    for name, value in fields.items():
        for one in (value,) if isinstance(value, str) else value:
            found += f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{one}\r\n'.encode()
    for name, (file, content) in files.items():
        head = f'--edge\r\nContent-Disposition: form-data; name="{name}"; filename="{file}"\r\n'
        found += head.encode() + b"Content-Type: application/octet-stream\r\n\r\n" + content + b"\r\n"
    return found + b"--edge--\r\n", "multipart/form-data; boundary=edge"


@contextmanager
def console(home: Home, found: Sequence[AnyPage] | None = None, *, works: bool = False) -> Iterator[Visitor]:
    """In a thread of its own, so that a test can use the command line beside it. ``found``: pages of a test,
    beside the product's; ``works``: jobs are done.
    """
    known = Known()

    def source(site: Site) -> Sequence[BaseRoute]:
        return routes(site, known, (*pages(), *(found or ())))

    with served(home, source, works=works) as asker:
        yield Visitor(asker, known)
