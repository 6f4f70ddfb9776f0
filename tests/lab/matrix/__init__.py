"""Which part fails how: ``matrix.toml`` says what follows, ``faults.py`` does it, the lab proves it."""
