"""Each reader's own fields, for the placeholders of frozen content. Pure."""

from html import escape
from typing import TYPE_CHECKING

from otalk_digest.audience.links import ReaderLinks, delivery_key
from otalk_digest.model.edition import Field, Placeholder, Variant
from otalk_digest.model.message import Recipient

if TYPE_CHECKING:
    from collections.abc import Callable

#: Stands for a reader's token while an address is cut in pieces; in no address of ours.
_CUT = "\0"
_NAME = "{name}"


class Personaliser:
    """Turns readers of one variant into recipients; what is alike for all of them is made once."""

    def __init__(
        self, variant: Variant, links: ReaderLinks, *, edition: int, message_domain: str
    ) -> None:
        self._variant = variant
        self._links = links
        self._edition = edition
        self._domain = message_domain
        self._way_out = links.list_unsubscribe(_CUT).split(_CUT)
        self._greeting = variant.greeting_named.split(_NAME)
        self._greeting_in_html = escape(variant.greeting_named).split(_NAME)
        marks = variant.placeholders
        self._greets = tuple((m.token, m.is_html) for m in marks if m.field is Field.GREETING)
        self._confirms = tuple(m for m in marks if m.field is Field.CONFIRM_URL)
        self._addresses = _cut_addresses(marks, links, edition)
        #: By zone, in the order of the marks.
        self._of_zones: dict[str, dict[str, str]] = {}

    def recipient(
        self,
        *,
        delivery_id: int,
        token: str,
        address: str,
        name: str | None,
        zone: str | None,
        confirmation: str | None = None,
    ) -> Recipient:
        """Return the recipient; `token` is the reader's own, of `ReaderLinks.token`.

        `confirmation` is the token of a sign-up that is to be confirmed.
        """
        key = delivery_key(delivery_id, self._links.key)
        return Recipient(
            delivery_id=delivery_id,
            key=key,
            address=address,
            name=name,
            values=self._values(token, name, zone, confirmation),
            message_id=f"{self._edition}.{key}@{self._domain}",
            list_unsubscribe=token.join(self._way_out),
            is_one_click=self._links.base_url is not None,
        )

    def _values(
        self, token: str, name: str | None, zone: str | None, confirmation: str | None
    ) -> dict[str, str]:
        values = self._of_zone(zone or "").copy()
        if name is not None and self._greets:
            plain = name.join(self._greeting)
            # Mostly nothing is to be escaped: one and the same text is then held for both.
            in_html = escape(name).join(self._greeting_in_html)
            in_html = plain if in_html == plain else in_html
            for mark, is_html in self._greets:
                values[mark] = in_html if is_html else plain
        for pieces, marks in self._addresses:
            # A token holds nothing that is written differently in HTML.
            address = token.join(pieces)
            for mark in marks:
                values[mark] = address
        for each in self._confirms:
            values[each.token] = _placed(self._links.confirm_url(confirmation), each)
        return values

    def _of_zone(self, zone: str) -> dict[str, str]:
        """Return the values of who gave no name; the greeting stands where an address will."""
        if zone not in self._of_zones:
            times = self._variant.zone_values.get(zone, {})
            self._of_zones[zone] = {
                mark.token: times.get(mark.token, "")
                if mark.field is Field.LOCAL_TIME
                else _placed(self._variant.greeting_unnamed, mark)
                for mark in self._variant.placeholders
            }
        return self._of_zones[zone]


def _cut_addresses(
    marks: tuple[Placeholder, ...], links: ReaderLinks, edition: int
) -> tuple[tuple[list[str], list[str]], ...]:
    """Return each address of a reader, cut where their token stands, with the marks it fills."""
    makers: dict[Field, Callable[[str], str]] = {
        Field.UNSUBSCRIBE_URL: links.unsubscribe_url,
        Field.PREFERENCES_URL: links.preferences_url,
        Field.BROWSER_URL: lambda token: links.browser_url(token, edition),
    }
    found: dict[str, list[str]] = {}
    for mark in marks:
        if mark.field in makers:
            found.setdefault(_placed(makers[mark.field](_CUT), mark), []).append(mark.token)
    return tuple((address.split(_CUT), tokens) for address, tokens in found.items())


def _placed(value: str, mark: Placeholder) -> str:
    return escape(value) if mark.is_html else value


def fill(content: str, recipient: Recipient) -> str:
    """Return frozen HTML or text as this reader sees it, for pages and files."""
    for token, value in recipient.values.items():
        content = content.replace(token, value)
    return content
