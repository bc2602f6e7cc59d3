"""Each reader's own fields, for the placeholders of frozen content. Pure."""

from collections.abc import Sequence
from html import escape
from itertools import repeat
from typing import TYPE_CHECKING

from otalk_digest.audience.links import ReaderLinks, delivery_keys
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
        self._marks = variant.placeholders
        self._addresses = _cut_addresses(variant.placeholders, links, edition)

    def recipient(
        self, *, delivery_id: int, token: str, address: str, name: str | None, zone: str | None
    ) -> Recipient:
        """Return the one recipient; see `recipients`."""
        return self.recipients(
            (delivery_id,), (token,), addresses=(address,), names=(name,), zones=(zone,)
        )[0]

    def recipients(
        self,
        delivery_ids: Sequence[int],
        tokens: Sequence[str],
        *,
        addresses: Sequence[str],
        names: Sequence[str | None],
        zones: Sequence[str | None],
        confirmations: Sequence[str | None] = (),
    ) -> list[Recipient]:
        """Return the recipients whom these columns describe, a row for each.

        `tokens` are the readers' own, of `ReaderLinks.tokens`; `confirmations` those of sign-ups
        that are to be confirmed. By columns, because a call for each value of each reader costs
        more than all that is said of them.
        """
        keys = delivery_keys(delivery_ids, self._links.key)
        columns = self._columns(tokens, names, zones, confirmations or (None,) * len(tokens))
        values = zip(*columns, strict=True) if columns else repeat(())
        rows = zip(
            *(delivery_ids, keys, addresses, names, values),
            [f"{self._edition}.{key}@{self._domain}" for key in keys],
            [token.join(self._way_out) for token in tokens],
            repeat(self._links.base_url is not None),
            strict=False,
        )
        return list(map(Recipient._make, rows))

    def _columns(
        self,
        tokens: Sequence[str],
        names: Sequence[str | None],
        zones: Sequence[str | None],
        confirmations: Sequence[str | None],
    ) -> list[list[str]]:
        """Return the values of each mark, in the order of the marks."""
        # Text and HTML mostly say the same: it is made once.
        addresses = {
            pieces: [token.join(pieces) for token in tokens]
            for pieces in set(self._addresses.values())
        }
        greetings = self._greetings(names)
        columns = []
        for mark in self._marks:
            if mark.token in self._addresses:
                # A token holds nothing that is written differently in HTML.
                columns.append(addresses[self._addresses[mark.token]])
            elif mark.field is Field.GREETING:
                columns.append(greetings[mark.is_html])
            elif mark.field is Field.LOCAL_TIME:
                columns.append(self._times(mark, zones))
            else:
                columns.append([_placed(self._links.confirm_url(c), mark) for c in confirmations])
        return columns

    def _greetings(self, names: Sequence[str | None]) -> tuple[list[str], list[str]]:
        """Return the greetings as text, and as HTML."""
        named, unnamed = self._variant.greeting_named, self._variant.greeting_unnamed
        pieces = named.split(_NAME)
        plain = [unnamed if name is None else name.join(pieces) for name in names]
        # Mostly nothing is to be escaped, and one look tells.
        together = "".join(plain)
        return plain, plain if escape(together) == together else list(map(escape, plain))

    def _times(self, mark: Placeholder, zones: Sequence[str | None]) -> list[str]:
        said = self._variant.zone_values
        known = {zone: said.get(zone or "", {}).get(mark.token, "") for zone in set(zones)}
        return [known[zone] for zone in zones]


def _cut_addresses(
    marks: tuple[Placeholder, ...], links: ReaderLinks, edition: int
) -> dict[str, tuple[str, ...]]:
    """Return token of a mark → the address that it stands for, cut where the reader's token is."""
    makers: dict[Field, Callable[[str], str]] = {
        Field.UNSUBSCRIBE_URL: links.unsubscribe_url,
        Field.PREFERENCES_URL: links.preferences_url,
        Field.BROWSER_URL: lambda token: links.browser_url(token, edition),
    }
    return {
        mark.token: tuple(_placed(makers[mark.field](_CUT), mark).split(_CUT))
        for mark in marks
        if mark.field in makers
    }


def _placed(value: str, mark: Placeholder) -> str:
    return escape(value) if mark.is_html else value


def fill(content: str, variant: Variant, recipient: Recipient) -> str:
    """Return frozen HTML or text of the variant as this reader sees it, for pages and files."""
    for mark, value in zip(variant.placeholders, recipient.values, strict=True):
        content = content.replace(mark.token, value)
    return content
