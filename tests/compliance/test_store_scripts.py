"""Scripts in the store: a changed text loses its approval, and nothing of the past is lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from dialpact.compliance.errors import StoreRefused
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.script import ScriptVersion
from dialpact.store.sqlite import Store, create
from tests.compliance.store_values import AT, BY

LATER = AT + timedelta(days=30)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    create(tmp_path / "a.db")
    async with await Store.open(tmp_path / "a.db") as store:
        yield store


async def approve(store: Store, version: ScriptVersion, **changes) -> ScriptVersion:
    given = {"sha256": version.sha256, "checked": ("b", "a", "b"), "expires_at": LATER, **BY, **changes}
    return await store.scripts.approve(version.id, **given)


async def actions(store: Store) -> list[str]:
    return [change.action for change in await store.changes.of("script", "pitch")]


async def test_a_text_is_added_once(store: Store) -> None:
    outcome, first = await store.scripts.add("pitch", "您好", **BY)
    assert (outcome, first.version, first.approved_by, first.added_by) == ("added", 1, "", "tester")
    assert await store.scripts.add("pitch", "您好", **BY) == ("already", first)
    assert await actions(store) == ["add"]


async def test_an_approval_names_who_until_when_and_for_which_lists(store: Store) -> None:
    _, first = await store.scripts.add("pitch", "您好", **BY)
    approved = await approve(store, first, by="chen")
    assert (approved.approved_by, approved.approved_at, approved.expires_at) == ("chen", AT, LATER)
    assert approved.checked == ("a", "b")
    assert approved.added_by == "tester", "who wrote and who approved are both kept"
    (listed,) = (await store.scripts.list()).rows
    assert (listed.id, listed.version, listed.checked) == ("pitch", 1, ("a", "b"))
    change = (await store.changes.of("script", "pitch"))[-1]
    assert (change.by, change.detail["sha256"]) == ("chen", first.sha256)
    assert "text" not in change.detail


async def test_a_changed_text_is_a_new_version_without_approval(store: Store) -> None:
    _, first = await store.scripts.add("pitch", "您好", **BY)
    await approve(store, first)
    outcome, second = await store.scripts.add("pitch", "您好！", **BY)
    assert (outcome, second.version, second.approved_by, second.checked) == ("updated", 2, "", ())
    # Back to the approved text: a third version. Who changed it back has not had it approved.
    outcome, third = await store.scripts.add("pitch", "您好", **BY)
    assert (outcome, third.version, third.approved_by) == ("updated", 3, "")
    versions = await store.scripts.versions("pitch")
    assert [(version.version, version.approved_by) for version in versions] == [
        (1, "tester"),
        (2, ""),
        (3, ""),
    ]
    assert await actions(store) == ["add", "approve", "change", "change"]


async def test_only_the_text_that_was_checked_is_approved(store: Store) -> None:
    _, first = await store.scripts.add("pitch", "您好", **BY)
    await store.scripts.add("pitch", "保证收益", **BY)
    with pytest.raises(Fault, match="changed"):
        await approve(store, first)
    assert ((await store.scripts.list()).rows)[0].approved_by == ""


async def test_a_revocation_leaves_its_trace(store: Store) -> None:
    _, first = await store.scripts.add("pitch", "您好", **BY)
    with pytest.raises(Fault, match="not approved"):
        await store.scripts.revoke("pitch", reason="why", **BY)
    await approve(store, first)
    revoked = await store.scripts.revoke("pitch", reason="misleading", **BY)
    assert (revoked.approved_by, revoked.approved_at, revoked.expires_at, revoked.checked) == (
        "",
        None,
        None,
        (),
    )
    change = (await store.changes.of("script", "pitch"))[-1]
    assert change.action == "revoke"
    assert (change.detail["reason"], change.detail["from"]["approved_by"]) == ("misleading", "tester")


async def test_what_is_not_there(store: Store) -> None:
    assert await store.scripts.newest("pitch") is None
    assert await store.scripts.versions("pitch") == []
    with pytest.raises(Fault, match="not registered"):
        await store.scripts.approve("pitch", sha256="", checked=(), expires_at=None, **BY)
    with pytest.raises(Fault, match="not registered"):
        await store.scripts.revoke("pitch", reason="x", **BY)


async def test_the_database_itself_keeps_a_text_as_it_was(store: Store) -> None:
    await store.scripts.add("pitch", "您好", **BY)
    with pytest.raises(StoreRefused, match="never changed"):
        await store.transact(lambda connection: connection.execute("UPDATE script SET text = 'x'"))
