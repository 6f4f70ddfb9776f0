"""Whoever follows the links that a page shows comes to a page: none is another role's, none leads nowhere."""

from __future__ import annotations

import re

import pytest

from dialpact.compliance.registers.account import Role
from tests.web.console.visitor import Visitor

LASTS = "/now/stream"  # as long as somebody looks
MOST = 150


def kind(address: str) -> str:
    """Pages of one kind: their ids and numbers left out."""
    path, _, query = address.partition("?")
    path = re.sub(r"/entry/[^/]+", "/entry/X", re.sub(r"/([0-9a-f]{12,}|\d+)(?=/|$)", "/N", path))
    return path + "?" + "&".join(sorted(each.partition("=")[0] for each in query.split("&")))


@pytest.mark.parametrize("role", list(Role))
def test_every_link_leads_somewhere(visitor: Visitor, role: Role) -> None:
    whoever = visitor.as_(role.value)
    waiting, seen, wrong = [("/", "")], set[str](), []
    while waiting and len(seen) < MOST:
        address, shown_by = waiting.pop(0)
        if kind(address) in seen or address.startswith((LASTS, "/static/")):
            continue
        seen.add(kind(address))
        found = whoever.get(address)
        if found.status not in (200, 303):
            wrong.append((found.status, address, shown_by))
        elif found.headers.get("content-type", "").startswith("text/html") and found.status == 200:
            links = [link.partition("#")[0] for link in found.page.links]
            waiting += [(link, address) for link in links if link.startswith("/")]
    assert not wrong
    assert len(seen) > 10
