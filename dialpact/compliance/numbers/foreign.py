"""What the plans outside China share: an assigned number of the right region and kind, with its zones."""

from __future__ import annotations

from collections.abc import Collection

from dialpact.compliance.model import Callee
from dialpact.compliance.numbers.form import Flaw, refused


def assigned(
    shown: str, code: int, significant: str, *, region: str, kinds: Collection[str], trunk: str = ""
) -> Callee:
    """A callee, if phonenumbers knows the range, places it in ``region`` and calls it one of ``kinds``.

    ``trunk`` is the prefix of the national form. What is assigned to something else (premium rate, shared
    cost, paging) is protected.
    """
    from dialpact.compliance.numbers import metadata  # which a command that reads no number need not wait for

    kind = metadata.kind(code, significant)
    if not kind:
        return refused(shown, "invalid-number", Flaw.UNASSIGNED)
    if metadata.region(code, significant) != region:
        return refused(shown, "invalid-number", Flaw.FOREIGN_REGION)
    if kind not in kinds:
        return refused(shown, "protected-number", Flaw.SERVICE_CODE)
    return Callee(
        given=shown,
        e164=f"+{code}{significant}",
        national=trunk + significant,
        kind=kind,
        region=region,
        zones=metadata.zones(code, significant),
    )
