"""What the public pages need, built once by the command line."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from otalk_digest.audience.links import ReaderLinks
from otalk_digest.model.audience import Segment
from otalk_digest.pipeline.delivering import Post
from otalk_digest.pipeline.freezing import Press
from otalk_digest.store.database import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicDesk:
    """The store and the settings, as the pages know them."""

    store: Store
    press: Press
    post: Post
    #: Makes and reads the tokens in readers' addresses.
    links: ReaderLinks
    segments: tuple[Segment, ...]
    clock: Callable[[], datetime]
    #: The public web address, no slash at its end.
    base_url: str
