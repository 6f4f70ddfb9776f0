"""Asterisk's side of AGI and AMI without an Asterisk: for tests of dialplans, policies and integrations.

The fixtures of ``docs/testing.md`` come with the package (``pip install "dialpact[testing]"``). The names
here are what tests may want to name; each is imported when it is asked for.
"""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dialpact.client import Client
    from dialpact.testing.agi_process import FakeProcess, ToldByScript
    from dialpact.testing.ami import FakeAmi, FakeFailure
    from dialpact.testing.ami_calls import Channel
    from dialpact.testing.api import Api
    from dialpact.testing.api_faults import Asked
    from dialpact.testing.asterisk import FakeAsterisk, Told, UnexpectedCommand
    from dialpact.testing.callers import FastAgi, ProcessAgi
    from dialpact.testing.clock import FixedClock
    from dialpact.testing.listening import Recording
    from dialpact.testing.looking import Answer, Failed
    from dialpact.testing.registers import BadEntry, Registers
    from dialpact.testing.site import Site
    from dialpact.testing.story import Agent, Call, Dialpact

_HOME = {
    "Agent": "story",
    "Api": "api",
    "Asked": "api_faults",
    "Answer": "looking",
    "BadEntry": "registers",
    "Call": "story",
    "Channel": "ami_calls",
    "Client": "api",
    "Dialpact": "story",
    "Failed": "looking",
    "FakeAmi": "ami",
    "FakeAsterisk": "asterisk",
    "FakeFailure": "ami",
    "FakeProcess": "agi_process",
    "FastAgi": "callers",
    "FixedClock": "clock",
    "ProcessAgi": "callers",
    "Recording": "listening",
    "Registers": "registers",
    "Site": "site",
    "Told": "asterisk",
    "ToldByScript": "agi_process",
    "UnexpectedCommand": "asterisk",
}
__all__ = [
    "Agent",
    "Answer",
    "Api",
    "Asked",
    "BadEntry",
    "Call",
    "Channel",
    "Client",
    "Dialpact",
    "Failed",
    "FakeAmi",
    "FakeAsterisk",
    "FakeFailure",
    "FakeProcess",
    "FastAgi",
    "FixedClock",
    "ProcessAgi",
    "Recording",
    "Registers",
    "Site",
    "Told",
    "ToldByScript",
    "UnexpectedCommand",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with warnings.catch_warnings():
        # audioop left the standard library in 3.13; there a distribution supplies it: not a user's matter.
        warnings.filterwarnings("ignore", "'audioop' is deprecated", DeprecationWarning)
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
