"""What the command line's tests have: a home, and one in which a call may be made."""

from __future__ import annotations

from tests.cli.conftest import home as home
from tests.cli.conftest import stocked as stocked
