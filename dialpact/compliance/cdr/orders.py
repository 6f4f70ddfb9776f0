"""Files without a header: the orders in which PBXs write their columns.

cdr_csv of Asterisk (16 columns, then unique id and user field where cdr.conf asks for them, then the three of
``newcdrcolumns``), the sample of its cdr_custom.conf, and the table that MySQL and FreePBX keep.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dialpact.compliance.cdr.cells import trimmed
from dialpact.compliance.cdr.form import NOTHING, Form, text
from dialpact.compliance.cdr.times import is_time, span

COUNTS = ("duration", "billsec")
_CALL = ["channel", "dstchannel", "lastapp", "lastdata"]
_TIMES = ["start", "answer", "end", "duration", "billsec", "disposition"]
_ASTERISK = ["accountcode", "src", "dst", "dcontext", "clid", *_CALL, *_TIMES]
_CUSTOM = ["clid", "src", "dst", "dcontext", *_CALL, *_TIMES, "", "accountcode", "uniqueid", "userfield"]
_TABLE = ["start", "clid", "src", "dst", "dcontext", *_CALL, "duration", "billsec", "disposition"]
_TABLE += ["", "accountcode", "uniqueid", "userfield"]


def _places(fields: Sequence[str], first: int = 0) -> dict[str, int]:
    return {field: place for place, field in enumerate(fields, first) if field}


class Order(NamedTuple):
    """Columns without a header."""

    name: str
    places: dict[str, int]
    widths: range

    def form(self, delimiter: str) -> Form:
        """Of cdr_csv the answer and the end are only looked at to recognise it."""
        left_out = ("answer", "end") if self.name == "cdr_csv" else ()
        places = {field: place for field, place in self.places.items() if field not in left_out}
        return Form(self.name, delimiter, places, self.widths)


ORDERS = (
    Order("cdr_csv", _places(_ASTERISK), range(16, 22)),
    Order("cdr_custom", _places(_CUSTOM), range(18, 41)),  # (people add variables of their own behind)
    Order("table", _places(_TABLE), range(16, 41)),
    Order("table", _places(_TABLE, 1), range(17, 41)),  # (with a number of the row before it)
)


def fits(order: Order, cells: list[str]) -> bool:
    """Whether every cell is what the order says."""
    cells = trimmed(cells, order.widths)
    if len(cells) not in order.widths:
        return False
    cell = {field: cells[place].strip() for field, place in order.places.items() if place < len(cells)}
    cell = {field: "" if word in NOTHING else word for field, word in cell.items()}
    if not is_time(text(cell.get("start", ""))):
        return False
    times = all(not cell.get(field) or is_time(text(cell[field])) for field in ("answer", "end"))
    counts = all(span(text(one)) is not None for field in COUNTS if (one := cell.get(field)))
    # (a comma in a field that nobody quoted moves the others; a channel that never was has a name without it)
    called = not cell.get("dstchannel") or "/" in cell["dstchannel"]
    channels = called and (not cell.get("channel") or "/" in cell["channel"])
    word = cell.get("disposition", "")
    said = order.name == "columns" or not (word[:1].isdigit() or is_time(text(word)))
    return times and counts and said and (channels or (called and order.name != "table"))
