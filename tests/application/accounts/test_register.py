"""An account is changed by two at once: neither undoes what the other has done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from dialpact.application.accounts import register
from dialpact.compliance.registers.account import Account, Role
from dialpact.compliance.registers.fault import Fault
from tests.application.accounts.conftest import Office

Change = Callable[[Office, Account], Awaitable[Any]]


async def speaks(office: Office, chen: Account) -> Account:
    return await register.set_language(office.by(chen), "chen", "en")


async def renamed(office: Office, chen: Account) -> Account:
    return await register.change(office.context, "chen", name="陈明")


@pytest.mark.parametrize("change", [speaks, renamed])
async def test_a_role_that_was_taken_is_not_given_back(
    office: Office, monkeypatch: pytest.MonkeyPatch, change: Change
) -> None:
    chen = await office.account("chen")
    find = register._find

    async def found(*given: Any) -> Any:
        """And then an administrator is faster."""
        monkeypatch.setattr(register, "_find", find)
        kept = await find(*given)
        await register.change(office.context, "chen", role="auditor", until="2099-12-31")
        return kept

    monkeypatch.setattr(register, "_find", found)
    with pytest.raises(Fault, match="account faster"):
        await change(office, chen)
    kept = await office.store.accounts.find("chen")
    assert kept.account.role is Role.AUDITOR
    assert (await change(office, kept.account)).role is Role.AUDITOR
