"""What a recording leaves out and what is silent in it, in words, for people; as an object for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from dialpact.compliance import soundtrack
from dialpact.compliance.soundtrack import Pair, Soundtrack
from dialpact.compliance.texts import Language
from dialpact.presentation import texts

EXACT = 0.3  # seconds: a range that is no wider is a place


def told(row: dict[str, Any]) -> dict[str, Any]:
    """A recording's row with its soundtrack as an object; null where there is none."""
    track = soundtrack.decode(row["sound"])
    return row | {"sound": msgspec.to_builtins(track) if track else None}


def place(found: Pair | None) -> str:
    """``83.2``, or ``83.2-85.1`` where that is all that is known; empty where nothing is."""
    if found is None:
        return ""
    low, high = found
    return f"{(low + high) / 2:.1f}" if high - low <= EXACT else f"{low:.1f}-{high:.1f}"


def lines(text: str, language: Language, names: dict[str, str]) -> list[str]:
    """``names``: of the call's recordings, by id: the files' names."""
    track = soundtrack.decode(text)
    return list(_lines(track, language, names)) if track else []


def _lines(track: Soundtrack, language: Language, names: dict[str, str]) -> Iterator[str]:
    for side, stretches in track.silent.items():
        for one in stretches:
            said = {
                "side": texts.text(f"soundtrack.{side}", language),
                "begin": f"{one.begin:.1f}",
                "end": f"{one.end:.1f}",
                "missing": f"{one.missing:.1f}",
                "file": names.get(one.heard_in, one.heard_in),
                "since": f"{one.heard_from or 0:.1f}",
            }
            elsewhere = one.reason == "lost" and one.heard_in
            yield texts.text(f"soundtrack.{'elsewhere' if elsewhere else one.reason}", language, **said)
    for begin, end, missing in track.unsent:
        yield texts.text(
            "soundtrack.nobody", language, begin=f"{begin:.1f}", end=f"{end:.1f}", missing=f"{missing:.1f}"
        )
    if track.distorted:
        yield texts.text("soundtrack.distorted", language, figures=track.distorted)
    if track.late is not None:
        yield texts.text("soundtrack.late", language, second=f"{track.late:.1f}")
