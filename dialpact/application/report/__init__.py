"""What an inspector is given: the report, and what it is compared with."""
