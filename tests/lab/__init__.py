"""A real Asterisk, a carrier and agents' phones on the loopback, for the tests that need them."""
