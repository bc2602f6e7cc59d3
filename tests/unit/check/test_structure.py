from dataclasses import replace

import pytest
from tests.digests import rendered, ten_items
from tests.golden_emails import golden_digests
from tests.seeds import RULES, a_mail, digest_mail, found, good_variant, names, sown, with_html

from otalk_digest.check.mail import Expected, read_mail
from otalk_digest.check.structure import HTML_ADVISED, HTML_MOST, html_bytes
from otalk_digest.model.finding import Level

SET = 'style="font: 16px/26px serif"'
BYE = f"<p {SET}>Bye</p>"
BODY_WRAPPER = r'<div lang="en-GB" dir="ltr"'


@pytest.mark.parametrize("name", golden_digests())
def test_the_digests_we_send_break_no_rule(name: str) -> None:
    assert found(digest_mail(golden_digests()[name])) == []


def test_ten_items_break_no_rule() -> None:
    assert found(a_mail(rendered(ten_items()))) == []


def test_every_rule_has_a_name_of_its_own() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)


@pytest.mark.parametrize(
    ("rule", "pattern", "new", "where"),
    [
        ("doctype", "<!DOCTYPE html>", "<!doctype html>", ("<!doctype", "")),
        ("doctype", "<!DOCTYPE html>\n", "", ("<html", "")),
        ("doctype", "<!DOCTYPE html>", "<!-- x --><!DOCTYPE html>", ("<!-- x", "")),
        ("page-language", '<html lang="en-GB" ', "<html ", ("<html", "html")),
        ("page-language", '(?<=<html lang="en-GB") dir="ltr"', "", ("<html", "html")),
        ("page-language", '<html lang="en-GB"', '<html lang="UK English"', ("<html", "html")),
        ("page-language", '(?<=<html lang="en-GB") dir="ltr"', " dir=auto", ("<html", "html")),
        ("body-language", r"</div>\s*</body>", f"</div>{BYE}</body>", (BYE, "p")),
        ("attribute-once", "<h1 ", '<h1 id="a" ID="b" ', ("<h1", "")),
        ("attribute-once", "(?<=mso]><table) ", " role=none ", ("mso]><table", "")),
        ("heading-levels", "<h2(.*?)</h2>", f"<h3 {SET}>Later</h3>", ("<h3", "h3")),
        ("heading-words", "</h1>", "</h1><h2> &#160;<b></b>\n</h2>", ("<h2>", "h2")),
    ],
)
def test_one_fault_is_found_where_it_stands(
    rule: str, pattern: str, new: str, where: tuple[str, str]
) -> None:
    (only,) = found(sown(pattern, new))

    line, tag = where
    assert only.rule == rule
    assert line in only.line
    assert only.tag == tag


@pytest.mark.parametrize("kept", ["lang", "dir"])
def test_an_element_with_half_a_language_holds_no_content(kept: str) -> None:
    new = '<div lang="en-GB"' if kept == "lang" else '<div dir="ltr"'

    assert names(sown(BODY_WRAPPER, new)) == {"body-language"}


def test_words_that_stand_in_the_body_itself_are_found() -> None:
    mail = sown(r"</div>\s*</body>", "</div>Bye</body>")

    first = next(each for each in found(mail) if each.rule == "body-language")

    assert first.said == "Bye"


def test_a_picture_is_content_too() -> None:
    mail = sown(r"</div>\s*</body>", '</div><img src="https://a.example/b.png" alt="x"></body>')

    assert names(mail) == {"body-language"}


def test_a_second_h1_is_named() -> None:
    (only,) = found(with_html("<h1 style='line-height:40px'>Another</h1>"))

    assert (only.rule, only.said, only.tag) == ("one-h1", "Another", "h1")


def test_no_h1_is_said() -> None:
    html = good_variant().html.replace("<h1", "<p").replace("</h1>", "</p>")

    assert names(a_mail(replace(good_variant(), html=html))) == {"one-h1", "heading-levels"}


def test_no_h2_is_said() -> None:
    html = good_variant().html
    for level in ("2", "3"):
        html = html.replace(f"<h{level}", "<p").replace(f"</h{level}>", "</p>")

    (only,) = found(a_mail(replace(good_variant(), html=html)))

    assert (only.rule, only.said) == ("heading-two", "no h2")


def test_a_picture_with_words_is_a_heading() -> None:
    mail = with_html('<h2><img src="https://blog.example.org/a.png" alt="Kites"></h2>')

    assert "heading-words" not in names(mail)


def padded_to(size: int) -> str:
    filler = "</h1>\n" + "<p>x</p>\n" * 3
    base = good_variant().html.replace("</h1>", filler, 1)
    now = html_bytes(a_mail(replace(good_variant(), html=base)))
    return base.replace("<p>x</p>", f"<p>{'x' * (size - now + 1)}</p>", 1)


@pytest.mark.parametrize(
    ("size", "rule"),
    [
        (HTML_ADVISED - 1, None),
        (HTML_ADVISED, "html-size-advised"),
        (HTML_MOST - 1, "html-size-advised"),
        (HTML_MOST, "html-size"),
    ],
)
def test_the_html_is_weighed_as_it_arrives(size: int, rule: str | None) -> None:
    mail = a_mail(replace(good_variant(), html=padded_to(size)))

    said = [each for each in found(mail) if each.rule != "text-styled"]

    assert html_bytes(mail) == size
    assert [each.rule for each in said] == ([] if rule is None else [rule])
    assert all(f"{size:,} bytes" in each.said for each in said)


def test_too_much_html_stops_the_digest_and_much_is_only_said() -> None:
    levels = {rule.name: rule.level for rule in RULES}

    assert levels["html-size"] is Level.MUST
    assert levels["html-size-advised"] is Level.SHOULD


def test_a_message_without_html_is_no_crash() -> None:
    mail = read_mail(b"Subject: x\r\n\r\nwords\r\n", Expected())

    assert "doctype" in names(mail)
    assert html_bytes(mail) == 0


def test_a_message_nested_deep_is_checked_all_the_same() -> None:
    mail = sown(r"</div>\s*</body>", "</div>" + "<b>" * 200 + "x" + "</b>" * 200 + "</body>")

    assert "body-language" in names(mail)
