"""One frozen value, read at start from a TOML file and the environment.

`OTALK_DIGEST_<SECTION>__<KEY>` overrides the file. Secrets come from the environment only:
`OTALK_DIGEST_SENDGRID_API_KEY`, `OTALK_DIGEST_SMTP_PASSWORD`, `OTALK_DIGEST_DKIM_KEY`,
`OTALK_DIGEST_STORE_PASSWORD`, `OTALK_DIGEST_METRICS_TOKEN`, or the same with `_FILE` at the end,
naming a file that holds it.
"""

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import msgspec

from otalk_digest.errors import SettingsError
from otalk_digest.model.edition import Publication
from otalk_digest.model.message import Sender
from otalk_digest.settings_tables import (
    ChatSettings,
    DeliverySettings,
    DigestSettings,
    FeedSettings,
    PreviewSettings,
    PrivacySettings,
    SettingsFile,
    StoreSettings,
    WebSettings,
)
from otalk_digest.toml_file import convert, fields_of, in_plain_words, read_toml

_PREFIX = "OTALK_DIGEST_"
#: Names the file itself, for a server that is given no arguments: see `cli.serve.build`.
_CONFIG = f"{_PREFIX}CONFIG"
_SECRETS = ("SENDGRID_API_KEY", "SMTP_PASSWORD", "DKIM_KEY", "STORE_PASSWORD", "METRICS_TOKEN")
_SQLITE = "sqlite:///"
_POSTGRESQL = "postgresql://"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings, with paths resolved against the file's own folder."""

    path: Path
    chat: ChatSettings
    feed: FeedSettings
    digest: DigestSettings
    delivery: DeliverySettings
    store: StoreSettings
    web: WebSettings
    preview: PreviewSettings
    privacy: PrivacySettings
    #: Never printed: see `__repr__`.
    secrets: dict[str, str]

    def __repr__(self) -> str:
        return f"Settings({str(self.path)!r})"

    @property
    def folder(self) -> Path:
        """What relative paths in the file are relative to."""
        return self.path.parent

    @property
    def database(self) -> Path | str:
        """The file of the database, or the URL of one on a server."""
        return find_database(self.store.url, folder=self.folder)

    def publication(self) -> Publication:
        """Return what headings and footer say. Raises SettingsError when it may not be sent."""
        self._require("digest.contact", self.digest.contact)
        self._require("digest.postal_address", self.digest.postal_address)
        self._require("digest.blog_url", self.digest.blog_url)
        return Publication(
            name=self.digest.name,
            blog_url=self.digest.blog_url,
            contact_address=self.digest.contact or "",
            postal_address=self.digest.postal_address,
            language=self.digest.language,
            web_url=self.web.base_url and self.web.base_url.rstrip("/"),
            links=tuple(self.digest.links.items()),
        )

    def sender(self) -> Sender:
        """Return what every message carries. Raises SettingsError when it is not set."""
        self._require("delivery.from_address", self.delivery.from_address)
        from_address = self.delivery.from_address or ""
        domain = from_address.rpartition("@")[2]
        return Sender(
            from_address=from_address,
            from_name=self.delivery.from_name or self.digest.name,
            reply_to=self.delivery.reply_to or self.digest.contact or from_address,
            list_id=self.delivery.list_id or f"digest.{domain}",
            list_name=self.digest.name,
        )

    def secret(self, name: str) -> str | None:
        """Return a secret, or None when the environment has none."""
        return self.secrets.get(name)

    def _require(self, key: str, value: str | None) -> None:
        if not value:
            raise SettingsError(
                f"{self.path}: {key} is not set, and every e-mail must carry it. Set it there."
            )


def load_settings(path: Path, environment: Mapping[str, str]) -> Settings:
    """Read the file and the environment. Raises SettingsError."""
    document, text = read_toml(path, named_by="with --config")
    _override(document, environment)
    file = convert(document, SettingsFile, path=path, text=text)
    _check(file, path)
    return Settings(
        path=path,
        chat=file.chat,
        feed=file.feed,
        digest=file.digest,
        delivery=file.delivery,
        store=file.store,
        web=file.web,
        preview=file.preview,
        privacy=file.privacy,
        secrets=_read_secrets(environment),
    )


