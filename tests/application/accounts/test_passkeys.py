"""Passkeys: where there are any, what opens and what does not, and what SQL can make of them (nothing)."""

from __future__ import annotations

import json

import msgspec
import pytest

from dialpact.application.accounts import passkeys, register
from dialpact.application.accounts.desk import Desk
from dialpact.application.accounts.sign_in import Caller, Opened
from dialpact.compliance.config import WebConfig
from dialpact.compliance.registers.factor import Kind
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.session import SignedIn, Way
from tests.application.accounts.authenticator import ORIGIN, Device
from tests.application.accounts.conftest import Office
from tests.application.accounts.test_signing_in import CHEAP, OTHER, PASSWORD, Person

HERE = Caller("10.0.0.7", "Firefox")


class Owner(Person):
    """With a passkey, on a console that has a host name."""

    async def adds(self, device: Device, found: SignedIn, **more: bool) -> None:
        context = self.office.by(found.account)
        options = await passkeys.wish(self.desk, context, found, current=PASSWORD)
        made = device.made(options)
        given = {"name": "办公电脑", "end_others": False, **more}
        await passkeys.add(self.desk, context, found, credential=made, **given)  # type: ignore[arg-type]

    async def enters(self, credential: str) -> Opened:
        return await passkeys.sign_in(self.desk, self.office.store, self.now, HERE, credential=credential)

    async def is_refused(self, credential: str) -> None:
        with pytest.raises(Fault) as refused:
            await self.enters(credential)
        assert refused.value.key == "passkey-refused"

    def asked(self) -> dict[str, object]:
        return passkeys.ask(self.desk, self.now)


@pytest.fixture
async def chen(office: Office) -> Owner:
    config = msgspec.structs.replace(office.config, web=WebConfig(base_url=ORIGIN))
    desk = Desk(config, CHEAP)
    made = await register.add(office.context, desk.keys, "chen", name="陈明", role="officer")
    person = Owner(office, desk)
    await person.comes(made.token)
    return person


@pytest.fixture
def device() -> Device:
    return Device(count=1)


async def test_a_passkey_opens(office: Office, chen: Owner, device: Device) -> None:
    await chen.adds(device, await chen.signed_in())
    found = await office.who((await chen.enters(device.signed(chen.asked()))).token)
    assert found is not None and found.account.id == "chen" and found.session.way is Way.PASSKEY
    kept = await office.store.accounts.find("chen")
    assert [each.name for each in passkeys.named(kept.all(Kind.PASSKEY))] == ["办公电脑"]
    assert (await register.show(office.context, "chen")).kinds.count(Kind.PASSKEY) == 1


async def test_what_was_not_signed_for_this_opens_nothing(
    office: Office, chen: Owner, device: Device
) -> None:
    await chen.adds(device, await chen.signed_in())
    used = device.signed(chen.asked())
    await chen.enters(used)
    await chen.is_refused(used)  # a second time
    old = device.signed(chen.asked())
    office.clock.forward(minutes=5)
    await chen.is_refused(old)
    await chen.is_refused(device.signed({"rpId": "calls.example", "challenge": "A" * 43}))
    await chen.is_refused(device.signed(chen.asked(), origin="https://calls.example.evil"))
    await chen.is_refused(device.signed(chen.asked(), host="evil.example"))
    await chen.is_refused(device.signed(chen.asked(), verified=False))  # nobody showed a finger
    other = Device()
    other.id = device.id
    await chen.is_refused(other.signed(chen.asked()))
    await chen.is_refused(Device().signed(chen.asked()))
    for nonsense in (
        "",
        "[]",
        "{}",
        "null",
        "x" * 30_000,
        "[" * 15_000,
        json.dumps({"id": 1, "response": 1}),
    ):
        await chen.is_refused(nonsense)
    await chen.enters(device.signed(chen.asked()))


async def test_a_copy_of_a_device_is_seen(chen: Owner, device: Device) -> None:
    await chen.adds(device, await chen.signed_in())
    copy = Device(count=device.count)
    copy.id, copy.key = device.id, device.key
    await chen.enters(device.signed(chen.asked()))
    await chen.is_refused(copy.signed(chen.asked()))


