"""Dialpact's API for a program in Python: a method a question, its answers typed as the API types them.

    crm = Client("https://calls.example", token)
    answer = crm.predial("13800138000", campaign="loans", caller_id="02788880007", agent="1001")
    if answer.dial:
        pbx.dial(answer.dial, decision=answer.decision)

1. What could not be asked, or was not answered, raises :class:`NoAnswer`; what is refused raises
   :class:`Problem`. Neither is a yes: a number to dial comes only in an answer.
2. What got no whole answer is asked again while the patience lasts. Whatever changes something carries an
   Idempotency-Key, so it is done once.
3. It may be used from several threads. In ``async`` programs: ``await asyncio.to_thread(crm.check, ...)``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType

from dialpact.client.asking import Asking
from dialpact.client.entering import Entering
from dialpact.client.looking import Looking
from dialpact.client.transport import Transport
from dialpact.client.working import Working
from dialpact.compliance.texts import Language
from dialpact.web.api.key import KeyShown

SECONDS = 60.0  # of silence
PATIENCE = 30.0


class Client(Asking, Entering, Looking, Working):
    """``url``: where ``dialpact web`` is reached. ``token``: of ``dialpact api-key add``."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        language: Language = "en",
        seconds: float = SECONDS,
        patience: float = PATIENCE,
        ca_file: str | None = None,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        """``language``: of the texts. ``seconds``: of silence, until a connection counts as lost.
        ``patience``: seconds for one question with all that is asked again. ``ca_file``: whom to trust in
        the place of the system's. ``pause``: waits so many seconds. ValueError for an address at which the
        key would be read along.
        """
        super().__init__(
            Transport(
                url=url,
                token=token,
                language=language,
                seconds=seconds,
                patience=patience,
                ca_file=ca_file,
                pause=pause,
            )
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Of its connections."""
        self._transport.close()

    def key(self) -> KeyShown:
        """Which key this is, what it may ask, of whose data, and until when."""
        return self._get("/v1/key", KeyShown)
