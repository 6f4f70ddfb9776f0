"""Names, notes and files of people who mean harm, in a real browser: nothing of them runs."""

from __future__ import annotations

from functools import partial

from dialpact.compliance.registers.account import Role
from tests.web.console.browser.conftest import At, apart
from tests.web.console.test_hostile import harm, shown


def test_in_a_browser_nothing_of_it_runs(own: At) -> None:
    apart(partial(harm, own.home))
    looked = own(Role.OFFICER)
    looked.page.on("dialog", lambda dialog: (looked.wrong.append(dialog.message), dialog.dismiss()))
    for role, path in shown():
        if role is not None and path not in ("/sign-out",) and not path.endswith(("/file", "/audio", "/bad")):
            try:
                looked.open(path)
            except Exception as error:  # a page that is a file comes as a download
                assert "Download" in str(error), path
    looked.well()
