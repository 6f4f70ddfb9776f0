"""The log that proves itself: signed and looked at (``signing``, ``entries``), its keys changed
(``rotation``), its records erased when their time is over (``erasure``), its checkpoints stamped by an
authority (``stamps``), and all of it checked (``verification``, by ``audit``).
"""
