"""The pytest plugin. Loaded by every pytest run where Dialpact is installed, so it does next to nothing.

The fixtures come in once the run is configured: a coverage measurement has begun by then, and sees the
modules being imported.
"""

from __future__ import annotations

import importlib

import pytest

FIXTURES = "dialpact.testing.fixtures"


def pytest_configure(config: pytest.Config) -> None:
    if not config.pluginmanager.has_plugin(FIXTURES):
        config.pluginmanager.register(importlib.import_module(FIXTURES), FIXTURES)
