"""What the world outside may look at while the daemons run: metrics and health, over HTTP.

Nothing here is in the way of a call: it has a connection to the database of its own, every question has a
time limit, and what can not be answered is said to be unknown.
"""
