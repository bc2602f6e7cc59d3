"""Messages for the check: a good one, as a reader would get it, and ways to break it."""

from dataclasses import replace
from functools import cache
from typing import Final

from tests.digests import NOW, PUBLICATION, a_full_week, rendered

from otalk_digest.audience.links import ReaderLinks
from otalk_digest.audience.personalise import Personaliser
from otalk_digest.check.mail import Expected
from otalk_digest.check.message import check_message
from otalk_digest.delivery.message import compile_message
from otalk_digest.model.edition import Digest, Variant
from otalk_digest.model.finding import Finding
from otalk_digest.model.message import Sender
from otalk_digest.pipeline.proofing import INERT_TOKEN

SENDER: Final = Sender(
    from_address="digest@otalk.example",
    from_name="#OTalk weekly digest",
    reply_to="team@example.org",
    list_id="digest.otalk.example",
    list_name="#OTalk weekly digest",
)
EXPECTED: Final = Expected(has_web=True, image_hosts=frozenset({"blog.example.org"}))


def a_message(
    variant: Variant,
    *,
    name: str | None = "Wren Alder",
    zone: str | None = "Australia/Sydney",
    base_url: str | None = "https://digest.otalk.example",
) -> bytes:
    """The variant as one reader gets it."""
    links = ReaderLinks(key=b"invented", base_url=base_url, mailbox=SENDER.reply_to)
    domain = SENDER.from_address.rpartition("@")[2]
    reader = Personaliser(variant, links, edition=7, message_domain=domain).recipient(
        delivery_id=1, token=INERT_TOKEN, address="wren@example.org", name=name, zone=zone
    )
    return compile_message(variant, SENDER, date=NOW).fill(reader)


def a_digest_message(digest: Digest, **reader: str | None) -> bytes:
    """The digest in the bundled theme, as one reader gets it."""
    if reader.get("base_url", "") is None:
        publication = replace(PUBLICATION, web_url=None)
        return a_message(rendered(digest, publication=publication), **reader)
    return a_message(rendered(digest), **reader)


@cache
def good_variant() -> Variant:
    """One of everything but alerts."""
    return rendered(a_full_week())


def findings(raw: bytes, expected: Expected = EXPECTED) -> tuple[Finding, ...]:
    """What the check has to say."""
    return check_message(raw, expected)


def broken_rules(raw: bytes, expected: Expected = EXPECTED) -> set[str]:
    """The names of the rules that a message breaks."""
    return {finding.rule for finding in findings(raw, expected)}
