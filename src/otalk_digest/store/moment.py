"""Moments in the database: UTC, without a zone of their own."""

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import Connection, DateTime, Dialect, TypeDecorator


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime, whatever the database keeps."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Refuse naive datetimes: they would be somebody's local time."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Return it aware."""
        return None if value is None else value.replace(tzinfo=UTC)


def moment_binder(connection: Connection) -> Callable[[datetime], object]:
    """Return what makes of a moment what the driver takes, for rows that are handed to it."""
    bind = Moment().dialect_impl(connection.dialect).bind_processor(connection.dialect)
    return bind or (lambda moment: moment)
