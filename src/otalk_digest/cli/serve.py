"""`serve`: the pages for readers, their mail programs and the provider."""

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from otalk_digest.cli.app import App, ending_on_sigterm
from otalk_digest.errors import SettingsError

if TYPE_CHECKING:
    from otalk_digest.pipeline.receiving import Opener
    from otalk_digest.store.database import Store
    from otalk_digest.web.public.app import PublicApp
    from otalk_digest.web.public.desk import PublicDesk


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="The port; 0 takes a free one.",
)
@click.pass_obj
def serve(app: App, host: str, port: int) -> None:
    """Serve the public pages: sign-up, preferences, one-click unsubscribe, the archive.

    Put a web server with https before it, under the address in web.base_url.
    """
    with ending_on_sigterm(), app.store() as store:
        from otalk_digest.web.public.server import serve_public

        serve_public(open_desk(app, store), host=host, port=port, announce=click.echo)


def build() -> "PublicApp":
    """Return the app for a server of your own: `uvicorn --factory otalk_digest.cli.serve:build`.

    It reads the settings that OTALK_DIGEST_CONFIG names, else otalk-digest.toml.
    """
    from otalk_digest.store.database import open_store
    from otalk_digest.web.public.app import build_public

    app = App(config=Path(os.environ.get("OTALK_DIGEST_CONFIG", "otalk-digest.toml")))
    settings = app.settings
    store = open_store(settings.database, password=settings.secret("STORE_PASSWORD"))
    return build_public(open_desk(app, store))


def open_desk(app: App, store: "Store") -> "PublicDesk":
    """Return what the pages need.

    Raises SettingsError; CheckFailedError when a letter would break a rule that it must keep.
    """
    from otalk_digest.cli.providers import build_provider
    from otalk_digest.digest.themes import load_pages
    from otalk_digest.model.edition import LetterKind
    from otalk_digest.pipeline.letters import Stationery
    from otalk_digest.store.database import Store, secret_key
    from otalk_digest.store.writer import Writer
    from otalk_digest.web.public.courier import Courier
    from otalk_digest.web.public.desk import PublicDesk

    post, press = app.post(), app.press()
    if post.base_url is None:
        raise SettingsError(
            f"{app.settings.path}: web.base_url is not set, so no page has an address. Set it "
            "there."
        )
    with store.begin() as connection:
        key = secret_key(connection)
    stationery = Stationery(
        press=press,
        post=post,
        expected=app.expected(),
        theme=app.segments[0].theme if app.segments else "classic",
        key=key,
    )
    for kind in LetterKind:
        # Now rather than when the first reader waits for it.
        stationery.letter(kind, None)
    # Not the command's own: the pages end when uvicorn says so.
    stop = threading.Event()

    def wait(seconds: float) -> None:
        stop.wait(seconds)

    password = app.settings.secret("STORE_PASSWORD")
    return PublicDesk(
        store=store,
        writer=Writer(store),
        press=press,
        post=post,
        links=post.links(key),
        segments=app.segments,
        clock=app.clock,
        base_url=post.base_url,
        pages=load_pages(folders=press.theme_folders, cache=press.cache),
        stationery=stationery,
        courier=Courier(
            Store(store.place, password=password),
            post,
            lambda: build_provider(app.settings, sleep=wait),
            clock=app.clock,
            stop=stop,
        ),
        trusted_proxies=frozenset(app.settings.web.trusted_proxies),
        open_post=_opener(app),
        metrics_token=app.settings.secret("METRICS_TOKEN"),
        archive_segment=archive_segment(app),
    )


def archive_segment(app: App) -> str | None:
    """Return whose variant the archive shows. Raises SettingsError when there is none such."""
    from otalk_digest.audience.segments import choose_segments

    name = app.settings.web.archive_segment
    if name is not None:
        choose_segments(app.segments, name)
    return name


def _opener(app: App) -> "Opener | None":
    from otalk_digest.pipeline.receiving import make_opener

    key = app.settings.delivery.sendgrid.webhook_key
    return None if key is None else make_opener(key)
