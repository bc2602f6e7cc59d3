import pytest

from otalk_digest.digest import wording


@pytest.mark.parametrize(
    ("text", "limit", "clipped"),
    [
        ("Short enough", 12, "Short enough"),
        ("A longer line than that", 12, "A longer…"),
        ("A longer line, than that", 15, "A longer line…"),
        ("Antidisestablishmentarianism", 10, "Antidises…"),
        ("cafe\u0301cafe\u0301", 6, "cafe…"),
    ],
)
def test_a_line_is_cut_between_words(text: str, limit: int, clipped: str) -> None:
    assert wording.clip(text, limit) == clipped
    assert len(clipped) <= limit


@pytest.mark.parametrize(
    ("said", "calmed"),
    [
        ("WHAT HELPS AT NIGHT?", "What helps at night?"),
        ("What helps in the NHS?", "What helps in the NHS?"),
        ("OT & MND", "OT & MND"),
        ("Come along!!!", "Come along!"),
        ("{{ name }} and <%tag%>", "name and tag"),
        ("two\r\nlines\tof it", "two lines of it"),
    ],
)
def test_a_headline_is_calm_in_a_subject(said: str, calmed: str) -> None:
    assert wording.calm(said) == calmed


def test_the_topic_gives_way_so_that_the_date_stays() -> None:
    fitted = wording.fit("{topic} ({date})", 30, topic="word " * 20, date="Tue 25 Nov")

    assert fitted == "word word word… (Tue 25 Nov)"


def test_text_is_wrapped_at_78_columns_and_items_hang() -> None:
    lines = wording.wrap("10. " + "word " * 40).split("\n")

    assert max(map(len, lines)) <= 78
    assert lines[0].startswith("10. word")
    assert all(line.startswith("    word") for line in lines[1:])


def test_an_address_stays_whole_and_any_other_long_word_is_cut() -> None:
    address = "https://example.org/" + "a" * 90

    wrapped = wording.wrap(f"See {address} and {'w' * 100}").split("\n")

    assert address in wrapped
    assert max(len(line) for line in wrapped if line != address) == 78


@pytest.mark.parametrize(
    ("url", "is_safe"),
    [
        ("https://example.org/a?b=c&d=é#e", True),
        ("HTTP://example.org", True),
        ("https://example.org/it's", True),
        ("https://example.org/\x00", False),
        ("javascript:alert(1)", False),
        ("java\nscript:alert(1)", False),
        ("data:text/html,x", False),
        ("//example.org/a", False),
        ("/relative", False),
        ("https://", False),
        ('https://example.org/" onclick="x', False),
        (" https://example.org/", False),
        ("mailto:team@example.org", False),
    ],
)
def test_only_whole_web_addresses_become_links(url: str, is_safe: bool) -> None:  # noqa: FBT001 - a column of the table
    assert wording.is_web_address(url) is is_safe


def test_control_characters_and_direction_overrides_are_left_out() -> None:
    assert wording.strip_unfit("a\x00b\u202ec\x85d\ufffc\ud800e\n") == "abcde\n"


def test_overlong_words_break_and_nothing_is_lost() -> None:
    word = "#OccupationalTherapyAcrossTheLifespan" + "x" * 50

    parts = wording.pieces(word)

    assert "".join(parts) == word
    assert max(map(len, parts)) <= wording.LONGEST_WORD


@pytest.mark.parametrize(
    ("names", "listed"),
    [((), ""), (("A",), "A"), (("A", "B"), "A and B"), (("A", "B", "C"), "A, B and C")],
)
def test_names_are_listed_as_in_a_sentence(names: tuple[str, ...], listed: str) -> None:
    assert wording.join(names, " and ") == listed


@pytest.mark.parametrize(
    ("printed", "shown"),
    [("93", "93"), ("1324906", "1,324,906"), ("1,324,906", "1,324,906"), ("538.417K", "538.417K")],
)
def test_figures_stay_as_printed_but_for_separators(printed: str, shown: str) -> None:
    assert wording.group_digits(printed, ",") == shown
