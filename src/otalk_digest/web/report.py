"""What happened, as one page that needs nothing else and runs nothing. Pure."""

from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Final
from zoneinfo import ZoneInfo

from otalk_digest.model.edition import EditionKind
from otalk_digest.model.report import ChatFigures, EditionFigures, Report
from otalk_digest.web.plots import Series, draw_bars

_STYLE: Final = """
:root{color-scheme:light dark;--line:#6f6f78;--rule:#d9d9e0;--soft:#f3f3f6;--ink:#1b1b1f;
--page:#fff;--dim:#55555e;
--good:#1f6f8b;--bad:#b3541e;--doubt:#7a3e9d;--wait:#8a8a94;
font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--page)}
@media(prefers-color-scheme:dark){:root{--line:#8c8c94;--rule:#3a3a42;--soft:#232328;--ink:#ececf0;--page:#151518;
--dim:#b4b4bd;--good:#6cc0dd;--bad:#f0a070;--doubt:#cf9df0;--wait:#85858f}}
body{max-width:960px;margin:0 auto;padding:24px 16px;overflow-wrap:anywhere}
h1{font-size:28px;line-height:1.2;margin:0 0 8px}h2{font-size:21px;line-height:1.3;margin:0 0 4px}
section{margin-top:40px;padding-top:24px;border-top:2px solid var(--line)}
p{margin:4px 0}.dim,.most,.ends{color:var(--dim)}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(132px,1fr));gap:12px;margin:24px 0 0}
dl div{background:var(--soft);border-radius:8px;padding:12px 16px}
dt{color:var(--dim);font-size:14px}dd{margin:0;font-size:24px;font-weight:600;line-height:1.3}
figure{margin:16px 0 24px}figcaption{font-weight:600;margin-bottom:4px}
svg{display:block;width:100%;height:180px;border-top:1px dashed var(--line);
border-bottom:1px solid var(--line)}
.most,.ends{font-size:14px;margin:0}.ends{display:flex;justify-content:space-between}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:4px 20px;margin:0 0 8px;padding:0;
font-size:14px}
.swatch{display:inline-block;width:12px;height:12px;border-radius:2px;margin-right:8px}
.good{fill:var(--good);background:var(--good)}.bad{fill:var(--bad);background:var(--bad)}
.doubt{fill:var(--doubt);background:var(--doubt)}.wait{fill:var(--wait);background:var(--wait)}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
caption{text-align:left;font-weight:600;padding:8px 0}
th,td{text-align:right;vertical-align:top;padding:6px 0 6px 16px;border-top:1px solid var(--rule);
overflow-wrap:normal}
thead th{border-top:0;color:var(--dim);font-weight:400;font-size:14px}
th:first-child,.words{text-align:left}th:first-child{padding-left:0}
.words{min-width:112px}
@media screen and (max-width:700px){table,thead,tbody,tr,th,td,caption{display:block}
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
tbody tr{background:var(--soft);border-radius:8px;padding:8px 16px;margin:8px 0}
tbody th{font-size:18px}th,td,th:first-child{border:0;padding:2px 0;text-align:left}
td{display:flex;justify-content:space-between;gap:16px}td.words{text-align:right}
td::before{content:attr(data-label);color:var(--dim);text-align:left}}
@media print{body{max-width:none;padding:0;font-size:11pt}section{break-inside:avoid}
.swatch,rect,dl div{print-color-adjust:exact}}
"""


def report_page(report: Report, *, name: str, zone: str, made_at: datetime) -> str:
    """Return the page; times are those of `zone`."""
    local = ZoneInfo(zone)
    title = f"{name}: what happened"
    return (
        '<!DOCTYPE html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f'<header>\n<h1>{escape(title)}</h1>\n<p class="dim">Up to '
        f"{_moment(made_at, local)}, {escape(zone)} time. Numbers only: nobody's address is in "
        f"this page.</p>\n{_summary(report)}</header>\n<main>\n"
        f"{_readers(report.editions, local)}{_outcomes(report.editions)}"
        f"{_left_out(report.editions)}{_chats(report.chats, local)}</main>\n</body>\n</html>\n"
    )


def _summary(report: Report) -> str:
    editions, digests = report.editions, _digests(report.editions)
    facts: list[tuple[str, object]] = [
        ("Editions", len(editions)),
        ("Readers now", digests[-1].readers if digests else 0),
        ("Accepted", sum(each.tally.accepted for each in editions)),
        ("Refused", sum(each.tally.rejected for each in editions)),
        ("In doubt", sum(each.tally.in_doubt for each in editions)),
        ("Chats counted", len(report.chats)),
    ]
    items = "".join(f"<div><dt>{term}</dt><dd>{value:,}</dd></div>" for term, value in facts)
    return f"<dl>{items}</dl>\n"


