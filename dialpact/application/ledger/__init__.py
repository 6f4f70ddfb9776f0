"""The log that proves itself: signed where it continues what was signed (``heads``, ``copies``, ``signing``),
looked at (``entries``, ``proving``), its keys changed (``rotation``, ``history``), going on from a backup
(``resumption``), its records erased when their time is over (``erasure``), its checkpoints stamped and
cosigned by others (``stamps``, ``witnesses``, ``held``), and all of it checked (``verification``, ``audit``).
"""
