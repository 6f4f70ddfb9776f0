"""The daemons' log: one place through which every line goes, whoever writes it.

JSON lines for the journal, colours for a terminal; always on stderr, through a queue (``cli.drain``), so
that a journal that hangs stops no call. Libraries that use ``logging``, warnings and errors that nobody
caught go the same way, so that nothing passes :mod:`dialpact.compliance.masking` by.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
from types import TracebackType
from typing import Any, TextIO, cast

import structlog

from dialpact.cli.drain import Drain
from dialpact.compliance import masking

OURS = ("level", "timestamp")  # made here, not given


def configure_logs() -> None:
    """For the whole process. May be called again."""
    terminal = sys.stderr.isatty()
    renderer: Any = (
        # The default would show local variables beside a traceback.
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if terminal
        else _as_json
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            masked,
            renderer,
        ],
        logger_factory=structlog.WriteLoggerFactory(_drain(sys.stderr)),
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if isinstance(handler, Bridge)]:
        root.removeHandler(handler)
    root.addHandler(Bridge(logging.WARNING))
    logging.captureWarnings(True)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread


_drains: dict[int, Drain] = {}


def _drain(stream: TextIO) -> TextIO:
    """One for each stream: two would mix their lines."""
    if id(stream) not in _drains:
        _drains[id(stream)] = Drain(stream, _dropped)
    return cast(TextIO, _drains[id(stream)])


def _dropped(lines: int) -> None:
    structlog.get_logger().warning("log lines dropped, as nobody took them", lines=lines)


def masked(logger: object, method: str, line: Any) -> Any:
    """The last processor before the renderer: what it returns is printed as it is."""
    error = line.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()
    if isinstance(error, tuple):
        error = error[1]
    shown = {
        name if name in OURS else masking.named(name).shown: given
        if name in OURS
        else masking.value(given, name)
        for name, given in line.items()
    }
    if isinstance(error, BaseException):
        shown["exception"] = masking.trace(error)
    return shown


_json = json.JSONEncoder(ensure_ascii=False, default=str)  # once: ``json.dumps`` would make one for each line


def _as_json(logger: object, method: str, line: Any) -> str:
    return _json.encode(line)


class Bridge(logging.Handler):
    """What libraries write with ``logging``, as lines of ours. Their format strings are not trusted."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            said = record.getMessage()
        except (TypeError, ValueError):
            said = str(record.msg)
        structlog.get_logger().log(
            record.levelno, said, logger=record.name, exc_info=record.exc_info if record.exc_info else None
        )


def _uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:  # pragma: no cover - the end of a process
    structlog.get_logger().critical("uncaught", exc_info=error)


def _uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    structlog.get_logger().critical("uncaught in a thread", exc_info=args.exc_value)