def _override(document: dict[str, Any], environment: Mapping[str, str]) -> None:
    """Put `OTALK_DIGEST_FEED__ADDRESS` and its like over what the file says."""
    for name, value in environment.items():
        if (
            not name.startswith(_PREFIX)
            or name == _CONFIG
            or name.removesuffix("_FILE")[len(_PREFIX) :] in _SECRETS
        ):
            continue
        keys = name[len(_PREFIX) :].lower().split("__")
        kind = _kind_of(name, keys)
        table = document
        for key in keys[:-1]:
            table = table.setdefault(key, {})
            if not isinstance(table, dict):
                # The file is wrong there, which `convert` explains with its line.
                return
        try:
            table[keys[-1]] = msgspec.convert(value, cast("type[Any]", kind), strict=False)
        except msgspec.ValidationError as error:
            problem = in_plain_words(str(error), kind)
            raise SettingsError(f"The environment's {name}: {problem}.") from error


def _kind_of(name: str, keys: list[str]) -> object:
    """Return the type of the setting that a variable names. Raises SettingsError."""
    kind: object = SettingsFile
    for key in keys:
        known = fields_of(kind)
        if key not in known:
            near = difflib.get_close_matches(key, list(known), n=1)
            hint = f"; did you mean {near[0].upper()}?" if near else "."
            raise SettingsError(
                f"The environment's {name} names no setting{hint} "
                f"Write {_PREFIX}SECTION__KEY, such as {_PREFIX}FEED__ADDRESS."
            )
        kind = known[key]
    return kind


def _read_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    secrets = {}
    for name in _SECRETS:
        if value := environment.get(_PREFIX + name, "").strip():
            secrets[name] = value
        elif file := environment.get(f"{_PREFIX}{name}_FILE"):
            try:
                secrets[name] = Path(file).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise SettingsError(
                    f"The file named in {_PREFIX}{name}_FILE cannot be read: {file}. Name one that "
                    "this account may read."
                ) from error
    return secrets


def _check(file: SettingsFile, path: Path) -> None:
    """Refuse values of the right type that cannot work."""
    try:
        ZoneInfo(file.chat.zone)
    except (KeyError, ValueError, OSError) as error:
        raise SettingsError(
            f"{path}: chat.zone: {file.chat.zone!r} is no time zone; write one such as "
            '"Europe/London".'
        ) from error
    try:
        find_database(file.store.url, folder=path.parent)
    except SettingsError as error:
        raise SettingsError(f"{path}: store.url: {error}") from error
    base_url = file.web.base_url
    if base_url is not None and not base_url.startswith(("https://", "http://127.0.0.1")):
        raise SettingsError(
            f"{path}: web.base_url: one-click unsubscribe needs an https address (RFC 8058 §3.1)."
        )


def find_database(url: str, *, folder: Path) -> Path | str:
    """Return the file that a URL names, beside the settings, or the URL of one on a server.

    Raises SettingsError when it names neither, or holds a password.
    """
    if url.startswith(_SQLITE) and url != _SQLITE:
        return folder / url.removeprefix(_SQLITE)
    if not url.startswith(_POSTGRESQL):
        scheme = url.partition(":")[0]
        raise SettingsError(
            f"{scheme!r} names no database that we know; write "
            f'"{_SQLITE}a-file.sqlite3" or "{_POSTGRESQL}user@host/database".'
        )
    has_password, has_name = _parts_of(url)
    if has_password:
        raise SettingsError(
            "it holds a password, which would be printed and shared with the file. Take it out, "
            f"and put it into the environment as {_PREFIX}STORE_PASSWORD."
        )
    if not has_name:
        raise SettingsError(f'it names no database; write "{_POSTGRESQL}user@host/database".')
    return url


def _parts_of(url: str) -> tuple[bool, bool]:
    """Return whether it holds a password, and whether it names a database."""
    try:
        parts = urlsplit(url)
        is_server = parts.port is None or parts.port > 0
    except ValueError:
        return False, False
    has_password = parts.password is not None or "password" in parse_qs(parts.query)
    return has_password, is_server and bool(parts.path.strip("/"))


def environment() -> Mapping[str, str]:
    """Return the process's environment."""
    return os.environ
