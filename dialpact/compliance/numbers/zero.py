"""The plans whose national form is a 0 and nine digits: France and Australia."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from dialpact.compliance.model import Callee
from dialpact.compliance.numbers.areas import Areas
from dialpact.compliance.numbers.foreign import assigned
from dialpact.compliance.numbers.form import Flaw, refused

LENGTH = 9  # digits behind the 0, or behind the country code


@dataclass(frozen=True)
class ZeroPlan:
    """One country's plan; patterns match all of the digits they are given."""

    region: str
    code: int
    emergency: frozenset[str]
    service: re.Pattern[str]  # as dialled, or behind the country code
    subscriber: re.Pattern[str]  # nine digits, without the 0
    local: re.Pattern[str] | None  # may be dialled without an area code
    kinds: tuple[str, ...]
    zones: Callable[[str, str], tuple[str, ...]]  # of a number behind the country code, and its kind
    elsewhere: Callable[[str], bool] = lambda significant: False  # a range of another region

    def judge(self, shown: str, digits: str, *, international: bool, areas: Areas | None = None) -> Callee:
        """Judge the digits behind the country code (``international``) or as dialled in the country.

        A 0 that was not dropped behind the country code, ``+33 (0)6``, is a common slip and harmless.
        """
        zero = digits.startswith("0")
        significant = digits[1:] if zero else digits
        if digits in self.emergency or significant in self.emergency:
            return refused(shown, "emergency-number", Flaw.EMERGENCY)
        # Nine digits behind the 0 are a whole number: Australia's satellite telephones (014), pagers (016).
        whole = zero and len(significant) == LENGTH
        if self.service.fullmatch(significant if whole else digits):
            return refused(shown, "protected-number", Flaw.SERVICE_CODE)
        if zero and self.service.fullmatch(significant):
            return refused(shown, "invalid-number", Flaw.AREA_SERVICE_CODE)
        if self.subscriber.fullmatch(significant):
            if zero or international:
                if self.elsewhere(significant):
                    return refused(shown, "invalid-number", Flaw.FOREIGN_REGION)
                return assigned(
                    shown,
                    self.code,
                    significant,
                    region=self.region,
                    kinds=self.kinds,
                    zones=self.zones,
                    trunk="0",
                )
            # A spreadsheet ate the zero, or a digit is missing: to guess here is to call a stranger.
            return refused(shown, "invalid-number", Flaw.TRUNK_PREFIX_MISSING)
        if self.local and self.local.fullmatch(digits) and not international:
            return refused(shown, "invalid-number", Flaw.AREA_CODE_MISSING)
        return refused(shown, "invalid-number", Flaw.LENGTH)