async def test_a_device_that_does_not_count(chen: Owner) -> None:
    device = Device()
    await chen.adds(device, await chen.signed_in())
    for _ in range(2):
        await chen.enters(device.signed(chen.asked()))


async def test_who_adds_one_says_his_password(office: Office, chen: Owner, device: Device) -> None:
    found = await chen.signed_in()
    context = office.by(found.account)
    with pytest.raises(Fault, match="sign in password"):
        await passkeys.wish(chen.desk, context, found, current=OTHER)
    options = await passkeys.wish(chen.desk, context, found, current=PASSWORD)
    elsewhere = await chen.signed_in()
    for session, credential in (
        (elsewhere, device.made(options)),  # of another session
        (found, device.made(options)),  # and taken already
        (found, device.made({**options, "challenge": "A" * 43})),
    ):
        with pytest.raises(Fault, match="passkey refused"):
            await passkeys.add(chen.desk, context, session, name="x", credential=credential, end_others=False)
    for odd in ({"origin": "https://evil.example"}, {"verified": False}):
        options = await passkeys.wish(chen.desk, context, found, current=PASSWORD)
        with pytest.raises(Fault, match="passkey refused"):
            await passkeys.add(
                chen.desk,
                context,
                found,
                name="x",
                credential=device.made(options, **odd),  # type: ignore[arg-type]
                end_others=False,
            )


async def test_one_persons_is_no_other_persons(office: Office, chen: Owner, device: Device) -> None:
    await chen.adds(device, await chen.signed_in())
    made = await register.add(office.context, chen.desk.keys, "li", name="李", role="officer")
    li = Owner(office, chen.desk, "li")
    await li.comes(made.token)
    with pytest.raises(Fault, match="account passkey"):
        await li.adds(device, await li.signed_in())


async def test_removed_disabled_and_reset(office: Office, chen: Owner, device: Device) -> None:
    found = await chen.signed_in()
    await chen.adds(device, found)
    token = (await chen.enters(device.signed(chen.asked()))).token
    await register.disable(office.context, "chen", reason="left")
    await chen.is_refused(device.signed(chen.asked()))
    assert await office.who(token) is None
    await register.enable(office.context, "chen", reason="back")
    await chen.enters(device.signed(chen.asked()))
    found = await chen.signed_in()
    (mine,) = [
        each.id for each in (await office.store.accounts.find("chen")).factors if each.kind == "passkey"
    ]
    given = {"id": mine, "end_others": True}
    with pytest.raises(Fault, match="sign in password"):
        await passkeys.remove(chen.desk, office.by(found.account), found, current=OTHER, **given)
    await passkeys.remove(chen.desk, office.by(found.account), found, current=PASSWORD, **given)
    await chen.is_refused(device.signed(chen.asked()))
    await chen.adds(device, found)
    await register.reset(office.context, chen.desk.keys, "chen", reason="stolen")
    await chen.is_refused(device.signed(chen.asked()))


async def test_one_that_sql_has_put_in_opens_nothing(office: Office, chen: Owner, device: Device) -> None:
    await chen.adds(device, await chen.signed_in())
    office.sql("UPDATE account_factor SET account = 'li' WHERE kind = 'passkey'")
    await chen.is_refused(device.signed(chen.asked()))
    assert {each["kind"] for each in (await office.run("ledger", "verify", code=3))["listed"]} == {
        "account-factor"
    }


@pytest.mark.parametrize(
    ("base_url", "id"),
    [
        ("https://calls.example", "calls.example"),
        ("https://calls.example:8443/log", "calls.example"),
        ("http://localhost:9080", "localhost"),
        ("http://calls.example", None),
        ("https://10.0.0.7", None),
        ("https://[::1]:9080", None),
        ("https://intranet", None),
        ("", None),
    ],
)
def test_where_there_are_passkeys(base_url: str, id: str | None) -> None:
    found = passkeys.party(WebConfig(base_url=base_url))
    assert (found and found.id) == id
    assert found is None or "/log" not in found.origin


async def test_elsewhere_there_are_none(office: Office) -> None:
    with pytest.raises(Fault, match="passkey nowhere"):
        passkeys.ask(Desk(office.config), office.clock.now())
