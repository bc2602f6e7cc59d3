"""What a maintainer knows better than the post. Pure."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """One field of a chat as a maintainer set it; kept through every later edit of the post."""

    field: str
    #: In the spelling of `collect.overrule`; None when there is to be nothing.
    value: str | None
    #: UTC.
    set_at: datetime
    #: As they gave it; nobody's name is taken without asking.
    set_by: str | None = None
