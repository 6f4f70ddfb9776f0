"""The bad rows of an import as a file: each with its line and the reason, to be mended and imported again.

1. It holds telephone numbers, so nobody else may read it.
2. It overwrites nothing but an earlier one of its kind, and keeps that beside it: somebody may have mended
   it.
3. Cells, and the names of columns, are as they were written. Only what a spreadsheet would take for a formula
   is guarded as people guard it, by an apostrophe, which is taken off again when the file is read.
"""

from __future__ import annotations

import csv
import os
import re
import stat
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from dialpact.application.bad_rows import BadRows
from dialpact.application.sheets.written import guarded
from dialpact.compliance.registers.columns import OURS
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.sheet import row_of
from dialpact.compliance.registers.table import Table, column_name

_MARK = "\ufeff"
_STARTS = tuple(f"{_MARK}{','.join(names)}".encode() for names in (OURS, (OURS[0], OURS[2])))
_BREAKS = re.compile(r"[\r\n\t\v\f\x1c-\x1e\x85\u2028\u2029]+")


class BadFile:
    """``explain`` says what is wrong with a row, in words.

    ``spare``: so many bad rows need no file, as they are told elsewhere; with more, an import that can not
    write it applies nothing.
    """

    def __init__(self, path: Path, explain: Callable[[Fault], str], *, spare: int = 0) -> None:
        self.path, self.spare = path, spare
        self._explain = explain
        self._new: Path | None = None

    def begin(self, source: Path | None = None) -> None:
        """Fault if it can not be written. ``source``: what is imported, which is not to be replaced."""
        if self._new is not None:
            return
        self._refuse_another(self.path, source)
        try:
            opened, name = tempfile.mkstemp(prefix=".", suffix=".bad.csv", dir=self.path.parent)
        except OSError as error:
            raise self._unwritable(error) from error
        os.close(opened)
        self._new = Path(name)

    def write(self, table: Table, bad: BadRows) -> None:
        """All bad rows of ``table``, which is read once more. Fault if it can not be written."""
        self.begin()
        assert self._new is not None
        try:
            with self._new.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
                file.write(_MARK)
                csv.writer(file).writerows(self._rows(table, bad))
            earlier = self.path.with_name(f"{self.path.name}~")
            self._refuse_another(self.path)
            if self.path.exists() and self.path.read_bytes() != self._new.read_bytes():
                self._refuse_another(earlier)
                self.path.replace(earlier)
            self._new.replace(self.path)
            self._new = None
        except OSError as error:
            raise self._unwritable(error) from error
        finally:
            self.close()

    def close(self) -> None:
        """Leaves nothing behind of a file that was not written."""
        if self._new is not None:
            with suppress(OSError):
                self._new.unlink()
            self._new = None

    def _rows(self, table: Table, bad: BadRows) -> Iterable[list[str]]:
        sheets = table.sheet_names
        kept = [place for place, name in enumerate(table.names) if column_name(name) not in OURS]
        width = len(table.names)
        ours = OURS if any(sheets) else (OURS[0], OURS[2])
        yield [*ours, *(_told(table.names[place]) for place in kept)]
        rows = table.written()
        for line, fault in bad:
            cells = next((cells for place, cells in rows if place == line), [])
            sheet, row = row_of(line)
            said = {"line": str(row), "sheet": sheets[sheet], "reason": self._explain(fault)}
            own = [cells[place] for place in kept if place < len(cells)] + cells[width:]
            yield [_told(cell) for cell in (*(said[name] for name in ours), *own)]

    def _refuse_another(self, path: Path, source: Path | None = None) -> None:
        """Fault for a file that is there and none of ours."""
        try:
            found = path.lstat()
            ours = stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid()
            if ours and (source is None or not path.samefile(source)):
                with path.open("rb") as file:
                    if file.read(64).startswith(_STARTS):
                        return
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._unwritable(error) from error
        raise Fault("bad-file-exists", file=str(path))

    def _unwritable(self, error: OSError) -> Fault:
        return Fault("bad-file", file=str(self.path), error=error.strerror or str(error))


def _told(text: str) -> str:
    return guarded(_BREAKS.sub(" ", text))
