"""The Promela model of docs/model: its runs, and that it names what there is."""
