"""What a message is held against besides the rules. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What is known of the community that sends it."""

    #: Whether there is a web address for one click, preferences and the web version.
    has_web: bool = True
    #: Hosts that pictures may come from; none means that they are not known.
    image_hosts: frozenset[str] = frozenset()
