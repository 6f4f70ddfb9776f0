"""A plan as a unified diff, without anybody's password in it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence

from dialpact.application.pbx.plan import FilePlan, Plan, RowPlan

MASK = "********"
_SECRET = re.compile(
    r"^([ +-]?\s*[;]?\s*(?:md5_cred|md5secret|[a-z_]*(?:secret|pass|password|passwd))\s*=>?\s*)\S.*$",
    re.IGNORECASE,
)
_LINES = 3
LONG = 40  # lines of a new file that are shown one by one


def of_file(one: FilePlan, hidden: Sequence[str] = ()) -> list[str]:
    """Its lines; none where nothing changes. Mode and owner are said in the head."""
    if not one.changes:
        return []
    before = one.present.content if one.present else b""
    old, new = one.path if one.present else "/dev/null", one.path if one.wanted is not None else "/dev/null"
    if one.present is None or one.present.mode != one.kind.mode:
        new += f"\t(mode {one.kind.mode:04o})" if one.wanted is not None else ""
    lines = difflib.unified_diff(_lines(before), _lines(one.wanted or b""), old, new, n=_LINES, lineterm="")
    found = [masked(line, hidden) for line in lines]
    return found or [f"--- {old}", f"+++ {new}"]


def shortened(lines: Sequence[str]) -> list[str]:
    """For a reader: of a long file that is new, how long it is."""
    if len(lines) <= LONG or not lines[0].startswith("--- /dev/null"):
        return list(lines)
    return [*lines[:3], "..."]


def of_row(one: RowPlan, hidden: Sequence[str] = ()) -> list[str]:
    """Its statement, and what changes in the value."""
    if not one.changes:
        return []
    row = one.row
    where = " AND ".join(f"{name} = {quoted(value)}" for name, value in row.key.items())
    head = " ".join(("UPDATE", row.table, "SET", row.column, "= ... WHERE", where))
    lines = difflib.unified_diff(
        one.present.splitlines(), row.after.splitlines(), "before", "after", n=_LINES, lineterm=""
    )
    return [head, *(masked(line, hidden) for line in lines)]


def whole(plan: Plan) -> Iterator[list[str]]:
    """Of each thing that changes: what is wholly ours first, what is his own last."""
    for one in plan.files:
        if lines := of_file(one, plan.hidden):
            yield lines
    for row in plan.rows:
        if lines := of_row(row, plan.hidden):
            yield lines


def masked(line: str, hidden: Sequence[str]) -> str:
    for word in hidden:
        line = line.replace(word, MASK)
    return _SECRET.sub(rf"\1{MASK}", line)


def quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _lines(content: bytes) -> list[str]:
    text = content.decode("utf-8", "replace")
    lines = text.split("\n")
    if lines[-1] == "":
        return lines[:-1]
    return [*lines[:-1], lines[-1] + " \\ no line end"]
