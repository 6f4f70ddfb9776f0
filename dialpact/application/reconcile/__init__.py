"""CDR files against the store: how they are joined, what is kept of it, and the use case (``case``)."""
