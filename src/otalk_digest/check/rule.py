"""What a rule is. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from otalk_digest.check.mail import Expected, Mail
from otalk_digest.model.finding import Level, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One claim about every message; `find` gives each place where it does not hold."""

    #: Lower case with hyphens; the same one in docs/check.md.
    name: str
    level: Level
    #: What it does to a reader, and where that is known from.
    why: str
    #: What to do, for someone who is no programmer.
    mend: str
    find: Callable[[Mail], Iterable[Place]]
    #: A community without a web address cannot keep it, so there it is only said.
    needs_web: bool = False

    def weigh(self, expected: Expected) -> Level:
        """Return how much it weighs for such a message."""
        return Level.SHOULD if self.needs_web and not expected.has_web else self.level
