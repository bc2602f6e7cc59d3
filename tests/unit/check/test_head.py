import pytest
from tests.seeds import found, names, sown, with_css

VIEWPORT = r'(?<=name="viewport" content=")[^"]*'
DARK = r"@media \(prefers-color-scheme: dark\) \{.*?\n\}\n"


@pytest.mark.parametrize(
    ("rule", "pattern", "new", "said"),
    [
        ("charset-early", '<meta charset="utf-8">', "", "no <meta charset>"),
        ("charset-early", "utf-8", "latin-1", "latin-1"),
        (
            "charset-early",
            '<meta charset="utf-8">',
            f'<!--{"x" * 1000}--><meta charset="utf-8">',
            "utf-8",
        ),
        ("title", "<title>.*?</title>", "", "no title"),
        ("title", "<title>.*?</title>", "<title> </title>", "<title>"),
        ("viewport", '<meta name="viewport"[^>]*>', "", "no <meta"),
        ("viewport", VIEWPORT, "width=device-width, user-scalable = No", "No"),
        ("viewport", VIEWPORT, "width=device-width; maximum-scale=1.0", "=1.0"),
        ("viewport", VIEWPORT, "width=600", "width=600"),
        ("colour-schemes", '<meta name="color-scheme"[^>]*>', "", '"color-scheme"'),
        ("colour-schemes", '<meta name="supported-color-schemes"[^>]*>', "", "supported"),
        ("colour-schemes", '(?<=name="color-scheme" content=")light dark', "light", "scheme"),
        ("dark-outlook", r"(\[data-ogsc\].*?\n)+", "", "[data-ogsc]"),
        ("format-detection", '<meta name="format-detection"[^>]*>', "", "telephone=no"),
        ("format-detection", "date=no", "date=yes", "date=no"),
        ("apple-reformatting", '<meta name="x-apple-disable[^>]*>', "", "x-apple-disable"),
    ],
)
def test_one_fault_of_the_head_is_found(rule: str, pattern: str, new: str, said: str) -> None:
    first, *more = found(sown(pattern, new))

    assert {first.rule, *(each.rule for each in more)} == {rule}
    assert said in first.said


def test_both_colours_of_dark_mode_are_asked_for() -> None:
    said = found(sown(DARK, ""))

    assert [each.rule for each in said] == ["dark-colours", "dark-colours"]
    assert "text colour" in said[0].said
    assert "background" in said[1].said


def test_an_odd_spelling_of_dark_mode_is_dark_mode() -> None:
    css = "@MEDIA screen and ( Prefers-Color-Scheme :DARK ) { p { COLOR: #fff !important;"
    mail = sown(DARK, f"{css} background: #000 !important }} }}\n")

    assert names(mail) == set()


def test_a_colour_that_light_mode_sets_is_none_of_dark_mode() -> None:
    mail = sown(DARK, "@media (prefers-color-scheme: light) { p { color: #000 } }\n")

    assert names(mail) == {"dark-colours"}


def test_a_query_for_a_dark_outlook_alone_is_not_one_for_others() -> None:
    assert names(with_css("[DATA-OGSC] p { color: #fff !important }")) == set()
