"""``dialpact asterisk doctor``: is this installation able to do what it promises?

Each check is a small function that looks at one thing and returns what it found; none changes anything, and
none repairs. What can not be looked at is said, never passed over.
"""
