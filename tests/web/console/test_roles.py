"""Each page x each role, by the table ``roles.toml``; and whose calls a supervisor sees."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from dialpact.compliance.registers.account import Role
from dialpact.web.console.page import AnyPage
from dialpact.web.console.routing import pages
from tests.cli.conftest import Home
from tests.patience import WAIT
from tests.web.api.furnished import TRACES, furnish_pages
from tests.web.asking import Asker, ended
from tests.web.console.roles import files, roles_of, table
from tests.web.console.visitor import Visitor, account, console

TABLE = table()
PAGES = {page.name: page for page in pages()}
REFUSED = (303, 401, 403)


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """Made once; each test has a copy."""
    folder = tmp_path_factory.mktemp("furnished")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("DIALPACT_CONFIG", raising=False)
        home = Home(folder)
        home.run("init")
        yield furnish_pages(home)


@pytest.fixture
def at(furnished: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visitor]:
    there = tmp_path / "home"
    shutil.copytree(furnished.path, there)
    monkeypatch.chdir(there)
    home = Home(there)
    home.machine = furnished.machine
    with console(home) as found:
        found.known.accounts["elsewhere"] = account(Role.SUPERVISOR, id="elsewhere", campaigns=("nowhere",))
        yield found


def address(page: AnyPage) -> tuple[str, str]:
    """Path with its query, and body."""
    row = TABLE[page.name]
    path = page.path.format(**row.get("path", {}))
    fields = urlencode(row.get("form", {}), doseq=True)
    return (f"{path}?{fields}" if fields else path, "") if page.method == "GET" else (path, fields)


def status(at: Visitor, page: AnyPage) -> int:
    """Its first line alone: some pages go on as long as somebody looks."""
    path, body = address(page)

    async def ask(asker: Asker) -> int:
        head = (
            f"{page.method} {path} HTTP/1.1",
            "Host: x",
            "Sec-Fetch-Site: same-origin",
            f"Cookie: test={at.whose}",
            "Content-Type: application/x-www-form-urlencoded",
            f"Content-Length: {len(body)}",
        )
        reader, writer = await asyncio.open_connection("127.0.0.1", asker.port)
        try:
            writer.write(("\r\n".join(head) + "\r\n\r\n" + body).encode())
            async with asyncio.timeout(WAIT):
                return int((await reader.readline()).split()[1])
        finally:
            await ended(writer)

    return asyncio.run(ask(at.asker))


def test_every_page_has_its_row_and_every_row_its_page() -> None:
    assert set(PAGES) == set(TABLE), "python -m tests.web.console.roles"
    for name, page in PAGES.items():
        assert roles_of(page) == TABLE[name]["roles"], name


def test_the_page_in_docs_is_of_today() -> None:
    for file, content in files().items():
        assert file.read_text("utf-8") == content, "python -m tests.web.console.roles"


def test_an_administrator_hears_nothing_and_an_auditor_changes_nothing() -> None:
    for page in pages():
        if page.roles is None:
            continue
        if page.action.startswith("recordings."):
            assert Role.ADMINISTRATOR not in page.roles, page.action
        if page.action.startswith("accounts."):
            assert page.roles <= {Role.ADMINISTRATOR}, page.action
        if page.method == "POST" and Role.AUDITOR in page.roles:
            assert not page.changes, page.action


@pytest.mark.parametrize("name", sorted(PAGES))
def test_who_has_the_role_and_no_other(at: Visitor, name: str) -> None:
    page = PAGES[name]
    for role in (None, *Role):
        found = status(at.as_(role and role.value), page)
        if page.roles is None:
            assert found not in (401, 403), role
        elif role in page.roles:
            assert found not in REFUSED or (found == 303 and page.method == "POST"), (role, found)
        else:
            assert found in REFUSED, (role, found)
            assert role is None or found == 403, (role, found)


@pytest.mark.parametrize(
    "name", [name for name, page in sorted(PAGES.items()) if page.roles and Role.SUPERVISOR in page.roles]
)
def test_a_supervisor_sees_his_own_campaigns_alone(at: Visitor, name: str) -> None:
    """By no id and in no list."""
    page, row = PAGES[name], TABLE[name]
    default = 422 if page.changes else 200
    assert status(at.as_("supervisor"), page) == row.get("own", default)
    assert status(at.as_("elsewhere"), page) == row.get("other", default)
    if page.seconds is not None:
        path, body = address(page)
        visitor = at.as_("elsewhere")
        kind = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
        seen = visitor.send(page.method, path, body.encode(), headers=kind).body
        asked = row.get("path", {}).values()  # (an address that is not there is named in the answer)
        assert not [trace for trace in TRACES if trace not in asked and trace.encode() in seen]
