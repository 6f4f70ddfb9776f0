"""Signing in: a link, a password, a code; what is wrong, how often, and what is kept of it."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pyotp
import pytest

from dialpact.application.accounts import own, recovery, register, sessions, sign_in, totp
from dialpact.application.accounts.desk import Desk
from dialpact.application.accounts.guesses import Guesses
from dialpact.application.accounts.own import Enrolled
from dialpact.application.accounts.password import COST, Cost, Passwords
from dialpact.application.accounts.sign_in import Caller, Opened
from dialpact.compliance.registers.factor import Kind
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.session import SignedIn, Way
from tests.application.accounts.conftest import Office

PASSWORD = "correct horse battery staple"
OTHER = "Tr0ub4dor & three more words"
CHEAP = Cost(1, 8)
HERE = Caller("10.0.0.7", "Firefox")


class Person:
    """``chen``, who came by a link."""

    def __init__(self, office: Office, desk: Desk, id: str = "chen") -> None:
        self.office, self.desk, self.id = office, desk, id
        self.secret = ""
        self.codes: tuple[str, ...] = ()

    @property
    def now(self) -> datetime:
        return self.office.clock.now()

    def code(self, secret: str = "", ago: int = 0) -> str:
        return pyotp.TOTP(secret or self.secret).at(self.now - timedelta(seconds=ago))

    async def comes(self, link: str, password: str = PASSWORD, **more: str) -> Enrolled:
        shown = await own.invited(self.desk, self.office.store, self.now, link)
        self.secret = shown.secret
        given = {"again": password, "code": self.code(), **more}
        found = await own.enrol(
            self.desk,
            self.office.store,
            self.now,
            HERE,
            link=link,
            sealed=shown.pending,
            chosen=password,
            **given,
        )
        self.codes = found.codes
        self.office.clock.forward(seconds=30)
        return found

    async def signs_in(
        self, password: str = PASSWORD, code: str | None = None, caller: Caller = HERE, id: str = ""
    ) -> Opened:
        return await sign_in.by_password(
            self.desk,
            self.office.store,
            self.now,
            caller,
            id=id or self.id,
            given=password,
            code=self.code() if code is None else code,
        )

    async def refused(self, *given: str, caller: Caller = HERE, id: str = "") -> str:
        with pytest.raises(Fault) as refused:
            await self.signs_in(*given, caller=caller, id=id)
        return refused.value.key

    async def signed_in(self) -> SignedIn:
        found = await self.office.who((await self.signs_in()).token)
        self.office.clock.forward(seconds=30)
        assert found is not None
        return found


@pytest.fixture
def desk(office: Office) -> Desk:
    return Desk(office.config, CHEAP)


@pytest.fixture
async def chen(office: Office, desk: Desk) -> Person:
    made = await register.add(office.context, desk.keys, "Chen", name="陈明", role="officer")
    person = Person(office, desk)
    await person.comes(made.token)
    return person


async def test_the_first_account_is_an_administrator(office: Office, desk: Desk) -> None:
    link = desk.first.made(office.clock.now())
    person = Person(office, desk, "zhang")
    found = await person.comes(link, id="Zhang", name="张三")
    assert (found.opened.account.id, found.opened.account.role) == ("zhang", "administrator")
    assert await office.who(found.opened.token) is not None
    for _ in range(2):
        with pytest.raises(Fault, match="link"):
            await own.invited(desk, office.store, office.clock.now(), link)
    assert office.acts("account") == [("add", "zhang", "zhang")]


async def test_two_can_not_both_be_the_first(office: Office, desk: Desk) -> None:
    link = desk.first.made(office.clock.now())
    one, two = Person(office, desk), Person(office, desk)
    shown = [await own.invited(desk, office.store, one.now, link) for _ in range(2)]
    tries = [
        own.enrol(
            desk,
            office.store,
            one.now,
            HERE,
            link=link,
            sealed=each.pending,
            chosen=PASSWORD,
            again=PASSWORD,
            code=two.code(each.secret),
            id=id,
            name="n",
        )
        for id, each in zip(("a", "b"), shown, strict=True)
    ]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert [isinstance(each, Fault) for each in results].count(True) == 1


async def test_a_link_opens_once_and_for_a_day(office: Office, desk: Desk) -> None:
    made = await register.add(office.context, desk.keys, "chen", name="x", role="officer")
    person = Person(office, desk)
    office.clock.forward(hours=23, minutes=59)
    assert (await own.invited(desk, office.store, person.now, made.token)).account == made.account
    for other in (made.token[:-1], made.token + "x", "chen.", "li" + made.token[4:], "", "~.x", "~"):
        with pytest.raises(Fault, match="sign in link"):
            await own.invited(desk, office.store, person.now, other)
    await person.comes(made.token)
    with pytest.raises(Fault, match="sign in link"):
        await person.comes(made.token)
    again = await register.reset(office.context, desk.keys, "chen", reason="lost it")
    office.clock.forward(hours=24)
    with pytest.raises(Fault, match="sign in link"):
        await person.comes(again.token)


async def test_a_link_is_kept_nowhere(office: Office, desk: Desk) -> None:
    made = await register.add(office.context, desk.keys, "chen", name="x", role="officer")
    on_disk = b"".join(path.read_bytes() for path in office.home.path.iterdir() if path.is_file())
    assert made.token.encode() not in on_disk and made.token[-43:].encode() not in on_disk


async def test_password_and_code_open(office: Office, chen: Person) -> None:
    found = await chen.signs_in()
    signed_in = await office.who(found.token)
    assert signed_in is not None and signed_in.account.name == "陈明"
    assert signed_in.session.way is Way.PASSWORD and found.left is None
    office.clock.forward(seconds=30)
    assert (
        await chen.signs_in(id=" CHEN ", code=f"{chen.code()[:3]} {chen.code()[3:]}")
    ).account.id == "chen"


async def test_what_is_wrong_is_not_said(office: Office, chen: Person) -> None:
    for given in ((OTHER,), (PASSWORD, "000000"), (PASSWORD, ""), (PASSWORD.upper(),), (PASSWORD + " ",)):
        assert await chen.refused(*given) == "sign-in-wrong", given
        chen.desk.guesses = Guesses()
    for id in ("nobody", "陈明", "~", "x" * 300):
        assert await chen.refused(id=id) == "sign-in-wrong"
        chen.desk.guesses = Guesses()


async def test_an_account_that_does_not_hold(office: Office, chen: Person) -> None:
    await register.disable(office.context, "chen", reason="left")
    assert await chen.refused() == "sign-in-wrong"
    await register.enable(office.context, "chen", reason="back")
    await chen.signs_in()


async def test_a_code_is_good_once_and_for_a_step(office: Office, chen: Person) -> None:
    code = chen.code()
    await chen.signs_in(code=code)
    assert await chen.refused(PASSWORD, code) == "sign-in-wrong"
    office.clock.forward(seconds=30)
    assert await chen.refused(PASSWORD, code) == "sign-in-wrong"
    late = chen.code(ago=30)
    office.clock.forward(seconds=30)
    assert await chen.refused(PASSWORD, late) == "sign-in-wrong"  # two steps ago
    await chen.signs_in(code=chen.code(ago=30))
    assert await chen.refused(PASSWORD, chen.code(ago=30)) == "sign-in-wrong"


async def test_two_at_once_with_one_code(office: Office, chen: Person) -> None:
    code = chen.code()
    both = await asyncio.gather(*(chen.signs_in(code=code) for _ in range(2)), return_exceptions=True)
    assert [isinstance(each, Fault) for each in both].count(True) == 1


async def test_a_recovery_code_stands_once_for_the_authenticator(office: Office, chen: Person) -> None:
    assert len(set(chen.codes)) == 10
    first = chen.codes[0]
    found = await chen.signs_in(code=first.lower().replace("-", " "))
    assert found.left == 9
    signed_in = await office.who(found.token)
    assert signed_in is not None and signed_in.session.way is Way.RECOVERY
    assert await chen.refused(PASSWORD, first) == "sign-in-wrong"
    assert await chen.refused(OTHER, chen.codes[1]) == "sign-in-wrong"
    assert (await chen.signs_in(code=chen.codes[1])).left == 8
    both = await asyncio.gather(
        *(chen.signs_in(code=chen.codes[2]) for _ in range(2)), return_exceptions=True
    )
    assert [isinstance(each, Fault) for each in both].count(True) == 1


async def test_what_is_signed_in_by_is_kept_so_that_nobody_finds_it(office: Office, chen: Person) -> None:
    office.sql("PRAGMA wal_checkpoint(TRUNCATE)")
    on_disk = (office.home.path / "dialpact.db").read_bytes()
    secrets = (PASSWORD, chen.secret, *chen.codes, *(code.replace("-", "") for code in chen.codes))
    assert not any(each.encode() in on_disk for each in secrets)
    kept = await office.store.accounts.find("chen")
    assert kept.factor(Kind.PASSWORD).data.startswith("$argon2id$v=19$m=8,t=1,p=1$")
    told = str(await register.history(office.context, "chen"))
    assert "argon2" not in told and "sha256" not in told


async def test_guesses_from_one_place_wait(office: Office, chen: Person) -> None:
    for _ in range(5):
        assert await chen.refused(OTHER) == "sign-in-wrong"
    assert await chen.refused(PASSWORD) == "sign-in-wait"
    office.clock.forward(seconds=59)
    assert await chen.refused(PASSWORD) == "sign-in-wait"
    office.clock.forward(seconds=1)
    assert await chen.refused(OTHER) == "sign-in-wrong"
    office.clock.forward(seconds=119)
    assert await chen.refused(PASSWORD) == "sign-in-wait"
    office.clock.forward(seconds=1)
    await chen.signs_in()
    office.clock.forward(seconds=30)
    assert await chen.refused(OTHER) == "sign-in-wrong"  # and begins anew


async def test_who_was_here_before_is_not_kept_out_by_who_guesses(office: Office, chen: Person) -> None:
    mark = (await chen.signs_in()).mark
    office.clock.forward(seconds=30)
    for number in range(20):
        assert await chen.refused(OTHER, caller=Caller(f"192.0.2.{number}", "x")) == "sign-in-wrong"
    assert await chen.refused(caller=Caller("203.0.113.9", "x")) == "sign-in-wait"
    assert await chen.refused(caller=Caller("203.0.113.9", "x", "A" * 16 + "." + "0" * 64)) == "sign-in-wait"
    assert await chen.refused(id="li", caller=Caller("203.0.113.9", "x", mark)) == "sign-in-wrong"
    await chen.signs_in(caller=Caller("203.0.113.9", "x", mark))
    assert ("guessed-at", "chen", "dialpact") in office.acts()
    assert office.acts().count(("guessed-at", "chen", "dialpact")) == 1


async def test_a_network_guesses_at_many(office: Office, chen: Person) -> None:
    for number in range(50):
        caller = Caller(f"2001:db8::{number:x}", "x")
        assert await chen.refused(OTHER, caller=caller, id=f"a{number}") == "sign-in-wrong"
    assert await chen.refused(OTHER, caller=Caller("2001:db8::ffff", "x"), id="b") == "sign-in-wait"
    assert await chen.refused(OTHER, caller=Caller("2001:db8:0:1::1", "x"), id="b") == "sign-in-wrong"


async def test_where_both_kinds_of_addresses_come_in_nobody_keeps_the_others_out(
    office: Office, chen: Person
) -> None:
    """A socket for IPv6 that takes IPv4 as well tells such an address in its own form."""
    guesser = Caller("::ffff:203.0.113.9", "x")
    tries = [await chen.refused(OTHER, caller=guesser, id=f"a{number}") for number in range(51)]
    assert tries[-1] == "sign-in-wait"
    await chen.signs_in(caller=Caller("::ffff:192.0.2.7", "Firefox"))


async def test_guesses_at_once_are_counted_before_they_are_looked_at(office: Office, chen: Person) -> None:
    tries = await asyncio.gather(*(chen.refused(OTHER) for _ in range(12)))
    assert tries.count("sign-in-wrong") == 5 and tries.count("sign-in-wait") == 7


async def test_a_password_is_changed_by_who_knows_it(office: Office, chen: Person) -> None:
    found, elsewhere = await chen.signed_in(), await chen.signs_in()
    office.clock.forward(seconds=30)
    context = office.by(found.account)
    given = {"chosen": OTHER, "again": OTHER, "end_others": True}
    with pytest.raises(Fault, match="sign in password"):
        await own.change_password(chen.desk, context, found, current=OTHER, **given)
    with pytest.raises(Fault, match="differs"):
        await own.change_password(chen.desk, context, found, current=PASSWORD, **{**given, "again": "x"})
    with pytest.raises(Fault, match="short"):
        await own.change_password(
            chen.desk, context, found, current=PASSWORD, **{**given, "chosen": "x", "again": "x"}
        )
    await own.change_password(chen.desk, context, found, current=PASSWORD, **given)
    assert await office.who(elsewhere.token) is None
    assert [each.id for each in await sessions.of(context, "chen")] == [found.session.id]
    assert await chen.refused(PASSWORD) == "sign-in-wrong"
    await chen.signs_in(OTHER)


async def test_an_authenticator_is_changed_with_the_one_before(office: Office, chen: Person) -> None:
    found = await chen.signed_in()
    context = office.by(found.account)
    secret, sealed = await own.new_authenticator(chen.desk, found)
    given = {"sealed": sealed, "code": chen.code(secret), "end_others": False}
    for current, old, why in (
        (OTHER, chen.code(), "sign in password"),
        (PASSWORD, "000000", "sign in code"),
        (PASSWORD, " ", "empty"),
    ):
        with pytest.raises(Fault, match=why):
            await own.change_authenticator(chen.desk, context, found, current=current, old_code=old, **given)
    other = await own.new_authenticator(chen.desk, await chen.signed_in())
    with pytest.raises(Fault, match="old"):  # of another session
        await own.change_authenticator(
            chen.desk,
            context,
            found,
            current=PASSWORD,
            old_code=chen.code(),
            **{**given, "sealed": other[1]},
        )
    given["code"] = chen.code(secret)
    await own.change_authenticator(
        chen.desk, context, found, current=PASSWORD, old_code=chen.codes[0], **given
    )
    assert await chen.refused() == "sign-in-wrong"
    assert await chen.refused(PASSWORD, given["code"]) == "sign-in-wrong"  # it is used: a code is good once
    office.clock.forward(seconds=30)
    await chen.signs_in(code=chen.code(secret))


async def test_codes_made_anew_take_the_place_of_those_before(office: Office, chen: Person) -> None:
    found = await chen.signed_in()
    with pytest.raises(Fault, match="sign in password"):
        await own.new_codes(chen.desk, office.by(found.account), found, current=OTHER)
    codes = await own.new_codes(chen.desk, office.by(found.account), found, current=PASSWORD)
    assert await chen.refused(PASSWORD, chen.codes[3]) == "sign-in-wrong"
    assert (await chen.signs_in(code=codes[3])).left == 9


async def test_sessions_are_ended_by_who_says_his_password(office: Office, chen: Person) -> None:
    found, elsewhere = await chen.signed_in(), await chen.signs_in()
    context = office.by(found.account)
    with pytest.raises(Fault, match="sign in password"):
        await own.end_sessions(chen.desk, context, found, (), current=OTHER)
    assert await office.who(elsewhere.token) is not None
    assert await own.end_sessions(chen.desk, context, found, (), current=PASSWORD) >= 1
    assert await office.who(elsewhere.token) is None
    assert len(await sessions.of(context, "chen")) == 1


async def test_guesses_within_a_session_wait_as_well(office: Office, chen: Person) -> None:
    found = await chen.signed_in()
    for why in (*["sign-in-password"] * 5, "sign-in-wait"):
        with pytest.raises(Fault) as refused:
            await sign_in.prove(chen.desk, office.store, chen.now, found.session, given=OTHER)
        assert refused.value.key == why


async def test_a_reset_takes_all_that_was_signed_in_by(office: Office, chen: Person) -> None:
    token = (await chen.signs_in()).token
    office.clock.forward(seconds=30)
    made = await register.reset(office.context, chen.desk.keys, "chen", reason="a stolen telephone")
    assert await office.who(token) is None
    assert await chen.refused() == "sign-in-wrong"
    assert await chen.refused(PASSWORD, chen.codes[0]) == "sign-in-wrong"
    await chen.comes(made.token, OTHER)
    await chen.signs_in(OTHER)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE account_factor SET data = (SELECT data FROM account_factor WHERE account = 'li' AND kind ="
        " 'password') WHERE account = 'chen' AND kind = 'password'",
        "UPDATE account_factor SET data = '[]' WHERE kind = 'recovery'",
        "DELETE FROM account_factor WHERE account = 'chen' AND kind = 'recovery'",
        "UPDATE account_factor SET added_by = 'x'",
    ],
)
async def test_what_sql_has_put_in_its_place_opens_nothing(office: Office, chen: Person, change: str) -> None:
    made = await register.add(office.context, chen.desk.keys, "li", name="x", role="officer")
    await Person(office, chen.desk, "li").comes(made.token)
    office.sql(change)
    assert await chen.refused() == "sign-in-wrong"
    assert {each["kind"] for each in (await office.run("ledger", "verify", code=3))["listed"]} == {
        "account-factor"
    }


async def test_a_used_code_that_sql_brings_back_opens_nothing(office: Office, chen: Person) -> None:
    ((data,),) = office.sql("SELECT data FROM account_factor WHERE kind = 'recovery'")
    await chen.signs_in(code=chen.codes[0])
    office.sql("UPDATE account_factor SET data = ? WHERE kind = 'recovery'", data)
    assert await chen.refused(PASSWORD, chen.codes[0]) == "sign-in-wrong"


async def test_what_a_guess_costs(office: Office) -> None:
    kept = await Passwords(office.keys).made("chen", PASSWORD)
    assert kept.data.startswith(f"$argon2id$v=19$m={COST.kib},t={COST.passes},p=1$")
    assert COST.kib >= 46 * 1024 and COST.passes >= 1  # OWASP: 46 MiB, one pass
    assert await Passwords(office.keys).matches("chen", kept, PASSWORD)
    for account, given in (("chen", OTHER), ("li", PASSWORD), ("chen", PASSWORD.upper())):
        assert not await Passwords(office.keys).matches(account, kept, given)


def test_a_code_is_hard_to_guess() -> None:
    assert len(recovery.ALPHABET) == 32 and recovery.GROUPS * recovery.GROUP * 5 >= 112
    assert len(totp.new_secret()) == 32 and totp.new_secret() != totp.new_secret()
