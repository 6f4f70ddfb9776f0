"""What a reload would change, and then the reload of just that."""

from __future__ import annotations

from typing import Any

from dialpact.application import reload as reloads
from dialpact.application.reload import Reloaded
from dialpact.compliance.errors import ConfigError, DialpactError
from dialpact.presentation.setting import before_and_after
from dialpact.web.console.page import Asked, Form, NoForm, Page, Shown
from dialpact.web.console.settings import OPERATORS

BADGES = {"taken": "ok", "would-change": "open", "same": "plain"}


class Agreed(Form, frozen=True, kw_only=True):
    """``digest``: of what was shown."""

    digest: str
    reason: str


async def look(asked: Asked[NoForm]) -> Shown:
    try:
        found = await reloads.check(asked.site.config.origin, asked.context.actor)
    except (DialpactError, OSError) as error:
        return _shown(asked, None, _why(asked, error))
    return _shown(asked, found)


async def reload(asked: Asked[Agreed]) -> Shown:
    form = asked.form
    try:
        done = await reloads.agreed(
            asked.context, asked.site.config.origin, digest=form.digest, reason=form.reason
        )
    except OSError as error:  # another user's daemon
        raise ConfigError(_why(asked, error)) from error
    return _shown(asked, done, done=True)


def _shown(asked: Asked[Any], found: Reloaded | None, why: str = "", *, done: bool = False) -> Shown:
    daemons = [
        {
            "it": told,
            "said": asked.text(f"reload.{told.outcome}", why=told.why),
            "badge": BADGES.get(told.outcome, "bad"),
            "changes": [
                (change.key, *before_and_after(change, asked.language), bool(change.old))
                for change in told.changes
            ],
        }
        for told in (found.daemons if found else ())
    ]
    values = {
        "found": found,
        "daemons": daemons,
        "changes": any(row["changes"] for row in daemons),
        "blocks_nothing": any(
            (change.key, change.new) == ("policy.mode", "shadow")
            for told in (found.daemons if found else ())
            for change in told.changes
        ),
        "why": why,
        "done": done,
        "file": asked.site.config.origin,
    }
    # What was planned goes, once it is done; a failure is said on top, and the plan stays.
    headers = {"HX-Retarget": "#plan", "HX-Reswap": "outerHTML show:top"} if done else {}
    return Shown(template="settings/reload.html", values=values, part="plan", headers=headers)


def _why(asked: Asked[Any], error: DialpactError | OSError) -> str:
    if isinstance(error, DialpactError):
        return asked.fault(error)
    return asked.text("settings.closed", why=error.strerror or str(error))


PAGES = (
    Page(method="GET", path="/settings/reload", action="reload.look", roles=OPERATORS, handle=look),
    Page(
        method="POST",
        path="/settings/reload",
        action="reload.reload",
        roles=OPERATORS,
        handle=reload,
        form=Agreed,
        changes=True,
    ),
)
