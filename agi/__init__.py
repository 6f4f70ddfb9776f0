"""May this call be placed? The AGI side: protocol without I/O, FastAGI server, classic script, gate."""
