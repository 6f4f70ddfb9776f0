"""Dialpact in a PBX: what an installation changes, how it is undone, and whether it holds.

An adapter says what to do in one PBX (``adapter.py`` is what it promises, ``known.py`` has them all); it
writes nothing itself. The rest here shows it, does it, takes it back and proves it, for every PBX alike.
"""
