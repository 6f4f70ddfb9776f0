"""A home with something of all that the API can be asked about: of business ``jianghan``, not ``hanyang``."""

from __future__ import annotations

from tests.cli.conftest import Home
from tests.web.api import job_made, recorded, waiting
from tests.webhooks.dead import given_up

CALL, RECORDING = "ca11" * 8, "5ec0" * 8
PACKAGE, SCRUB = "bac4a6e0" * 4, f"{'5c12b' * 6}00"
RECONCILIATION, ACTS = "4ec04c11" * 4, "ac75" * 8
EXAMINED, EXPORTED = "1ead" * 8, "e4b0" * 8
INSPECTION = "1257ec70" * 4
VERIFICATION, ERASURE = "5ea1" * 8, "e4a5" * 8

# Words that whoever may not see business jianghan must not see anywhere in an answer.
TRACES = ("jianghan", CALL, RECORDING)

NUMBER = "13800138000"


def furnish(home: Home) -> Home:
    for business in ("jianghan", "hanyang"):
        home.run("business", "add", business, "--name", f"{business} 公司", "--actor", "own-business")
    purpose = ("--industry", "loans", "--purpose", "service")
    home.run("campaign", "add", "spring", "--business", "jianghan", *purpose)
    made = recorded.call(CALL, "jianghan", campaign="spring")
    recorded.put(home, made)
    recorded.keep(home, recorded.recording(home, RECORDING, made))
    recorded.happened(home, "recording-failed", CALL)
    about = ("--industry", "保险", "--purpose", "marketing", "--script", "jianghan-s")
    home.run("campaign", "add", "jianghan-1", "--business", "jianghan", *about)
    home.run("script", "add", "jianghan-s", "--file", home.file("s.txt", "您好，这里是江汉公司。"))
    origin = ("--campaign", "jianghan-1", "--partner", "bank", "--contract", "K-0", "--basis", "consent")
    home.run("leads", "import", home.file("leads.csv", f"number\n{NUMBER}\n"), *origin)
    agreed = ("--industry", "保险", "--evidence", "form 1", "--granted-at", "2026-01-05")
    home.run("consent", "add", NUMBER, "--business", "jianghan", *agreed)
    job_made.package(home, PACKAGE, CALL)
    job_made.scrub(home, SCRUB, "jianghan-1")
    given_up(home, "jianghan-crm", "http://127.0.0.1:1/", "msg_jianghan", "jianghan")
    return home


def furnish_pages(home: Home) -> Home:
    """With what the console alone shows, too."""
    furnish(home)
    job_made.examined(home, EXAMINED)
    job_made.exported(home, EXPORTED)
    job_made.inspection(home, INSPECTION)
    job_made.reconciliation(home, RECONCILIATION, ACTS, CALL)
    complained = ("--at", recorded.AT.isoformat(), "--received-at", recorded.AT.isoformat())
    home.run("complaint", "add", NUMBER, *complained, "--note", "jianghan 午休时来电")
    job_made.verification(home, VERIFICATION)
    job_made.erasure(home, ERASURE)
    waiting.release(home, "li")
    return home
