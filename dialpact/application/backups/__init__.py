"""A copy of the database while calls go on (``making``), put back (``restoring``), with what is known to be
missing since (``missing``), which an officer acknowledges before calls are let through (``acknowledging``).
"""
