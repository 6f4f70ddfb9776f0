"""``dialpact status``: would a call that may be made be made now? The same as /health/ready, for a shell."""

from __future__ import annotations

from console.doctor.said import as_object
from console.observe.watch import Watch
from console.policy import load_policy
from console.session import DONE, FOUND, Session


async def status(session: Session) -> int:
    """Whether a call that may be made would be made now, and else why not. Exit 3 if it would not."""
    policy = load_policy(session.config)
    look = await Watch(session, lambda: policy).once()
    wrong = look.wrong()
    answer = [as_object(session, one) for one in look.found]
    rows = [[session.text(f"result.{row['result']}"), row["text"], row["advice"]] for row in answer]
    said = {"ready": not wrong, "mode": session.config.policy.mode, "checks": answer}
    session.table(("result", "text", "advice"), rows, said)
    session.note(session.text("say.not-ready" if wrong else "say.ready"))
    session.warn_of_shadow()
    return FOUND if wrong else DONE
