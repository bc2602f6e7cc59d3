"""`preview`: the editions in a browser on this machine."""

from typing import TYPE_CHECKING
from urllib.parse import urlencode

import click

from otalk_digest.cli.app import App, ending_on_sigterm
from otalk_digest.cli.approval import named
from otalk_digest.cli.numbers import NUMBER
from otalk_digest.errors import InputError, SettingsError

if TYPE_CHECKING:
    from otalk_digest.pipeline.previewing import Desk
    from otalk_digest.store.database import Store


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0 takes a free one.")
@click.option("--edition", type=NUMBER, metavar="N", help="Begin with a past edition.")
@click.option("--real-readers", is_flag=True, help="Offer subscribers too, addresses masked.")
@click.option("--no-reload", is_flag=True, help="Leave open pages alone when files change.")
@click.pass_obj
def preview(app: App, port: int, edition: int | None, real_readers: bool, no_reload: bool) -> None:
    """Show the editions in a browser on this machine: the next one, past and invented ones.

    It prints the address to open; nothing else can reach it. Readers are invented, unless you
    ask for real ones. Stop it with Ctrl-C.
    """
    from otalk_digest.pipeline.previewing import past_editions
    from otalk_digest.web.preview.app import serve_preview
    from otalk_digest.web.preview.gallery import Gallery

    with ending_on_sigterm(), app.store(must_exist=True) as store:
        gallery = Gallery(lambda: open_desk(app, store), may_be_real=real_readers, by=_login_name())
        if edition is not None:
            numbers = {record.number for record in past_editions(gallery.desk)}
            if edition not in numbers:
                raise InputError(f"There is no edition {edition}. See: otalk-digest editions.")
        query = "" if edition is None else f"?{urlencode({'edition': edition})}"
        serve_preview(
            gallery,
            port=port,
            is_live=not no_reload,
            announce=lambda address: click.echo(f"Open {address}{query}"),
        )


def open_desk(begun: App, store: "Store") -> "Desk":
    """Read the settings anew, as they are in their files now. Raises SettingsError."""
    from otalk_digest.pipeline.previewing import Desk

    app = App(config=begun.config, now=begun.now)
    settings = app.settings
    if settings.database != store.place:
        raise SettingsError(
            f"{settings.path}: store.url names another database than before. Start the preview "
            "again to show that one."
        )
    return Desk(
        store=store,
        press=app.press(),
        post=app.post(),
        segments=app.segments,
        clock=app.clock,
        limits=app.limits(),
        make_provider=app.provider,
        test_to=settings.preview.test_to,
        is_approval_required=app.is_approval_required,
        expected=app.expected(),
        files=(settings.path, settings.folder / settings.digest.segments),
    )


def _login_name() -> str:
    """Return who is at the keyboard, as far as the machine knows; the forms ask all the same."""
    try:
        return named(None)
    except InputError:
        return ""
