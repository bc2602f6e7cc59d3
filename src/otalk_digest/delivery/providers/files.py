"""A folder as provider: one .eml file per delivery, for rehearsals and for looking at."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

from otalk_digest.delivery.addresses import UnusableAddressError
from otalk_digest.delivery.message import MessageTemplate, compile_message
from otalk_digest.errors import ProviderUnavailableError
from otalk_digest.model.delivery import Outcome, OutcomeKind
from otalk_digest.model.message import Batch, Recipient

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")
_SAFE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")


class FilesProvider:
    """Writes `edition-<number>/<segment>-<key>.eml`; a file stands there whole or not at all.

    Writing a delivery again writes the same file again, so nothing is ever doubled.
    """

    name = "files"
    batch_size = 500
    is_idempotent = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, batch: Batch) -> Sequence[Outcome]:
        """Return one outcome per recipient.

        Raises:
            ProviderUnavailableError: the folder is full or read-only. Files may have been
                written; the next attempt writes the same ones again.
        """
        template = compile_message(batch.variant, batch.sender, date=batch.date)
        folder = self._folder / f"edition-{batch.edition}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            outcomes = [
                _deliver(template, recipient, folder / _file_name(batch.variant.segment, recipient))
                for recipient in batch.recipients
            ]
            _sync_folder(folder)
        except OSError as error:
            raise ProviderUnavailableError(self._trouble(error)) from error
        return outcomes

    def check(self) -> Sequence[str]:
        """Return what keeps us from writing into the folder; makes the folder."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with TemporaryFile(dir=self._folder):
                return ()
        except OSError as error:
            return (self._trouble(error),)

    def close(self) -> None:
        """Nothing is held open."""

    def _trouble(self, error: OSError) -> str:
        return (
            f"Messages cannot be written into {self._folder} ({error.strerror}): make room there,"
            " or let this account write to it, and run the same command again."
        )


def _file_name(segment: str, recipient: Recipient) -> str:
    """No address: a listing of the folder names nobody. Raises ValueError for an odd key."""
    if not _SAFE_KEY.fullmatch(recipient.key):
        raise ValueError("a delivery key holds more than letters, digits, _ and -")
    return f"{_UNSAFE.sub('_', segment)}-{recipient.key}.eml"


def _deliver(template: MessageTemplate, recipient: Recipient, path: Path) -> Outcome:
    try:
        message = template.fill(recipient)
    except UnusableAddressError as error:
        return _outcome(recipient, OutcomeKind.REJECTED, str(error))
    _write(path, message)
    return _outcome(recipient, OutcomeKind.ACCEPTED)


def _outcome(recipient: Recipient, kind: OutcomeKind, diagnostic: str | None = None) -> Outcome:
    return Outcome(delivery_id=recipient.delivery_id, kind=kind, diagnostic=diagnostic)


def _write(path: Path, message: bytes) -> None:
    """Through a file beside it, so that a kill never leaves half a message under its name."""
    draft = path.with_suffix(".tmp")
    with draft.open("wb") as file:
        file.write(message)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _sync_folder(folder: Path) -> None:
    """The new names are durable only once their folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
