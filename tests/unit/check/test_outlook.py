import pytest
from tests.seeds import found, names, sown, with_html

from otalk_digest.check.conditions import OUTLOOKS, holds, is_readable
from otalk_digest.check.source import read_source

GHOST = r"<!--\[if mso\]><table"


@pytest.mark.parametrize(
    ("rule", "pattern", "new", "line"),
    [
        ("outlook-dpi", "<o:PixelsPerInch>96", "<o:PixelsPerInch>72", None),
        ("outlook-comments", r"<tr><td><!\[endif\]-->", "<tr><td>-->", "<!--[if mso]"),
        ("outlook-comments", "</h1>", "</h1><!--<![endif]-->", "</h1>"),
        ("outlook-comments", "</h1>", "</h1><!--[if !mso]><!--><b></b>", "</h1>"),
        ("outlook-comments", "</h1>", "</h1><![if !mso]><b></b><![endif]>", "</h1>"),
        ("outlook-comments", "</h1>", "</h1><!--[if outlook]><b></b><![endif]-->", "</h1>"),
        ("outlook-comments", "</h1>", "</h1><!-- [endif] -->", "</h1>"),
        ("tables-balanced", r"</td></tr></table><!\[endif\]", "</td></tr><![endif]", ""),
        ("tables-balanced", r"</td></tr></table><!\[endif\]", "</tr></td></table><![endif]", "[if"),
        ("tables-balanced", "</h1>", "</h1><!--[if mso 12]></td><![endif]-->", ""),
        ("ghost-table", '(?<=mso]><table role="presentation") width="600"', "", "mso]><table"),
        ("ghost-table", '(?<=mso]><table role="presentation") width="600"', ' width="100%"', "mso"),
        ("ghost-table", '(?<=mso]><table role="presentation") width="600"', ' width="700"', "mso"),
        ("ghost-table", '(?<=mso]><table) role="presentation"', "", "mso]><table"),
    ],
)
def test_one_fault_before_outlook_is_found(
    rule: str, pattern: str, new: str, line: str | None
) -> None:
    first, *more = found(sown(pattern, new))

    assert {first.rule, *(each.rule for each in more)} <= {rule, "tables-balanced", "ghost-table"}
    assert rule in {first.rule, *(each.rule for each in more)}
    assert (first.line == "") if line is None else (line in first.line)


def test_a_column_without_a_ghost_table_is_found() -> None:
    mail = sown(r"<!--\[if mso\]><table.*?<!\[endif\]-->", "")

    assert "ghost-table" in names(mail)


@pytest.mark.parametrize(
    ("rule", "vml"),
    [
        ("vml-no-link", '<v:roundrect alt="Go" href="https://blog.example.org/"></v:roundrect>'),
        (
            "vml-no-link",
            '<v:rect alt="Go"><v:textbox><A href="https://a.example">x</A></v:textbox></v:rect>',
        ),
        ("vml-no-link", '<V:RECT alt="Go"><h2>Go</h2></V:RECT>'),
        ("vml-alt", "<v:rect></v:rect>"),
        ("vml-alt", '<v:image alt=" " />'),
    ],
)
def test_a_drawing_for_outlook_has_words_and_no_link(rule: str, vml: str) -> None:
    (only,) = found(with_html(f"<!--[if gte mso 9]>{vml}<![endif]-->"))

    assert only.rule == rule
    assert only.line.startswith("<!--[if gte mso 9]>")


def test_what_outlook_does_not_see_is_no_drawing() -> None:
    assert names(with_html("<!--[if !mso]><!--><b></b><!--<![endif]--><!-- <v:rect> -->")) == set()


def test_a_table_that_only_others_close_is_not_balanced() -> None:
    mail = with_html("<!--[if !mso]><!--></table><table><!--<![endif]-->")

    assert "tables-balanced" in names(mail)


@pytest.mark.parametrize(
    ("when", "versions"),
    [
        ("mso", {12, 14, 15, 16}),
        (" MSO ", {12, 14, 15, 16}),
        ("!mso", set()),
        ("gte mso 9", {12, 14, 15, 16}),
        ("lt mso 15", {12, 14}),
        ("mso 16", {16}),
        ("(gt mso 14)&(lte mso 15)", {15}),
        ("(mso 12)|(IE)", {12}),
        ("!(mso 12)", {14, 15, 16}),
        ("vml", {12, 14, 15, 16}),
        ("lte IE 8", set()),
    ],
)
def test_a_condition_is_read_as_word_reads_it(when: str, versions: set[int]) -> None:
    assert is_readable(when)
    assert {version for version in OUTLOOKS if holds(when, version)} == versions


@pytest.mark.parametrize(
    "when", ["", "mso and", "outlook", "(mso", "mso)", "gte mso", "mso; x", "!"]
)
def test_a_condition_that_says_nothing_is_not_readable(when: str) -> None:
    assert not is_readable(when)
    assert not holds(when, 16)


@pytest.mark.parametrize(
    "opening", ["<!--[if !mso]><!-->", "<!--[if !mso]>-->", "<!--[IF !MSO]><!-- -->"]
)
def test_each_spelling_of_a_comment_for_others_is_one(opening: str) -> None:
    source = read_source(f"<p>{opening}<b>x</b><!--<![endif]--></p>")

    assert source.errors == ()
    assert [tag.name for tag in source.tags_for_others()] == ["p", "b", "b", "p"]
    assert [tag.name for tag in source.tags_for_outlook()] == ["p", "p"]


def test_a_comment_for_outlook_is_shut_to_others() -> None:
    source = read_source('<p><!--[if (gte mso 9)|(IE)]><b a="x>y"><![endif]--></p>')

    assert [tag.name for tag in source.tags_for_others()] == ["p", "p"]
    assert [tag.name for tag in source.tags_for_outlook()] == ["p", "b", "p"]
    assert [tag.get("a") for tag in source.tags_of_outlook_only()] == ["x>y"]
