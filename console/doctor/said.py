"""What a check found, in words."""

from __future__ import annotations

from console.doctor.found import Found
from console.session import Session


def as_object(session: Session, item: Found) -> dict[str, str]:
    """For programs; ``code`` is the same in every language."""
    text = session.text(f"doctor.{item.key}", **item.values)
    advice = session.text(f"advice.{item.key}", **item.values) if item.result in ("warn", "fail") else ""
    return {"result": item.result, "code": item.key, "text": text, "advice": advice}
