"""The same scenarios on the fake and on the real Asterisk: what is sent, in what order, with which fields."""
