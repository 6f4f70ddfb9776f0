"""A home of the command line, for the API that ``dialpact web`` has of it."""

from tests.cli.conftest import home, stocked

__all__ = ["home", "stocked"]
