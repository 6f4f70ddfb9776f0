"""Each route x each scope x each limit to businesses, by the table ``authorisation.toml``."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from dialpact.compliance.registers.api_key import Scope
from dialpact.web.api.routing import endpoints
from tests.cli.conftest import Home
from tests.web.api.client import Client, Said, api, key, serving
from tests.web.api.furnished import TRACES, furnish
from tests.web.asking import Asker

TABLE: dict[str, dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("authorisation.toml").read_text("utf-8")
)
LIMITS = {"own": "jianghan", "other": "hanyang", "all": ""}
SCOPES = tuple(scope for scope in Scope if scope != Scope.NUMBERS)
ASKED = sorted(TABLE)


class Office(NamedTuple):
    home: Home
    tokens: dict[tuple[str, Scope], str]  # by limit and scope


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Made once; each test has a copy."""
    folder = tmp_path_factory.mktemp("furnished")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("DIALPACT_CONFIG", raising=False)
        home = Home(folder)
        home.run("init")
        furnish(home)
        yield Office(
            home,
            {
                (limit, scope): key(home, f"{limit}-{scope}", scope, businesses=business)
                for limit, business in LIMITS.items()
                for scope in SCOPES
            },
        )


@pytest.fixture
def office(furnished: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    there = tmp_path / "home"
    shutil.copytree(furnished.home.path, there)
    monkeypatch.chdir(there)
    home = Home(there)
    home.machine = furnished.home.machine
    return Office(home, furnished.tokens)


def ask(client: Client, name: str) -> Said:
    row = TABLE[name]
    method, _, path = name.partition(" ")
    path = path.format(**row.get("path", {}))
    if query := row.get("query"):
        path = f"{path}?{query}"
    if isinstance(row.get("body"), list):
        media_type, text = row["body"]
        headers = row.get("headers")
        return client(method, path, raw=text.encode(), media_type=media_type, headers=headers)
    return client(method, path, row.get("body"))


def needed(name: str) -> set[Scope]:
    scopes = TABLE[name]["scopes"]
    if scopes in ("any", "none"):
        return set(SCOPES)
    return {Scope(scope) for scope in ([scopes] if isinstance(scopes, str) else scopes)}


def test_every_route_has_its_row_and_every_row_its_route() -> None:
    found = {endpoint.name: endpoint for endpoint in endpoints()}
    assert set(found) == set(TABLE)
    for name, endpoint in found.items():
        said = TABLE[name]["scopes"]
        assert (endpoint.scope is None) == (said == "none"), name
        if said not in ("any", "none"):
            assert set(endpoint.scopes) == needed(name), name


@pytest.mark.parametrize("name", ASKED)
def test_who_has_the_scope_and_no_other(office: Office, name: str) -> None:
    """Each key has one scope. One that is not enough is told that alone, whatever it asks about."""
    with api(office.home) as client:
        assert ask(client, name).status == (200 if TABLE[name]["scopes"] == "none" else 401)
        for scope in set(SCOPES) - needed(name):
            refused = ask(client.by(office.tokens["all", scope]), name)
            assert (refused.status, refused.json["code"]) == (403, "not-permitted"), scope


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("name", ASKED)
def test_whose_data(office: Office, name: str, limit: str) -> None:
    """With a key of one scope that suffices. Who is limited to another business sees nothing of this one's,
    by no id and in no list.
    """
    row = TABLE[name]
    scope = sorted(needed(name))[0]
    with api(office.home, office.tokens[limit, scope]) as client:
        said = ask(client, name)
    assert said.status == row[limit], said.body
    if said.status == 200 and name.startswith("GET "):
        seen = [trace for trace in TRACES if trace.encode() in said.body]
        if limit == "other":
            assert not seen, said.body
        elif row["scopes"] not in ("any", "none") and not row.get("nothing"):
            assert seen or said.headers["content-type"] != "application/json", (
                "the row asks about nothing that is there: add it to furnished.py, or say `nothing = true`"
            )


def test_a_real_process_answers_the_same(office: Office) -> None:
    """Each row once, by the unlimited key: it has other stores than the tests. (What is there is 200.)"""
    order = ("GET", "POST", "DELETE")
    with serving(office.home) as port:
        for name in sorted(TABLE, key=lambda name: order.index(name.partition(" ")[0])):
            scope = sorted(needed(name))[0]
            said = ask(Client(Asker(port), office.tokens["all", scope]), name)
            assert said.status // 100 == TABLE[name]["all"] // 100, (name, said.body)
