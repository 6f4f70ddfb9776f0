"""Why one side does not take what the other one sent: a code, for programs and for people."""

from __future__ import annotations

from dialpact.compliance.errors import DialpactError


class Refusal(DialpactError):
    """``code`` names its text (``presentation/texts/supervise``, table ``refusal``); ``status``: of the HTTP
    answer.
    """

    def __init__(self, code: str, status: int = 422) -> None:
        super().__init__(code)
        self.code, self.status = code, status


# Every code there is: a text in both languages each, and none from outside is shown as it came.
CODES = (
    *("too-large", "malformed", "unknown-operator", "not-signed", "not-for-us", "expired", "replayed"),
    *("too-often", "window-too-long", "to-come", "too-many-calls", "unknown-question", "nothing-to-give"),
    *("conflict", "not-continued", "same-size", "not-cosigned", "not-in-log", "not-this-report"),
    *("period-open", "period-of-another", "with-numbers", "not-vouched", "not-ready"),
)
