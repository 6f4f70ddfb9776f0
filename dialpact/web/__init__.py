"""What the world outside may ask over HTTP.

``server`` shows metrics and health beside a daemon's work; ``process`` serves ``app``, the routes of
``dialpact web``.
Nothing here is in the way of a call: each has a connection to the database of its own, every question has a
time limit, and what can not be answered is said to be unknown.
"""
