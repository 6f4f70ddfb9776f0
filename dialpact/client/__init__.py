"""A client for programs that ask Dialpact's API: ``from dialpact.client import Client`` (docs/api.md)."""

from __future__ import annotations

from dialpact.client.client import Client
from dialpact.client.problem import NoAnswer, Problem

__all__ = ["Client", "NoAnswer", "Problem"]
