"""``dialpact status``: would a call that may be made be made now?"""

from __future__ import annotations

from dialpact.cli.session import DONE, FOUND, Session
from dialpact.web.look import Looking
from dialpact.web.server import said, state


async def status(session: Session) -> int:
    """Would a call that may be made be made now? What /health/ready says, for a shell."""
    looking = Looking(session)
    try:
        look = await looking.look()
    finally:
        await looking.close()
    if session.as_json:
        session.json(state(look))
    else:
        lines = [session.text("status.not-ready" if look.problems else "status.ready")]
        lines += [f"- {item.key}: {said(item, session.language)}" for item in look.problems]
        session.answer(None, "\n".join(lines))
    return FOUND if look.problems else DONE
