"""The supervisor's two doors: a letter box for operators, and a page for people."""
