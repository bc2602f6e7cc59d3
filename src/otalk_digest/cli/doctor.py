"""`doctor`: what is wrong with the set-up, and what to do."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import click

from otalk_digest.cli.app import App
from otalk_digest.cli.collect import FORMATS
from otalk_digest.cli.printing import counted
from otalk_digest.cli.providers import build_signer
from otalk_digest.digest.fixtures import fixture_digests
from otalk_digest.digest.render import render_variant
from otalk_digest.digest.themes import load_theme
from otalk_digest.errors import OtalkDigestError
from otalk_digest.model.audience import Consent
from otalk_digest.pipeline.discovering import discover
from otalk_digest.store.subscribers import count_by_consent, count_by_segment

if TYPE_CHECKING:
    from otalk_digest.digest.themes import Theme
    from otalk_digest.model.audience import Segment
    from otalk_digest.model.edition import Digest, Variant
    from otalk_digest.model.message import Batch
    from otalk_digest.pipeline.freezing import Press

#: A check yields problems, each a sentence with what to do; remarks alone mean all is well.
Check = Callable[[App], Iterator[str]]


class Remark(str):
    """What a check found out that is no problem."""

    __slots__ = ()


@click.command()
@click.pass_obj
def doctor(app: App) -> int:
    """Say what is wrong with the set-up, and what to do; sends nothing."""
    has_problem = False
    for name, check in _CHECKS.items():
        findings = _findings(check, app)
        problems = [each for each in findings if not isinstance(each, Remark)]
        has_problem = has_problem or bool(problems)
        click.echo(f"{name}: {'ok' if not problems else ''}".rstrip())
        for finding in findings:
            click.echo(f"  {finding}")
        if problems and name == "settings":
            click.echo("The rest cannot be looked at before the settings are mended.")
            break
    return 2 if has_problem else 0


def _findings(check: Check, app: App) -> Sequence[str]:
    findings = []
    try:
        for finding in check(app):
            findings.append(finding)  # noqa: PERF402 - what was found before an error counts too
    except OtalkDigestError as error:
        findings.append(str(error))
    return findings


def _check_settings(app: App) -> Iterator[str]:
    app.settings.publication()
    app.settings.sender()
    app.source()
    yield from ()


def _check_database(app: App) -> Iterator[str]:
    with app.store() as store:
        store.check()
    yield from ()


def _check_segments(app: App) -> Iterator[str]:
    # Reading them is the check.
    yield from (() if app.segments else ("There is no segment.",))


def _check_templates(app: App) -> Iterator[str]:
    """Try each theme on every week that can come, not only on the one that is next."""
    press = app.press()
    speakers = {
        (segment.theme, segment.language or press.publication.language): segment
        for segment in app.segments
    }
    for segment in speakers.values():
        theme = _theme_of(press, segment)
        for digest in fixture_digests(app.clock()).values():
            _rendered(press, segment, digest, theme=theme)
    yield from ()


def _theme_of(press: "Press", segment: "Segment") -> "Theme":
    theme = load_theme(segment.theme, folders=press.theme_folders, cache=press.cache)
    return theme.speaking(segment.language or press.publication.language)


def _rendered(press: "Press", segment: "Segment", digest: "Digest", *, theme: "Theme") -> "Variant":
    return render_variant(
        digest,
        theme=theme,
        publication=press.publication,
        profile=press.profile,
        why=segment.why,
        subject_prefix=segment.subject_prefix,
        zones=("Pacific/Auckland",),
        token_prefix="OTDSAMPLE",  # noqa: S106 - not a password
    )


def _check_subscribers(app: App) -> Iterator[str]:
    with app.store() as store, store.read() as connection:
        confirmed = count_by_consent(connection).get(Consent.CONFIRMED, 0)
        unmatched = count_by_segment(connection, app.segments).get(None, 0)
    if not confirmed:
        yield "There are no confirmed subscribers. Add some: otalk-digest subscribers import FILE."
    if unmatched:
        who = counted(
            unmatched,
            "confirmed subscriber matches no segment and gets",
            "confirmed subscribers match no segment and get",
        )
        yield f"{who} nothing. Add a last segment without a match table."


def _check_feed(app: App) -> Iterator[str]:
    source = app.source()
    found = discover(source)
    feed = found.feed
    posts = counted(len(feed.entries), "post")
    yield Remark(f"{FORMATS[feed.kind]} from {found.route.address}, {posts}")
    if not feed.entries:
        yield f"The feed at {found.route.address} has no entries: is the address right?"
    if found.moved_to:
        yield f"The blog or its feed has moved to {found.moved_to}: set feed.address to that."
    if any(entry.is_summary for entry in feed.entries):
        yield (
            "The feed carries summaries only, so wrap-ups take more requests and may be missed. "
            "In WordPress: Settings, Reading, for each post in a feed include: full text. Or give "
            'the blog\'s own address in feed.address, with kind = "auto".'
        )


def _check_provider(app: App) -> Iterator[str]:
    from otalk_digest.delivery.provider import HasRehearsals

    provider = app.provider()
    try:
        found = provider.check()
        yield from found
        if not found and isinstance(provider, HasRehearsals):
            yield from provider.rehearse(_sample(app))
    finally:
        provider.close()


def _sample(app: App) -> "Batch":
    """Return a message like those that are sent: an invented digest in the first theme."""
    from otalk_digest.pipeline.proofing import sample_batch

    press, segment, now = app.press(), app.segments[0], app.clock()
    digest = next(iter(fixture_digests(now).values()))
    variant = _rendered(press, segment, digest, theme=_theme_of(press, segment))
    with app.store() as store:
        return sample_batch(store, variant, app.post(), now=now)


def _check_sender(app: App) -> Iterator[str]:
    if app.settings.delivery.provider == "files":
        return
    from otalk_digest.cli.sender_domain import sender_problems, signer_problems

    yield from sender_problems(app.settings.sender().from_address.rpartition("@")[2])
    if (signer := build_signer(app.settings)) is not None:
        yield from signer_problems(signer.domain, signer.selector, signer.dns_record())
    if app.settings.web.base_url is None:
        yield (
            "web.base_url is not set, so readers can leave only by writing an e-mail. Gmail and "
            "Yahoo ask for one-click unsubscribe (RFC 8058) from senders of many messages."
        )


_CHECKS: dict[str, Check] = {
    "settings": _check_settings,
    "database": _check_database,
    "segments": _check_segments,
    "templates": _check_templates,
    "subscribers": _check_subscribers,
    "feed": _check_feed,
    "provider": _check_provider,
    "sender domain": _check_sender,
}
