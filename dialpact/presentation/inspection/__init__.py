"""The inspection report: what its page is given, and as one CSV."""
