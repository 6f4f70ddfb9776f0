"""A home of the command line, for the receivers of webhooks."""

from tests.cli.conftest import home

__all__ = ["home"]
