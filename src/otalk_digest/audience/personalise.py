"""Each reader's own fields, for the placeholders of frozen content. Pure."""

from html import escape

from otalk_digest.audience.links import ReaderLinks, delivery_key
from otalk_digest.model.edition import Field, Placeholder, Variant
from otalk_digest.model.message import Recipient


class Personaliser:
    """Turns readers of one variant into recipients."""

    def __init__(
        self, variant: Variant, links: ReaderLinks, *, edition: int, message_domain: str
    ) -> None:
        self._variant = variant
        self._links = links
        self._edition = edition
        self._domain = message_domain

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
            list_unsubscribe=self._links.list_unsubscribe(token),
            is_one_click=self._links.base_url is not None,
        )

    def _values(
        self, token: str, name: str | None, zone: str | None, confirmation: str | None
    ) -> dict[str, str]:
        fields = {
            Field.GREETING: self._greeting(name),
            Field.UNSUBSCRIBE_URL: self._links.unsubscribe_url(token),
            Field.PREFERENCES_URL: self._links.preferences_url(token),
            Field.BROWSER_URL: self._links.browser_url(token, self._edition),
            Field.CONFIRM_URL: self._links.confirm_url(confirmation),
        }
        times = self._variant.zone_values.get(zone or "", {})
        return {
            mark.token: times.get(mark.token, "")
            if mark.field is Field.LOCAL_TIME
            else _placed(fields[mark.field], mark)
            for mark in self._variant.placeholders
        }

    def _greeting(self, name: str | None) -> str:
        if name is None:
            return self._variant.greeting_unnamed
        return self._variant.greeting_named.replace("{name}", name)


def _placed(value: str, mark: Placeholder) -> str:
    return escape(value) if mark.is_html else value


def fill(content: str, recipient: Recipient) -> str:
    """Return frozen HTML or text as this reader sees it, for pages and files."""
    for token, value in recipient.values.items():
        content = content.replace(token, value)
    return content
