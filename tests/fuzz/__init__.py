"""Hostile input: real samples, mangled, for everything that reads what somebody else has written."""
