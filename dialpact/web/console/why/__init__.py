"""Why was it blocked? Calls are looked for and asked about, one is shown with every rule, and asked again
otherwise.
"""

from __future__ import annotations

from dialpact.web.console.page import EVERYBODY, NoForm, Page
from dialpact.web.console.why.asking import Again, Question, ask, ask_again
from dialpact.web.console.why.call import call
from dialpact.web.console.why.finding import Search, found, search

PAGES = (
    Page(
        method="GET",
        path="/why",
        action="why",
        roles=EVERYBODY,
        handle=search,
        form=NoForm,
        nav="nav.why",
    ),
    Page(
        method="POST",
        path="/why",
        action="why.search",
        roles=EVERYBODY,
        handle=found,
        form=Search,
    ),
    Page(
        method="POST",
        path="/why/ask",
        action="why.ask",
        roles=EVERYBODY,
        handle=ask,
        form=Question,
    ),
    Page(
        method="GET",
        path="/calls/{id}",
        action="calls.show",
        roles=EVERYBODY,
        handle=call,
        form=NoForm,
    ),
    Page(
        method="POST",
        path="/calls/{id}",
        action="calls.ask",
        roles=EVERYBODY,
        handle=ask_again,
        form=Again,
    ),
)
