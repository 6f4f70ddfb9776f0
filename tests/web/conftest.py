"""A home of the command line, for what ``dialpact web`` shows of it."""

from tests.cli.conftest import home, stocked

__all__ = ["home", "stocked"]
