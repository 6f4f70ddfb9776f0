"""A session: whose it is, how long it runs, and what SQL can make of it (nothing)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dialpact.application.accounts import sessions
from dialpact.application.accounts.keys import Keys
from dialpact.compliance import config as configuration
from dialpact.compliance.errors import ConfigError, NotPermitted
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.session import same
from tests.application.accounts.conftest import Office


async def test_whose_it_is(office: Office) -> None:
    chen = await office.account("chen")
    token = await office.begin(chen)
    found = await office.who(token)
    assert found is not None and found.account == chen
    assert (found.session.address, found.session.browser) == ("10.0.0.7", "Firefox")
    id, _, secret = token.partition(".")
    for other in ("", "x", id, token[:-1], f"{token}x", f"{id}.{'A' * 43}", f"{'0' * 32}.{secret}"):
        assert await office.who(other) is None, other
    assert office.acts() == [("opened-session", "chen", "chen")]


async def test_each_is_another_and_its_token_is_kept_nowhere(office: Office) -> None:
    chen = await office.account("chen")
    tokens = {await office.begin(chen) for _ in range(3)}
    assert len(tokens) == 3 and all(len(each.partition(".")[2]) == 43 for each in tokens)
    on_disk = b"".join(path.read_bytes() for path in office.home.path.iterdir() if path.is_file())
    assert not any(each.partition(".")[2].encode() in on_disk for each in tokens)


async def test_nobody_uses_it(office: Office) -> None:
    token = await office.begin(await office.account("chen"))
    office.clock.forward(minutes=29, seconds=59)
    found = await office.who(token)
    assert found is not None
    await sessions.touch(office.store, found, office.clock.now())
    office.clock.forward(minutes=29, seconds=59)
    assert await office.who(token) is not None
    office.clock.forward(seconds=1)
    assert await office.who(token) is None


async def test_it_ends_whatever_is_done_in_it(office: Office) -> None:
    token = await office.begin(await office.account("chen"))
    end = office.clock.now() + timedelta(hours=12)
    while office.clock.now() < end - timedelta(minutes=20):
        office.clock.forward(minutes=20)
        found = await office.who(token)
        assert found is not None
        await sessions.touch(office.store, found, office.clock.now())
    office.clock.set(end - timedelta(seconds=1))
    assert await office.who(token) is not None
    office.clock.set(end)
    assert await office.who(token) is None


async def test_a_clock_that_was_put_back_opens_nothing(office: Office) -> None:
    token = await office.begin(await office.account("chen"))
    office.clock.forward(seconds=-1)
    assert await office.who(token) is None


async def test_it_is_noted_once_a_minute(office: Office) -> None:
    token = await office.begin(await office.account("chen"))
    for seconds, seen in ((59, 0), (1, 60), (59, 60), (1, 120)):
        office.clock.forward(seconds=seconds)
        found = await office.who(token)
        assert found is not None
        await sessions.touch(office.store, found, office.clock.now())
        after = await office.who(token)
        assert after is not None
        assert (after.session.seen_at - after.session.opened_at).total_seconds() == seen


async def test_ended_by_himself_and_by_an_administrator(office: Office) -> None:
    chen, root = await office.account("chen"), await office.account("zhang", "administrator")
    mine, other, third = [await office.begin(chen) for _ in range(3)]
    found = await office.who(mine)
    assert found is not None
    await sessions.sign_out(office.by(chen), found)
    assert await office.who(mine) is None and await office.who(other) is not None
    (_, _), before = await sessions.of(office.by(chen), "chen"), await office.who(other)
    assert before is not None
    assert await sessions.end(office.by(chen), "chen", but=before.session.id, reason="a password") == 1
    assert await office.who(third) is None and await office.who(other) is not None
    assert await sessions.end(office.by(root), "chen", reason="he left") == 1
    assert await office.who(other) is None
    with pytest.raises(NotPermitted):
        await sessions.end(office.by(chen), "zhang", reason="why not")
    with pytest.raises(NotPermitted):
        await sessions.of(office.by(chen), "zhang")
    assert [act for act in office.acts() if act[0] == "ended-session"] == [
        ("ended-session", "chen", "chen"),
        ("ended-session", "chen", "chen"),
        ("ended-session", "chen", "zhang"),
    ]


async def test_everybodys_end_at_once(office: Office) -> None:
    root = await office.account("zhang", "administrator")
    tokens = [await office.begin(root), await office.begin(await office.account("chen"))]
    with pytest.raises(NotPermitted):
        await sessions.end_all(office.by(await office.account("li")), reason="x")
    with pytest.raises(Fault):
        await sessions.end_all(office.by(root), reason=" ")
    assert await sessions.end_all(office.by(root), reason="a stolen laptop") == 2
    assert [await office.who(each) for each in tokens] == [None, None]


async def test_the_eleventh_ends_the_oldest(office: Office) -> None:
    chen = await office.account("chen")
    tokens = []
    for _ in range(11):
        office.clock.forward(seconds=1)
        tokens.append(await office.begin(chen))
    running = [await office.who(each) is not None for each in tokens]
    assert running == [False, *[True] * 10]


async def test_a_disabled_account_has_none(office: Office) -> None:
    chen = await office.account("chen")
    token = await office.begin(chen)
    await office.store.accounts.disable("chen", reason="left", by="root", at=office.clock.now())
    assert await office.who(token) is None
    await office.store.accounts.enable("chen", reason="back", by="root", at=office.clock.now())
    assert await office.who(token) is None  # it ended then
    assert await office.who(await office.begin(chen)) is not None


async def test_an_account_whose_last_day_is_over(office: Office) -> None:
    audit = await office.account("audit", "auditor", until="2026-11-24")
    office.clock.set("2026-11-24T23:59:00+08:00")
    token = await office.begin(audit)
    office.clock.set("2026-11-24T23:59:59+08:00")
    assert await office.who(token) is not None
    office.clock.set("2026-11-25T00:00:00+08:00")
    assert await office.who(token) is None


@pytest.mark.parametrize(
    "change",
    [
        "account = 'zhang'",
        "ends_at = '2099-01-01T00:00:00.000000Z'",
        "opened_at = '2026-01-01T00:00:00.000000Z'",
        "way = 'passkey'",
        "mac = (SELECT mac FROM account_session WHERE account = 'zhang')",
        "mac = ''",
        "way = 'nothing'",
    ],
)
async def test_a_session_that_sql_has_changed_opens_nothing(office: Office, change: str) -> None:
    chen, zhang = await office.account("chen"), await office.account("zhang", "administrator")
    token = await office.begin(chen)
    await office.begin(zhang)
    assert await office.who(token) is not None
    office.sql(f"UPDATE account_session SET {change} WHERE account = 'chen'")
    assert await office.who(token) is None


async def test_an_ended_session_that_sql_brings_back_opens_nothing(office: Office) -> None:
    chen = await office.account("chen")
    token = await office.begin(chen)
    await sessions.end(office.by(chen), "chen", reason="lost")
    office.sql("UPDATE account_session SET ended_at = NULL, ended_by = ''")
    assert await office.who(token) is None


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE account SET role = 'administrator'",
        "UPDATE account SET name = 'x'",
        "UPDATE account SET until = '2099-01-01'",
        "UPDATE account SET businesses = '[]', role = 'nobody'",
        "INSERT INTO account_factor VALUES ('chen', 'password', '', 'x', '2026-01-01T00:00:00Z', 'chen')",
        "DELETE FROM account",
    ],
)
async def test_an_account_that_sql_has_changed_opens_nothing_and_is_found(
    office: Office, change: str
) -> None:
    token = await office.begin(await office.account("chen"))
    await office.run("ledger", "verify")
    office.sql(change)
    assert await office.who(token) is None
    found = await office.run("ledger", "verify", code=3)
    assert {each["kind"] for each in found["listed"]} & {"account", "account-factor"}, found


async def test_an_account_that_sql_has_put_in(office: Office) -> None:
    office.sql(
        "INSERT INTO account (id, name, role, businesses, campaigns, agents, language, subject, added_at,"
        " added_by) VALUES ('thief', 't', 'officer', '[]', '[]', '[]', '', '', '2026-01-01T00:00:00Z', 'x')"
    )
    kept = await office.store.accounts.find("thief")
    assert not kept.bound
    assert await office.who(await office.begin(kept.account)) is None
    assert (await office.run("ledger", "verify", code=3))["listed"][0]["code"] == "row-unlogged"


async def test_without_the_secret_nobody_is_anybody(office: Office) -> None:
    token = await office.begin(await office.account("chen"))
    (office.home.path / "api.secret").unlink()
    with pytest.raises(ConfigError):
        await sessions.who(
            office.store,
            Keys(configuration.load(office.home.config)),
            token,
            office.clock.now(),
            office.config.web,
        )


def test_what_is_in_other_letters_is_not_the_same() -> None:
    assert same("é", "é") and not same("e", "é") and not same("", "")
