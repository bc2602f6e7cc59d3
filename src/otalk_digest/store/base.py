"""What a file and a server do each in their own way, for `store.database`."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy import Connection
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError


class Watch(Protocol):
    """Notices writing; holds one connection until it is closed."""

    def version(self) -> int:
        """Return a number that differs after anybody else's commit."""

    def close(self) -> None:
        """Let go of the connection."""


class Base(Protocol):
    """What differs from one database to another."""

    @property
    def name(self) -> str:
        """How messages call it."""

    @property
    def engine(self) -> Engine:
        """Its connections."""

    @property
    def reading(self) -> Mapping[str, object]:
        """SQLAlchemy's options of a transaction that sees one state."""

    @property
    def writing(self) -> Mapping[str, object]:
        """SQLAlchemy's options of a transaction that writes."""

    def exists(self) -> bool:
        """Whether it may be there."""

    def reshaping(self) -> AbstractContextManager[Connection]:
        """Connect so that a table can be made anew though other tables refer to its rows."""

    def keep_others_out(self, connection: Connection) -> None:
        """Let no other transaction write until this one, just begun, ends."""

    def announce(self, connection: Connection) -> None:
        """Let those who watch know, once this transaction is committed."""

    def lease(self) -> AbstractContextManager[int | None]:
        """Be the only run; give this turn's number where it could be lost. Raises BusyError."""

    def shift(self) -> AbstractContextManager[int]:
        """Be one of the workers; give its number. Raises SettingsError where there are none."""

    def refusal(self, connection: Connection) -> str | None:
        """Say why nothing can be written to it, and what to do. It keeps no writer waiting."""

    def fault(self, connection: Connection) -> str | None:
        """Say what is wrong with it, and what to do."""

    def daily_fault(self, connection: Connection) -> str | None:
        """Do so, but what takes long once a day. Only the holder of the lease may ask."""

    def tidy(self) -> None:
        """Do now what a commit would else do now and then, while somebody waits for it."""

    def watch(self) -> Watch:
        """Return what notices commits."""

    def remedy(self, error: DBAPIError) -> str | None:
        """Say what happened and what to do; None when it is a mistake of ours."""
