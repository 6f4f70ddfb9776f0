"""How people use it: the command line. The only place that wires the other rooms together."""
