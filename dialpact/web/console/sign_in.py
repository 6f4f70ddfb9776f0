"""Signing in and out, and the page to which a one-time link leads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse, Response

from dialpact.application.accounts import own, passkeys, sessions, sign_in, totp
from dialpact.application.accounts.sign_in import Caller, Opened
from dialpact.compliance.registers.session import SignedIn
from dialpact.web.console import qr
from dialpact.web.console.page import EVERYBODY, Asked, Form, NoForm, Page, Redirect, Shown
from dialpact.web.site import Site

MARK = "dialpact_mark"  # the cookie by which a browser is known again that has signed in before
CODES = "codes"


class Wish(Form, frozen=True, kw_only=True):
    """``to``: the page that somebody wanted."""

    to: str = "/"


class Given(Form, frozen=True, kw_only=True):
    id: str
    password: str
    code: str
    to: str = "/"


class Signed(Form, frozen=True, kw_only=True):
    """``credential``: as the browser gives it, in JSON."""

    credential: str
    to: str = "/"


class Link(Form, frozen=True, kw_only=True):
    link: str


class Chosen(Form, frozen=True, kw_only=True):
    """``pending``: the authenticator's secret, sealed. ``id``, ``name``: of the first account."""

    link: str
    pending: str
    password: str
    again: str
    code: str
    id: str = ""
    name: str = ""


async def ask(asked: Asked[Wish]) -> Shown | Redirect:
    if asked.session is not None:
        return Redirect(to=asked.form.to)
    values = {"to": asked.form.to, "passkeys": passkeys.party(asked.site.config.web) is not None}
    return Shown(template="sign_in/sign_in.html", values=values)


async def enter(asked: Asked[Given]) -> Redirect:
    form = asked.form
    found = await sign_in.by_password(
        asked.site.desk,
        asked.site.store,
        asked.context.now(),
        caller(asked),
        id=form.id,
        given=form.password,
        code=form.code,
    )
    if found.left is not None:  # he should know how many are left
        return Redirect(to="/account", said="sign-in.recovered", cookies=cookies(asked.site, found))
    return Redirect(to=form.to, cookies=cookies(asked.site, found))


async def ask_passkey(asked: Asked[NoForm]) -> Response:
    return JSONResponse(passkeys.ask(asked.site.desk, asked.context.now()))


async def enter_by_passkey(asked: Asked[Signed]) -> Redirect:
    found = await passkeys.sign_in(
        asked.site.desk,
        asked.site.store,
        asked.context.now(),
        caller(asked),
        credential=asked.form.credential,
    )
    return Redirect(to=asked.form.to, cookies=cookies(asked.site, found))


async def leave(asked: Asked[NoForm]) -> Redirect:
    name = sessions.cookie(asked.site.config.web.secure)
    if asked.session is not None:
        await sessions.sign_out(asked.context, SignedIn(asked.session, asked.account))
    return Redirect(to="/sign-in", said="sign-in.left", cookies={name: ""})


async def arrive(asked: Asked[NoForm]) -> Shown:
    """The link's token is behind the ``#``, where the browser alone sees it: a script puts it in."""
    return Shown(template="sign_in/arrive.html")


async def invite(asked: Asked[Link]) -> Shown:
    link = asked.form.link.strip().rpartition("#")[2]
    found = await own.invited(asked.site.desk, asked.site.store, asked.context.now(), link)
    id = found.account.id if found.account else "admin"
    address = totp.address(found.secret, id, asked.site.config.node.name)
    values = {
        "link": link,
        "invited": found.account,
        "pending": found.pending,
        "picture": qr.picture(address, asked.text("sign-in.picture")),
        "secret": totp.spaced(found.secret),
    }
    return Shown(template="sign_in/welcome.html", values=values)


async def enrol(asked: Asked[Chosen]) -> Redirect:
    form, now = asked.form, asked.context.now()
    found = await own.enrol(
        asked.site.desk,
        asked.site.store,
        now,
        caller(asked),
        link=form.link,
        sealed=form.pending,
        chosen=form.password,
        again=form.again,
        code=form.code,
        id=form.id,
        name=form.name,
    )
    asked.site.desk.once.put(found.opened.token.partition(".")[0], CODES, found.codes, now)
    return Redirect(to="/account/codes", said="sign-in.enrolled", cookies=cookies(asked.site, found.opened))


def caller(asked: Asked[Any]) -> Caller:
    return Caller(asked.address, asked.headers.get("user-agent", ""), asked.cookies.get(MARK, ""))


def cookies(site: Site, found: Opened) -> Mapping[str, str]:
    return {sessions.cookie(site.config.web.secure): found.token, MARK: found.mark}


PAGES = (
    Page(method="GET", path="/sign-in", action="sign-in.ask", roles=None, handle=ask, form=Wish),
    Page(method="POST", path="/sign-in", action="sign-in.enter", roles=None, handle=enter, form=Given),
    Page(
        method="POST",
        path="/sign-in/passkey/options",
        action="sign-in.ask-passkey",
        roles=None,
        handle=ask_passkey,
    ),
    Page(
        method="POST",
        path="/sign-in/passkey",
        action="sign-in.passkey",
        roles=None,
        handle=enter_by_passkey,
        form=Signed,
    ),
    Page(method="POST", path="/sign-out", action="sign-in.leave", roles=EVERYBODY, handle=leave),
    Page(method="GET", path="/welcome", action="sign-in.arrive", roles=None, handle=arrive),
    Page(method="POST", path="/welcome", action="sign-in.invite", roles=None, handle=invite, form=Link),
    Page(method="POST", path="/welcome/done", action="sign-in.enrol", roles=None, handle=enrol, form=Chosen),
)