def _readers(editions: Sequence[EditionFigures], zone: ZoneInfo) -> str:
    if not editions:
        return _section("Readers", "<p>No edition yet.</p>\n")
    digests = _digests(editions)
    labels = [f"edition {each.number}" for each in digests]
    values = tuple(each.readers for each in digests)
    plot = (
        ""
        if not digests
        else draw_bars(
            "readers",
            "Readers of each digest",
            labels,
            [Series(name="readers", css="good", values=values)],
        )
    )
    rows = [
        (
            each.number,
            str(each.kind),
            _day(each.frozen_at, zone),
            each.readers,
            each.tally.skipped,
            each.tally.candidates,
        )
        for each in reversed(editions)
    ]
    headings = ("Edition", "Kind", "Day", "Readers", "Left out", "Subscribers")
    return _section("Readers", plot + _table("Readers of each edition", headings, rows))


def _digests(editions: Sequence[EditionFigures]) -> list[EditionFigures]:
    """Return those for everybody: of a correction few are readers, on purpose."""
    return [each for each in editions if each.kind is EditionKind.DIGEST]


def _outcomes(editions: Sequence[EditionFigures]) -> str:
    if not editions:
        return ""
    kinds = (
        ("accepted", "good", [each.tally.accepted for each in editions]),
        ("refused", "bad", [each.tally.rejected for each in editions]),
        ("in doubt", "doubt", [each.tally.in_doubt for each in editions]),
        ("not yet sent", "wait", [each.waiting for each in editions]),
    )
    plot = draw_bars(
        "outcomes",
        "What became of each edition",
        [f"edition {each.number}" for each in editions],
        [Series(name=name, css=css, values=tuple(values)) for name, css, values in kinds],
    )
    rows = [
        (
            each.number,
            each.readers,
            each.tally.accepted,
            each.tally.rejected,
            each.tally.in_doubt,
            each.waiting,
            each.attempts,
        )
        for each in reversed(editions)
    ]
    headings = (
        *("Edition", "Readers", "Accepted", "Refused", "In doubt", "Not yet sent"),
        "Attempts",
    )
    sum_of = '<p class="dim">Readers = accepted + refused + in doubt + not yet sent.</p>\n'
    table = _table("What became of each edition", headings, rows)
    return _section("Outcomes", sum_of + plot + table)


def _left_out(editions: Sequence[EditionFigures]) -> str:
    reasons = sorted({reason for each in editions for reason, _ in each.left_out})
    if not reasons:
        return ""
    rows = [
        (each.number, *(dict(each.left_out).get(reason, 0) for reason in reasons))
        for each in reversed(editions)
    ]
    headings = ("Edition", *(reason.replace("_", " ").capitalize() for reason in reasons))
    return _section("Left out, and why", _table("Subscribers left out", headings, rows))


def _chats(chats: Sequence[ChatFigures], zone: ZoneInfo) -> str:
    if not chats:
        return _section("Chats", "<p>No chat was counted yet.</p>\n")
    labels = [_day(chat.starts_at, zone) for chat in chats]
    plots = "".join(
        draw_bars(name, title, labels, [Series(name=name, css="good", values=values)])
        for name, title, values in (
            ("posts", "Posts in each chat", tuple(chat.posts for chat in chats)),
            ("people", "People in each chat", tuple(chat.people for chat in chats)),
        )
    )
    rows = [
        (_day(chat.starts_at, zone), chat.topic, _known(chat.posts), _known(chat.people))
        for chat in reversed(chats)
    ]
    table = _table("Each chat", ("Day", "Topic", "Posts", "People"), rows)
    return _section("Chats", plots + table)


def _section(heading: str, content: str) -> str:
    return f"<section>\n<h2>{heading}</h2>\n{content}</section>\n"


def _table(caption: str, headings: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a table; narrow screens show each row as a card, the roles keep it a table."""
    words = [any(isinstance(row[place], str) for row in rows) for place in range(len(headings))]
    head = "".join(
        f'<th scope="col" role="columnheader"{_css(is_text=is_text)}>{escape(heading)}</th>'
        for heading, is_text in zip(headings, words, strict=True)
    )
    body = "".join(_tr(row, headings, words) for row in rows)
    return (
        f'<table role="table">\n<caption>{escape(caption)}</caption>\n'
        f'<thead role="rowgroup"><tr role="row">{head}</tr></thead>\n'
        f'<tbody role="rowgroup">\n{body}</tbody>\n</table>\n'
    )


def _tr(row: Sequence[object], headings: Sequence[str], words: Sequence[bool]) -> str:
    first, *others = (escape(cell) if isinstance(cell, str) else f"{cell:,}" for cell in row)
    cells = "".join(
        f'<td role="cell" data-label="{escape(heading)}"{_css(is_text=is_text)}>{cell}</td>'
        for cell, heading, is_text in zip(others, headings[1:], words[1:], strict=True)
    )
    return f'<tr role="row"><th scope="row" role="rowheader">{first}</th>{cells}</tr>\n'


def _css(*, is_text: bool) -> str:
    return ' class="words"' if is_text else ""


def _known(count: int | None) -> int | str:
    return "–" if count is None else count


def _day(moment: datetime, zone: ZoneInfo) -> str:
    local = moment.astimezone(zone)
    return f"{local.day} {local:%b %Y}"


def _moment(moment: datetime, zone: ZoneInfo) -> str:
    local = moment.astimezone(zone)
    return f"{local:%A} {local.day} {local:%B %Y, %H:%M}"
