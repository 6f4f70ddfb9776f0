"""How Dialpact is seen from outside: logs, metrics, health, and what the service manager is told.

Nothing in here is on the way of a decision or of a recording, and nothing may stop one.
"""
