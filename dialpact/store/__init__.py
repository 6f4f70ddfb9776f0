"""Where facts and evidence live. One native module per database; the gate and the listener meet only here."""
