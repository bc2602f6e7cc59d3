"""`otalk-digest`: one group, its commands imported only when they are called."""

import importlib
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from otalk_digest.cli import streams
from otalk_digest.errors import OtalkDigestError

# Command → its module and its help, so that --help imports none of them.
COMMANDS = {
    "init": ("start", "Write commented settings, segments and an example list into a folder."),
    "demo": ("demo", "Do the whole job on an invented blog and readers, offline."),
    "run": ("run", "Collect, compose and deliver, once: the cron job."),
    "plan": ("run", "Show who would get the next edition, who not, and why."),
    "collect": ("collect", "Pull the feed and print what is new since the last time."),
    "extract": ("extract", "Show what is read out of a post or a feed; touches no state."),
    "chats": ("chats", "List the chats that we know; show one's history; overrule a reading."),
    "render": ("render", "Write the next edition's messages into a folder."),
    "check": ("check", "Say what the next edition, or a message, should not leave with."),
    "preview": ("preview", "Show the next edition in a browser on this machine."),
    "edit": ("editing", "Put a note before the next edition; hide or move its items."),
    "remind": ("remind", "Remind those who asked for it on the day of a chat: another cron job."),
    "approve": ("approval", "Let the next edition leave as it is now, or release a held one."),
    "hold": ("approval", "Let nothing of an edition leave until it is approved."),
    "send": ("send", "Deliver a frozen edition, or go on with one that was interrupted."),
    "worker": ("worker", "Deliver what runs have planned, beside other machines (PostgreSQL)."),
    "rehearse": ("rehearse", "Replay past weeks into a folder, to see what would have gone out."),
    "editions": ("books", "List the editions."),
    "deliveries": ("books", "List who got an edition and who did not; settle what is in doubt."),
    "reconcile": ("reconcile", "Learn what became of what was sent: events, suppression lists."),
    "report": ("report", "Say what happened, in numbers that add up; as a page with --html."),
    "subscribers": ("subscribers", "Import, add, show, count, export and erase subscribers."),
    "segments": ("segments", "Count the readers of each segment, and say why one gets what."),
    "suppressions": ("audience", "Count or add addresses that are never mailed."),
    "serve": ("serve", "Serve the public pages: sign-up, preferences, unsubscribe, archive."),
    "archive": ("archive", "Write past editions as files for any web space."),
    "store": ("moving", "Copy everything into another database, such as PostgreSQL."),
    "doctor": ("doctor", "Say what is wrong with the set-up, and what to do."),
}


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports them on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names, in the order in which a newcomer needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"otalk_digest.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the nearest command when there is none of that name."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            if not near:
                raise
            raise click.UsageError(f"{error.message} Did you mean {near[0]!r}?", ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """List the commands from the table."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    # A str: pathlib is a tenth of what --help costs. Whether it can be read is said by its reader.
    type=click.Path(readable=False),
    default="otalk-digest.toml",
    show_default=True,
    help="The settings file.",
)
@click.option("--now", metavar="ISO-8601", help="Pretend that it is this moment.")
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="json logs what happens on stderr, one object a line; text does with --debug only.",
)
@click.option("--debug", is_flag=True, help="Log what happens, and show tracebacks.")
@click.version_option(package_name="otalk-digest", message="%(prog)s %(version)s")
@click.pass_context
def cli(ctx: click.Context, config: str, now: str | None, log_format: str, debug: bool) -> None:
    """E-mail digests for communities that announce chats on a blog."""
    from pathlib import Path

    from otalk_digest.cli.app import App, parse_now
    from otalk_digest.logs import configure_logs

    if debug or log_format == "json":
        configure_logs("json" if log_format == "json" else "text")
    ctx.obj = App(config=Path(config), now=parse_now(now))


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Run a command and leave with its exit status; no traceback for what a user can cause."""
    arguments = list(sys.argv[1:] if args is None else args)
    is_debug = "--debug" in arguments
    streams.steady()
    try:
        status = cli.main(arguments, prog_name="otalk-digest", standalone_mode=False)
    except click.exceptions.Abort:
        _leave("stopped.", 130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except OtalkDigestError as error:
        if is_debug:
            raise
        _leave(str(error), error.exit_status)
    except Exception as error:
        if is_debug:
            raise
        _leave(
            f"unexpected {type(error).__name__}. This is our mistake: run the same command with "
            "--debug and send us the last lines.",
            1,
        )
    status = status if isinstance(status, int) else 0
    if status == 0 and (why := streams.lost()) is not None:
        _leave(
            f"the output cannot be written: {why}. All else is done: make room and look again", 2
        )
    sys.exit(status)


def _leave(message: str, status: int) -> NoReturn:
    # One sentence on one line, whatever a library put into it.
    line = " ".join(message.splitlines())
    click.echo(f"otalk-digest: {line}{'' if line.endswith(('.', '?')) else '.'}", err=True)
    sys.exit(status)
