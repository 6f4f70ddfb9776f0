"""The evidence package: what is in it, how it is made, and how it is checked."""
