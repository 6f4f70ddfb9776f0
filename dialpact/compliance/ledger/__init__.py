"""The log that proves itself: RFC 9162 hashing, salted records, signed tree heads. No store, no clock."""
