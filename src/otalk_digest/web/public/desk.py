"""What the public pages need, built once by the command line."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from otalk_digest.audience.links import ReaderLinks
from otalk_digest.digest.themes import Theme
from otalk_digest.model.audience import Segment
from otalk_digest.pipeline.delivering import Post
from otalk_digest.pipeline.freezing import Press
from otalk_digest.pipeline.letters import Stationery
from otalk_digest.pipeline.receiving import Opener
from otalk_digest.store.database import Store
from otalk_digest.store.writer import Writer
from otalk_digest.web.public.courier import Courier


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicDesk:
    """The store and the settings, as the pages know them."""

    store: Store
    #: Takes what requests want to write, many at a time.
    writer: Writer
    press: Press
    post: Post
    #: Makes and reads the tokens in readers' addresses.
    links: ReaderLinks
    segments: tuple[Segment, ...]
    clock: Callable[[], datetime]
    #: The public web address, no slash at its end.
    base_url: str
    #: Words, templates and style of the pages.
    pages: Theme
    #: Makes confirmations and welcomes.
    stationery: Stationery
    #: Sends them.
    courier: Courier
    #: The proxies whose word we take for who asks.
    trusted_proxies: frozenset[str] = frozenset()
    #: Opens what SendGrid posts; None without its key.
    open_post: Opener | None = None
    #: Lets others than this machine read the metrics.
    metrics_token: str | None = None
    #: Whose variant everybody may read; None for the first segment that has one.
    archive_segment: str | None = None
    #: The pages in the languages that were asked for so far.
    spoken: dict[str, Theme] = field(default_factory=dict)

    @property
    def root(self) -> str:
        """The path of the public web address, before every path of ours."""
        return urlsplit(self.base_url).path
