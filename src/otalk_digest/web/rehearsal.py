"""The index of a rehearsal: one page that needs nothing else. Pure.

Each week has a table: which chat, what became known of it, in which edition, to whom, and
what was left out and why. Narrow screens show each row as a card; the roles keep it a table
for screen readers.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from html import escape
from typing import Final

from otalk_digest.model.edition import Edition, EditionKind
from otalk_digest.pipeline.looks import Calendar
from otalk_digest.pipeline.rehearsing import Issue, Piece, Week

_HEADINGS: Final = ("Chat", "What is new", "Edition", "Told to", "Left out, and why")
_FORMATS: Final = ("html", "txt", "ics")

_STYLE: Final = """
:root{color-scheme:light dark;--line:#767676;--soft:#f2f2f4;--ink:#1b1b1f;--page:#fff;
--link:#0b5394;font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--page)}
@media(prefers-color-scheme:dark){:root{--line:#8c8c94;--soft:#26262b;--ink:#ececf0;
--page:#17171a;--link:#9cc9ff}}
body{max-width:1120px;margin:0 auto;padding:16px;overflow-wrap:anywhere}
a{color:var(--link)}a:focus-visible{outline:3px solid;outline-offset:2px}
h1{font-size:28px;line-height:1.2}h2{font-size:21px;line-height:1.3;margin:0 0 8px}
section{border-top:2px solid var(--line);margin-top:32px;padding-top:24px}
p,ul{margin:8px 0}ul{padding-left:20px}
table{border-collapse:collapse;width:100%;margin:16px 0}
caption{text-align:left;font-weight:600;padding-bottom:4px}
th,td{text-align:left;vertical-align:top;padding:8px 12px 8px 0;border-top:1px solid var(--line)}
thead th{border-top:0}
tbody th{font-weight:600}
.when{display:block;font-weight:400}
.nothing{background:var(--soft);padding:12px;border-left:4px solid var(--line)}
@media(min-width:701px){table{table-layout:fixed}
.weeks th:first-child{width:34%}.weeks th:nth-child(2),.weeks th:nth-child(3){width:10%}
.news th:first-child{width:31%}
.news th:nth-child(2){width:15%}.news th:nth-child(3){width:10%}}
@media(max-width:700px){
table,thead,tbody,tr,th,td,caption{display:block}
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
tr{background:var(--soft);border-left:4px solid var(--line);padding:8px 12px;margin:8px 0}
th,td{border:0;padding:4px 0}
td::before{content:attr(data-label) ": ";font-weight:600}
}
"""


def edition_folder(edition: Edition, at: datetime, calendar: Calendar) -> str:
    """Return where the files of an edition lie, seen from the page."""
    return f"{calendar.local(at).date()}/edition-{edition.number}"


def index_page(weeks: Sequence[Week], *, calendar: Calendar, name: str) -> str:
    """Return the page; the same weeks give the same bytes."""
    title = f"Rehearsal of {name}: {_day(calendar.first)} to {_day(calendar.last)}"
    editions = sum(len(week.issues) for week in weeks)
    return (
        '<!DOCTYPE html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<header>\n<h1>{escape(title)}</h1>\n"
        f"<p>{_count(len(weeks), 'week')}, {_count(editions, 'edition')}. Nothing was sent. Times "
        f"are those of {escape(calendar.zone)}; segments and readers are those of today.</p>\n"
        f"</header>\n<main>\n{_overview(weeks, calendar)}"
        f"{''.join(_section(week, calendar) for week in weeks)}</main>\n</body>\n</html>\n"
    )


def _overview(weeks: Sequence[Week], calendar: Calendar) -> str:
    rows = [
        (
            f'<a href="#{_anchor(week, calendar)}">{_moment(calendar.local(week.at))}</a>',
            _numbers(week),
            str(week.mails),
            escape(week.why_nothing) or _told_in_short(week),
        )
        for week in weeks
    ]
    headings = ("Week", "Edition", "Readers", "In short")
    return _table("All weeks", headings, rows, kind="weeks")


def _numbers(week: Week) -> str:
    return ", ".join(str(issue.edition.number) for issue in week.issues) or "none"


def _told_in_short(week: Week) -> str:
    return "<br>".join(
        f"{escape(piece.kind)}: {escape(piece.topic)}" for piece in week.pieces if piece.told
    )


def _section(week: Week, calendar: Calendar) -> str:
    parts = [
        f'<section id="{_anchor(week, calendar)}">\n<h2>{_moment(calendar.local(week.at))}</h2>\n',
        f"<p>{_blog(week)}</p>\n",
    ]
    if not week.issues:
        parts.append(f'<p class="nothing">No edition. {escape(week.why_nothing)}</p>\n')
    parts += (_variants(week, issue, calendar) for issue in week.issues)
    if week.pieces:
        rows = [_row(piece, week, calendar) for piece in week.pieces]
        parts.append(_table("News of this week", _HEADINGS, rows, kind="news"))
    for issue in week.issues:
        if issue.skipped:
            items = (_skipped(reason, counts) for reason, counts in issue.skipped.items())
            which = f" of edition {issue.edition.number}" if len(week.issues) > 1 else ""
            parts.append(f"<p>Readers left out{which}:</p>\n<ul>{''.join(items)}</ul>\n")
    if week.faults:
        items = (f"<li>{escape(f.place)}: {escape(f.reason)}</li>" for f in week.faults)
        parts.append(f"<p>Could not be read well:</p>\n<ul>{''.join(items)}</ul>\n")
    parts.append("</section>\n")
    return "".join(parts)


def _blog(week: Week) -> str:
    counts = ((week.new_posts, "new post"), (week.changed_posts, "edited post"))
    seen = ", ".join(_count(number, noun) for number, noun in counts if number)
    first = " This was the first look at the blog." if week.is_first_look else ""
    return f"On the blog: {seen or 'nothing new'}.{first}"


def _variants(week: Week, issue: Issue, calendar: Calendar) -> str:
    edition = issue.edition
    folder = edition_folder(edition, week.at, calendar)
    items = []
    for variant in edition.variants:
        segment = escape(variant.segment)
        formats = [name for name in _FORMATS if name != "ics" or variant.calendar is not None]
        links = ", ".join(
            f'<a href="{folder}/{segment}.{name}" '
            f'aria-label="{name} of edition {edition.number}, {segment}">{name}</a>'
            for name in formats
        )
        readers = _count(issue.readers[variant.segment], "reader")
        items.append(f"<li>{segment}, {readers}: “{escape(variant.subject)}” ({links})</li>")
    kind = "" if edition.kind is EditionKind.DIGEST else f" ({edition.kind})"
    return f"<p>Edition {edition.number}{kind}:</p>\n<ul>{''.join(items)}</ul>\n"


def _row(piece: Piece, week: Week, calendar: Calendar) -> Sequence[str]:
    topic = escape(piece.topic)
    url = piece.url or ""
    is_web = url.startswith(("https://", "http://"))
    chat = f'<a href="{escape(url)}">{topic}</a>' if is_web else topic
    if piece.starts_at is not None:
        chat += f' <span class="when">{_moment(calendar.local(piece.starts_at))}</span>'
    readers = next((i.readers for i in week.issues if i.edition.number == piece.edition), {})
    told = (f"{escape(name)} ({_count(readers.get(name, 0), 'reader')})" for name in piece.told)
    left_out = (
        f"{escape(', '.join(names))}: {escape(reason)}" for reason, names in piece.left_out.items()
    )
    return (
        chat,
        escape(piece.kind),
        "none" if piece.edition is None else str(piece.edition),
        "<br>".join(told) or "nobody",
        "<br>".join(left_out) or "nobody",
    )


def _table(
    caption: str, headings: Sequence[str], rows: Sequence[Sequence[str]], *, kind: str
) -> str:
    """Return a table; cells are HTML, the first of a row is its heading."""
    head = "".join(f'<th scope="col" role="columnheader">{heading}</th>' for heading in headings)
    body = "".join(_tr(row, headings) for row in rows)
    return (
        f'<table class="{kind}" role="table">\n<caption>{caption}</caption>\n'
        f'<thead role="rowgroup"><tr role="row">{head}</tr></thead>\n'
        f'<tbody role="rowgroup">\n{body}</tbody>\n</table>\n'
    )


def _tr(row: Sequence[str], headings: Sequence[str]) -> str:
    cells = "".join(
        f'<td role="cell" data-label="{heading}">{cell}</td>'
        for heading, cell in zip(headings[1:], row[1:], strict=True)
    )
    return f'<tr role="row"><th scope="row" role="rowheader">{row[0]}</th>{cells}</tr>\n'


def _skipped(reason: str, counts: Mapping[str | None, int]) -> str:
    where = ", ".join(
        f"{count} in {escape(name or 'no segment')}" for name, count in counts.items()
    )
    return f"<li>{escape(reason.replace('_', ' '))}: {where}</li>"


def _anchor(week: Week, calendar: Calendar) -> str:
    return f"week-{calendar.local(week.at).date()}"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _moment(moment: datetime) -> str:
    return f"{moment:%A} {_day(moment)}, {moment:%H:%M}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
