"""The links of a mail, in order and with the place of each, and one place outlined."""

import pytest
from tests.checked import EXPECTED, a_message, good_variant

from otalk_digest.check.mail import Mail, read_mail
from otalk_digest.check.outline import can_be_outlined, links_of, outlined


def good_mail() -> Mail:
    return read_mail(a_message(good_variant()), EXPECTED)


def test_links_are_in_the_order_of_the_page_and_their_places_lead_back() -> None:
    mail = good_mail()
    links = links_of(mail)

    assert [link.url for link in links] == mail.tree.xpath("//a/@href")
    for link in links:
        (element,) = mail.tree.getroottree().xpath(link.path)
        assert element.get("href") == link.url


def test_each_link_can_be_outlined_and_nothing_else_is() -> None:
    mail = good_mail()

    for link in links_of(mail):
        shown = outlined(mail.html, link.path)
        assert shown.count('id="otd-mark"') == 1
        assert shown.startswith("<!DOCTYPE html>")
        assert "\ufffd" not in shown


@pytest.mark.parametrize(
    "path",
    [
        "/html/body/nothing",
        "/html/body/(",
        "/html/head/style",
        "//a",
        "/html/body/o:p",
        "count(//a)",
    ],
)
def test_a_path_that_leads_nowhere_changes_nothing(path: str) -> None:
    html = good_mail().html

    assert outlined(html, path) == html


def test_a_picture_speaks_for_its_link() -> None:
    raw = (
        b"Content-Type: text/html; charset=utf-8\r\n\r\n"
        b'<p><a href="https://a.example/"><img alt="A kettle" src="x.png"></a></p>'
    )

    (link,) = links_of(read_mail(raw, EXPECTED))

    assert link.text == "A kettle"


def test_only_what_a_page_shows_can_be_outlined() -> None:
    assert can_be_outlined("/html/body/div/p[2]")
    assert not can_be_outlined("/html/head/title")
    assert not can_be_outlined(None)
