"""The PBX takes what lies on its disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dialpact.application.pbx.host import Host
from dialpact.application.pbx.running import where

NOBODY = "Unable to connect to remote asterisk"
SHOWN = 300  # characters of what a program said


@dataclass(frozen=True)
class Reloaded:
    """One program: its words, and how it ended. ``why``: its own words, where it failed. ``absent``: nothing
    runs that could be told; it reads its files when it starts.
    """

    words: tuple[str, ...]
    done: bool
    why: str = ""
    absent: bool = False


def reload(host: Host, programs: Sequence[Sequence[str]]) -> tuple[Reloaded, ...]:
    """One after the other; none after one that failed. Below another root than / nothing is run."""
    if not host.runs:
        return ()
    found: list[Reloaded] = []
    for words in programs:
        asked = [words[0], *where(host), *words[1:]] if words[0] == "asterisk" else words
        ran = host.run(asked)
        said = (ran.err.strip() or ran.out.strip())[:SHOWN]
        absent = ran.code == 127 or NOBODY in ran.err + ran.out
        failed = ran.code != 0 or absent
        found.append(Reloaded(tuple(words), not failed, said if failed else "", absent))
        if failed:
            break
    return tuple(found)
