import re

from tests.builders import NOW
from tests.reports import EMPTY, HOSTILE, SEASON, chat, figures

from otalk_digest.model.report import Report
from otalk_digest.web.plots import Series, draw_bars
from otalk_digest.web.report import report_page


def page(report: Report = SEASON) -> str:
    return report_page(report, name="#OTalk digest", zone="Europe/London", made_at=NOW)


def heights(plot: str) -> list[float]:
    return [float(found) for found in re.findall(r'height="([\d.]+)"', plot)]


def drawn(*values: int | None) -> str:
    series = Series(name="readers", css="good", values=values)
    return draw_bars("name", "Readers", [f"week {n}" for n in range(len(values))], [series])


def test_bars_start_at_zero_and_the_highest_is_as_high_as_the_picture() -> None:
    assert heights(drawn(50, 100, 25)) == [50, 100, 25]


def test_what_was_counted_is_seen_however_small_and_what_was_not_is_no_bar() -> None:
    seen, highest = heights(drawn(1, None, 0, 1_000_000))

    assert 0 < seen < 1
    assert highest == 100


def test_colours_are_stacked_in_one_bar() -> None:
    good = Series(name="accepted", css="good", values=(30,))
    bad = Series(name="refused", css="bad", values=(10,))

    plot = draw_bars("name", "Outcomes", ["edition 1"], [good, bad])

    assert heights(plot) == [75, 25]
    assert re.findall(r'y="([\d.]+)"', plot) == ["25.00", "0.00"]


def test_a_plot_says_in_words_what_it_shows() -> None:
    plot = drawn(50, 1_100, 25)

    assert '<title id="name-title">Readers</title>' in plot
    assert "3 bars, from week 0 (50) to week 2 (25); the highest is week 1 (1,100)." in plot


def test_nothing_to_draw_is_no_mistake() -> None:
    assert "Nothing was counted." in drawn()
    assert "No edition yet." in page(EMPTY)
    assert "No chat was counted yet." in page(EMPTY)


def test_every_number_stands_in_a_table() -> None:
    shown = page(Report(editions=(figures(7, 1_210, rejected=31, in_doubt=2),), chats=(chat(0),)))

    cells = re.findall(r"<td[^>]*>([^<]*)</td>", shown)
    assert {"1,243", "1,210", "31", "2", "300", "40"} <= set(cells)


def test_the_page_asks_for_nothing_and_runs_nothing() -> None:
    shown = page()

    assert "default-src 'none'; style-src 'unsafe-inline'" in shown
    assert "<script" not in shown
    assert not re.search(r"(?:src|href|url)\s*[=(]", shown)


def test_a_topic_is_only_text() -> None:
    assert HOSTILE not in page()
    assert "&quot;&gt;&lt;script&gt;" in page()


def test_the_same_numbers_give_the_same_page() -> None:
    assert page() == page()
