"""A digest becomes a variant: subject, preheader, HTML, text, calendar. Pure.

Rendered and inlined once; what differs from reader to reader stays a mark in it. The same
digest, theme and settings give the same bytes: nothing here looks at a clock.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from otalk_digest.digest import themes, wording
from otalk_digest.digest.appointments import Appointment, make_event, say_reminder
from otalk_digest.digest.calendar import Event, event_sequence, write_calendar
from otalk_digest.digest.inline import inline_css
from otalk_digest.digest.placeholders import reader_times, stem, token, used_placeholders
from otalk_digest.digest.stories import Stories, Story
from otalk_digest.digest.tell import Teller
from otalk_digest.digest.themes import Theme
from otalk_digest.digest.times import TimeWords, read_time_words
from otalk_digest.errors import TemplateError
from otalk_digest.model.chat import ChatProfile
from otalk_digest.model.edition import Digest, Field, Publication, Variant

SUBJECT_MOST: Final = 60
PREHEADER_LEAST: Final = 40
PREHEADER_MOST: Final = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """What every step of one rendering looks at."""

    stories: Stories
    theme: Theme
    publication: Publication
    profile: ChatProfile
    why: str
    prefix: str


def render_variant(
    digest: Digest,
    *,
    theme: Theme,
    publication: Publication,
    profile: ChatProfile,
    why: str,
    subject_prefix: str,
    zones: Collection[str],
    token_prefix: str,
) -> Variant:
    """Render one segment's digest. Raises TemplateError, which names file and line.

    `why` is a sentence for the footer; `zones` are the readers'; `token_prefix` is ASCII
    letters and digits that no post contains.
    """
    zone, words = ZoneInfo(profile.zone), _time_words(theme)
    teller = Teller(theme=theme, words=words, zone=zone, now=digest.now, publication=publication)
    stories = teller.tell(digest)
    job = _Job(
        stories=stories,
        theme=theme,
        publication=publication,
        profile=profile,
        why=why,
        prefix=token_prefix,
    )
    subject = _subject(job, subject_prefix)
    preheader = _preheader(job)
    context = _context(job) | {"subject": subject, "preheader": preheader}
    html = inline_css(theme.render(themes.HTML, context).strip() + "\n")
    text = _tidy(theme.render(themes.TEXT, context), token_prefix)
    return Variant(
        segment=digest.segment,
        subject=subject,
        preheader=preheader,
        html=html,
        text=text,
        calendar=_calendar(job, digest=digest, zone=zone),
        placeholders=used_placeholders(token_prefix, stories.whens, html=html, text=text),
        zone_values=reader_times(zones, stories.whens, home=zone, words=words, prefix=token_prefix),
        greeting_named=theme.phrase("greeting", "named", name="{name}"),
        greeting_unnamed=theme.phrase("greeting", "unnamed"),
        news_ids=tuple(item.id for item in digest.items),
    )


def _time_words(theme: Theme) -> TimeWords:
    try:
        return read_time_words(theme.words["time"])
    except (KeyError, TypeError) as error:
        raise TemplateError(
            f"theme {theme.name}: {themes.WORDS} lacks {error} of the table [time]"
        ) from error


def _context(job: _Job) -> dict[str, object]:
    """Gather the names that the templates know."""
    publication, profile, stories = job.publication, job.profile, job.stories
    return {
        "note": stories.note,
        "alerts": stories.alerts,
        "headline": stories.headline,
        "coming_up": stories.coming_up,
        "reminder": stories.reminder,
        "wrap_ups": stories.wrap_ups,
        "notices": stories.notices,
        "lead": stories.lead,
        "first": stories.first,
        "also": stories.also,
        "primary": stories.primary,
        "is_quiet": stories.is_quiet,
        "left_out": stories.left_out,
        "calendar_count": len({s.guid for s in stories.dated if s.in_calendar and s.is_on}),
        "publication": publication,
        "language": job.theme.language or publication.language,
        "blog_url": wording.web_address(publication.blog_url),
        "links": tuple(
            (label, safe)
            for label, url in publication.links
            if (safe := wording.web_address(url)) is not None
        ),
        "profile": profile,
        "tag": profile.tags[0],
        "join_url": wording.web_address(profile.join_url),
        "why": job.why,
        "mark": _marks(job.prefix),
        "local_time": _local_times(job),
    }


def _marks(prefix: str) -> Mapping[str, Mapping[str, str]]:
    """Give the marks of the fields that stand once in a digest."""
    return {
        part: {field.value: token(prefix, field, is_html=part == "html") for field in Field}
        for part in ("html", "text")
    }


def _local_times(job: _Job) -> Mapping[str, Mapping[int, str]]:
    places = [when.place for when in job.stories.whens if when.place is not None]
    return {
        part: {
            place: token(job.prefix, Field.LOCAL_TIME, index=place, is_html=part == "html")
            for place in places
        }
        for part in ("html", "text")
    }


def _subject(job: _Job, prefix: str) -> str:
    names = _context(job) | {"subject_prefix": f"{wording.one_line(prefix)} " if prefix else ""}
    subject = wording.calm(job.theme.render(themes.SUBJECT, names))
    if not subject:
        raise TemplateError(f"theme {job.theme.name}: {themes.SUBJECT} comes out empty")
    return wording.clip(subject, SUBJECT_MOST)


def _preheader(job: _Job) -> str:
    """Keep between 40 and 130 characters: what is short says that more is inside."""
    said = wording.calm(job.theme.render(themes.PREHEADER, _context(job)))
    # A topic may end in a mark of its own.
    said = re.sub(r"(?<=[?!.…])\.(?=\s|$)", "", said)
    if len(said) < PREHEADER_LEAST:
        said = f"{said} {job.theme.phrase('preheader', 'closing')}"
    return wording.clip(said, PREHEADER_MOST)


def _tidy(text: str, prefix: str) -> str:
    """Wrap long lines; leave no more than two blank ones together, and none at the ends.

    A reader's own time follows on a line of its own, so its mark adds nothing to the width.
    """
    own = stem(prefix, Field.LOCAL_TIME)
    wrapped = wording.wrap(text.replace(own, f"\n{own}")).replace(f"\n{own}", own)
    return wording.tidy(wrapped)


def _calendar(job: _Job, *, digest: Digest, zone: ZoneInfo) -> str | None:
    """One event a chat: an alert knows better than an announcement of the same chat."""
    events: dict[str, Event] = {}
    for story in job.stories.dated:
        if story.in_calendar:
            events.setdefault(story.guid, _event(job, story))
    return write_calendar(
        tuple(events.values()),
        name=job.publication.name,
        reminder=say_reminder(job.theme, job.profile),
        zone=zone,
        now=digest.now,
    )


def _event(job: _Job, story: Story) -> Event:
    if story.when is None:
        raise ValueError("a chat without a date has no place in a calendar")
    return make_event(
        Appointment(
            guid=story.guid,
            topic=story.topic,
            hosts=story.thanks_hosts,
            url=story.url,
            starts_at=story.when.starts_at,
            ends_at=story.when.ends_at,
            is_cancelled=not story.is_on,
            sequence=_sequence(story),
        ),
        theme=job.theme,
        profile=job.profile,
    )


def _sequence(story: Story) -> int:
    """Number the version: the first is 0."""
    return 0 if story.kind == "announcement" else event_sequence(story.happened_at)
