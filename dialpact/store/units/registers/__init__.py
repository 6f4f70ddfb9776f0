"""The registers: each change and its line in ``register_change`` in one transaction.

1. Nothing is overwritten silently. The same entry again is ``already``; another one under the same key is a
   Fault, except where an update is the register's own way (caller IDs) or only tightens (a consent's expiry).
2. No addition or import removes or weakens an opt-out, or clears a withdrawal.
3. ``by`` is who did it, ``at`` when; both end in the log with the entry itself.
"""
