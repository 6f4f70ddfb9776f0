"""Is a call recorded, and the recording kept? The AMI side: hears of every call, has it recorded, proves it.

- ``listener``: where the parts meet, by the ``terms`` in force. ``lease``, ``outbox``, ``resync``,
  ``missed_calls``, ``endings``, ``instance_lock`` keep it honest: may calls be let out now, is everything
  written, was anything missed?
- ``ami``: how Asterisk is spoken with. Bytes, events, the connection, and each question as a function.
- ``recording``: one recording. Its files, its start and its proof, what is in it at the end.
- ``legs``: one leg to the carrier. May it be, and is it recorded from its answer on?
- ``calls``: what else belongs to a call. Who joins it, who listens in, which key was pressed.
- ``sound``: is what is said on the recording, while it is said?

Of these rooms each imports only those above it in this list.
"""
