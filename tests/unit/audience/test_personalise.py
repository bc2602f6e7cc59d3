from dataclasses import replace
from html import escape

from hypothesis import given
from hypothesis import strategies as st
from tests.builders import a_variant

from otalk_digest.audience.links import ReaderLinks
from otalk_digest.audience.personalise import Personaliser, fill
from otalk_digest.model.edition import Field, Variant
from otalk_digest.model.message import Recipient

KEY = b"k" * 32
WEB = "https://digest.example"


def a_recipient(
    variant: Variant | None = None,
    *,
    name: str | None = None,
    zone: str | None = None,
    base_url: str | None = WEB,
    edition: int = 3,
) -> Recipient:
    links = ReaderLinks(key=KEY, base_url=base_url, mailbox="team@example.org")
    personaliser = Personaliser(
        variant or a_variant(), links, edition=edition, message_domain="otalk.example"
    )
    return personaliser.recipient(
        delivery_id=12, token=links.token(7), address="ann@example.org", name=name, zone=zone
    )


def said(variant: Variant, reader: Recipient) -> dict[str, str]:
    """Which value stands in the place of which token."""
    return dict(zip((mark.token for mark in variant.placeholders), reader.values, strict=True))


def test_a_name_is_escaped_in_html_and_plain_in_text() -> None:
    values = said(a_variant(), a_recipient(name="Ann <b> & {name}"))

    assert values["TOKGREET"] == "Hello Ann &lt;b&gt; &amp; {name},"
    assert values["TOKGREETT"] == "Hello Ann <b> & {name},"


def test_who_gave_no_name_is_greeted_without_one() -> None:
    assert said(a_variant(), a_recipient())["TOKGREET"] == "Hello,"


def test_local_time_is_shown_in_zones_that_differ_and_nowhere_else() -> None:
    assert (
        said(a_variant(), a_recipient(zone="Asia/Kolkata"))["TOKTIME"]
        == "01:30 on Wednesday for you"
    )
    assert said(a_variant(), a_recipient(zone="Europe/London"))["TOKTIME"] == ""
    assert said(a_variant(), a_recipient(zone=None))["TOKTIME"] == ""


def test_every_placeholder_has_a_value() -> None:
    variant = a_variant()

    assert len(a_recipient(variant).values) == len(variant.placeholders) > 1


def test_the_message_id_is_the_same_on_every_attempt_and_differs_with_the_edition() -> None:
    first = a_recipient().message_id

    assert first == a_recipient().message_id
    assert first != a_recipient(edition=4).message_id
    assert first.endswith("@otalk.example")
    assert "ann" not in first


def test_one_click_is_promised_only_with_a_web_address() -> None:
    assert a_recipient().is_one_click
    assert not a_recipient(base_url=None).is_one_click


ODD = st.text(st.sampled_from([*"<&'\"{}name é", "\0"]), max_size=8)
PEOPLE = st.lists(
    st.tuples(ODD, st.none() | ODD, st.sampled_from([None, "Asia/Kolkata", "Europe/London", "x"])),
    min_size=1,
    max_size=4,
)


@given(people=PEOPLE)
def test_readers_together_are_what_each_is_alone(
    people: list[tuple[str, str | None, str | None]],
) -> None:
    links = ReaderLinks(key=KEY, base_url=WEB, mailbox="team@example.org")
    personaliser = Personaliser(a_variant(), links, edition=3, message_domain="otalk.example")
    addresses, names, zones = zip(*people, strict=True)
    numbers = range(1, len(people) + 1)

    together = personaliser.recipients(
        numbers, links.tokens(numbers), addresses=addresses, names=names, zones=zones
    )

    assert together == [
        personaliser.recipient(
            delivery_id=number, token=links.token(number), address=address, name=name, zone=zone
        )
        for number, (address, name, zone) in enumerate(people, 1)
    ]


def test_filling_changes_the_placeholders_and_nothing_else() -> None:
    variant = a_variant(html="<p>TOKGREET</p> <i>x</i> <a href='TOKLEAVE'>leave</a>")
    reader = a_recipient(variant, name="Ann")

    html = fill(variant.html, variant, reader)

    leave = said(variant, reader)["TOKLEAVE"]
    assert html == f"<p>Hello Ann,</p> <i>x</i> <a href='{leave}'>leave</a>"


@given(name=st.none() | ODD, greeting=ODD, zone=st.sampled_from([None, "Asia/Kolkata", "x"]))
def test_every_mark_holds_its_value_escaped_where_it_stands_in_html(
    name: str | None, greeting: str, zone: str | None
) -> None:
    variant = replace(a_variant(), greeting_named=f"{greeting}{{name}},", greeting_unnamed=greeting)
    odd = "https://digest.example/?a='1'&b=2"

    reader = a_recipient(variant, name=name, zone=zone, base_url=odd)

    links = ReaderLinks(key=KEY, base_url=odd, mailbox="team@example.org")
    token = links.token(7)
    hello = greeting if name is None else variant.greeting_named.replace("{name}", name)
    wanted = {
        Field.GREETING: hello,
        Field.UNSUBSCRIBE_URL: links.unsubscribe_url(token),
        Field.PREFERENCES_URL: links.preferences_url(token),
        Field.BROWSER_URL: links.browser_url(token, 3),
        Field.CONFIRM_URL: links.confirm_url(None),
    }
    times = variant.zone_values.get(zone or "", {})
    assert said(variant, reader) == {
        mark.token: times.get(mark.token, "")
        if mark.field is Field.LOCAL_TIME
        else (escape(wanted[mark.field]) if mark.is_html else wanted[mark.field])
        for mark in variant.placeholders
    }
    assert reader.list_unsubscribe == links.list_unsubscribe(token)
