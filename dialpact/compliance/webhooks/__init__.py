"""What receivers outside are told, in the form of Standard Webhooks.

Pure. ``events`` are the payloads, ``subjects`` say whose order is kept, ``secret`` and ``signature`` who may
have said it, ``retry`` when a delivery is tried again, ``delivery`` what the store keeps of it.
"""
