"""One recording: where its files lie, how it is started and proven, and what is in them at the end."""
