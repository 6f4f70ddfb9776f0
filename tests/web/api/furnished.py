"""A home with something of all that the API can be asked about: of business ``jianghan``, not ``hanyang``."""

from __future__ import annotations

from tests.cli.conftest import Home
from tests.web.api import job_made, recorded

CALL, RECORDING = "ca11" * 8, "5ec0" * 8
PACKAGE = "bac4a6e0" * 4

TRACES = (
    "jianghan",
    CALL,
)  # words that whoever may not see business jianghan must not see anywhere in an answer


def furnish(home: Home) -> Home:
    for business in ("jianghan", "hanyang"):
        home.run("business", "add", business, "--name", f"{business} 公司", "--actor", "own-business")
    made = recorded.call(CALL, "jianghan")
    recorded.put(home, made)
    recorded.keep(home, recorded.recording(home, RECORDING, made))
    job_made.package(home, PACKAGE, CALL)
    return home
