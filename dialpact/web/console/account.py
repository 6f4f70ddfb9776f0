"""One's own account: password, authenticator, recovery codes, sessions, language.

Whoever is signed in may change what he signs in by, an auditor too: nothing else is another after it, so no
page here ``changes`` anything in the sense of :class:`~dialpact.web.console.page.Page`.
"""

from __future__ import annotations

from typing import Any, Literal

from starlette.responses import JSONResponse, Response

from dialpact.application.accounts import own, passkeys, recovery, register, sessions, totp
from dialpact.compliance.registers.factor import Kind
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.session import SignedIn
from dialpact.web.console import qr
from dialpact.web.console.page import EVERYBODY, Asked, Form, NoForm, Page, Redirect, Shown
from dialpact.web.console.sign_in import CODES

PASSWORD, AUTHENTICATOR, PASSKEYS = "/account/password", "/account/authenticator", "/account/passkeys"


class NewPassword(Form, frozen=True, kw_only=True):
    current: str
    password: str
    again: str
    end_others: bool = False


class NewAuthenticator(Form, frozen=True, kw_only=True):
    """``old_code``: of the one before, or a recovery code. ``code``: of the new one."""

    current: str
    old_code: str
    pending: str
    code: str
    end_others: bool = False


class Current(Form, frozen=True, kw_only=True):
    current: str


class NewPasskey(Form, frozen=True, kw_only=True):
    """``credential``: as the browser made it, in JSON."""

    name: str
    credential: str
    end_others: bool = False


class GonePasskey(Form, frozen=True, kw_only=True):
    passkey: str
    current: str
    end_others: bool = False


class Ended(Form, frozen=True, kw_only=True):
    """``session``: none named: all but this one."""

    current: str
    session: tuple[str, ...] = ()


class Language(Form, frozen=True, kw_only=True):
    language: Literal["", "zh", "en"] = ""


async def show(asked: Asked[NoForm]) -> Shown:
    kept = await own.kept(asked.context, signed_in(asked))
    values = {
        "left": recovery.left(kept.factor(Kind.RECOVERY)) if kept else 0,
        "passkeys": passkeys.party(asked.site.config.web) is not None,
        "has_password": bool(kept and kept.factor(Kind.PASSWORD)),
        "sessions": await sessions.of(asked.context, asked.account.id),
        "here": asked.session,
    }
    return Shown(template="account/account.html", values=values)


async def password(asked: Asked[NoForm]) -> Shown:
    return Shown(template="account/password.html")


async def change_password(asked: Asked[NewPassword]) -> Redirect:
    form = asked.form
    await own.change_password(
        asked.site.desk,
        asked.context,
        signed_in(asked),
        current=form.current,
        chosen=form.password,
        again=form.again,
        end_others=form.end_others,
    )
    return Redirect(to="/account", said="account.password-changed")


async def authenticator(asked: Asked[NoForm]) -> Shown:
    secret, pending = await own.new_authenticator(asked.site.desk, signed_in(asked))
    address = totp.address(secret, asked.account.id, asked.site.config.node.name)
    values = {
        "pending": pending,
        "picture": qr.picture(address, asked.text("sign-in.picture")),
        "secret": totp.spaced(secret),
    }
    return Shown(template="account/authenticator.html", values=values)


async def change_authenticator(asked: Asked[NewAuthenticator]) -> Redirect:
    form = asked.form
    await own.change_authenticator(
        asked.site.desk,
        asked.context,
        signed_in(asked),
        current=form.current,
        old_code=form.old_code,
        sealed=form.pending,
        code=form.code,
        end_others=form.end_others,
    )
    return Redirect(to="/account", said="account.authenticator-changed")


async def codes(asked: Asked[NoForm]) -> Shown:
    """New ones are shown for some minutes, to the session that made them."""
    found = asked.site.desk.once.get(signed_in(asked).session.id, CODES, asked.context.now())
    return Shown(template="account/codes.html", values={"codes": found or ()})


async def new_codes(asked: Asked[Current]) -> Redirect:
    found = signed_in(asked)
    made = await own.new_codes(asked.site.desk, asked.context, found, current=asked.form.current)
    asked.site.desk.once.put(found.session.id, CODES, made, asked.context.now())
    return Redirect(to="/account/codes")


