"""What the plans outside China share: an assigned number of the right region and kind, with its zones."""

from __future__ import annotations

from collections.abc import Callable, Collection

from dialpact.compliance.model import Callee
from dialpact.compliance.numbers.form import Flaw, refused

NEWER_KIND = "fixed-or-mobile"  # of a range that the library does not know yet


def assigned(
    shown: str,
    code: int,
    significant: str,
    *,
    region: str,
    kinds: Collection[str],
    zones: Callable[[str, str], tuple[str, ...]],
    newer: Callable[[str], str] = lambda significant: "",
    trunk: str = "",
) -> Callee:
    """A callee, if its range is known, lies in ``region`` and is one of ``kinds``.

    ``zones``: by the number behind the country code and its kind, every zone in which it may ring. ``newer``:
    by the number, the region of a range that phonenumbers does not know, where we do. ``trunk`` is the prefix
    of the national form. What is assigned to something else (premium rate, shared cost, paging) is protected.
    """
    from dialpact.compliance.numbers import metadata  # which a command that reads no number need not wait for

    kind = metadata.kind(code, significant)
    place = metadata.region(code, significant) if kind else newer(significant)
    if not place:
        return refused(shown, "invalid-number", Flaw.UNASSIGNED)
    if place != region:
        return refused(shown, "invalid-number", Flaw.FOREIGN_REGION)
    kind = kind or NEWER_KIND
    if kind not in kinds:
        return refused(shown, "protected-number", Flaw.SERVICE_CODE)
    return Callee(
        given=shown,
        e164=f"+{code}{significant}",
        national=trunk + significant,
        kind=kind,
        region=region,
        zones=zones(significant, kind),
    )
