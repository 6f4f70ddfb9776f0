"""A profile over old CDRs: what it goes by (``choice``), each attempt judged (``trial``), the sums."""
