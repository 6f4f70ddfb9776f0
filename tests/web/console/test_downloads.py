"""A file that a page gives is kept by no browser: the next person at that computer may be another."""

from __future__ import annotations

import pytest

from tests.web.api.furnished import INSPECTION, PACKAGE, SCRUB, VERIFICATION
from tests.web.console.visitor import Visitor

FILES = (
    f"/ledger/packages/{PACKAGE}/file",
    f"/ledger/verifications/{VERIFICATION}/file",
    f"/scrubs/{SCRUB}/file",
    f"/inspections/{INSPECTION}/csv",
    f"/inspections/{INSPECTION}/json",
    "/exports/dnc/template",
    "/ledger/leaf/1/proof",
)


@pytest.mark.parametrize("path", FILES)
def test_a_file_is_kept_by_no_browser(visitor: Visitor, path: str) -> None:
    found = visitor.get(path)
    assert found.status == 200 and found.body
    answers = [found, visitor.get(path, headers={"Range": "bytes=0-1"})]
    if tag := found.headers.get("etag"):
        answers.append(visitor.get(path, headers={"If-None-Match": tag}))
    for each in answers:
        assert "no-store" in each.headers["cache-control"], (each.status, each.headers)
        assert "Cookie" in each.headers["vary"] and "Authorization" not in each.headers["vary"]
        assert each.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in each.headers["content-security-policy"]
    assert found.headers["content-disposition"].startswith("attachment;")


def test_what_is_no_page_is_taken_for_nothing_else(visitor: Visitor) -> None:
    for path in ("/nowhere", "/calls/x/y"):
        found = visitor.get(path)
        assert found.status == 404 and found.headers["x-content-type-options"] == "nosniff"
        assert found.headers["cache-control"] == "no-store"
