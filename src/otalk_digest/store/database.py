"""Open the store, keep its schema current, and give out transactions."""

import contextlib
import hashlib
import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from sqlalchemy import Connection, insert, inspect, select, text
from sqlalchemy.exc import DBAPIError

from otalk_digest.errors import BusyError, OtalkDigestError, StoreError
from otalk_digest.store.base import Base, Watch
from otalk_digest.store.schema import meta

#: The newest migration, so that Alembic is imported only when there is something to migrate.
HEAD = "0018"

_MIGRATIONS = Path(__file__).parent / "migrations"

#: The file of a SQLite database, or the URL of a PostgreSQL one, without its password.
Place = Path | str


class Store:
    """One database. Give out transactions with `begin` and `read`."""

    def __init__(
        self, place: Place, *, password: str | None = None, patience_s: float | None = None
    ) -> None:
        self.place = place
        self._base = _base_of(place, password=password, patience_s=patience_s)
        #: What we hold, and the number of our turn, where it could be lost.
        self._held: tuple[str, int] | None = None

    @property
    def name(self) -> str:
        """How messages call it."""
        return self._base.name

    def exists(self) -> bool:
        """Whether there may be something to open."""
        return self._base.exists()

    @contextlib.contextmanager
    def begin(self) -> Iterator[Connection]:
        """Write in one transaction: all of it or nothing.

        Raises StoreError; BusyError, with nothing written, when this run lost its lease.
        """
        with self._writing(self._base.engine.connect()) as connection:
            yield connection

    @contextlib.contextmanager
    def reshape(self) -> Iterator[Connection]:
        """Do so, to change the schema. Raises StoreError."""
        with self._writing(self._base.reshaping()) as connection:
            yield connection

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """See one consistent state. Raises StoreError."""
        with self._translated(), self._base.engine.connect() as connection:
            reading = connection.execution_options(**self._base.reading)
            with reading.begin():
                yield reading

    @contextlib.contextmanager
    def rehearse(self) -> Iterator[Connection]:
        """Write in a transaction that is always rolled back, for a dry run."""
        with self._translated(), self._base.engine.connect() as connection:
            writing = connection.execution_options(**self._base.writing)
            with writing.begin() as transaction:
                self._base.keep_others_out(writing)
                yield writing
                transaction.rollback()

    @contextlib.contextmanager
    def lease(self) -> Iterator[None]:
        """Be the only run at work on this store. Raises BusyError.

        It dies with its process, so a killed run never blocks the next (C17).
        """
        with contextlib.ExitStack() as stack:
            with self._translated():
                token = stack.enter_context(self._base.lease())
            self._held = None if token is None else ("run", token)
            try:
                yield
            finally:
                self._held = None

    @contextlib.contextmanager
    def shift(self) -> Iterator[int]:
        """Be one of the workers; yield its number. Raises SettingsError where there are none."""
        with contextlib.ExitStack() as stack:
            with self._translated():
                number = stack.enter_context(self._base.shift())
            self._held = (f"worker {number}", number)
            try:
                yield number
            finally:
                self._held = None

    def check_writable(self) -> None:
        """Ask whether writing is allowed, in no time and in nobody's way. Raises StoreError."""
        with self.read() as connection:
            refusal = self._base.refusal(connection)
        self._require_none(refusal)

    def check(self) -> None:
        """Look for what would stop a run. Raises StoreError."""
        with self.read() as connection:
            fault = self._base.fault(connection)
        self._require_none(fault)

    def check_daily(self) -> None:
        """Do so before a run begins, but what takes long once a day. Raises StoreError.

        Only the holder of the lease may call this.
        """
        with self.read() as connection:
            fault = self._base.daily_fault(connection)
        self._require_none(fault)

    def tidy(self) -> None:
        """Do now what a commit would else do while somebody waits for it. Raises StoreError."""
        with self._translated():
            self._base.tidy()

    def watch(self) -> Watch:
        """Return what notices that anything was written, by whichever program of ours."""
        with self._translated():
            return self._base.watch()

    def close(self) -> None:
        """Let go of file or server."""
        self._base.engine.dispose()

    @contextlib.contextmanager
    def _writing(self, connecting: AbstractContextManager[Connection]) -> Iterator[Connection]:
        with self._translated(), connecting as connection:
            writing = connection.execution_options(**self._base.writing)
            with writing.begin():
                self._base.keep_others_out(writing)
                self._require_turn(writing)
                yield writing
                self._base.announce(writing)

    def _require_none(self, fault: str | None) -> None:
        if fault is not None:
            raise StoreError(f"{self.name} {fault}.")

    def _require_turn(self, connection: Connection) -> None:
        if self._held is None:
            return
        from otalk_digest.store.turns import current_turn  # noqa: PLC0415 - on PostgreSQL alone

        name, token = self._held
        if current_turn(connection, name) != token:
            raise BusyError(
                f"Another {name.split()[0]} has taken over {self.name}, because this one was taken "
                "for dead. Nothing of this one was written since; the other goes on."
            )

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn the database's errors into ours, with what to do next."""
        try:
            yield
        except OtalkDigestError:
            raise
        except DBAPIError as error:
            remedy = self._base.remedy(error)
            if remedy is None:
                raise
            raise StoreError(f"{self.name} cannot be used {remedy}.") from error


