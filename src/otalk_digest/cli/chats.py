"""`chats`: what we know of each chat, where it comes from, and a maintainer's word over it."""

from collections.abc import Sequence

import click

from otalk_digest.cli.app import App
from otalk_digest.cli.chat_history import (
    compared,
    history_record,
    print_chat,
    print_version,
    told,
)
from otalk_digest.cli.printing import moment, print_json, print_table
from otalk_digest.cli.records import chat_record, people
from otalk_digest.collect.history import differences
from otalk_digest.errors import InputError
from otalk_digest.model.chat import Chat, Flag
from otalk_digest.store import overrides, posts
from otalk_digest.store.revisions import revisions_of_chat

#: How many guids are named when several fit.
_SOME = 3


@click.group(invoke_without_command=True)
@click.option("--json", "is_json", is_flag=True, help="One chat a line.")
@click.pass_context
def chats(ctx: click.Context, is_json: bool) -> None:
    """List the chats that we know, show the history of one, or overrule what was read.

    CHAT is the number in the table, the guid, or so much of its beginning or end that it fits
    one chat only.
    """
    if ctx.invoked_subcommand is not None:
        if is_json:
            raise click.UsageError(f"Write --json at the end: chats {ctx.invoked_subcommand} …")
        return
    app: App = ctx.obj
    with app.store(must_exist=True) as store, store.read() as connection:
        known = posts.all_chats(connection)
    if is_json:
        for chat in known:
            print_json(chat_record(chat))
        return
    if not known:
        click.echo("No chat is known yet. Look at the feed with: otalk-digest collect.")
        return
    print_table(
        ("no.", "starts", "phase", "topic", "hosts", "tweets", "look at"),
        (
            (
                number,
                moment(chat.reading.starts_at, unknown="unknown"),
                chat.phase,
                chat.reading.topic,
                people(chat.reading.hosts),
                chat.reading.numbers.tweets and chat.reading.numbers.tweets.printed,
                people([flag for flag in chat.reading.flags if flag is not Flag.DEFAULT_TIME]),
            )
            for number, chat in enumerate(known, 1)
        ),
    )


@chats.command()
@click.argument("chat")
@click.option("--json", "is_json", is_flag=True, help="One object.")
@click.pass_obj
def show(app: App, chat: str, is_json: bool) -> None:
    """Show a chat, the words each field was read from, and every version of its posts."""
    with app.store(must_exist=True) as store, store.read() as connection:
        found = find(posts.all_chats(connection), chat)
        rulings = overrides.overrides_of(connection, found.guid)
        versions = list(compared(revisions_of_chat(connection, found.guid)))
    if is_json:
        print_json(history_record(found, rulings, versions))
        return
    print_chat(found, rulings)
    for version in versions:
        print_version(version, found)


@chats.command(name="set")
@click.argument("chat")
@click.argument("words", nargs=-1, required=True, metavar="FIELD=VALUE…")
@click.option("--by", metavar="NAME", help="Who says so; noted beside the value.")
@click.pass_obj
def set_(app: App, chat: str, words: Sequence[str], by: str | None) -> None:
    """Overrule what was read; kept through every later edit of the post.

    FIELD= gives a field back to the post, FIELD=none says that there is none. Times without an
    offset are in the chat profile's zone. When it changes something for those who plan to
    come, they are told in the next edition, as when the hosts edit the post.
    """
    from otalk_digest.pipeline.overruling import carry_out, rule

    profile = app.settings.chat.profile()
    given = dict(_field_and_value(word) for word in words)
    with app.store(must_exist=True) as store, store.lease(), store.begin() as connection:
        found = find(posts.all_chats(connection), chat)
        followed = carry_out(
            connection, rule(found.guid, given, profile, by=by, now=app.clock()), profile
        )
    after = followed.chat or found
    click.echo(f"{after.reading.topic} ({after.phase})")
    for change in differences(found.reading, after.reading):
        click.echo(f"  {told(change)}")
    for field, value in given.items():
        click.echo(f"  {field}: {'set by hand' if value.strip() else 'as the post says again'}")
    for item in followed.news:
        click.echo(f"  this is news: {item.kind}; the next run decides who is told")


def find(known: Sequence[Chat], words: str) -> Chat:
    """Return the chat that is meant. Raises InputError unless it is exactly one."""
    exact = [chat for chat in known if chat.guid == words]
    if not exact and words.isdecimal() and 0 < int(words) <= len(known):
        exact = [known[int(words) - 1]]
    fitting = exact or [
        chat
        for chat in known
        if words
        and not words.isdecimal()
        and (chat.guid.startswith(words) or chat.guid.endswith(words))
    ]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        raise InputError(f"No chat is {words!r}. See their numbers with: otalk-digest chats.")
    some = ", ".join(chat.guid for chat in fitting[:_SOME])
    more = ", …" if len(fitting) > _SOME else ""
    raise InputError(
        f"{words!r} fits {len(fitting)} chats ({some}{more}). Write more of the guid, or the "
        "number from: otalk-digest chats."
    )


def _field_and_value(word: str) -> tuple[str, str]:
    field, sign, value = word.partition("=")
    if not sign:
        raise InputError(f'{word!r} is no FIELD=VALUE. Write it so: hosts="@wren, Pip Lake".')
    return field.strip(), value
