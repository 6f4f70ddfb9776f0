"""Evidence packages: made for whoever asks for proof, and checked for whoever was given one."""
