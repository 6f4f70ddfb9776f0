"""Asterisk's side of AGI for programs of anyone's: a FastAGI server, or a script started for each call.

What the program has to say is a list of patterns (``re.fullmatch``), in order. Anything else that it says,
anything it leaves out, and a call that the test describes and never makes, fails the test.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from dialpact.testing.agi_process import FakeProcess, ToldByScript
from dialpact.testing.asterisk import FakeAsterisk, Told
from dialpact.testing.looking import Duties

T = TypeVar("T", bound=Told)
PATIENCE = 20.0  # seconds


@dataclass
class Caller(Generic[T]):
    """An Asterisk with one program to ask. ``expect`` is settled by each call."""

    fake: Any
    what: str
    begun: int = field(default=0, init=False)
    ended: int = field(default=0, init=False)

    async def call(self, number: str = "", *arguments: str, **ringing: Any) -> T:
        """One session to its end: the channel as the dialplan then has it, and every command in ``commands``.

        ``number`` and ``arguments`` are what ``AGI(...)`` hands on as agi_arg_1 and so on; at most four.
        ``ringing``: ``caller_id``, ``caller_name``, ``dnid``, ``script``, ``channel``, ``uniqueid``.
        UnexpectedCommand when it says something else than was expected.
        """
        if len(arguments) > 3:
            raise ValueError("at most four arguments")
        self.begun += 1
        names = dict(zip(("campaign", "agent", "trunk"), (*arguments, "", "", "")[:3], strict=True))
        try:
            told: T = await self.fake.dial(number, **names, **ringing)
        except Exception:  # whoever awaits it has been told
            self.ended += 1
            raise
        self.ended += 1
        return told

    def complaint(self) -> str:
        if not self.begun and self.fake.expect:
            return f"{self.what}: expected {list(self.fake.expect)}, and no call was made"
        if self.begun > self.ended:
            return f"{self.what}: a call was begun and not awaited to its end"
        return ""


class FastAgi:
    """``fastagi("127.0.0.1:4573", expect=[...])`` is an Asterisk that asks the server there."""

    def __init__(self) -> None:
        self.duties = Duties()

    def __call__(
        self,
        server: str | tuple[str, int],
        *,
        expect: Sequence[str],
        answers: Mapping[str, str] | None = None,
        variables: Mapping[str, str] | None = None,
        patience: float = PATIENCE,
        **knobs: Any,
    ) -> Caller[Told]:
        """``answers``: pattern of a command to Asterisk's reply (``"200 result=0"``); GET and SET VARIABLE,
        GET FULL VARIABLE and EXEC MSet are answered from the channel's ``variables``.

        ``knobs``: the other fields of ``FakeAsterisk`` (``hang_up_after``, ``pieces``, ``raw`` ...).
        """
        host, port = server if isinstance(server, tuple) else _address(server)
        about = {"answers": answers, "variables": variables}
        fake = FakeAsterisk(
            host, port, expect=expect, about=about, encoding="utf-8", patience=patience, **knobs
        )
        found = Caller[Told](fake, f"FastAGI on {host}:{port}")
        self.duties.add(found.complaint)
        return found


class ProcessAgi:
    """``process_agi("./welcome.agi", expect=[...])`` is an Asterisk that starts this script."""

    def __init__(self) -> None:
        self.duties = Duties()

    def __call__(
        self,
        script: str | Path | Sequence[str],
        *,
        expect: Sequence[str],
        answers: Mapping[str, str] | None = None,
        variables: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
        patience: float = PATIENCE,
        **knobs: Any,
    ) -> Caller[ToldByScript]:
        """``script``: an executable file, or the words of a command. ``environment``: on top of what Asterisk
        gives a script; nothing else of the test's own environment reaches it.

        The answer has the script's ``exit`` status and its ``stderr`` as well. ``knobs`` as those of
        ``FakeProcess``.
        """
        words = (str(script),) if isinstance(script, str | Path) else tuple(map(str, script))
        if "/" in words[0] and not Path(words[0]).is_file():
            raise FileNotFoundError(f"no such script: {words[0]}")
        fake = FakeProcess(
            script=words,
            expect=expect,
            about={"answers": answers, "variables": variables},
            environment=environment or {},
            encoding="utf-8",
            patience=patience,
            **knobs,
        )
        found = Caller[ToldByScript](fake, f"the script {' '.join(words)}")
        self.duties.add(found.complaint)
        return found


def _address(text: str) -> tuple[str, int]:
    from dialpact.compliance.addresses import split_address

    return split_address(text.removeprefix("agi://").partition("/")[0])
