"""Structured logs on stderr: fixed event names in the past tense, fields, never an address.

Off until a command turns them on: what a maintainer must know, the commands print.
"""

import logging
import re
import sys
from collections.abc import Callable, MutableMapping
from typing import Any, Literal

LogFormat = Literal["text", "json"]

# RFC 5322 §3.4.1, generously: a local part may be quoted, and hold an apostrophe.
_ADDRESS = re.compile(r"""(?:"[^"]*"|[^\s<>"(),;:/]+)@[^\s<>"'(),;:/]+""")


def log_event(event: str, **fields: object) -> None:
    """Log that something happened, such as `log_event("batch_sent", edition=7, accepted=98)`."""
    _SINKS[-1](event, **fields)


def configure_logs(log_format: LogFormat) -> None:
    """Turn the logs on for this process.

    Libraries log through the standard library at WARNING and above only: at DEBUG
    python_http_client logs the API key and every recipient (RELIABILITY 2.3).
    """
    import structlog  # noqa: PLC0415 - slow to import, and seldom wanted

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter("%(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)
    )
    logger = structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            without_addresses,
            renderer,
        ],
    )
    _SINKS.append(logger.info)


def without_addresses(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Replace anything that looks like an address: the last line of defence, not the first."""
    for key, value in event.items():
        if value is not None and not isinstance(value, (bool, int, float)):
            event[key] = _masked(str(value))
    return event


def _masked(text: str) -> str:
    return _ADDRESS.sub("<address>", text) if "@" in text else text


class _Formatter(logging.Formatter):
    """Keeps addresses out of what libraries say, tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return _masked(super().format(record))


def _discard(_event: str, **_fields: object) -> None:
    """Log nothing."""


#: The last one is in use.
_SINKS: list[Callable[..., object]] = [_discard]
