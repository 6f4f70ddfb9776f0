"""Fixtures that need the product, for the tests of this folder."""

from tests.postgres.engines import engines, postgres_migrated, postgres_template

__all__ = ["engines", "postgres_migrated", "postgres_template"]
