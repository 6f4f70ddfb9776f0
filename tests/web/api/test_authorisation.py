"""Each route x each scope x each limit to businesses, by the table ``authorisation.toml``."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from dialpact.compliance.registers.api_key import Scope
from dialpact.web.api.routing import endpoints
from tests.cli.conftest import Home
from tests.web.api.client import Client, Said, api, key
from tests.web.api.furnished import furnish

TABLE: dict[str, dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("authorisation.toml").read_text("utf-8")
)
LIMITS = {"own": "jianghan", "other": "hanyang", "all": ""}
ASKED = sorted(TABLE)


@pytest.fixture
def office(home: Home) -> Home:
    return furnish(home)


def ask(client: Client, name: str) -> Said:
    row = TABLE[name]
    method, _, path = name.partition(" ")
    path = path.format(**row.get("path", {}))
    if query := row.get("query"):
        path = f"{path}?{query}"
    if isinstance(row.get("body"), list):
        media_type, text = row["body"]
        return client(method, path, raw=text.encode(), media_type=media_type)
    return client(method, path, row.get("body"))


def needed(name: str) -> set[Scope]:
    scopes = TABLE[name]["scopes"]
    if scopes in ("any", "none"):
        return set(Scope) - {Scope.NUMBERS}
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
def test_nobody_without_a_key(office: Home, name: str) -> None:
    with api(office) as client:
        assert ask(client, name).status == (200 if TABLE[name]["scopes"] == "none" else 401)


@pytest.mark.parametrize("name", ASKED)
def test_who_has_the_scope_and_no_other(office: Home, name: str) -> None:
    """Each key has one scope. One that is not enough is told that alone, whatever it asks about."""
    scopes = [scope for scope in Scope if scope != Scope.NUMBERS]
    tokens = {scope: key(office, f"k-{scope}", scope) for scope in scopes}
    with api(office) as client:
        for scope, token in tokens.items():
            if scope not in needed(name):
                refused = ask(client.by(token), name)
                assert (refused.status, refused.json["code"]) == (403, "not-permitted"), scope


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("name", ASKED)
def test_whose_data(office: Home, name: str, limit: str) -> None:
    """With every scope that suffices, so that what is seen of it is the limit's doing."""
    for scope in sorted(needed(name)):
        token = key(office, f"{limit}-{scope}", scope, businesses=LIMITS[limit])
        with api(office, token) as client:
            said = ask(client, name)
        assert said.status == TABLE[name][limit], (scope, said.body)
        break
