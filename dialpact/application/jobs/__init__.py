"""Long work that programs ask for: a row in the store, a folder for its files, and one process that does it.

``queue`` takes it, shows it and cancels it; ``runner`` (in ``dialpact web``) hands one job after the other to
a ``worker``, a process of its own; ``kinds`` says what each kind of work is; ``files`` is where it lies.

1. A job's row says what it is; its file is there, whole, before the row says that it is done. Whatever dies
   between any two steps leaves a job that is done again from its beginning, or one that is done.
2. The worker may be idle by the host's scheduler. So it takes no lock that a call waits for: what a job
   changes in the store beside its row is done by the runner, in one transaction with the row.
"""
