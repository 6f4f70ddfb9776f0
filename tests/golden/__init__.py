"""What the command line says, word for word: ``said/`` holds it, ``before/`` an installation of before.

``python -m tests.golden.record`` writes ``said/`` anew; ``python -m tests.golden.made`` wrote ``before/``.
"""