async def show_passkeys(asked: Asked[NoForm]) -> Shown:
    kept = await own.kept(asked.context, signed_in(asked))
    values = {
        "passkeys": passkeys.named(kept.all(Kind.PASSKEY)) if kept else (),
        "has_password": bool(kept and kept.factor(Kind.PASSWORD)),
        "here": passkeys.party(asked.site.config.web) is not None,
    }
    return Shown(template="account/passkeys.html", values=values)


async def wish_passkey(asked: Asked[Current]) -> Response:
    found = await passkeys.wish(asked.site.desk, asked.context, signed_in(asked), current=asked.form.current)
    return JSONResponse(found)


async def add_passkey(asked: Asked[NewPasskey]) -> Redirect:
    form = asked.form
    await passkeys.add(
        asked.site.desk,
        asked.context,
        signed_in(asked),
        name=form.name,
        credential=form.credential,
        end_others=form.end_others,
    )
    return Redirect(to=PASSKEYS, said="account.passkey-added")


async def remove_passkey(asked: Asked[GonePasskey]) -> Redirect:
    form = asked.form
    await passkeys.remove(
        asked.site.desk,
        asked.context,
        signed_in(asked),
        id=form.passkey,
        current=form.current,
        end_others=form.end_others,
    )
    return Redirect(to=PASSKEYS, said="account.passkey-removed")


async def end(asked: Asked[Ended]) -> Redirect:
    form = asked.form
    await own.end_sessions(
        asked.site.desk, asked.context, signed_in(asked), form.session, current=form.current
    )
    return Redirect(to="/account", said="account.ended")


async def language(asked: Asked[Language]) -> Redirect:
    await register.set_language(asked.context, asked.account.id, asked.form.language)
    return Redirect(to="/account", cookies={"dialpact_language": ""})


def signed_in(asked: Asked[Any]) -> SignedIn:
    if asked.session is None:
        raise Fault("sign-in-old")
    return SignedIn(asked.session, asked.account)


PAGES = (
    Page(method="GET", path="/account", action="account.show", roles=EVERYBODY, handle=show),
    Page(method="GET", path=PASSWORD, action="account.password", roles=EVERYBODY, handle=password),
    Page(
        method="POST",
        path=PASSWORD,
        action="account.change-password",
        roles=EVERYBODY,
        handle=change_password,
        form=NewPassword,
    ),
    Page(
        method="GET",
        path=AUTHENTICATOR,
        action="account.authenticator",
        roles=EVERYBODY,
        handle=authenticator,
    ),
    Page(
        method="POST",
        path=AUTHENTICATOR,
        action="account.change-authenticator",
        roles=EVERYBODY,
        handle=change_authenticator,
        form=NewAuthenticator,
    ),
    Page(method="GET", path="/account/codes", action="account.codes", roles=EVERYBODY, handle=codes),
    Page(
        method="POST",
        path="/account/codes",
        action="account.new-codes",
        roles=EVERYBODY,
        handle=new_codes,
        form=Current,
    ),
    Page(method="GET", path=PASSKEYS, action="account.passkeys", roles=EVERYBODY, handle=show_passkeys),
    Page(
        method="POST",
        path=PASSKEYS,
        action="account.add-passkey",
        roles=EVERYBODY,
        handle=add_passkey,
        form=NewPasskey,
    ),
    Page(
        method="POST",
        path=f"{PASSKEYS}/options",
        action="account.wish-passkey",
        roles=EVERYBODY,
        handle=wish_passkey,
        form=Current,
    ),
    Page(
        method="POST",
        path=f"{PASSKEYS}/remove",
        action="account.remove-passkey",
        roles=EVERYBODY,
        handle=remove_passkey,
        form=GonePasskey,
    ),
    Page(
        method="POST", path="/account/sessions", action="account.end", roles=EVERYBODY, handle=end, form=Ended
    ),
    Page(
        method="POST",
        path="/account/language",
        action="account.language",
        roles=EVERYBODY,
        handle=language,
        form=Language,
    ),
)
