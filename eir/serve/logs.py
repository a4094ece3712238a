"""Logs of the long-running processes: one line for each event, to stderr. No event for each question."""

from __future__ import annotations

import logging
import sys

import structlog

from eir.serve.options import ServeOptions


def configure(options: ServeOptions, process: str) -> structlog.typing.FilteringBoundLogger:
    """The log of this process, named in every line of it."""

    def named(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        event["process"] = process
        return event

    render = structlog.processors.JSONRenderer() if options.log_format == "json" else structlog.processors.LogfmtRenderer()
    structlog.configure(
        processors=[
            named,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[options.log_level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    log: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return log
