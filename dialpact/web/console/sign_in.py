"""Signing in and out, and the page to which a one-time link leads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse, Response

from dialpact.application.accounts import own, passkeys, sessions, sign_in, totp
from dialpact.application.accounts.sign_in import Caller, Opened
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.session import SignedIn
from dialpact.web.console import qr
from dialpact.web.console.page import EVERYBODY, Asked, Form, NoForm, Page, Redirect, Shown
from dialpact.web.site import Site

MARK = "dialpact_mark"  # the cookie by which a browser is known again that has signed in before
CODES = "codes"
FLOW = "dialpact_flow"  # the cookie of who went to the identity provider
SENT_ON = ("code", "state", "iss", "error")


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


class Returned(Form, frozen=True, kw_only=True):
    """As the provider sends a browser back. What some add is of no use to us."""

    code: str = ""
    state: str = ""
    iss: str = ""
    error: str = ""
    error_description: str = ""
    error_uri: str = ""
    session_state: str = ""
    scope: str = ""
    authuser: str = ""
    prompt: str = ""
    hd: str = ""
    client_info: str = ""


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
    oidc = asked.site.config.web.oidc
    values = {
        "to": asked.form.to,
        "passkeys": passkeys.party(asked.site.config.web) is not None,
        "provider": (oidc.name or asked.text("way.provider")) if oidc else "",
    }
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
    await _leave_before(asked)
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
    await _leave_before(asked)
    return Redirect(to=asked.form.to, cookies=cookies(asked.site, found))


async def go_to_provider(asked: Asked[Wish]) -> Response:
    """The browser keeps what tells that it is the same one that comes back."""
    provider, secure = asked.site.desk.provider, asked.site.config.web.secure
    if provider is None:
        raise Fault("provider-none")
    begun = await provider.begin(asked.context.now(), asked.form.to)
    found = Response(status_code=303, headers={"Location": begun.address})
    found.set_cookie(FLOW, begun.flow, max_age=600, secure=secure, httponly=True, samesite="strict")
    return found


async def come_back(asked: Asked[Returned]) -> Shown:
    """From another site, so the browser sends none of our cookies: what came is sent on, as a form."""
    fields = {name: value for name in SENT_ON if (value := getattr(asked.form, name))}
    return Shown(template="sign_in/back.html", values={"fields": fields})


async def enter_by_provider(asked: Asked[Returned]) -> Redirect:
    given = {name: value for name in SENT_ON if (value := getattr(asked.form, name))}
    found, to = await sign_in.by_provider(
        asked.site.desk,
        asked.site.store,
        asked.context.now(),
        caller(asked),
        given=given,
        flow=asked.cookies.get(FLOW, ""),
    )
    await _leave_before(asked)
    return Redirect(to=to, cookies={**cookies(asked.site, found), FLOW: ""})


async def leave(asked: Asked[NoForm]) -> Redirect:
    name = sessions.cookie(asked.site.config.web.secure)
    await _leave_before(asked)
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
    await _leave_before(asked)
    asked.site.desk.once.put(found.opened.token.partition(".")[0], CODES, found.codes, now)
    return Redirect(to="/account/codes", said="sign-in.enrolled", cookies=cookies(asked.site, found.opened))


async def _leave_before(asked: Asked[Any]) -> None:
    """Whoever signs in anew has one session, and not two."""
    if asked.session is not None:
        await sessions.sign_out(asked.context, SignedIn(asked.session, asked.account))


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
    Page(
        method="GET",
        path="/sign-in/provider",
        action="sign-in.provider",
        roles=None,
        handle=go_to_provider,
        form=Wish,
    ),
    Page(
        method="GET",
        path="/sign-in/provider/back",
        action="sign-in.come-back",
        roles=None,
        handle=come_back,
        form=Returned,
    ),
    Page(
        method="POST",
        path="/sign-in/provider/back",
        action="sign-in.by-provider",
        roles=None,
        handle=enter_by_provider,
        form=Returned,
    ),
    Page(method="POST", path="/sign-out", action="sign-in.leave", roles=EVERYBODY, handle=leave),
    Page(method="GET", path="/welcome", action="sign-in.arrive", roles=None, handle=arrive),
    Page(method="POST", path="/welcome", action="sign-in.invite", roles=None, handle=invite, form=Link),
    Page(method="POST", path="/welcome/done", action="sign-in.enrol", roles=None, handle=enrol, form=Chosen),
)
