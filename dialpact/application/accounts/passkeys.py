"""Passkeys (WebAuthn): a key of the person's device, which asks for a finger or a PIN. The only module that
uses webauthn.

Only where the console has a host name, and TLS: a browser gives a passkey to no other place. It is two
factors in one, as the device has verified who uses it; and it works at no other address, so none is phished.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from dialpact.application.accounts import sessions
from dialpact.application.accounts.challenges import BYTES
from dialpact.application.accounts.desk import Desk
from dialpact.application.accounts.sign_in import Caller, Opened, opened, prove, usable
from dialpact.application.context import Context
from dialpact.compliance.config import WebConfig
from dialpact.compliance.registers.cell import free_text
from dialpact.compliance.registers.factor import Factor, Kind
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.session import SignedIn, Way
from dialpact.store.ports import Store

MOST = 10  # of an account
LONGEST = 20_000  # characters of what a browser sends
USE = "passkey user"
WHO = UserVerificationRequirement.REQUIRED
Options = dict[str, Any]
# What comes of JSON that is no credential; of one in brackets without end, too.
WRONG = (WebAuthnException, ValueError, KeyError, TypeError, RecursionError)


class Party(NamedTuple):
    """Who we are to a browser. ``id``: a host name. ``origin``: of our pages."""

    id: str
    origin: str


class Passkey(NamedTuple):
    id: str
    name: str  # as its owner calls it


def party(web: WebConfig) -> Party | None:
    """None: browsers give no passkey to where we are."""
    found = urlsplit(web.base_url)
    host = found.hostname or ""
    named = "." in host and not host.replace(".", "").isdigit() and ":" not in host
    if host != "localhost" and not (found.scheme == "https" and named):
        return None
    return Party(host, f"{found.scheme}://{found.netloc}")


def named(factors: tuple[Factor, ...]) -> list[Passkey]:
    return [Passkey(each.id, str(json.loads(each.data)["name"])) for each in factors]


async def wish(desk: Desk, context: Context, found: SignedIn, *, current: str) -> Options:
    """What the browser is to make a new one by. Who wishes it says his password once more. Fault."""
    here, now = _party(desk), context.now()
    kept = await prove(desk, context.store, now, found.session, given=current)
    before = kept.all(Kind.PASSKEY)
    if len(before) >= MOST:
        raise Fault("passkey-many", most=str(MOST))
    options = webauthn.generate_registration_options(
        rp_id=here.id,
        rp_name="Dialpact",
        user_id=bytes.fromhex(desk.keys.mac(USE, found.account.id)),
        user_name=found.account.id,
        user_display_name=found.account.name,
        challenge=desk.challenges.made(found.session.id, now),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=WHO
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(base64url_to_bytes(each.id)) for each in before],
    )
    return _plain(options)


async def add(
    desk: Desk, context: Context, found: SignedIn, *, name: str, credential: str, end_others: bool
) -> None:
    """Fault for what the browser has not made for this session, within some minutes."""
    here, now = _party(desk), context.now()
    try:
        sent = _sent(credential)
        made = webauthn.verify_registration_response(
            credential=sent,
            expected_challenge=_challenge(desk, sent, found.session.id, now),
            expected_rp_id=here.id,
            expected_origin=here.origin,
            require_user_verification=True,
        )
    except WRONG as error:
        raise Fault("passkey-refused") from error
    data = {"key": bytes_to_base64url(made.credential_public_key), "name": free_text(name, "name")}
    await context.store.accounts.refactor(
        found.account.id,
        new=(
            Factor(
                kind=Kind.PASSKEY,
                id=bytes_to_base64url(made.credential_id),
                data=json.dumps(data, ensure_ascii=False),
            ),
        ),
        reason="added by himself",
        by=context.by,
        at=now,
    )
    await _end_others(context, found, end_others)


async def remove(
    desk: Desk, context: Context, found: SignedIn, *, id: str, current: str, end_others: bool
) -> None:
    """Fault."""
    kept = await prove(desk, context.store, context.now(), found.session, given=current)
    if kept.factor(Kind.PASSKEY, id) is None:
        raise Fault("passkey-refused")
    await context.store.accounts.refactor(
        found.account.id,
        gone=((Kind.PASSKEY, id),),
        reason="removed by himself",
        by=context.by,
        at=context.now(),
    )
    await _end_others(context, found, end_others)


def ask(desk: Desk, now: datetime) -> Options:
    """What the browser of whoever wants to sign in is to sign. Fault."""
    here = _party(desk)
    return _plain(
        webauthn.generate_authentication_options(
            rp_id=here.id, challenge=desk.challenges.made("", now), user_verification=WHO
        )
    )


async def sign_in(desk: Desk, store: Store, now: datetime, caller: Caller, *, credential: str) -> Opened:
    """Fault ``passkey-refused``, whatever is wrong."""
    here = _party(desk)
    try:
        sent = _sent(credential)
        id = str(sent["id"])
        kept = await store.accounts.find_passkey(id)
        factor = kept.factor(Kind.PASSKEY, id) if kept else None
        challenge = _challenge(desk, sent, "", now)
        if kept is None or factor is None or not usable(kept, now):
            raise Fault("passkey-refused")
        verified = webauthn.verify_authentication_response(
            credential=sent,
            expected_challenge=challenge,
            expected_rp_id=here.id,
            expected_origin=here.origin,
            credential_public_key=base64url_to_bytes(json.loads(factor.data)["key"]),
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except WRONG as error:
        raise Fault("passkey-refused") from error
    # A device that counts has counted on since, or somebody has a copy of it.
    count = verified.new_sign_count
    if count and not await store.accounts.use_step(f"passkey {id}", count):
        raise Fault("passkey-refused")
    return await opened(desk, store, kept.account, Way.PASSKEY, caller, now)


async def _end_others(context: Context, found: SignedIn, wanted: bool) -> None:
    if wanted:
        await sessions.end(
            context, found.account.id, but=found.session.id, reason="the passkeys were changed"
        )


def _party(desk: Desk) -> Party:
    found = party(desk.config.web)
    if found is None:
        raise Fault("passkey-nowhere")
    return found


def _plain(options: Any) -> Options:
    found: Options = json.loads(webauthn.options_to_json(options))
    return found


def _sent(credential: str) -> dict[str, Any]:
    if len(credential) > LONGEST:
        raise ValueError("too long")
    found = json.loads(credential)
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found


def _challenge(desk: Desk, sent: dict[str, Any], about: str, now: datetime) -> bytes:
    """The one that the browser says to have signed, if it was given for this, and not used yet."""
    said = json.loads(base64url_to_bytes(str(sent["response"]["clientDataJSON"])))
    challenge = base64url_to_bytes(str(said["challenge"]))
    if len(challenge) != BYTES or not desk.challenges.taken(challenge, about, now):
        raise Fault("passkey-refused")
    return challenge
