"""The one place where logs are set up: ours and the libraries', on stderr, masked."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog
from structlog.tracebacks import ExceptionDictTransformer

from console.observe.masking import masking


def configure_logs() -> None:
    """JSON lines for the journal, colours for a terminal.

    Tracebacks come without local variables: those hold numbers, names and secrets.
    """
    terminal = sys.stderr.isatty()
    failed: Any = (
        structlog.processors.format_exc_info
        if terminal
        else structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
    )
    render: Any = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if terminal
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    ours: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        failed,
        masking,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*ours, render],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ours, render],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
