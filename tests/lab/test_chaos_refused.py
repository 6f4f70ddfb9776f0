"""What the chaos's observer takes for the reason of a call that did not arrive."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from tests.lab.chaos_refused import word_at

WORDS = (
    ("2026-11-29T05:26:30.000000Z", True, ""),
    ("2026-11-29T05:26:41.312766Z", False, "a recording failed less than 10 seconds ago"),
    ("2026-11-29T05:26:51.328053Z", True, ""),
)
LOG = "\n".join(
    [
        *(
            json.dumps({"ready": ready, "why": why, "event": "recorder lease", "timestamp": at})
            for at, ready, why in WORDS
        ),
        '{"event": "recorder lease", "timest',
    ]
)


@pytest.mark.parametrize(
    ("at", "why"),
    [
        ("2026-11-29T05:26:29+00:00", ""),
        ("2026-11-29T05:26:41+00:00", ""),
        ("2026-11-29T13:26:48+08:00", "a recording failed less than 10 seconds ago"),
        ("2026-11-29T05:27:10+00:00", ""),
    ],
)
def test_the_listeners_word_is_that_of_the_decisions_time(at: str, why: str) -> None:
    assert word_at(LOG, datetime.fromisoformat(at)).why == why


def test_it_has_a_beginning() -> None:
    found = word_at(LOG, datetime.fromisoformat("2026-11-29T05:26:48+00:00"))
    assert found.since == datetime.fromisoformat(WORDS[1][0]).timestamp()
