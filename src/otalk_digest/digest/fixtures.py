"""Invented digests of every kind, to try a theme on and to look at in the preview. Pure.

The weeks here are those that happen; what posts do to a theme at their worst is in `extremes`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from otalk_digest.digest import extremes
from otalk_digest.digest.invented import Inventor
from otalk_digest.model.chat import Flag, Numbers
from otalk_digest.model.edition import Digest, EditionKind
from otalk_digest.model.news import Change, KnownNews


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixture:
    """One invented digest, and what it shows."""

    #: Lower case with hyphens: fit for an address.
    name: str
    #: For people, e.g. "A usual week".
    title: str
    digest: Digest


def fixtures(now: datetime) -> tuple[Fixture, ...]:
    """Return every invented digest, the usual ones first; their chats lie around `now` (UTC)."""
    make = Inventor(now=now)
    return tuple(
        Fixture(name=name, title=title, digest=digest)
        for name, title, digest in (*_weeks(make), *_gaps(make), *extremes.digests(make))
    )


def fixture_digests(now: datetime) -> Mapping[str, Digest]:
    """Return every invented digest by its name."""
    return {fixture.name: fixture.digest for fixture in fixtures(now)}


def _weeks(make: Inventor) -> Iterator[tuple[str, str, Digest]]:
    yield "usual-week", "A usual week", _usual(make)
    yield "announcement-only", "One announcement", make.digest(headline=make.chat())
    yield "several-coming-up", "Several chats ahead", _several(make)
    yield "change", "A new date and a new host", make.digest(alerts=(_moved(make),))
    yield "new-time", "A new time on the same day", make.digest(alerts=(_other_hour(make),))
    yield "new-host", "A new host", make.digest(alerts=(_other_host(make),))
    yield "cancellation", "A chat is cancelled", make.digest(alerts=(_cancelled(make),))
    yield "postponed", "A chat is put off", make.digest(alerts=(_postponed(make),))
    yield "back-on", "A chat is on again", make.digest(alerts=(_back_on(make),))
    yield "wrap-up", "A wrap-up with its numbers", _wrapped(make)
    yield "notice", "A notice", make.digest(notices=(make.notice(),))
    yield "season-break", "A break between two seasons", _season_break(make)
    told = make.chat(90, topic="Tide tables on the ward").news
    later = make.chat(1, weeks=1)
    yield (
        "already-announced",
        "A chat that was announced before comes first",
        make.digest(headline=later, wrap_ups=(make.wrap_up(),), reminder=told, is_any_ahead=True),
    )
    yield (
        "wrap-up-and-next",
        "A wrap-up, and a chat that was announced before",
        make.digest(
            wrap_ups=(make.wrap_up(),),
            trend=make.trend(298, 351, 412),
            reminder=told,
            is_any_ahead=True,
        ),
    )
    today = make.chat(introduction=None, questions=())
    yield (
        "reminder",
        "A reminder on the day of a chat",
        make.digest(headline=today, is_any_ahead=True, kind=EditionKind.REMINDER),
    )
    note = (
        "Dear all,\n\nthis is the **last chat before the break**. "
        "Please [tell us what you would like to talk about](https://blog.example.org/ideas/).\n\n"
        "- one idea each\n- no longer than a line"
    )
    yield "editors-note", "A usual week with an editor’s note", replace(_usual(make), note=note)
    yield "everything-at-once", "Everything at once, ten chats", _everything(make)


def _gaps(make: Inventor) -> Iterator[tuple[str, str, Digest]]:
    """Parts without data vanish."""
    bare = make.wrap_up(numbers=Numbers(), transcript_url=None, cpd=(), support=())
    first = make.wrap_up(topic="Our first chat")
    yield "wrap-up-without-numbers", "A wrap-up without numbers", make.digest(wrap_ups=(bare,))
    yield (
        "first-chat-ever",
        "The first chat ever: nothing to compare it with",
        make.digest(headline=make.chat(), wrap_ups=(first,), trend=make.trend(412)),
    )
    yield "no-host", "No host is named", make.digest(headline=make.chat(hosts=()))
    author = make.chat(hosts=("The blog’s author",), flags=(Flag.FALLBACK_HOST,))
    yield "fallback-host", "The post’s author stands in for a host", make.digest(headline=author)
    yield "no-topic", "A post without a topic", make.digest(headline=make.chat(topic="", title=""))
    undated = make.chat(starts_at=None, ends_at=None, flags=(Flag.CHECK_DATE,))
    yield "undated", "A chat without a date", make.digest(headline=undated)
    unsure = make.chat(flags=(Flag.CHECK_DATE, Flag.DEFAULT_TIME))
    yield "unsure-date", "A date that is not sure", make.digest(headline=unsure)
    corrected = make.chat(flags=(Flag.DATE_CORRECTED, Flag.DEFAULT_TIME))
    yield "date-corrected", "A date put right, at the usual hour", make.digest(headline=corrected)
    sparse = make.chat(introduction=None, questions=())
    yield "date-and-host-only", "Nothing but a date and a host", make.digest(headline=sparse)


def _usual(make: Inventor) -> Digest:
    return make.digest(
        headline=make.chat(1),
        coming_up=(make.chat(2, weeks=1, topic="Who carries the bag?"),),
        wrap_ups=(make.wrap_up(),),
        trend=make.trend(298, 351, 286, 412),
    )


def _several(make: Inventor) -> Digest:
    topics = ("Who carries the bag?", "Kites and shared leisure", "Journal Club: tide tables")
    ahead = (make.chat(place, weeks=place, topic=topic) for place, topic in enumerate(topics, 1))
    return make.digest(headline=make.chat(10), coming_up=tuple(ahead))


def _wrapped(make: Inventor) -> Digest:
    return make.digest(wrap_ups=(make.wrap_up(),), trend=make.trend(298, 351, 286, 330, 412))


def _season_break(make: Inventor) -> Digest:
    notice = make.notice(
        topic="We are on a break until the new year",
        introduction="Chats begin again in January. Thank you for a good season.",
    )
    return make.digest(
        wrap_ups=(make.wrap_up(),),
        notices=(notice,),
        trend=make.trend(420, 298, 351, 286, 330, 377, 391, 205),
    )


def _moved(make: Inventor) -> KnownNews:
    start = make.tuesday(1, at=time(19, 30)) + timedelta(days=1)
    changes = (
        Change(field="starts_at", old=make.tuesday().isoformat(), new=start.isoformat()),
        Change(field="hosts", old="@harbour_wren", new="Nell Harbury"),
    )
    return make.change(
        20, *changes, topic="Kites and shared leisure", starts_at=start, hosts=("Nell Harbury",)
    )


def _other_hour(make: Inventor) -> KnownNews:
    start = make.tuesday(at=time(19, 30))
    change = Change(field="starts_at", old=make.tuesday().isoformat(), new=start.isoformat())
    return make.change(21, change, topic="Journal Club: tide tables", starts_at=start)


def _other_host(make: Inventor) -> KnownNews:
    change = Change(field="hosts", old="@harbour_wren", new="@nell_harbury")
    return make.change(
        22, change, weeks=1, topic="Gardens on a windowsill", hosts=("@nell_harbury",)
    )


def _cancelled(make: Inventor) -> KnownNews:
    return make.cancellation(23, topic="Gardens in winter", is_cancelled=True)


def _postponed(make: Inventor) -> KnownNews:
    return make.cancellation(24, weeks=1, topic="Whittling as occupation", is_postponed=True)


def _back_on(make: Inventor) -> KnownNews:
    return make.change(
        25,
        Change(field="phase", old="cancelled", new="announced"),
        weeks=2,
        topic="Bread for one hand",
    )


def _everything(make: Inventor) -> Digest:
    older = make.wrap_up(51, weeks=-2, topic="Hands after the ward")
    return make.digest(
        alerts=(_cancelled(make), _moved(make), _postponed(make), _back_on(make)),
        headline=make.chat(1, topic="Sleep, shifts and the kitchen table"),
        coming_up=tuple(
            make.chat(2 + place, weeks=3 + place, topic=topic)
            for place, topic in enumerate(("Who carries the bag?", "Tide tables", "A quiet room"))
        ),
        wrap_ups=(make.wrap_up(), older),
        notices=(make.notice(),),
        trend=make.trend(420, 298, 351, 286, 412),
        note="Ten chats in one e-mail. *Thank you* for your patience.",
    )
