"""What a rule is. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from otalk_digest.check.mail import Mail
from otalk_digest.model.finding import Level, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One claim about every message; `find` gives each place where it does not hold."""

    name: str
    level: Level
    why: str
    mend: str
    find: Callable[[Mail], Iterable[Place]]
