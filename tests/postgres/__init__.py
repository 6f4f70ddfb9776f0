"""PostgreSQL for tests: Debian's own, each server in a folder of its own, beside none of the machine's."""