def open_store(place: Place, *, password: str | None = None, must_exist: bool = False) -> Store:
    """Open the database, making or migrating it where needed. Raises StoreError."""
    store = Store(place, password=password)
    try:
        revision = _revision_of(store) if store.exists() or not must_exist else None
        if must_exist:
            _require(store, revision)
        if revision != HEAD:
            _migrate(store, revision)
    except BaseException:
        store.close()
        raise
    return store


def secret_key(connection: Connection) -> bytes:
    """Return the key of this store: signs links and hashes suppressed addresses."""
    value = connection.scalar(select(meta.c.value).where(meta.c.key == "secret_key"))
    if value is None:
        raise StoreError(
            "The store holds no secret key: it is damaged. Put a back-up in its place."
        )
    return bytes.fromhex(value)


def _base_of(place: Place, *, password: str | None, patience_s: float | None) -> Base:
    if isinstance(place, Path):
        from otalk_digest.store.sqlite import SqliteFile  # noqa: PLC0415 - one of the two

        return SqliteFile(place, patience_s=patience_s)
    from otalk_digest.store.postgresql import PostgresDatabase  # noqa: PLC0415 - the other

    return PostgresDatabase(place, password=password, patience_s=patience_s)


def _require(store: Store, revision: str | None) -> None:
    if revision is None:
        raise StoreError(
            f"There is no database {store.name} yet. It is made by the first: otalk-digest run."
        )


def _revision_of(store: Store) -> str | None:
    """Return the schema's revision; None for an empty database."""
    with store.read() as connection:
        tables = inspect(connection).get_table_names()
        if not tables:
            return None
        if "alembic_version" not in tables:
            raise StoreError(
                f"{store.name} is a database of another program. Name another in store.url."
            )
        return str(connection.scalar(text("SELECT version_num FROM alembic_version")))


def _migrate(store: Store, revision: str | None) -> None:
    from alembic import command  # noqa: PLC0415 - needed once per version, slow to import
    from alembic.config import Config  # noqa: PLC0415 - the same
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - the same

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if revision is not None and revision not in known:
        raise StoreError(
            f"{store.name} was written by a newer otalk-digest (schema {revision}, this one "
            f"knows {HEAD}). Upgrade the program: pip install --upgrade otalk-digest."
        )
    with store.reshape() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        # Another process may have made it while we waited for its lock.
        has_key = connection.scalar(select(meta.c.key).where(meta.c.key == "secret_key"))
        if revision is None and has_key is None:
            key = secrets.token_hex(hashlib.blake2b.MAX_KEY_SIZE)
            connection.execute(insert(meta).values(key="secret_key", value=key))
