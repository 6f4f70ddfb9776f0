"""A module's syntax tree."""

from __future__ import annotations

import ast
import gc


def tree(text: str, feature_version: tuple[int, int] | None = None) -> ast.Module:
    """CPython before 3.11.5 fails ("AST constructor recursion depth mismatch") where the garbage collector
    meanwhile runs somebody's end that itself looks at source: so it does not run.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        return ast.parse(text, feature_version=feature_version)
    finally:
        if collects:
            gc.enable()
