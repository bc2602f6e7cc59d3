"""What commands count is said as people count: one reader, two readers."""

import pytest

from otalk_digest.cli.printing import counted
from otalk_digest.cli.run import equation, print_report
from otalk_digest.model.delivery import Tally
from otalk_digest.pipeline.collecting import Collected
from otalk_digest.pipeline.fencing import CalledBack
from otalk_digest.pipeline.forgetting import Forgotten
from otalk_digest.pipeline.running import RunReport
from otalk_digest.web.plots import Series, draw_bars


@pytest.mark.parametrize(("number", "said"), [(0, "0 entries"), (1, "1 entry"), (2, "2 entries")])
def test_one_is_said_otherwise_than_none_or_several(number: int, said: str) -> None:
    assert counted(number, "entry", "entries") == said


def test_what_only_ends_in_s_needs_one_word() -> None:
    assert [counted(number, "reader") for number in (1, 2)] == ["1 reader", "2 readers"]


def test_the_books_of_one_reader_speak_of_one() -> None:
    tally = Tally(candidates=1, skipped=0, planned=0, accepted=1, rejected=0, in_doubt=0, sending=0)

    assert equation(7, tally) == (
        "Edition 7: 1 reader = 1 accepted + 0 refused + 0 in doubt + 0 not yet sent; "
        "0 of 1 subscriber left out."
    )
    assert equation(7, tally, is_rehearsal=True) == "Edition 7 would go to 0 of 1 subscriber."


def test_a_run_with_one_of_everything_speaks_of_one(capsys: pytest.CaptureFixture[str]) -> None:
    report = RunReport(
        collected=Collected(address="blog.xml", entries=1),
        handed_over={7: 1},
        settled=1,
        called_back=CalledBack(released=1),
        forgotten=Forgotten(events=1),
    )

    print_report(report)

    said = capsys.readouterr().out
    for words in (
        "Read 1 entry: ",
        "in 1 job.",
        "1 in doubt for long was settled",
        "1 that was in doubt was called back before it was due",
        "1 old event.",
    ):
        assert words in said


def test_a_plot_of_one_bar_speaks_of_one() -> None:
    drawn = draw_bars(
        "readers", "Readers", ["edition 1"], [Series(name="r", css="good", values=(3,))]
    )

    assert "1 bar, from edition 1 (3) to" in drawn
