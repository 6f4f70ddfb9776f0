"""A home with something of all that the API can be asked about: of business ``jianghan``, not ``hanyang``."""

from __future__ import annotations

from tests.cli.conftest import Home


def furnish(home: Home) -> Home:
    for business in ("jianghan", "hanyang"):
        home.run("business", "add", business, "--name", f"{business} 公司", "--actor", "own-business")
    return home
