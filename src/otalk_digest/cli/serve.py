"""`serve`: the pages for readers, their mail programs and the provider."""

from typing import TYPE_CHECKING

import click

from otalk_digest.cli.app import App
from otalk_digest.errors import SettingsError

if TYPE_CHECKING:
    from otalk_digest.store.database import Store
    from otalk_digest.web.public.desk import PublicDesk


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.pass_obj
def serve(app: App, host: str, port: int) -> None:
    """Serve the public pages: sign-up, preferences, one-click unsubscribe, the archive.

    Put a web server with https before it, under the address in web.base_url.
    """
    import uvicorn

    from otalk_digest.web.public.app import build_public

    with app.store() as store:
        uvicorn.run(build_public(open_desk(app, store)), host=host, port=port)


def open_desk(app: App, store: "Store") -> "PublicDesk":
    """Return what the pages need. Raises SettingsError."""
    from otalk_digest.store.database import secret_key
    from otalk_digest.web.public.desk import PublicDesk

    post = app.post()
    if post.base_url is None:
        raise SettingsError(
            f"{app.settings.path}: web.base_url is not set, so no page has an address. Set it "
            "there."
        )
    with store.begin() as connection:
        key = secret_key(connection)
    return PublicDesk(
        store=store,
        press=app.press(),
        post=post,
        links=post.links(key),
        segments=app.segments,
        clock=app.clock,
        base_url=post.base_url,
    )
